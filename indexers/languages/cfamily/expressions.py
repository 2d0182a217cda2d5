"""Expressions of C and C++: each is visited once, records its calls and references, and answers with its access path.

Calls, what they are given, and what makes objects stand here; the rest in `assignments`, `operands`,
`operators` and `walk`. Declarations are
the subclass's: see `variables.py`, `functions.py` and `records.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.extraction.expressions import passed_name
from indexers.facts import Flag, ScopeKind
from indexers.languages.cfamily.assignments import Assignments
from indexers.languages.cfamily.declarators import parameters_of, type_expression
from indexers.languages.cfamily.operands import last_type_name
from indexers.languages.cfamily.operators import local_types
from indexers.languages.cfamily.walk import MAX_DEPTH

_CASTS = frozenset({"static_cast", "dynamic_cast", "reinterpret_cast", "const_cast"})
_MAKERS = frozenset({"make_unique", "make_shared"})
_MOVERS = frozenset({"std.move", "std.forward", "move", "std.ref", "std.cref"})


class Expressions(Assignments, ABC):
    """Walks expressions."""

    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits |= {
            "call_expression": self._call,
            "compound_literal_expression": self._compound_literal,
            "initializer_list": self._initializer_list,
            "new_expression": self._new,
            "lambda_expression": self._lambda,
            "return_statement": self._return,
            "co_return_statement": self._return,
            "co_yield_statement": self._return,
        }

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
        if self.names is None and kind == "identifier" and self.made_by(last, node, scope):
            return "#?"
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

    @abstractmethod
    def made_by(self, macro: Node, use: Node, scope: int) -> bool:
        """Define the functions that the use of a macro outside of any makes; whether it makes some."""

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


def _generic(node: Node) -> Node | None:
    """Return the `name<T>` of a callee that is one, plain or qualified."""
    current: Node | None = node
    while current is not None and current.type == "qualified_identifier":
        current = current.child_by_field_name("name")
    return current if current is not None and current.type == "template_function" else None
