"""Java types as type expressions: arrays as `[]T`, wildcards as their bound, annotations dropped.

Source: The Java Language Specification, chapter 4.
"""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of
from indexers.extraction.types import CachedTypeReader


class TypeReader(CachedTypeReader):
    def _new(self, node: Node, text: bytes) -> str:
        kind = node.type
        if kind in (
            "type_identifier",
            "identifier",
            "integral_type",
            "floating_point_type",
            "boolean_type",
            "void_type",
        ):
            return text.decode("utf-8", "replace")
        children = [
            child for child in node.named_children if "comment" not in child.type and "annotation" not in child.type
        ]
        if not children:
            return "".join(text.decode("utf-8", "replace").split())
        if kind == "scoped_type_identifier":
            return ".".join(self.read(child).partition("[")[0] for child in children)
        if kind == "generic_type":
            arguments = children[-1].named_children if children[-1].type == "type_arguments" else []
            inner = ",".join(self.read(child) or "Object" for child in arguments if "comment" not in child.type)
            head = self.read(children[0])
            return f"{head}[{inner}]" if inner else head
        if kind == "array_type":
            dimensions = max(1, text_of(children[-1]).count("[")) if children[-1].type == "dimensions" else 1
            return "[]" * dimensions + self.read(children[0])
        if kind == "wildcard":
            return self.read(children[-1])
        return self.read(children[-1]) if kind == "annotated_type" else ""
