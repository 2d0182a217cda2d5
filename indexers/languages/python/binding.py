"""What gives names to values in Python: assignments, loops, `with`, `except`, patterns, `global`."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.facts import Flag, ScopeKind
from indexers.languages.python.expressions import Expressions
from indexers.languages.python.flow import Latest, leaves
from indexers.languages.python.narrowing import Told
from indexers.languages.python.operators import AUGMENTED
from indexers.languages.python.types import type_expression

_IMPLICIT = int(Flag.IMPLICIT)
_WRITE = int(Flag.WRITE)
_PATTERNS = frozenset({"pattern_list", "tuple_pattern", "list_pattern"})
_ROWS = frozenset({"expression_list", "tuple", "list"})
_TEXTS = frozenset({"string", "binary_operator", "call"})
_WAYS = frozenset({"block", "elif_clause", "else_clause"})
_SPLATS = frozenset({"list_splat", "list_splat_pattern"})

Row = list["Row"] | tuple[str, ...]
"""The values of an expression: of each element when it is written out, else the alternatives of the whole."""


class Binding(Expressions):
    """The part of the walk that binds names."""

    conditional = 0
    variables: set[tuple[int, str]]

    # assignments

    def _assignment(self, node: Node, scope: int) -> None:
        targets, declared, right = _sides(node)
        if right is None:
            for target in targets:
                self._bind(target, scope, [""], declared, span=node)
        elif any(target.type in _PATTERNS for target in targets):
            row = self._row(right, scope)
            for target in targets:
                self._bind_row(target, scope, row, span=node)
        else:
            values = self._stored(right, scope)
            for target in targets:
                self._bind(target, scope, values, declared, span=node)
            self._note_text(targets[0], right)

    def _note_text(self, target: Node, value: Node) -> None:
        if target.type == "identifier":
            if value.type in _TEXTS:
                self.texts[text_of(target)] = value
            elif self.texts:
                self.texts.pop(text_of(target), None)

    def _augmented(self, node: Node, scope: int) -> None:
        """`x += y` reads and writes; the value stays what it was."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        values = self._values(right, scope)
        path = self._expression(left, scope)
        sign = node.child_by_field_name("operator")
        if sign is not None:
            self._operate(sign, scope, path, AUGMENTED.get(sign.type, "__iadd__"))
        if left.type == "identifier":
            self._note_local(scope, path)
        if left.type in ("identifier", "attribute"):
            self.builder.refer(_last(left), scope, path, _WRITE)
            for value in values:
                if value[0] != "#" or "@" in value:
                    self.builder.assign(left, scope, path + "[]", value + "[]")

    def _row(self, node: Node, scope: int) -> Row:
        """Visit a value that is taken apart, once."""
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            return self._row(node.named_children[0], scope)
        parts = [child for child in node.named_children if child.type != "comment"]
        if node.type in _ROWS and not any(part.type in _SPLATS for part in parts):
            return [self._row(part, scope) for part in parts]
        return tuple(self._stored(node, scope))

    def _bind_row(self, target: Node, scope: int, row: Row, span: Node | None = None) -> None:
        if target.type not in _PATTERNS:
            self._bind(target, scope, self._whole(row, scope), span=span)
            return
        targets = [child for child in target.named_children if child.type != "comment"]
        star = next((index for index, child in enumerate(targets) if child.type in _SPLATS), -1)
        for index, child in enumerate(targets):
            after = len(targets) - index
            if index == star:
                self._bind_row(child.named_children[0], scope, self._middle(row, index, after - 1, scope), span)
            else:
                from_end = star >= 0 and index > star
                self._bind_row(child, scope, _element(row, -after if from_end else index), span)

    def _middle(self, row: Row, start: int, left_after: int, scope: int) -> Row:
        """What a starred target takes: a list of the elements between."""
        if isinstance(row, list):
            between = row[start : len(row) - left_after]
            return (self.builder.contain("#list", scope, [self._whole(each, scope)[0] for each in between]),)
        return tuple("#?" if value[:2] == "#?" else f"{value}[{start or ''}:]" for value in row)

    def _whole(self, row: Row, scope: int) -> list[str]:
        """The values of a row as one: a tuple when its elements are written out."""
        if isinstance(row, tuple):
            return list(row)
        return [self.builder.contain("#tuple", scope, [self._whole(each, scope)[0] for each in row])]

    def _bind(self, target: Node, scope: int, values: list[str], declared: str = "", span: Node | None = None) -> None:
        kind = target.type
        if kind == "identifier":
            self._bind_name(target, scope, values, declared, span)
        elif kind in ("attribute", "subscript"):
            name, held = self._held_literal(target) if kind == "subscript" else ("", None)
            path = self._element(target, scope) if kind == "subscript" else self._path(target, scope)
            if kind == "subscript":
                self._operate(target.children[1], scope, path[: path.rfind("[")], "__setitem__")
            if kind == "attribute" and path[0] != "#":
                self.builder.refer(_last(target), scope, path, _WRITE)
            if held is not None:
                self.fresh[name] = held
                if len(values) == 1 and self._override(held[1], path[path.find("[") + 1 : -1].split("]["), values[0]):
                    return
            for value in values:
                self.builder.assign(target, scope, path, value, declared)
        elif kind in _PATTERNS:
            self._bind_row(target, scope, tuple(values))
        else:
            for child in target.named_children:
                self._bind(child, scope, ["#?"])

    def _bind_name(self, target: Node, scope: int, values: list[str], declared: str, span: Node | None) -> None:
        name = text_of(target)
        home = self.outer.get((scope, name), -1) if self.outer else -1
        if home >= 0 or (scope, name) in self.variables:
            self.builder.refer(target, scope, name, _WRITE)
        if home >= 0:
            for value in values:
                self.builder.assign(target, scope, name, value, declared, home)
            return
        own = self.versions
        if own is not None and own.scope == scope:
            version = self._renewed(own, name)
            own.names.add(name)
        else:
            version = name
            self._variable(target, scope, name, declared, span)
            self._note_local(scope, name)
        if self.fresh:
            earlier = self.fresh.pop(name, None)
            if earlier is not None and own is None:
                self.builder.facts.assignments[earlier[0]].value = ""  # nothing ever saw it
        for value in values:
            self.builder.assign(target, scope, version, value, declared)
        if len(values) == 1 and not declared and (own is None or "@" in values[0]):
            self.fresh[name] = (len(self.builder.facts.assignments) - 1, values[0])

    def _held_literal(self, target: Node) -> tuple[str, tuple[int, str] | None]:
        """Return the name at the start of a subscript and the literal that it holds, if nothing has looked at that."""
        while target.type == "subscript":
            target = target.named_children[0]
        name = text_of(target) if target.type == "identifier" else ""
        held = self.fresh.get(name)
        return name, held if held is not None and "@" in held[1] else None

    def _walrus(self, node: Node, scope: int) -> str:
        """`(x := value)` may stand where it does not always run: the name may be what it was before, too."""
        name, value = node.named_children[0], node.named_children[-1]
        values = self._values(value, scope)
        own, self.versions = self.versions, None
        self._bind(name, scope, values)
        self.versions = own
        if own is not None and text_of(name) in self.latest:
            self._join_definition(text_of(name))
        self.fresh.pop(text_of(name), None)
        return values[0]

    def _note_local(self, scope: int, name: str) -> None:
        names = self.bound.get(scope)
        if names is not None and (scope, name) not in self.outer:
            names.add(name)

    def _variable(self, target: Node, scope: int, name: str, declared: str, span: Node | None) -> None:
        """Module and class variables are symbols; locals are not."""
        if (
            span is None
            or self.builder.facts.scopes[scope].kind == ScopeKind.FUNCTION
            or (scope, name) in self.variables
        ):
            return
        self.variables.add((scope, name))
        flags = Flag.CONDITIONAL if self.conditional else 0
        head = text_of(span).partition("\n")[0]
        self.builder.define(target, span, "variable", scope, name=name, signature=head, type=declared, flags=flags)

    def _outer_names(self, node: Node, scope: int) -> None:
        """`global a` and `nonlocal a`: what this function assigns to them lives elsewhere."""
        home = 0 if node.type == "global_statement" else self.builder.facts.scopes[scope].parent
        if scope:
            for child in node.named_children:
                self.outer[scope, text_of(child)] = home

    # other statements that bind

    def _for(self, node: Node, scope: int) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        elements = self._iterated(right, scope, node) if left is not None and right is not None else []
        start, first = self.latest, self._first_made()
        self._branch(start)
        if left is not None and elements:
            self._bind(left, scope, elements)
        targets = {name for name, _ in self._made_since(first)}
        body = node.child_by_field_name("body")
        if body is not None:
            self._block(body, scope)
        self._loop_back(node, start, first, targets)
        for child in node.named_children:
            if child not in (left, right, body):
                self._other(child, scope)

    def _while(self, node: Node, scope: int) -> None:
        start, first = self.latest, self._first_made()
        self._branch(start)
        body = node.child_by_field_name("body")
        for child in node.named_children:
            if child == body:
                self._block(body, scope)
                self._loop_back(node, start, first)
            else:
                self._other(child, scope)

    def _if(self, node: Node, scope: int) -> None:
        """Each branch goes on from the conditions before it; behind all, those meet that get there."""
        ends: list[Latest] = []
        has_else = False
        self.conditional += 1
        start, condition = self.latest, node.child_by_field_name("condition")
        for child in node.named_children:
            if child.type in _WAYS:
                has_else = has_else or child.type == "else_clause"
                self._part(child, scope, start, ends, condition if child.type == "block" else None)
            else:
                self._other(child, scope)
        self.conditional -= 1
        self._meet(ends if has_else and ends else [start, *ends])
        if not ends and not has_else:  # `if not isinstance(x, A): return`
            self._believe(condition, scope, holds=False)

    def _elif(self, node: Node, scope: int) -> None:
        told: Told = []
        for child in node.named_children:
            if child.type == "block":
                told = self._believe(node.child_by_field_name("condition"), scope)
            self._other(child, scope)
        self._doubt(told)

    def _assert(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            self._expression(child, scope)
        self._believe(next(iter(node.named_children), None), scope)

    def _delete(self, node: Node, scope: int) -> None:
        targets = node.named_children
        if len(targets) == 1 and targets[0].type == "expression_list":
            targets = targets[0].named_children
        for target in targets:
            if target.type == "subscript":
                path = self._element(target, scope)
                self._operate(target.children[1], scope, path[: path.rfind("[")], "__delitem__")
            else:
                self._path(target, scope)

    def _part(self, node: Node, scope: int, start: Latest, ends: list[Latest], condition: Node | None = None) -> None:
        """Walk one of the ways from `start`; note where it ends, if it does not leave the block."""
        self._branch(start)
        told = self._believe(condition, scope)
        if node.type == "except_clause":
            self._except(node, scope)
        elif node.type == "elif_clause":
            self._elif(node, scope)
        else:
            self._other(node, scope)
        self._doubt(told)
        if not leaves(node):
            ends.append(self.latest)

    def _try(self, node: Node, scope: int) -> None:
        """A handler may find all that the body made; `finally` all that was made at all."""
        self.conditional += 1
        start, first = self.latest, self._first_made()
        body, ends = start, list[Latest]()
        handled: list[Latest] = [start]
        for child in node.named_children:
            if child.type == "block":
                self._part(child, scope, start, ends)
                body = self.latest
                handled += (start | {name: (version,)} for name, version in self._made_since(first))
            elif child.type == "else_clause":
                ends.clear()
                self._part(child, scope, body, ends)
            elif child.type == "finally_clause":
                self._meet([start, *ends, *(start | {name: (version,)} for name, version in self._made_since(first))])
                self._other(child, scope)
                ends = [self.latest]
            elif child.type.startswith("except"):
                self._meet(handled)
                handled = [self.latest]
                self._part(child, scope, self.latest, ends)
        self.conditional -= 1
        self._meet(ends or [start])

    def _match(self, node: Node, scope: int) -> None:
        start = self.latest
        ends = [start]
        for child in node.named_children:
            for case in child.named_children if child.type == "block" else ():
                self._branch(start)
                if case.type == "case_clause":
                    self._case(case, scope)
                ends.append(self.latest)
            if child.type != "block":
                self._other(child, scope)
        self._meet(ends)

    def _block(self, node: Node, scope: int) -> None:
        raise NotImplementedError

    def _other(self, node: Node, scope: int) -> None:
        raise NotImplementedError

    def _with(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            if child.type == "with_clause":
                for item in child.named_children:
                    self._with_item(item, scope, node)
            else:
                self._block(child, scope)

    def _with_item(self, node: Node, scope: int, statement: Node) -> None:
        for child in node.named_children:
            if child.type == "as_pattern":
                parts = child.named_children
                values = self._entered(parts[0], scope, statement)
                for target in parts[1:]:
                    for name in target.named_children or [target]:
                        self._bind(name, scope, values)
            else:
                self._entered(child, scope, statement)

    def _entered(self, node: Node, scope: int, statement: Node) -> list[str]:
        """Visit a context manager; return what `as` is given, with the calls that the statement makes by itself."""
        entered = []
        letter = "a" if statement.children[0].type == "async" else ""
        for value in self._values(node, scope):
            if value[0] != "#":
                self.builder.call(statement, scope, f"{value}.__{letter}enter__", 0, _IMPLICIT)
                self.builder.call(statement, scope, f"{value}.__{letter}exit__", 3, _IMPLICIT)
            entered.append(f"{value}.__{letter}enter__()")
        return entered

    def _except(self, node: Node, scope: int) -> None:
        self.conditional += 1
        for child in node.named_children:
            if child.type == "as_pattern" and child.named_children:
                value = self._expression(child.named_children[0], scope)
                caught = value + "[*]()" if value.startswith("#tuple@") else "#?" if value[0] == "#" else value + "()"
                for target in child.named_children[1:]:
                    for name in target.named_children or [target]:
                        self._bind(name, scope, [caught])
            else:
                self._other(child, scope)
        self.conditional -= 1

    def _raise(self, node: Node, scope: int) -> None:
        """`raise Problem` constructs it, without saying so."""
        for position, child in enumerate(node.named_children):
            path = self._expression(child, scope)
            if position == 0 and path[0] != "#" and child.type in ("identifier", "attribute"):
                self.builder.call(_last(child), scope, path, 0, _IMPLICIT)

    def _case(self, node: Node, scope: int) -> None:
        for child in node.named_children:
            if child.type == "block":
                self._other(child, scope)
            elif child.type == "case_pattern":
                self._case_names(child, scope)
            else:
                self._other(child, scope)

    def _case_names(self, node: Node, scope: int) -> None:
        """Names that a pattern binds; a class pattern `A(x=y)` refers to A."""
        stack = [node]
        while stack:
            current = stack.pop()
            if current.type == "class_pattern":
                head = current.named_children[0]
                self.builder.refer(head, scope, text_of(head))
                stack.extend(current.named_children[1:])
            elif current.type == "dotted_name" and b"." not in (current.text or b""):
                name = text_of(current)
                self._note_local(scope, name)
                self.builder.assign(current, scope, self._current(current, name), "#?")
            else:
                stack.extend(current.named_children)

    def _type_alias(self, node: Node, scope: int) -> None:
        sides = [child for child in node.named_children if child.type == "type"]
        if len(sides) == 2 and sides[0].named_children:
            self._bind(sides[0].named_children[0], scope, [type_expression(sides[1])], span=node)


def _sides(node: Node) -> tuple[list[Node], str, Node | None]:
    """Return the targets of `a = b = value`, the declared type of the first, and the value."""
    targets: list[Node] = []
    declared = ""
    while True:
        right = None
        for index, child in enumerate(node.children):
            if index == 0:
                targets.append(child)
            elif child.type == "type":
                declared = type_expression(child)
            elif child.is_named and child.type != "comment":
                right = child
        if right is None or right.type != "assignment":
            return targets, declared, right
        node = right


def _element(row: Row, index: int) -> Row:
    if isinstance(row, list):
        return row[index] if -len(row) <= index < len(row) else ("#?",)
    return tuple("#?" if value[:2] == "#?" else f"{value}[{index}]" for value in row)


def _last(node: Node) -> Node:
    return node.children[-1] if node.type == "attribute" else node
