"""Rust source -> tokens with their places, as macros see them. Comments go; a doc comment is the attribute that it stands for.

The grammar's own token trees do not tell a lifetime from a quote or `=>` from `=` and `>`, so macros have a lexer of their
own. Source: the Rust reference, "Tokens" and "Doc comments".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from indexers.extraction.builder import Place

MAX_BYTES = 200_000
"""Longer definitions and invocations are not looked at."""


class Kind(IntEnum):
    WORD = 0
    PUNCTUATION = 1
    LITERAL = 2
    LIFETIME = 3
    OPEN = 4
    CLOSE = 5
    BEGIN = 6
    """Where an expression begins that a macro was given as a whole."""
    END = 7


class Token(NamedTuple):
    kind: Kind
    text: str
    place: Place


_TOKEN = re.compile(
    rb"""
    (?P<space>\s+)
    |(?P<doc>///(?!/)[^\n]*|/\*\*(?![*/]).*?\*/)
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<literal>
        (?:b|c)?"(?:[^"\\]|\\.)*"
        |(?:b|c)?r(?P<marks>\#*)".*?"(?P=marks)
        |b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]+\}|.)|[^'\\\n])'
        |b?'[^\x00-\x7f'\\]{2,8}'
        |[0-9](?:[0-9a-zA-Z_]|\.(?=[0-9])|(?<=[0-9][eE])[+-](?=[0-9]))*(?:\.(?![.\w]))?
     )
    |(?P<lifetime>'[^\W\d]\w*)
    |(?P<word>(?:r\#)?(?:[^\W\d]|[^\x00-\x7f])(?:\w|[^\x00-\x7f])*)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<punctuation><<=|>>=|\.\.\.|\.\.=|::|->|=>|==|!=|<=|>=|&&|\|\||\+=|-=|\*=|/=|%=|\^=|&=|\|=|<<|>>|\.\.|[-+*/%^!&|=<>@.,;:\#$?~_])
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "literal": Kind.LITERAL,
    "lifetime": Kind.LIFETIME,
    "word": Kind.WORD,
    "open": Kind.OPEN,
    "close": Kind.CLOSE,
    "punctuation": Kind.PUNCTUATION,
}
CLOSERS = {"(": ")", "[": "]", "{": "}"}


def tokens_of(source: bytes, start: int, end: int, row: int, column: int, origin: int = 0) -> list[Token] | None:
    """Return the tokens between two bytes of a source, which begin at a row and a column; None for what is no Rust."""
    if end - start > MAX_BYTES:
        return None
    found: list[Token] = []
    line_start = start - column
    position = start
    while position < end:
        match = _TOKEN.match(source, position, end)
        if match is None:
            return None
        kind = match.lastgroup
        if kind == "marks":
            kind = "literal"
        place = Place(row, position - line_start, origin)
        text = match[0]
        if kind == "doc":
            found.extend(_documentation(text, place))
        elif kind not in ("space", "comment"):
            found.append(Token(_KINDS[kind or ""], text.decode("utf-8", "replace"), place))
        position = match.end()
        if kind in ("space", "comment", "doc", "literal") and b"\n" in text:
            row += text.count(b"\n")
            line_start = match.start() + text.rindex(b"\n") + 1
    return found if is_balanced(found) else None


def _documentation(text: bytes, place: Place) -> list[Token]:
    words = text.decode("utf-8", "replace")
    words = words[3:] if words.startswith("///") else words[3:-2]
    literal = '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return [
        Token(Kind.PUNCTUATION, "#", place),
        Token(Kind.OPEN, "[", place),
        Token(Kind.WORD, "doc", place),
        Token(Kind.PUNCTUATION, "=", place),
        Token(Kind.LITERAL, literal, place),
        Token(Kind.CLOSE, "]", place),
    ]


def is_balanced(tokens: Sequence[Token]) -> bool:
    stack: list[str] = []
    for token in tokens:
        if token.kind == Kind.OPEN:
            stack.append(CLOSERS[token.text])
        elif token.kind == Kind.CLOSE and (not stack or stack.pop() != token.text):
            return False
    return not stack


def group_end(tokens: Sequence[Token], at: int) -> int:
    """Return the index behind the token tree that begins at `at`: behind the closing bracket, or behind the one token."""
    if tokens[at].kind not in (Kind.OPEN, Kind.BEGIN):
        return at + 1
    depth = 0
    for index in range(at, len(tokens)):
        kind = tokens[index].kind
        if kind in (Kind.OPEN, Kind.BEGIN):
            depth += 1
        elif kind in (Kind.CLOSE, Kind.END):
            depth -= 1
            if depth == 0:
                return index + 1
    return len(tokens)


def rendered(tokens: Sequence[Token]) -> tuple[bytes, list[Place]]:
    """Return a text of the tokens, one a row, and the place of each row: what stands in the text is found in the source by its row."""
    texts = [text if kind < Kind.BEGIN else _BRACKETS[kind] for kind, text, _ in tokens]
    rows = [place for _, _, place in tokens]
    whole = "\n".join(texts)
    if whole.count("\n") >= len(rows) > 0:  # a string of several lines
        rows = [token.place for token in tokens for _ in range(1 + token.text.count("\n"))]
    return whole.encode("utf-8", "replace"), rows


def spaced(text: str) -> str:
    """Return a part of a rendered text on one line, with the usual white space."""
    for pattern, replacement in _SPACING:
        text = pattern.sub(replacement, text)
    return text


_SPACING = (
    (re.compile(r"\s*(::|(?<!\.)\.(?!\.))\s*"), r"\1"),
    (re.compile(r"\s+([)\],;:?>(!\[])"), r"\1"),
    (re.compile(r"([(\[&#]|(?<=\w)[<!])\s+"), r"\1"),
    (re.compile(r"(\w)\s+(<)\s*"), r"\1\2"),
    (re.compile(r"\s+"), " "),
    (re.compile(r"(:|,|;)(?=[^\s:])(?<!::)"), r"\1 "),
)
_BRACKETS = {Kind.BEGIN: "(", Kind.END: ")"}
