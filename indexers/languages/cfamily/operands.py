"""Names, members and subscripts of C and C++, as access paths."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import FactsBuilder, text_of
from indexers.languages.cfamily.declarators import plain_name, qualified_parts
from indexers.languages.cfamily.operators import Operators
from indexers.languages.cfamily.walk import LITERALS, MAX_DEPTH


class Operands(Operators):
    """Visits what has a value without a call being written."""

    def __init__(self, builder: FactsBuilder, is_cplusplus: bool) -> None:
        super().__init__(builder, is_cplusplus)
        self.visits |= {
            "field_expression": self._field,
            "subscript_expression": self._subscript,
            "pointer_expression": self._pointed,
            "qualified_identifier": self._qualified,
            "template_function": self._template_name,
            "template_method": self._template_name,
        }

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
                self.operator_of(arrow, scope, path, "->", "")
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
        return self.literal(only) if only.type in LITERALS else "#?"

    def _pointed(self, node: Node, scope: int) -> str:
        path = self._only_child(node, scope)
        operand = node.named_children[-1] if node.named_children else None
        if self.is_cplusplus and operand is not None and node.children[0].type == "*":
            self._prefixed(node.children[0], operand, "*", scope)
        return path


def last_type_name(node: Node) -> Node:
    """Return the node of the last name of a type."""
    current = qualified_parts(node)[1]
    if current.type == "template_type" and current.named_children:
        return current.named_children[0]
    return current
