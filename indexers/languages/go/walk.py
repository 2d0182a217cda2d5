"""The walk over one Go file: what is kept on the way, which kinds say nothing, and how deep recursion goes."""

from __future__ import annotations

import re
from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.languages.go.types import TypeReader

MAX_DEPTH = 100
"""Tree levels walked by recursion; what is nested deeper is walked later, from the top, and its value stays `#?`."""
MAX_CHAIN_BYTES = 120
MAX_PATH = 180

CHAIN = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*(?:\.[A-Za-z_\x80-\xff][\w\x80-\xff]*)*")
_BASIC_TYPE_NAMES = """
bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32
uint64 uintptr any
"""
BASIC_TYPES = frozenset(_BASIC_TYPE_NAMES.split())
LITERALS = {
    "int_literal": "#num",
    "float_literal": "#num",
    "imaginary_literal": "#num",
    "rune_literal": "#num",
    "iota": "#num",
    "interpreted_string_literal": "#str",
    "raw_string_literal": "#str",
    "true": "#bool",
    "false": "#bool",
}
_IGNORED_KINDS = """
, ( ) { } [ ] ; : := = . ... if else for switch select case default defer go return range func type var const comment
nil blank_identifier label_name dot empty_statement fallthrough_statement break_statement continue_statement
goto_statement type_identifier qualified_type generic_type pointer_type slice_type array_type map_type channel_type
function_type struct_type interface_type implicit_length_array_type parenthesized_type field_identifier
"""
IGNORED = frozenset(_IGNORED_KINDS.split()) | {"\n"}
"""Leaves and types: nothing in them is executed."""
SILENT = IGNORED | LITERALS.keys() | {"identifier"}
"""What says nothing when its value is not kept."""
SAYS_NOTHING = IGNORED | LITERALS.keys()
DECLARING = frozenset({"short_var_declaration", "var_declaration", "const_declaration", "type_declaration"})


class GoWalk:
    """The layers above add what to do with each kind of node; `rules` ties them together."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.builder = FactsBuilder("go", source)
        self.facts = self.builder.facts
        self.depth = 0
        self.deferred: list[tuple[Node, int, int]] = []
        self.locals: set[str] = set()
        """Names of parameters and variables of the function being walked: they never mean a symbol by themselves."""
        self.returns_scope = 0
        """Scope of the function or closure that a `return` here leaves."""
        self.packages: set[str] = set()
        self.type_parameters: dict[str, str] = {}
        self.type_of = TypeReader(source).read
        self.file_flags = 0
        self.rules: dict[str, Callable[[Node, int], str]] = {}

    def let_go(self) -> None:
        """Drop the table of methods, which hold the walk: nothing is left then for the collector of garbage."""
        self.rules.clear()

    def drain(self) -> None:
        """Walk what was nested too deeply, each piece from depth 0."""
        while self.deferred:
            node, scope, self.returns_scope = self.deferred.pop()
            self.walk(node, scope)

    def walk(self, node: Node, scope: int) -> str:
        """Visit one node and return its access path."""
        kind = node.type
        if kind == "identifier":
            return node.text.decode("utf-8", "replace")  # type: ignore[union-attr]
        literal = LITERALS.get(kind)
        if literal is not None:
            return literal
        if kind in IGNORED:
            return "#?"
        if self.depth >= MAX_DEPTH:
            self.deferred.append((node, scope, self.returns_scope))
            return "#?"
        self.depth += 1
        rule = self.rules.get(kind)
        path = rule(node, scope) if rule is not None else self.walk_children(node, scope)
        self.depth -= 1
        return path

    def walk_children(self, node: Node, scope: int) -> str:
        for child in node.children:
            kind = child.type
            if kind in SILENT:
                continue
            if kind == "expression_statement" or kind == "statement_list":
                self.walk_children(child, scope)
            else:
                self.walk(child, scope)
        return "#?"

    def declared_type(self, node: Node) -> str:
        """Return the type expression; a type parameter is known by the interface that bounds it."""
        declared = self.type_of(node)
        return self.type_parameters.get(declared, declared) if self.type_parameters else declared


def expressions_of(node: Node) -> list[Node]:
    """Return the members of an expression list."""
    children = node.children
    if len(children) > 1:
        return [child for child in children if child.type not in (",", "comment")]
    return children
