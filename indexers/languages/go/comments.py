"""Go doc comments: the comment that ends on the line above a declaration (https://go.dev/doc/comment)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from indexers.extraction.builder import text_of

_DIRECTIVE = re.compile(r"//(?:go:|line |export |nolint|\s*\+build)")


def documented(children: Sequence[Node]) -> Iterator[tuple[Node, str]]:
    """Yield the named children that are not comments, each with the comment that ends on the line above it."""
    comments: list[Node] = []
    comment_row = code_row = -1
    for child in children:
        kind = child.type
        if kind == "comment":
            row = child.start_point[0]
            if row == code_row:
                continue
            if row != comment_row + 1:
                comments.clear()
            comments.append(child)
            comment_row = child.end_point[0]
        elif child.is_named:
            adjacent = comments and comment_row + 1 == child.start_point[0]
            yield child, _comment_text(comments) if adjacent else ""
            comments.clear()
            code_row = child.end_point[0]
        elif kind in ("(", "{"):
            code_row = child.end_point[0]


def _comment_text(comments: list[Node]) -> str:
    lines: list[str] = []
    for comment in comments:
        text = text_of(comment)
        if text.startswith("/*"):
            lines.extend(line.strip().removeprefix("* ").removeprefix("*") for line in text[2:-2].strip().splitlines())
        elif not _DIRECTIVE.match(text):
            lines.append(text[2:].strip())
    return "\n".join(lines).strip()
