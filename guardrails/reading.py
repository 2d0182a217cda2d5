"""The Markdown of an answer as units that can each be judged: sentences, list items, table rows, code blocks, headings.

Blocks are found by a Markdown parser; together the texts of the units are the answer, character by character. A unit knows
what introduces it: a list item or a row means little without the sentence before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_NESTING = 40
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_NUMBERS = re.compile(r"\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()")
_PLACE = re.compile(
    r"(?<![\w/.:@-])(?P<path>(?:[\w@+~.-]+/)*[\w@+~-][\w@+~.-]*\.[A-Za-z]\w{0,9}|(?:[\w@+~.-]+/)+[\w@+~-][\w@+~.-]*)"
    r"(?:#[\w.-]{1,80})?:(?P<first>\d{1,7})(?:\s?[-–]\s?(?P<last>\d{1,7}))?(?![\w:])"
)
_ANY_PLACE = re.sub(r"\?P<\w+>", "?:", _PLACE.pattern)
_MARK = re.compile(rf"[(\[`]{{0,3}}(?:see |at )?{_ANY_PLACE}[)\]`]{{0,3}}|{_NUMBERS.pattern}")
_CITED = rf"(?:\s*(?:[(\[`]{{0,3}}{_ANY_PLACE}[)\]`]{{0,3}}|\[\d[\d,\s]*\]))"
_SENTENCE_END = re.compile(
    rf"[.!?](?:</\w+>|[\"')*_]){{0,3}}(?:{_CITED}+(?=\s*(?:\Z|[^a-z\s])))?(?=\s|\Z)|:(?=[ \t]*(?:\n|\Z))"
)
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|no|fig|approx|resp|incl)\.$", re.IGNORECASE)
_ORDINAL = re.compile(r"\s*\d+\.$")
_TICKS = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


class UnitKind(StrEnum):
    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    FENCE = "fence"
    HEADING = "heading"
    FRAME = "frame"
    """What only frames others: a table's head and its ruler, a rule, white space."""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file as an answer names them: `path:3-5`."""

    path: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One citation in a text with the brackets round it: the numbers or the places that it names."""

    start: int
    end: int
    numbers: tuple[int, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of an answer with the white space after it.

    lead: index of the unit that introduces this one, -1 for none. numbers: of the evidence that it points at.
    code: what a code block holds; language: its info string. head: of a table row, the heads of its columns.
    """

    text: str
    kind: UnitKind
    lead: int = -1
    numbers: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    code: str = ""
    language: str = ""
    head: tuple[str, ...] = ()


def units_of(answer: str) -> list[Unit]:
    """Return the units of an answer in order. Never raises; nesting beyond `MAX_NESTING` is read as plain text."""
    units: list[Unit] = []
    lead = -1
    head: tuple[str, ...] = ()
    for text, kind, language in _pieces(answer):
        if kind is UnitKind.FRAME:
            head = tuple(cells_of(text.split("\n")[0]))
        introduced = kind in (UnitKind.ITEM, UnitKind.ROW, UnitKind.FENCE)
        unit = Unit(
            text=text,
            kind=kind,
            lead=lead if introduced else -1,
            numbers=_numbers_in(text) if kind is not UnitKind.FENCE else (),
            places=places_in(text) if kind is not UnitKind.FENCE else (),
            code=_inner(text) if kind is UnitKind.FENCE else "",
            language=language,
            head=head if kind is UnitKind.ROW else (),
        )
        units.append(unit)
        if kind in (UnitKind.SENTENCE, UnitKind.HEADING) and text.strip():
            lead = len(units) - 1
    return units


def places_in(text: str) -> tuple[Place, ...]:
    """Return the citations `path:line` and `path:first-last` of a text, each once."""
    found: dict[Place, None] = {}
    for one in _PLACE.finditer(text):
        if "//" in one["path"]:
            continue
        first = int(one["first"])
        found[Place(one["path"], first, int(one["last"] or first))] = None
    return tuple(found)


def cells_of(row: str) -> list[str]:
    """Return the cells of a table row, without what frames them."""
    return [
        cell.strip().strip("*_ ") for cell in re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|"))
    ]


def marks_in(text: str) -> list[Mark]:
    """Return the citations of a text in order."""
    return [
        Mark(found.start(), found.end(), _numbers_in(found[0]), places_in(found[0])) for found in _MARK.finditer(text)
    ]


