"""Expressions of C and C++: each is visited once, records its calls and references, and answers with its access path.

Owns the state that a walk through one file needs. Declarations are the subclass's: see `variables.py`, `functions.py` and `records.py`. Nesting beyond
`MAX_DEPTH` is put aside and walked later from the top of the stack, so that nothing is lost and nothing overflows.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.extraction.expressions import passed_name
from indexers.facts import Flag, Parameter, ScopeKind
from indexers.languages.cfamily.declarators import (
    parameters_of,
    plain_name,
    qualified_parts,
    type_expression,
)
from indexers.languages.cfamily.known_names import words

MAX_DEPTH = 120
"""Nested visits before one is put aside; each takes two or three Python frames."""

_LITERALS = {
    "number_literal": "#num",
    "char_literal": "#num",
    "string_literal": "#str",
    "raw_string_literal": "#str",
    "concatenated_string": "#str",
    "user_defined_literal": "#?",
    "true": "#bool",
    "false": "#bool",
    "null": "#none",
    "sizeof_expression": "#num",
    "alignof_expression": "#num",
    "offsetof_expression": "#num",
    "comment": "#?",
    "type_descriptor": "#?",
    "primitive_type": "#?",
    "type_identifier": "#?",
    "field_identifier": "#?",
    "namespace_identifier": "#?",
    "statement_identifier": "#?",
    "storage_class_specifier": "#?",
    "type_qualifier": "#?",
    "break_statement": "#?",
    "continue_statement": "#?",
    "goto_statement": "#?",
    "preproc_call": "#?",
    "preproc_directive": "#?",
    "attribute_declaration": "#?",
    "attribute_specifier": "#?",
    "access_specifier": "#?",
    "static_assert_declaration": "#?",
}
_LEAVES = frozenset({*_LITERALS, "identifier", "this"})
"""Nodes without anything inside to record: skipped where their value is not asked for."""
_CASTS = frozenset({"static_cast", "dynamic_cast", "reinterpret_cast", "const_cast"})
_OVERLOADED = frozenset({"==", "!=", "<", ">", "<=", ">=", "+", "-", "<<", "|", "&", "^"})
"""Binary operators that classes and enumerations define for themselves."""
_PRIMITIVES = words(
    "int bool char float double void unsigned long short size_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t"
)
_POINTER_NAME = re.compile(r"(?:[pP]tr|PTR|[rR]ef)(?:_t)?$")
"""Names of types that stand for pointers, or for what behaves as one."""
MAX_OPERAND = 80
"""Bytes of the path of an operand that is looked into."""
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_MAKERS = frozenset({"make_unique", "make_shared"})
_MOVERS = frozenset({"std.move", "std.forward", "move", "std.ref", "std.cref"})
Visit = Callable[[Node, int], str]


class Expressions:
    """Walks expressions; the frame of the current function is `names`: its locals with their types, `*T` for a pointer."""

    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        self.builder = builder
        self.is_cplusplus = is_cplusplus
        self.depth = 0
        self.conditional = 0
        self.names: dict[str, str] | None = None
        self.makers: dict[str, tuple[list[str], list[str]]] = {}
        """Macros of this file that define functions: their parameters, and the names that they make of them."""
        self.called: set[str] = set()
        """Bare names called so far in the function: a local declared later does not stand for them."""
        self.returns_scope = -1
        self.returned = ""
        """The class that the current function returns an object of; empty for references, pointers and the language's own."""
        self.hidden: frozenset[str] = frozenset()
        self.shadow = -1
        """Scope that the statements after a redeclaration belong to, -1 when there is none."""
        self.last: Node | None = None
        """The node of the last name that a visit has read: of `run` after `self.app.run`."""
        self.deferred: list[tuple[Node, int, dict[str, str] | None, int, frozenset[str]]] = []
        self.visits: dict[str, Visit] = {
            "call_expression": self._call,
            "field_expression": self._field,
            "subscript_expression": self._subscript,
            "pointer_expression": self._pointed,
            "parenthesized_expression": self._only_child,
            "co_await_expression": self._only_child,
            "parameter_pack_expansion": self._only_child,
            "assignment_expression": self._assignment,
            "conditional_expression": self._conditional,
            "cast_expression": self._cast,
            "compound_literal_expression": self._compound_literal,
            "initializer_list": self._initializer_list,
            "qualified_identifier": self._qualified,
            "template_function": self._template_name,
            "template_method": self._template_name,
            "new_expression": self._new,
            "lambda_expression": self._lambda,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
            "update_expression": self._update,
            "return_statement": self._return,
            "co_return_statement": self._return,
            "co_yield_statement": self._return,
        }

    def visit(self, node: Node, scope: int) -> str:
        """Visit a statement, a declaration or an expression; return the access path of its value."""
        kind = node.type
        if kind == "identifier":
            self.last = node
            return text_of(node)
        mark = _LITERALS.get(kind)
        if mark is not None:
            return self.literal(node) if mark == "#num" and self.is_cplusplus else mark
        if kind == "this":
            self.last = node
            return "this"
        if self.depth >= MAX_DEPTH:
            self.deferred.append((node, scope, self.names, self.returns_scope, self.hidden))
            return "#?"
        self.depth += 1
        visit = self.visits.get(kind)
        if visit is not None:
            path = visit(node, scope)
        else:
            path = "#?"
            self.inside(node.named_children, scope)
            self.shadow = -1
        self.depth -= 1
        return path

    def literal(self, node: Node) -> str:
        """Return the mark of a literal: in C++ a number's says its type, for the choice among overloads."""
        mark = _LITERALS[node.type]
        if mark != "#num" or not self.is_cplusplus:
            return mark
        if node.type == "char_literal":
            return "#char"
        return _number(node.text or b"") if node.type == "number_literal" else "#size_t"

    def inside(self, nodes: list[Node], scope: int) -> None:
        """Visit nodes in turn; a redeclared local moves those after it into a scope of their own."""
        for node in nodes:
            kind = node.type
            if kind in _LEAVES:
                if kind == "identifier":
                    self.read(node, scope)
                continue
            self.visit(node, scope)
            if self.shadow >= 0:
                scope = self.shadow
                self.shadow = -1

    def walk_deferred(self) -> None:
        while self.deferred:
            node, scope, self.names, self.returns_scope, self.hidden = self.deferred.pop()
            self.depth = 0
            self.visit(node, scope)
            self.shadow = -1

    # names

    def read(self, node: Node, scope: int, flags: int = 0) -> str:
        """Record the use of an identifier that is no local: a variable, a constant, an object-like macro."""
        name = text_of(node)
        self.last = node
        if self.names is None or name not in self.names:
            self.builder.refer(node, scope, name, flags)
        return name

    def _field(self, node: Node, scope: int) -> str:
        path = self._member(node, scope)
        if path.startswith("this.") and self.last is not None:
            self.builder.refer(self.last, scope, path)
        return path

    def _member(self, node: Node, scope: int) -> str:
        """Return the path of `a.b` and of `a->b`, without a reference of its own: what is called is none."""
        parts = node.named_children
        if len(parts) < 2:
            return "#?"
        holder = parts[0].type
        if holder == "identifier":
            path = self.read(parts[0], scope)
        elif holder == "field_expression" and self.depth < MAX_DEPTH:
            self.depth += 1
            path = self._member(parts[0], scope)
            self.depth -= 1
        else:
            path = self.visit(parts[0], scope)
        name = parts[-1]
        if holder == "identifier" and self.is_cplusplus and self.names is not None and path in self.names:
            arrow = node.children[1]
            if arrow.type == "->":
                self._operator_of(arrow, scope, path, "->", "")
        if name.type in ("qualified_identifier", "qualified_field_identifier"):
            # `a->Base::run()` is `run` as `Base` has it.
            scopes, name = qualified_parts(name)
            path = ".".join(scopes) or path
        while name.type in ("dependent_name", "template_method", "qualified_field_identifier") and name.named_children:
            inner = name.named_children
            name = inner[-1] if name.type == "qualified_field_identifier" else inner[0]
        self.last = name
        text = text_of(name)
        if text.startswith("operator_"):  # in a mended text: see `grammar_gaps`
            text = self.builder.source[name.start_byte : name.end_byte].decode("utf-8", "replace")
        return f"{path}.{text}"

    def _qualified(self, node: Node, scope: int) -> str:
        scopes, name = qualified_parts(node)
        if name.type in ("template_function", "template_method", "dependent_name") and name.named_children:
            name = name.named_children[0]
        self.last = name
        return ".".join((*scopes, plain_name(name)))

    def _template_name(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if not parts:
            return "#?"
        self.last = parts[0]
        return text_of(parts[0])

    def _subscript(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if not parts:
            return "#?"
        path = self.read(parts[0], scope) if parts[0].type == "identifier" else self.visit(parts[0], scope)
        last = self.last
        self.inside(parts[1:], scope)
        self.last = last
        if self.is_cplusplus and len(parts) > 1:
            self._operator(node, parts[1], scope, path, self._subscript_value(parts[1]))
        return path + "[]"

    def _subscript_value(self, index: Node) -> str:
        """Return the path of a subscript that has been visited, for the choice among the overloads of `operator[]`."""
        within = index.named_children
        only = within[0] if index.type == "subscript_argument_list" and len(within) == 1 else index
        if only.type == "identifier":
            return text_of(only)
        return self.literal(only) if only.type in _LITERALS else "#?"

    def _pointed(self, node: Node, scope: int) -> str:
        path = self._only_child(node, scope)
        operand = node.named_children[-1] if node.named_children else None
        if self.is_cplusplus and operand is not None and node.children[0].type == "*":
            self._prefixed(node.children[0], operand, "*", scope)
        return path

    def _only_child(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            path = self.read(child, scope) if child.type == "identifier" else self.visit(child, scope)
        return path

    # calls

    def _call(self, node: Node, scope: int) -> str:
        parts = node.named_children
        function = parts[0]
        arguments = parts[-1]
        kind = function.type
        if kind == "identifier":
            callee, last = text_of(function), function
            self.called.add(callee)
        elif kind == "primitive_type":
            self.passed_all(arguments, scope)
            return "#num"
        elif kind == "field_expression":
            self.last = None
            callee, last = self._member(function, scope), self.last or function
        else:
            generic = _generic(function) if self.is_cplusplus else None
            if generic is not None:
                special = self._generic_call(generic, function, arguments, scope)
                if special:
                    return special
            self.last = None
            callee, last = self.visit(function, scope), self.last or function
            if callee == "this":
                callee = "this.operator()"
        paths = self.passed_all(arguments, scope)
        if self.names is None and callee in self.makers:
            self.made_by(last, node, paths, scope)
        self.builder.call(last, scope, callee, len(paths), arguments=paths)
        if self.is_cplusplus and callee in _MOVERS and len(paths) == 1:
            return paths[0]
        return callee + "()"

    def _generic_call(self, name: Node, function: Node, arguments: Node, scope: int) -> str:
        """Casts and makers carry the type of their result as a template argument."""
        parts = name.named_children
        head = text_of(parts[0])
        if head not in _CASTS and head not in _MAKERS:
            return ""
        described = parts[1].named_children[0] if len(parts) > 1 and parts[1].named_children else None
        made = type_expression(described, self.hidden).partition("[")[0]
        if head in _CASTS:
            paths = [self.visit(child, scope) for child in arguments.named_children]
            return made + "()" if made else (paths[0] if paths else "#?")
        callee = self._qualified(function, scope) if function.type == "qualified_identifier" else head
        paths = self.passed_all(arguments, scope)
        self.builder.call(parts[0], scope, callee, len(paths), arguments=list(paths))
        if made and described is not None:
            self.builder.call(described, scope, made, len(paths), Flag.CONSTRUCTION, paths)
        return made + "()" if made else callee + "()"

    def made_by(self, macro: Node, use: Node, arguments: list[str], scope: int) -> None:
        """Define what the use of a macro makes: see the subclass."""
        raise NotImplementedError

    def passed_all(self, arguments: Node, scope: int) -> list[str]:
        """Visit arguments; return their access paths."""
        return [self.passed(argument, scope) for argument in arguments.named_children if argument.type != "comment"]

    def passed(self, node: Node, scope: int) -> str:
        """Visit a value that is handed on; one that may be a function is a reference."""
        kind = node.type
        if kind == "identifier":
            return passed_name(self.builder, node, scope, self.names)
        if kind == "qualified_identifier":
            path = self._qualified(node, scope)
            if self.last is not None:
                self.builder.refer(self.last, scope, path)
            return path
        if kind in ("pointer_expression", "parenthesized_expression") and self.depth < MAX_DEPTH:
            parts = node.named_children
            if len(parts) == 1:
                self.depth += 1
                path = self.passed(parts[0], scope)
                self.depth -= 1
                return path
        if kind == "cast_expression" and self.depth < MAX_DEPTH:
            return self._cast(node, scope)
        return self.visit(node, scope)

    def _new(self, node: Node, scope: int) -> str:
        typed = ""
        paths: list[str] = []
        at: Node | None = None
        for child in node.named_children:
            kind = child.type
            if kind in ("argument_list", "initializer_list"):
                if typed:
                    paths = self.passed_all(child, scope)
                else:
                    self.visit(child, scope)
            elif kind.endswith("declarator"):
                self.inside(child.named_children, scope)
            elif not typed:
                typed, at = type_expression(child, self.hidden).partition("[")[0], child
        if not typed or at is None:
            return "#?"
        if at.type != "primitive_type":
            self.builder.call(last_type_name(at), scope, typed, len(paths), Flag.CONSTRUCTION, paths)
        return typed + "()"

    def _lambda(self, node: Node, scope: int) -> str:
        listing = next((child for child in node.named_children if child.type == "abstract_function_declarator"), None)
        parameters = parameters_of(listing, self.hidden) if listing is not None else []
        opened = self.builder.open_scope(ScopeKind.FUNCTION, scope, parameters=parameters)
        returns, self.returns_scope = self.returns_scope, opened
        names, returned, self.returned = self.names, self.returned, ""
        self.names = {**(names or {}), **local_types(parameters)}
        for child in node.named_children:
            kind = child.type
            if kind == "lambda_capture_specifier":
                self._captures(child, scope, opened)
            elif kind == "compound_statement":
                self.visit(child, opened)
        self.returns_scope, self.names, self.shadow, self.returned = returns, names, -1, returned
        return f"#lambda@{opened}"

    def _captures(self, node: Node, scope: int, opened: int) -> None:
        for capture in node.named_children:
            parts = capture.named_children
            if capture.type == "lambda_capture_initializer" and len(parts) == 2:
                self.builder.assign(capture, opened, text_of(parts[0]), self.visit(parts[1], scope))

    # values

    def _assignment(self, node: Node, scope: int) -> str:
        parts = [child for child in node.named_children if child.type != "comment"]
        if len(parts) != 2:
            return self._only_child(node, scope)
        target = self._target(parts[0], scope)
        value = ""
        is_plain = node.children[1].type == "="
        for value in self.values(parts[1], scope):
            if is_plain and self._says_something(target, value):
                self.builder.assign(node, scope, target, value)
        if self.is_cplusplus:
            self._operator(node, node.children[1], scope, target, value)
        return value or "#?"

    def _target(self, node: Node, scope: int) -> str:
        """Visit what is assigned to; return its path."""
        kind = node.type
        if kind == "identifier":
            return self.read(node, scope, Flag.WRITE)
        if kind == "field_expression":
            path = self._member(node, scope)
            if self.last is not None and not path.startswith("#"):
                self.builder.refer(self.last, scope, path, Flag.WRITE)
            return path
        if kind == "subscript_expression" and node.named_children and self.depth < MAX_DEPTH:
            self.depth += 1
            path = self._target(node.named_children[0], scope)
            self.depth -= 1
            self.inside(node.named_children[1:], scope)
            if self.is_cplusplus and len(node.named_children) > 1:
                index = node.named_children[1]
                self._operator(node, index, scope, path, self._subscript_value(index))
            return path + "[]"
        return self.visit(node, scope)

    def _says_something(self, target: str, value: str) -> bool:
        """Whether an assignment tells more than the declared type: where there is none, or where a function is stored."""
        if not _is_target(target) or value.startswith("#") or self.names is None:
            return False
        may_be_function = value.isidentifier() and value not in self.names
        if "." in target:
            return may_be_function
        return target in self.names and (may_be_function or self.names[target] in ("", "*", "func"))

    def _operator(self, node: Node, sign: Node, scope: int, left: str, right: str) -> None:
        """Record `a = b`, `a[i]`, `a == b` as a call of the operator of `a`, where that may be an object of a class."""
        if not left or left[0] == "#" or len(left) > MAX_OPERAND:
            return
        self._operator_of(sign, scope, left, "[]" if node.type == "subscript_expression" else sign.type, right)

    def _operator_of(self, sign: Node, scope: int, left: str, operator: str, right: str) -> None:
        if self.names is not None and (known := self.names.get(left)) is not None and not _may_be_object(known):
            return
        if right == "#none":
            return  # a pointer, most likely
        arguments = [right] if right else []
        self.builder.call(sign, scope, f"{left}.operator{operator}", len(arguments), Flag.IMPLICIT, arguments)

    def made_of(self, node: Node, scope: int, made: str, path: str) -> None:
        """Record that an object is made of a value by `return x`, `T a = x`: a copy, or a conversion."""
        if path[:2] not in ("", "#?", "#l") and path != "this" and len(path) <= MAX_OPERAND:
            self.builder.call(node, scope, made, 1, Flag.CONSTRUCTION | Flag.IMPLICIT, [path])

    def _update(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            path = self._target(child, scope)
            if self.is_cplusplus and path[:1] != "#" and len(path) <= MAX_OPERAND:
                sign = next((each for each in node.children if not each.is_named), node)
                is_prefix = sign.start_byte < child.start_byte
                self._operator_of(sign, scope, path, sign.type, "" if is_prefix else "#int")
                return path if is_prefix else "#?"
        return "#num"

    def values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression that is stored or returned; return the path of each value it may take."""
        if node.type == "parenthesized_expression" and len(node.named_children) == 1 and self.depth < MAX_DEPTH:
            self.depth += 1
            found = self.values(node.named_children[0], scope)
            self.depth -= 1
            return found
        if node.type == "conditional_expression" and self.depth < MAX_DEPTH:
            parts = [child for child in node.named_children if child.type != "comment"]
            if len(parts) == 3:
                self.visit(parts[0], scope)
                self.depth += 1
                found = self.values(parts[1], scope) + self.values(parts[2], scope)
                self.depth -= 1
                return found
        return [self.passed(node, scope)]

    def _conditional(self, node: Node, scope: int) -> str:
        paths = [self.visit(child, scope) for child in node.named_children]
        return next((path for path in paths[1:] if not path.startswith("#")), "#?")

    def _binary(self, node: Node, scope: int) -> str:
        children = node.children
        sign = children[1].type if len(children) == 3 else ""
        if not self.is_cplusplus or sign not in _OVERLOADED:
            self.inside(node.named_children, scope)
            return "#bool" if sign in _COMPARISONS else "#?"
        left, right = self._operand(children[0], scope), self._operand(children[2], scope)
        if not (left.startswith("#") and right.startswith("#")):
            self._operator(node, children[1], scope, left, right)
        return "#bool" if sign in _COMPARISONS else "#?"

    def _operand(self, node: Node, scope: int) -> str:
        return self.read(node, scope) if node.type == "identifier" else self.visit(node, scope)

    def _unary(self, node: Node, scope: int) -> str:
        parts = node.named_children
        self.inside(parts, scope)
        sign = node.children[0].type
        if self.is_cplusplus and parts and (parts[-1].type not in _LITERALS):
            self._prefixed(node.children[0], parts[-1], sign, scope)
        if sign == "!":
            return "#bool"
        return self.literal(parts[-1]) if parts and parts[-1].type in _LITERALS else "#?"

    def _prefixed(self, sign: Node, operand: Node, written: str, scope: int) -> None:
        """Record `!a`, `*a`, `++a` of an operand that has been visited as a call of the operator of `a`."""
        if operand.type == "identifier":
            path = text_of(operand)
            if self.names is not None and path in self.names:
                self._operator_of(sign, scope, path, written, "")

    def _cast(self, node: Node, scope: int) -> str:
        """`(struct file *)x` has the fields of `file`: it reads as `file()`. A cast function stays that function."""
        parts = [child for child in node.named_children if child.type != "comment"]
        if len(parts) != 2:
            return self._only_child(node, scope)
        self.depth += 1
        path = self.passed(parts[1], scope)
        self.depth -= 1
        typed = type_expression(parts[0], self.hidden)
        written = parts[0].named_children
        is_scalar = bool(written) and written[0].type in ("primitive_type", "sized_type_specifier")
        if is_scalar or not typed or typed == "func":
            return path
        if path.isidentifier() and self.names is not None and path not in self.names:
            return path
        return typed.partition("[")[0] + "()"

    def _compound_literal(self, node: Node, scope: int) -> str:
        typed = ""
        paths: list[str] = []
        for child in node.named_children:
            if child.type == "initializer_list":
                paths = self.initialised(child, scope, typed)
            else:
                typed = typed or type_expression(child, self.hidden).partition("[")[0]
                at = child
        if not typed:
            return "#?"
        if self.is_cplusplus:
            self.builder.call(last_type_name(at), scope, typed, len(paths), Flag.CONSTRUCTION, paths)
        return typed + "()"

    def _initializer_list(self, node: Node, scope: int) -> str:
        self.initialised(node, scope, "")
        return "#list"

    def initialised(self, node: Node, scope: int, owner: str) -> list[str]:
        """Visit `{ .open = my_open, other }`; with `owner`, a path, its named fields become assignments.

        Returns the paths of the values, `#?` for a named field.
        """
        given: list[str] = []
        for child in node.named_children:
            if child.type == "comment":
                continue
            if child.type != "initializer_pair":
                given.append(self.passed(child, scope))
                continue
            given.append("#?")
            parts = child.named_children
            value = parts[-1]
            fields: list[str] | None = []
            for designator in parts[:-1]:
                if designator.type == "field_designator" and fields is not None:
                    fields.append(text_of(designator).lstrip(". "))
                elif designator.type == "field_identifier" and fields is not None:
                    fields.append(text_of(designator))
                else:
                    fields = None
            below = ".".join((owner, *fields)) if owner and fields else ""
            if value.type == "initializer_list" and self.depth < MAX_DEPTH:
                self.depth += 1
                self.initialised(value, scope, below)
                self.depth -= 1
                continue
            for path in self.values(value, scope):
                if below and not path.startswith("#"):
                    self.builder.assign(child, scope, below, path)
        return given

    def _return(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            for path in self.values(child, scope):
                if self.returns_scope >= 0 and not path.startswith("#"):
                    self.builder.returns(self.returns_scope, path)
                if self.returned and child.type != "initializer_list":
                    self.made_of(node, scope, self.returned, path)
        return "#?"


def _number(written: bytes) -> str:
    """Return the mark of a number by how it is written. Source: ISO C++ [lex.icon], [lex.fcon]."""
    text = written.lower()
    if text.startswith(b"0x"):
        kind = "unsigned" if b"u" in text else "int"
        return f"#{kind}"
    if b"." in text or b"e" in text:
        return "#float" if text.endswith(b"f") else "#double"
    ending = text[len(text.rstrip(b"ulz")) :]
    if b"u" in ending:
        return "#uint64_t" if b"l" in ending else "#unsigned"
    return "#long" if b"l" in ending else "#int"


def _generic(node: Node) -> Node | None:
    """Return the `name<T>` of a callee that is one, plain or qualified."""
    current: Node | None = node
    while current is not None and current.type == "qualified_identifier":
        current = current.child_by_field_name("name")
    return current if current is not None and current.type == "template_function" else None


def last_type_name(node: Node) -> Node:
    """Return the node of the last name of a type."""
    current = qualified_parts(node)[1]
    if current.type == "template_type" and current.named_children:
        return current.named_children[0]
    return current


def local_types(parameters: list[Parameter]) -> dict[str, str]:
    """Return name -> type of parameters, as `Expressions.names` has them."""
    return {parameter.name: local_type(parameter) for parameter in parameters if parameter.name}


def local_type(parameter: Parameter) -> str:
    """Return the type of a parameter, with `*` before that of a pointer."""
    return f"*{parameter.type}" if parameter.flags & Flag.POINTER else parameter.type


def _may_be_object(known: str) -> bool:
    """Whether a local of this type (empty: not written) may have operators: no pointer, number, array or library template."""
    is_pointer = known[:1] in ("*", "[") or _POINTER_NAME.search(known) is not None
    return not is_pointer and known not in _PRIMITIVES and not known.startswith("std.")


def _is_target(path: str) -> bool:
    """Whether a path ends in a name that may be assigned."""
    return bool(path) and path[0] != "#" and path[-1] not in ")]"
