"""Go types as type expressions: pointers dropped, slices, arrays and channels as `[]T`.

Source: the Go specification, "Types".
"""

from __future__ import annotations

from tree_sitter import Node

MAX_TYPE_BYTES = 300
"""A longer type is not worth a fact; bounds the recursion too."""


class TypeReader:
    """Reads the types of one file; the same text is read once."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._known: dict[bytes, str] = {}

    def read(self, node: Node) -> str:
        kind = node.type
        if kind == "function_type":
            return "func"
        if kind == "struct_type":
            return "struct"
        if kind == "interface_type":
            return "interface"
        start, end = node.start_byte, node.end_byte
        if end - start > MAX_TYPE_BYTES:
            return ""
        key = self.source[start:end]
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._new(node, kind, key)
        return found

    def _new(self, node: Node, kind: str, text: bytes) -> str:
        if kind == "type_identifier" or kind == "identifier":
            return text.decode("utf-8", "replace")
        if kind == "qualified_type" or kind == "selector_expression":
            return "".join(text.decode("utf-8", "replace").split())
        children = [child for child in node.named_children if child.type != "comment"]
        if not children:
            return ""
        if kind in ("pointer_type", "parenthesized_type", "unary_expression", "parenthesized_expression"):
            return self.read(children[-1])
        if kind in ("slice_type", "array_type", "implicit_length_array_type", "channel_type"):
            return f"[]{self.read(children[-1])}"
        if kind == "map_type":
            return f"map[{self.read(children[0])},{self.read(children[-1])}]"
        if kind == "generic_type":
            arguments = ",".join(self.read(child) for child in children[-1].named_children if child.type != "comment")
            return f"{self.read(children[0])}[{arguments}]" if len(children) > 1 else self.read(children[0])
        if kind == "negated_type":
            return f"~{self.read(children[0])}"
        if kind == "type_elem" or kind == "type_constraint":
            return "|".join(self.read(child) for child in children)
        return ""
