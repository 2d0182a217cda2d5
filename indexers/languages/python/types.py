"""Python annotations -> type expressions."""

from __future__ import annotations

from tree_sitter import Node

from indexers.extraction.builder import text_of

MAX_TYPE_LENGTH = 200


def type_expression(node: Node) -> str:
    return type_text(text_of(node))


def type_text(text: str) -> str:
    """Reduce an annotation to a type expression: quotes, white space and `None` alternatives go."""
    if text.isidentifier():
        return "" if text == "None" else text
    flat = "".join(text.split()).replace('"', "").replace("'", "")
    if "|" in flat and "[" not in flat:
        flat = "|".join(part for part in flat.split("|") if part != "None")
    return flat if len(flat) <= MAX_TYPE_LENGTH else ""
