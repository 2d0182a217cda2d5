"""Operators and casts of C and C++: on objects of a class they are calls."""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag, Parameter
from indexers.languages.cfamily.declarators import type_expression
from indexers.languages.cfamily.known_names import words
from indexers.languages.cfamily.walk import LITERALS, Walk

OVERLOADED = frozenset({"==", "!=", "<", ">", "<=", ">=", "+", "-", "<<", "|", "&", "^"})
"""Binary operators that classes and enumerations define for themselves."""
_PRIMITIVES = words(
    "int bool char float double void unsigned long short size_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t"
)
_POINTER_NAME = re.compile(r"(?:[pP]tr|PTR|[rR]ef)(?:_t)?$")
"""Names of types that stand for pointers, or for what behaves as one."""
MAX_OPERAND = 80
"""Bytes of the path of an operand that is looked into."""
_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">=", "&&", "||"})


class Operators(Walk):
    """Visits what computes a value from others."""

    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits |= {
            "conditional_expression": self._conditional,
            "cast_expression": self._cast,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
        }

    def operator_of(self, sign: Node, scope: int, left: str, operator: str, right: str) -> None:
        if self.names is not None and (known := self.names.get(left)) is not None and not may_be_object(known):
            return
        if right == "#none":
            return  # a pointer, most likely
        arguments = [right] if right else []
        self.builder.call(sign, scope, f"{left}.operator{operator}", len(arguments), Flag.IMPLICIT, arguments)

    def _operator(self, node: Node, sign: Node, scope: int, left: str, right: str) -> None:
        """Record `a = b`, `a[i]`, `a == b` as a call of the operator of `a`, where that may be an object of a class."""
        if not left or left[0] == "#" or len(left) > MAX_OPERAND:
            return
        self.operator_of(sign, scope, left, "[]" if node.type == "subscript_expression" else sign.type, right)

    def iterated(self, node: Node, scope: int, path: str) -> None:
        """Record what `for (auto x : path)` calls: `begin` and `end`, and the operators of what `begin` gives.

        Source: ISO C++ [stmt.ranged]. What holds a class of the library or an array comes to nothing.
        """
        if not path or path[0] == "#" or len(path) > MAX_OPERAND:
            return
        if self.names is not None and (known := self.names.get(path)) is not None and not may_be_object(known):
            return
        for member in ("begin", "end", "begin().operator!=", "begin().operator++", "begin().operator*"):
            given = [f"{path}.end()"] if member.endswith("!=") else []
            self.builder.call(node, scope, f"{path}.{member}", len(given), Flag.IMPLICIT, given)

    def made_of(self, node: Node, scope: int, made: str, path: str) -> None:
        """Record that an object is made of a value by `return x`, `T a = x`: a copy, or a conversion."""
        if path[:2] not in ("", "#?", "#l") and path != "this" and len(path) <= MAX_OPERAND:
            self.builder.call(node, scope, made, 1, Flag.CONSTRUCTION | Flag.IMPLICIT, [path])

    def _conditional(self, node: Node, scope: int) -> str:
        paths = [self.visit(child, scope) for child in node.named_children]
        return next((path for path in paths[1:] if not path.startswith("#")), "#?")

    def _binary(self, node: Node, scope: int) -> str:
        children = node.children
        sign = children[1].type if len(children) == 3 else ""
        if not self.is_cplusplus or sign not in OVERLOADED:
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
        if self.is_cplusplus and parts and (parts[-1].type not in LITERALS):
            self._prefixed(node.children[0], parts[-1], sign, scope)
        if sign == "!":
            return "#bool"
        return self.literal(parts[-1]) if parts and parts[-1].type in LITERALS else "#?"

    def _prefixed(self, sign: Node, operand: Node, written: str, scope: int) -> None:
        """Record `!a`, `*a`, `++a` of an operand that has been visited as a call of the operator of `a`."""
        if operand.type == "identifier":
            path = text_of(operand)
            if self.names is not None and path in self.names:
                self.operator_of(sign, scope, path, written, "")

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


def local_types(parameters: list[Parameter]) -> dict[str, str]:
    """Return name -> type of parameters, as `Expressions.names` has them."""
    return {parameter.name: local_type(parameter) for parameter in parameters if parameter.name}


def local_type(parameter: Parameter) -> str:
    """Return the type of a parameter, with `*` before that of a pointer."""
    return f"*{parameter.type}" if parameter.flags & Flag.POINTER else parameter.type


def may_be_object(known: str) -> bool:
    """Whether a local of this type (empty: not written) may have operators: no pointer, number, array or library template."""
    is_pointer = known[:1] in ("*", "[") or _POINTER_NAME.search(known) is not None
    return not is_pointer and known not in _PRIMITIVES and not known.startswith("std.")
