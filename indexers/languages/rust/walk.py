"""The walk over expressions of Rust and its state: the frame of the current function, what shadows what, what is put aside.

Nesting beyond `MAX_DEPTH` is put aside and walked later.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of

MAX_DEPTH = 100
"""Nested visits before one is put aside; each takes two or three Python frames."""

_LITERALS = {
    "integer_literal": "#num",
    "float_literal": "#num",
    "string_literal": "#str",
    "raw_string_literal": "#str",
    "char_literal": "#num",
    "boolean_literal": "#bool",
    "unit_expression": "#?",
    "line_comment": "#?",
    "block_comment": "#?",
    "lifetime": "#?",
    "label": "#?",
    "type_identifier": "#?",
    "primitive_type": "#?",
    "generic_type": "#?",
    "continue_expression": "#?",
    "empty_statement": "#?",
    "attribute_item": "#?",
    "inner_attribute_item": "#?",
    "visibility_modifier": "#?",
}
_LEAVES = frozenset({*_LITERALS, "identifier", "self", "field_identifier"})
"""Nodes without anything inside to record: skipped where their value is not asked for."""
Visit = Callable[[Node, int], str]


class Walk:
    """Visits nodes by their kind; the frame of the current function is `names`, its locals with their types."""

    def __init__(self, builder: FactsBuilder) -> None:
        self.builder = builder
        self.depth = 0
        self.names: dict[str, str] | None = None
        self.generics: dict[str, str] = {}
        self.late: dict[str, int] = {}
        """Local -> the scope of its `let` without a value: what is assigned to it later is its value."""
        self.pending: list[Node] = []
        """Documentation and attributes directly above the next item."""
        self.returns_scope = -1
        self.lent: set[str] = set()
        """Parameters of the function around that are references."""
        self.self_refers = False
        """Whether `self` is a reference in the current method: `*self` calls nothing then."""
        self.changes_self = ""
        """Name of the current method, where it takes `&mut self`."""
        self.shadow = -1
        """Scope that the statements after a shadowing `let` belong to, -1 when there is none."""
        self.last: Node | None = None
        self.deferred: list[tuple[Node, int, dict[str, str] | None, dict[str, str], int]] = []
        self.visits: dict[str, Visit] = {
            "await_expression": self._transparent,
            "parenthesized_expression": self._transparent,
            "reference_expression": self._transparent,
            "else_clause": self._transparent,
            "unsafe_block": self._transparent,
            "async_block": self._transparent,
            "const_block": self._transparent,
            "expression_statement": self._transparent,
        }
        """Kind of node -> what visits it; each layer adds its own."""

    def visit(self, node: Node, scope: int) -> str:
        """Visit an expression, a statement or an item; return the access path of its value."""
        kind = node.type
        if kind == "identifier" or kind == "self":
            self.last = node
            return text_of(node)
        mark = _LITERALS.get(kind)
        if mark is not None:
            return mark
        if self.depth >= MAX_DEPTH:
            self.deferred.append((node, scope, self.names, self.generics, self.returns_scope))
            return "#?"
        self.depth += 1
        visit = self.visits.get(kind)
        if visit is not None:
            path = visit(node, scope)
        else:
            path = "#?"
            self.inside(node.named_children, scope)
            if kind != "let_chain":
                self.shadow = -1
        self.depth -= 1
        return path

    def inside(self, nodes: list[Node], scope: int) -> int:
        """Visit nodes in turn; return the scope that holds after them."""
        for node in nodes:
            kind = node.type
            if kind in _LEAVES:
                if kind == "identifier" and (path := text_of(node)).isupper():
                    self.builder.refer(node, scope, path)
                continue
            self.visit(node, scope)
            if self.shadow >= 0:
                scope = self.shadow
        return scope

    def walk_deferred(self) -> None:
        while self.deferred:
            node, scope, self.names, self.generics, self.returns_scope = self.deferred.pop()
            self.depth = 0
            self.visit(node, scope)
            self.shadow = -1

    def path_head(self, path: str, scope: int) -> None:
        """Note a path that starts at `super`: inside an inline module that needs an import of its own."""

    def _transparent(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            if child.type != "mutable_specifier":
                path = self.visit(child, scope)
        return path

    def values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression that is stored or returned; return the path of each value it may take."""
        raise NotImplementedError

    def passed(self, node: Node, scope: int) -> str:
        """Visit a value that is handed on; one that may be a function is a reference."""
        raise NotImplementedError
