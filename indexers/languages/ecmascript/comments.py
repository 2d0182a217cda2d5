"""Comment text: without its marks for people, with every offset kept for those who read tags in it."""

from __future__ import annotations

import re

from tree_sitter import Node

DOCSTRING_BYTES = 4_000

_MARGIN = re.compile(r"^[ \t]*\*+ ?", re.MULTILINE)


def plain(comment: bytes) -> str:
    """Return a comment's text without its marks and margins."""
    text = comment[:DOCSTRING_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
    text = text.removeprefix("/**").removeprefix("/*").removesuffix("*/")
    return _MARGIN.sub("", text).strip()


class TaggedText:
    """The text of a `/** */` comment with its marks blanked out, so that an offset in it has a place.

    The margins stay until `without_margins` is called for, which keeps every offset too: few comments need it.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        text = (node.text or b"")[:DOCSTRING_BYTES].decode("utf-8", "replace")
        if text.endswith("*/"):
            text = text[:-2] + "  "
        self.text = "   " + text.removeprefix("/**")
        self._has_margins = True

    def without_margins(self) -> str:
        """Return the text with its margins blanked out."""
        if self._has_margins:
            self.text = _MARGIN.sub(lambda margin: " " * len(margin.group()), self.text)
            self._has_margins = False
        return self.text

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, both 1-based, the column in bytes, of an offset in `text`."""
        row, column = self.node.start_point
        breaks = self.text.count("\n", 0, offset)
        before = self.text[self.text.rfind("\n", 0, offset) + 1 : offset]
        return row + breaks + 1, len(before.encode()) + 1 + (0 if breaks else column)
