"""What Java's expressions say: access paths, operations, assignments, casts, patterns.

An access path stands for a value where its parts can be followed; `#?` for one where they cannot.
"""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.extraction.expressions import last_length, operands, passed_name
from indexers.facts import Assignment, Flag, Reference
from indexers.languages.java.signatures import Signatures
from indexers.languages.java.walk import IGNORED, LITERALS, MAX_PATH, SILENT, TYPES

MAX_CHAIN_BYTES = 120
CHAIN = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*(?:\.[A-Za-z_$\x80-\xff][\w$\x80-\xff]*)*")
_PRIMITIVE_NAMES = """
boolean byte char double float int long short void
"""
PRIMITIVES = frozenset(_PRIMITIVE_NAMES.split())
_PRIMITIVE_MARKS = {"boolean": "#bool"}
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})
_SHIFTS = frozenset({"<<", ">>", ">>>"})


class Expressions(Signatures):
    def values(self, node: Node, scope: int) -> str:
        for child in node.children:
            if child.type not in IGNORED and child.type not in LITERALS:
                self.value(child, scope)
        return "#?"

    def value(self, node: Node, scope: int) -> str:
        """Visit an expression whose value is kept or passed on: a bare name may be a field or a class."""
        kind = node.type
        if kind == "identifier":
            return passed_name(self.builder, node, scope, self.locals)
        if kind == "field_access":
            path = self.field_access(node, scope)
            if path[0] != "#" and path[-1] != ")":
                row, column = node.end_point
                self.facts.references.append(Reference(scope, path, row + 1, column + 1 - last_length(path)))
            return path
        return self.walk(node, scope)

    def field_access(self, node: Node, scope: int) -> str:
        start, end = node.start_byte, node.end_byte
        if end - start <= MAX_CHAIN_BYTES:
            text = self.source[start:end]
            if CHAIN.fullmatch(text):
                path = text.decode("utf-8", "replace")
                # `Outer.this` is an instance of Outer.
                if ".this" in path:
                    before, _, after = path.partition(".this")
                    return f"{before}(){after}"
                return path
        children = node.children
        path = self.walk(children[0], scope)
        field = text_of(children[-1])
        return f"{path}.{field}" if len(path) + len(field) < MAX_PATH else f"#?.{field}"[:MAX_PATH]

    def array_access(self, node: Node, scope: int) -> str:
        children = [child for child in node.named_children if "comment" not in child.type]
        for child in children[1:]:
            self.value(child, scope)
        path = self.value(children[0], scope) if children else "#?"
        return "#?" if path[:2] == "#?" else f"{path}[]"

    def array_creation(self, node: Node, scope: int) -> str:
        for child in node.children:
            if child.type not in SILENT:
                self.walk(child, scope)
        return _array(self.array_type(node))

    def cast(self, node: Node, scope: int) -> str:
        declared, path = "", "#?"
        for child in node.children:
            if child.type in TYPES:
                declared = declared or self.declared_type(child)
            elif child.type not in IGNORED:
                path = self.value(child, scope)
        if declared in PRIMITIVES:
            return _PRIMITIVE_MARKS.get(declared, f"#{declared}")
        if declared[:2] == "[]":
            return _array(declared)
        head = declared.partition("[")[0]
        return f"{head}()" if head else path

    def parenthesized(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.children:
            if child.type not in IGNORED:
                path = self.value(child, scope)
        return path

    def ternary(self, node: Node, scope: int) -> str:
        parts = [child for child in node.named_children if "comment" not in child.type]
        if len(parts) != 3:
            return self.walk_children(node, scope)
        self.walk(parts[0], scope)
        first, second = self.value(parts[1], scope), self.value(parts[2], scope)
        return second if first[:2] == "#?" or first == "#none" else first

    def assignment(self, node: Node, scope: int) -> str:
        children = [child for child in node.children if "comment" not in child.type]
        if len(children) != 3:
            return self.walk_children(node, scope)
        target = self.target(children[0], scope)
        value = self.value(children[2], scope)
        name = target.removeprefix("this.")
        fields = self.classes[-1][1] if self.classes else {}
        if name in fields and (target != name or name not in self.locals):
            self.facts.assignments.append(
                Assignment(scope, f"this.{name}", value, fields[name], node.start_point[0] + 1)
            )
        return value

    def instance_of(self, node: Node, scope: int) -> str:
        type_node: Node | None = None
        seen = False
        for child in node.children:
            kind = child.type
            if kind == "instanceof":
                seen = True
            elif not seen:
                if kind not in SILENT:
                    self.walk(child, scope)
            elif kind in TYPES:
                type_node = child
            elif kind == "identifier" and type_node is not None:
                self.declare(child, scope, text_of(child), "", self.declared_type(type_node))
            elif kind not in SILENT:
                self.walk(child, scope)
        return "#bool"

    def type_pattern(self, node: Node, scope: int) -> str:
        """Visit `T name` in a `case` or a record pattern."""
        declared = self.variable_type(node)
        for child in node.children:
            if child.type == "identifier":
                self.declare(child, scope, text_of(child), "" if declared else "#?", declared)
            elif child.type not in SILENT:
                self.walk(child, scope)
        return "#?"

    def binary(self, node: Node, scope: int) -> str:
        """Visit an operation; a chain of them in a loop. The value says what is known of its type."""
        operator = node.children[1].type if node.child_count == 3 else ""
        parts: list[str] = []
        for operand in operands(node, IGNORED):
            path = self.value(operand, scope)
            if path not in parts:
                parts.append(path)
        if operator in _COMPARISONS:
            return "#bool"
        if operator in _SHIFTS:
            parts = parts[:1]
        if "#str" in parts and operator == "+":
            return "#str"
        if any(part[:2] == "#?" for part in parts) and operator == "+":
            return "#?"
        joined = "|".join(parts)
        return f"#+{joined}" if "#+" not in joined and len(joined) < MAX_PATH // 2 else "#?"

    def unary(self, node: Node, scope: int) -> str:
        path = "#?"
        for child in node.children:
            if child.type not in IGNORED and child.is_named:
                path = self.value(child, scope)
        return "#bool" if node.children[0].type == "!" else path

    def update(self, node: Node, scope: int) -> str:
        """Visit `x++`: it assigns."""
        path = "#?"
        for child in node.named_children:
            path = self.target(child, scope)
        return path

    def target(self, node: Node, scope: int) -> str:
        """Visit what is assigned to; a field is written."""
        kind = node.type
        if kind == "identifier":
            name = text_of(node)
            if name not in self.locals:
                self.builder.refer(node, scope, name, int(Flag.WRITE))
            return name
        if kind == "field_access":
            path = self.field_access(node, scope)
            if path[0] != "#" and path[-1] != ")":
                row, column = node.end_point
                at = column + 1 - last_length(path)
                self.facts.references.append(Reference(scope, path, row + 1, at, int(Flag.WRITE)))
            return path
        return self.walk(node, scope)


def _array(declared: str) -> str:
    """Return the path of a new array of this type; type arguments of its elements are left out."""
    if not declared:
        return "#?"
    depth = declared.count("[]")
    return f"#array@{'[]' * (depth - 1)}{declared[2 * depth :].partition('[')[0]}"
