"""Rust source -> tokens with their places, as macros see them. Comments go; a doc comment is the attribute that it stands for.

The grammar's own token trees do not tell a lifetime from a quote or `=>` from `=` and `>`, so macros have a lexer of their
own. Source: the Rust reference, "Tokens" and "Doc comments".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from indexers.extraction.builder import Place

MAX_BYTES = 200_000
"""Longer definitions and invocations are not looked at."""


class Kind:
    """Plain numbers: they are compared for each token."""

    WORD: Final = 0
    PUNCTUATION: Final = 1
    LITERAL: Final = 2
    LIFETIME: Final = 3
    OPEN: Final = 4
    CLOSE: Final = 5
    BEGIN: Final = 6
    """Where an expression begins that a macro was given as a whole."""
    END: Final = 7


class Token(NamedTuple):
    kind: int
    text: str
    place: Place


_TOKEN = re.compile(
    r"""
    (?:
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
    )[ ]*
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
"""Over a text of one character a byte: places are counted in bytes."""
_KINDS: dict[str | None, int] = {
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
    part = source[start:end]
    text, is_ascii = part.decode("latin-1"), part.isascii()
    found: list[Token] = []
    closing: list[str] = []
    line_start = -column
    position = 0
    new = tuple.__new__
    for match in _TOKEN.finditer(text):
        if match.start() != position:
            return None
        group = match.lastgroup
        word, kind = match[group or ""], _KINDS.get(group)
        if kind is None or kind == Kind.LITERAL:
            if group == "doc":
                found.extend(_documentation(_decoded(word), Place(row, position - line_start, origin)))
            elif kind is not None:
                place = Place(row, position - line_start, origin)
                found.append(Token(kind, word if is_ascii else _decoded(word), place))
            if "\n" in word:
                row += word.count("\n")
                line_start = position + word.rindex("\n") + 1
        else:
            place = new(Place, (row, position - line_start, origin, None))
            found.append(new(Token, (kind, word if is_ascii else _decoded(word), place)))
            if kind == Kind.OPEN:
                closing.append(CLOSERS[word])
            elif kind == Kind.CLOSE and (not closing or closing.pop() != word):
                return None
        position = match.end()
    return found if position == len(text) and not closing else None


def _decoded(word: str) -> str:
    return word.encode("latin-1").decode("utf-8", "replace")


def _documentation(words: str, place: Place) -> list[Token]:
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
    if "macro_rules" in texts or "$" in texts:  # the grammar wants `macro_rules!` and `$name` in one piece
        for at in range(len(texts) - 1):
            first, second = texts[at], texts[at + 1]
            if (first == "macro_rules" and second == "!") or (first == "$" and tokens[at + 1].kind == Kind.WORD):
                texts[at], texts[at + 1] = first + second, ""
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
