"""Assignments of C and C++: what a variable, a member or an element is given, and what a class defines for it."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder
from indexers.facts import Flag
from indexers.languages.cfamily.operands import Operands
from indexers.languages.cfamily.operators import MAX_OPERAND
from indexers.languages.cfamily.walk import MAX_DEPTH


class Assignments(Operands):
    """Visits what writes."""

    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits |= {
            "assignment_expression": self._assignment,
            "update_expression": self._update,
        }

    def _assignment(self, node: Node, scope: int) -> str:
        parts = [child for child in node.named_children if child.type != "comment"]
        if len(parts) != 2:
            return self._only_child(node, scope)
        target = self._target(parts[0], scope)
        value = ""
        is_plain = node.children[1].type == "="
        for value in self.values(parts[1], scope):
            if is_plain and self.says_something(target, value):
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

    def says_something(self, target: str, value: str) -> bool:
        """Whether an assignment tells more than the declared type: where there is none, or where a function is stored."""
        if not _is_target(target) or value.startswith("#") or self.names is None:
            return False
        may_be_function = value.isidentifier() and value not in self.names
        if "." in target:
            return may_be_function
        return target in self.names and (may_be_function or self.names[target] in ("", "*", "func"))

    def _update(self, node: Node, scope: int) -> str:
        for child in node.named_children:
            path = self._target(child, scope)
            if self.is_cplusplus and path[:1] != "#" and len(path) <= MAX_OPERAND:
                sign = next((each for each in node.children if not each.is_named), node)
                is_prefix = sign.start_byte < child.start_byte
                self.operator_of(sign, scope, path, sign.type, "" if is_prefix else "#int")
                return path if is_prefix else "#?"
        return "#num"


def _is_target(path: str) -> bool:
    """Whether a path ends in a name that may be assigned."""
    return bool(path) and path[0] != "#" and path[-1] not in ")]"
