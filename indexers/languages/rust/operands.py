"""Names, fields, subscripts and operators of Rust, as access paths; operators of a type of the project are calls.

`?`, `.await`, `&`, `*`, `Ok(..)` and `Some(..)` are transparent: they stand for what they wrap.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.facts import Flag
from indexers.languages.rust.known_names import MUTATING
from indexers.languages.rust.types import dotted
from indexers.languages.rust.walk import MAX_DEPTH, Walk

OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "%": "rem", "&": "bitand", "|": "bitor", "^": "bitxor", "<<": "shl", ">>": "shr",
    "==": "eq",
}  # fmt: skip
"""Operators -> the methods that they call on a type of the project. `!=` and `<` call provided methods of other names."""
LONGEST_PLACE = 100
"""Fields and subscripts after each other that are followed to what is done with them: each step costs as much as the tree is deep."""
_PARTS = frozenset({"field_expression", "parenthesized_expression", "index_expression"})
IMPLICIT = int(Flag.IMPLICIT)
_POINTER = int(Flag.POINTER)


class Operands(Walk):
    """Visits what has a value without a call being written."""

    def __init__(self, builder: FactsBuilder) -> None:
        super().__init__(builder)
        self.visits |= {
            "field_expression": self._read,
            "scoped_identifier": self._scoped,
            "generic_function": self._generic_function,
            "index_expression": self._index,
            "try_expression": self._try,
            "unary_expression": self._unary,
            "binary_expression": self._binary,
            "type_cast_expression": self._cast,
        }

    def _scoped(self, node: Node, scope: int) -> str:
        children = node.named_children
        self.last = children[-1] if children else node
        path = dotted(node, self.generics)
        if path.startswith("super."):
            self.path_head(path, scope)
        return path

    def _read(self, node: Node, scope: int) -> str:
        """Visit a field whose value is used."""
        path = self._field(node, scope)
        if path[0] != "#" and self.last is not None:
            self.builder.refer(self.last, scope, path, _POINTER if is_mutated(node) else 0)
        return path

    def _field(self, node: Node, scope: int) -> str:
        parts = node.named_children
        if len(parts) < 2:
            return "#?"
        if parts[0].type == "field_expression" and self.depth < MAX_DEPTH:
            self.depth += 1
            path = self._field(parts[0], scope)
            self.depth -= 1
        else:
            path = self.visit(parts[0], scope)
        name = parts[-1]
        self.last = name
        return f"{path}.{text_of(name)}"

    def _generic_function(self, node: Node, scope: int) -> str:
        function = node.named_children[0]
        return self._field(function, scope) if function.type == "field_expression" else self.visit(function, scope)

    def _index(self, node: Node, scope: int) -> str:
        parts = node.named_children
        path = self.visit(parts[0], scope)
        last = self.last
        given = [self.visit(part, scope) for part in parts[1:]]
        is_slice = len(parts) > 1 and parts[1].type == "range_expression"
        if path[0] != "#":
            method = "index_mut" if is_mutated(node) else "index"
            called = f"{path}{'' if is_slice else '[]'}{below}" if (below := _called_on(node)) else ""
            arguments = [*(["#range"] if is_slice else given[:1]), *([called] if called and method == "index" else [])]
            self.builder.call(parts[0], scope, f"{path}.{method}", max(len(arguments), 1), IMPLICIT, arguments)
        self.last = last
        return path if is_slice else path + "[]"

    def _unary(self, node: Node, scope: int) -> str:
        """`*x` has the members of x, `**x` those of what x holds."""
        path = self._transparent(node, scope)
        operand = node.named_children[-1] if node.named_children else node
        is_deref = bool(node.children) and node.children[0].type == "*"
        if is_deref and operand.type == "self" and self.self_refers:
            return path
        if is_deref and operand.type == "identifier" and path in self.lent:
            return path  # what a reference refers to, whatever that dereferences to itself
        if is_deref and path and path[0] != "#":
            method = "deref_mut" if is_mutated(node) or self._is_delegated(node) else "deref"
            self.builder.call(operand, scope, f"{path}.{method}", 0, IMPLICIT)
        twice = is_deref and operand.type == "unary_expression" and operand.children[0].type == "*"
        if twice and self.self_refers and operand.named_children[-1].type == "self":
            return f"{path}.deref()"
        if is_deref and not twice and operand.type == "field_expression" and path[0] != "#":
            return f"{path}.*"
        return f"{path}.?" if twice and path[0] != "#" else path

    def _is_delegated(self, node: Node) -> bool:
        """Whether a method that changes `self` calls the one of its own name: `(**self).next()` in `next`."""
        around = node.parent
        if not self.changes_self or around is None or around.type != "parenthesized_expression":
            return False
        field = around.parent
        is_called = field is not None and field.type == "field_expression"
        return is_called and field is not None and text_of(field.named_children[-1]) == self.changes_self

    def _binary(self, node: Node, scope: int) -> str:
        """Visit `a + b`: on a type of the project that is a call of `add`."""
        children = [child for child in node.children if child.type not in ("line_comment", "block_comment")]
        if len(children) != 3:
            self.inside(node.named_children, scope)
            return "#?"
        left, operator, right = children
        path, other = self._operand(left, scope), self._operand(right, scope)
        method = OPERATORS.get(operator.type)
        if method is None or path[0] == "#" or (method == "eq" and other[0] == "#" and other[:2] != "#?"):
            return "#bool" if method is None or method == "eq" else path if path == "#num" else "#?"
        self.builder.call(left, scope, f"{path}.{method}", 1, IMPLICIT, [other])
        return "#bool" if method == "eq" else f"{path}.{method}()"

    def _operand(self, node: Node, scope: int) -> str:
        if node.type == "identifier":
            path = text_of(node)
            if path.isupper():
                self.builder.refer(node, scope, path)
            return path
        path = self.visit(node, scope)
        if self.shadow >= 0 and node.type != "let_condition":
            self.shadow = -1
        return path

    def _try(self, node: Node, scope: int) -> str:
        path = self.visit(node.named_children[0], scope) if node.named_children else "#?"
        return path if path.startswith("#") else f"{path}.?"

    def _cast(self, node: Node, scope: int) -> str:
        parts = node.named_children
        path = self.visit(parts[0], scope)
        return "#num" if parts[-1].type == "primitive_type" else path


def _called_on(node: Node) -> str:
    """Return the way from a place expression to the method that is called on it or a part of it, `.field.run`; empty without one."""
    way = ""
    around = node.parent
    while around is not None and around.type in ("field_expression", "parenthesized_expression"):
        if around.type == "field_expression":
            way += f".{text_of(around.named_children[-1])}"
            call = around.parent
            if call is not None and call.type == "call_expression" and call.children[0] == around:
                return way
        around = around.parent
    return ""


def is_mutated(node: Node) -> bool:
    """Whether a place expression, or a part of it, is assigned to or borrowed to be changed."""
    around = node.parent
    for _ in range(LONGEST_PLACE):
        if around is None or around.type not in _PARTS:
            break
        if around.type == "index_expression" and around.children[0] != node:
            return False
        called = around.parent
        if (
            around.type == "field_expression"
            and called is not None
            and called.type == "call_expression"
            and called.children[0] == around
        ):
            return text_of(around.named_children[-1]) in MUTATING
        node, around = around, called
    if around is None:
        return False
    if around.type in ("assignment_expression", "compound_assignment_expr"):
        return around.children[0] == node
    return around.type == "reference_expression" and around.children[1].type == "mutable_specifier"