def without_citations(text: str, mark: str = " ") -> str:
    """Return the text with its citations, and the brackets or ticks round them, replaced by `mark`."""
    return _MARK.sub(mark, text)


def _numbers_in(text: str) -> tuple[int, ...]:
    return tuple(int(n) for group in _NUMBERS.findall(text) for n in re.findall(r"\d+", group))


def _pieces(answer: str) -> Iterator[tuple[str, UnitKind, str]]:
    """Yield text, kind and language of each stretch; the stretches are the answer."""
    lines = _LINES.findall(answer)
    kinds = _kinds(answer, len(lines))
    at = 0
    while at < len(lines):
        kind, block, language = kinds[at]
        end = at + 1
        while end < len(lines) and kinds[end][1] == block and kind is not UnitKind.ROW:
            end += 1
        text = "".join(lines[at:end])
        if kind in (UnitKind.SENTENCE, UnitKind.ITEM):
            yield from ((piece, kind, "") for piece in _sentences(text))
        elif text:
            yield text, kind, language
        at = end


def _kinds(answer: str, count: int) -> list[tuple[UnitKind, int, str]]:
    """Return kind, block number and language of each line. A blank line belongs to the block before it."""
    kinds: list[tuple[UnitKind, int, str]] = [(UnitKind.SENTENCE, 0, "")] * count
    taken = [False] * count
    block = 0
    depth = 0
    for token in _tokens(answer):
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.map is None:
            continue
        kind = _kind_of(token, depth > 0)
        if kind is None:
            continue
        block += 1
        for line in range(token.map[0], min(token.map[1], count)):
            if not taken[line]:
                kinds[line] = (kind, block, token.info.strip().split(" ")[0] if kind is UnitKind.FENCE else "")
                taken[line] = True
    last = (UnitKind.FRAME, 0, "")
    for line in range(count):
        if taken[line]:
            last = kinds[line]
        else:
            kinds[line] = last
    return kinds


def _kind_of(token: Token, in_list: bool) -> UnitKind | None:
    match token.type:
        case "fence" | "code_block":
            return UnitKind.FENCE
        case "heading_open":
            return UnitKind.HEADING
        case "thead_open" | "hr":
            return UnitKind.FRAME
        case "tr_open":
            return UnitKind.ROW
        case "paragraph_open":
            return UnitKind.ITEM if in_list else UnitKind.SENTENCE
    return None


def _tokens(answer: str) -> list[Token]:
    try:
        return _PARSER.parse(answer)
    except (RecursionError, IndexError, ValueError):
        return []


def _sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a paragraph. Nothing ends inside a code span, nor after an abbreviation."""
    spans = [found.span() for found in _TICKS.finditer(text)]
    start, span = 0, 0
    for end in _SENTENCE_END.finditer(text):
        while span < len(spans) and spans[span][1] <= end.start():
            span += 1
        inside = span < len(spans) and spans[span][0] <= end.start() < spans[span][1]
        if inside or _ABBREVIATION.search(text, start, end.start() + 1) or _ORDINAL.match(text, start, end.start() + 1):
            continue
        close = end.end()
        while close < len(text) and text[close].isspace():
            close += 1
        if close > start:
            yield text[start:close]
            start = close
    if start < len(text):
        yield text[start:]


def _inner(fence: str) -> str:
    """Return the code of a block without its marks; an indented block as it is."""
    rows = fence.rstrip().split("\n")
    opening = re.match(r"\s*(`{3,}|~{3,})", rows[0])
    if opening is None:
        return "\n".join(row.removeprefix("    ") for row in rows)
    closing = rows[-1].strip() if len(rows) > 1 else ""
    closed = bool(closing) and set(closing) == {opening[1][0]}
    indent = len(rows[0]) - len(rows[0].lstrip())
    inner = rows[1:-1] if closed else rows[1:]
    return "\n".join(row[indent:] if not row[:indent].strip() else row for row in inner)


def _parser() -> MarkdownIt:
    """Blocks only. What a renderer would hide or fold (references, HTML) is read as text, so that no claim hides there."""
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser.disable(["reference", "html_block", "lheading"])


_PARSER = _parser()
