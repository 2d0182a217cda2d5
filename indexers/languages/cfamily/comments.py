"""Comments above a definition as its docstring. Plain text: the marks of the comment are taken off, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from indexers.extraction.builder import text_of

_LICENSE_WORDS = ("copyright", "license", "licence", "spdx")


def docstring_of(comments: Sequence[Node]) -> str:
    """Join comments that stand together and take their marks off."""
    lines: list[str] = []
    for comment in comments:
        text = text_of(comment)
        if text.startswith("/*"):
            body = text[2:-2] if text.endswith("*/") else text[2:]
            lines.extend(line.strip().lstrip("*!<").strip() for line in body.splitlines())
        else:
            lines.append(text.lstrip("/!<").strip())
    return "\n".join(lines).strip()


def file_docstring(comments: Sequence[Node], line_after: int) -> str:
    """Return the comment that speaks for the file: the first block that is no licence and stands clear of the code.

    Args:
        comments: those before the first other node, in order.
        line_after: 0-based line of the first other node.
    """
    block: list[Node] = []
    blocks = [block]
    for comment in comments:
        if block and comment.start_point[0] > block[-1].end_point[0] + 1:
            block = []
            blocks.append(block)
        block.append(comment)
    for block in blocks:
        text = docstring_of(block)
        is_license = any(word in text[:400].lower() for word in _LICENSE_WORDS)
        if text and not is_license and block[-1].end_point[0] + 1 < line_after:
            return text
    return ""
