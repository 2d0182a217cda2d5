"""The walk over expressions of C and C++ and its state: the frame of the current function, what is hidden, what is put aside.

Nesting beyond `MAX_DEPTH` is put aside and walked later from the top of the stack, so that nothing is lost and nothing overflows.
"""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of

MAX_DEPTH = 120
"""Nested visits before one is put aside; each takes two or three Python frames."""
LITERALS = {
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
    "preproc_directive": "#?",
    "attribute_declaration": "#?",
    "attribute_specifier": "#?",
    "access_specifier": "#?",
    "static_assert_declaration": "#?",
}
_LEAVES = frozenset({*LITERALS, "identifier", "this"})
"""Nodes without anything inside to record: skipped where their value is not asked for."""
Visit = Callable[[Node, int], str]


class Walk:
    """Visits nodes by their kind; the frame of the current function is `names`: its locals with their types, `*T` for a pointer."""

    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        self.builder = builder
        self.is_cplusplus = is_cplusplus
        self.depth = 0
        self.conditional = 0
        self.names: dict[str, str] | None = None
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
            "parenthesized_expression": self._only_child,
            "co_await_expression": self._only_child,
            "parameter_pack_expansion": self._only_child,
        }
        """Kind of node -> what visits it; each layer adds its own."""

    def let_go(self) -> None:
        """Drop the table of methods, which hold the walk: nothing is left then for the collector of garbage."""
        self.visits.clear()

    def visit(self, node: Node, scope: int) -> str:
        """Visit a statement, a declaration or an expression; return the access path of its value."""
        kind = node.type
        if kind == "identifier":
            self.last = node
            return text_of(node)
        mark = LITERALS.get(kind)
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
        mark = LITERALS[node.type]
        if mark != "#num" or not self.is_cplusplus:
            return mark
        if node.type == "char_literal":
            return "#char"
        return number(node.text or b"") if node.type == "number_literal" else "#size_t"

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

    def _only_child(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.named_children:
            path = self.read(child, scope) if child.type == "identifier" else self.visit(child, scope)
        return path

    def passed(self, node: Node, scope: int) -> str:
        """Visit a value that is handed on; one that may be a function is a reference."""
        raise NotImplementedError

    def values(self, node: Node, scope: int) -> list[str]:
        """Visit an expression that is stored or returned; return the path of each value it may take."""
        raise NotImplementedError

    def read(self, node: Node, scope: int, flags: int = 0) -> str:
        """Visit a name or a member whose value is used."""
        raise NotImplementedError


def number(written: bytes) -> str:
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
