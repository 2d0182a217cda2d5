"""The walk over one Java file: what is kept on the way, which kinds say nothing, and how deep recursion goes."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import Assignment, Call
from indexers.languages.java.types import TypeReader

MAX_DEPTH = 100
"""Tree levels walked by recursion; what is nested deeper is walked later, from the top, and its value stays `#?`."""
MAX_PATH = 180
LITERALS = {
    "decimal_integer_literal": "#int",
    "hex_integer_literal": "#int",
    "octal_integer_literal": "#int",
    "binary_integer_literal": "#int",
    "decimal_floating_point_literal": "#double",
    "hex_floating_point_literal": "#double",
    "character_literal": "#char",
    "string_literal": "#str",
    "true": "#bool",
    "false": "#bool",
    "null_literal": "#none",
    "class_literal": "#class",
}
_SUFFIXED = frozenset({"#int", "#double", "#class"})
_TYPE_KINDS = """
type_identifier scoped_type_identifier generic_type array_type integral_type floating_point_type boolean_type
void_type annotated_type
"""
TYPES = frozenset(_TYPE_KINDS.split())
_IGNORED_KINDS = """
, ( ) { } [ ] ; . : :: -> = @ ? ... new if else for while do switch case default return throw throws try catch finally
synchronized instanceof line_comment block_comment break_statement continue_statement type_arguments type_parameters
dimensions modifiers integral_type floating_point_type boolean_type void_type type_identifier scoped_type_identifier
generic_type array_type annotated_type super import_declaration
"""
IGNORED = frozenset(_IGNORED_KINDS.split())
"""Leaves and types: nothing in them is executed."""
SILENT = IGNORED | LITERALS.keys() | {"identifier", "this"}
"""What says nothing when its value is not kept."""


class JavaWalk:
    """The layers above add what to do with each kind of node; `rules` ties them together."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.builder = FactsBuilder("java", source)
        self.facts = self.builder.facts
        self.depth = 0
        self.deferred: list[tuple[Node, int]] = []
        self.locals: set[str] = set()
        """Names of parameters and variables of the method being walked: they never mean a symbol by themselves."""
        self.extends: list[bool] = []
        """Whether the source names a superclass, of the classes around."""
        self.classes: list[tuple[str, dict[str, str]]] = []
        """Name, and field -> declared type, of the classes around, innermost last."""
        self.type_of = TypeReader(source).read
        self.rules: dict[str, Callable[[Node, int], str]] = {}

    def let_go(self) -> None:
        """Drop the table of methods, which hold the walk: nothing is left then for the collector of garbage."""
        self.rules.clear()

    def drain(self) -> None:
        """Walk what was nested too deeply, each piece from depth 0."""
        while self.deferred:
            node, scope = self.deferred.pop()
            self.walk(node, scope)

    def walk(self, node: Node, scope: int) -> str:
        """Visit one node and return its access path."""
        kind = node.type
        if kind == "identifier":
            return node.text.decode("utf-8", "replace")  # type: ignore[union-attr]
        literal = LITERALS.get(kind)
        if literal is not None:
            return literal if literal not in _SUFFIXED else self.literal(node, literal)
        if kind in IGNORED:
            return "super" if kind == "super" else "#?"
        if kind == "this":
            return "this"
        if self.depth >= MAX_DEPTH:
            self.deferred.append((node, scope))
            return "#?"
        self.depth += 1
        rule = self.rules.get(kind)
        path = rule(node, scope) if rule is not None else self.walk_children(node, scope)
        self.depth -= 1
        return path

    def literal(self, node: Node, mark: str) -> str:
        """Return the mark of a number by its suffix, of a class literal with the type."""
        if mark == "#class":
            declared = self.type_of(node.children[0])
            return "#class" if "[" in declared or len(declared) > MAX_PATH // 2 else f"#class@{declared}"
        last = self.source[node.end_byte - 1 : node.end_byte].lower()
        if mark == "#int":
            return "#long" if last == b"l" else mark
        return "#float" if last == b"f" else mark

    def walk_children(self, node: Node, scope: int) -> str:
        for child in node.children:
            kind = child.type
            if kind in SILENT:
                continue
            if kind == "expression_statement":
                self.walk_children(child, scope)
            else:
                self.walk(child, scope)
        return "#?"

    def declare(self, node: Node, scope: int, name: str, value: str, declared: str) -> None:
        self.locals.add(name)
        self.facts.assignments.append(Assignment(scope, name, value[:MAX_PATH], declared, node.start_point[0] + 1))

    def emit(self, scope: int, path: str, arguments: list[str], row: int, column: int, flags: int = 0) -> None:
        count = len(arguments)
        while arguments and arguments[-1] == "#?":
            arguments.pop()
        self.facts.calls.append(Call(scope, path, count, row + 1, column + 1, flags, arguments))
