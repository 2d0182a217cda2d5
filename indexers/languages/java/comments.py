"""Javadoc comments as plain text."""

from __future__ import annotations

import re

from tree_sitter import Node

from indexers.extraction.builder import DOCSTRING_LIMIT, text_of

_BLOCK_TAG = re.compile(r"\n[ \t]*\*?[ \t]*@\w")
_STARS = re.compile(r"[ \t]*\r?\n[ \t]*\*?[ \t]*")
_INLINE_TAG = re.compile(r"\{@\w+(?:[ \t]+|\s*\n[ \t]*\*?[ \t]*)([^{}]*)\}")
_HTML = re.compile(r"</?[A-Za-z][^<>]*>")


def javadoc(comment: Node | None) -> str:
    """Return the prose of a Javadoc comment: without stars, markup and block tags."""
    if comment is None:
        return ""
    text = text_of(comment)
    if not text.startswith("/**"):
        return ""
    tag = _BLOCK_TAG.search(text)
    prose = text[3 : min(tag.start() if tag else len(text) - 2, 2 * DOCSTRING_LIMIT)]
    if "{@" in prose:
        prose = _INLINE_TAG.sub(r"\1", prose)
    if "<" in prose:
        prose = _HTML.sub("", prose)
    return _STARS.sub("\n", prose).strip()
