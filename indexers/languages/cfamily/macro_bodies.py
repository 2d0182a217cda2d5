"""The bodies of C++ macros as statements, where they are whole ones.

A body is parsed by itself: operators, objects that it makes and locals that it declares are then known as they are in any
function. What pastes names together, opens a brace that it does not close, or defines something is left to `macros.calls_in`.
"""

from __future__ import annotations

import re

from tree_sitter import Node, Parser

from indexers.languages.cfamily.macro_words import without_macro_words

_STRINGIZED = re.compile(rb"#(?=\s*[A-Za-z_])")
_BEFORE_CONTROL = re.compile(rb"\b[A-Z_][A-Z0-9_]{2,}(?=\s+(?:if|for|while|switch|do)\b)")
"""`AMBIGUOUS_ELSE_BLOCKER if (...)`, which the grammar takes for a declaration."""
_JOINED = re.compile(rb"\\(\r?\n)")
MAX_BODY = 8_000


def statements_of(body: bytes, parser: Parser) -> Node | None:
    """Return the tree of a macro's body, its positions counted from a bracket put before it; None where it does not parse."""
    if b"##" in body or len(body) > MAX_BODY or body.count(b"{") != body.count(b"}"):
        return None
    text = _JOINED.sub(rb" \1", _STRINGIZED.sub(b" ", body))
    text = _BEFORE_CONTROL.sub(lambda match: b" " * len(match.group()), text)
    for each in (text, without_macro_words(text, among_statements=True)[0]):
        root = parser.parse(b"{" + each + b"\n;}").root_node
        if not root.has_error:
            return root
    return None
