"""Go types as type expressions: pointers dropped, slices, arrays and channels as `[]T`.

Source: the Go specification, "Types".
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.types import CachedTypeReader

_OPAQUE = {"function_type": "func", "struct_type": "struct", "interface_type": "interface"}


class TypeReader(CachedTypeReader):
    def read(self, node: Node) -> str:
        return _OPAQUE.get(node.type) or super().read(node)

    def _new(self, node: Node, text: bytes) -> str:
        kind = node.type
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
