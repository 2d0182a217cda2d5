"""Blocks of a document that is not kept as it is written, and the two ways to lay them out as text.

`keep_lines` puts every piece on the line of the file that it came from, so that a citation opens the right line;
`to_markdown` writes Markdown of our own where the file's lines mean nothing (a page on one line, a bundle, a PDF).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from indexers.documents.outline import CodeBlock, Heading, Outline

TITLE_LIMIT = 300
_LINE_MARK = re.compile(r"(?m)^(\s{0,3})(#{1,6}(?=\s)|[=-]+\s*$|~{3,}|`{3,}|>)")
_TICKS = re.compile(r"`+")


class BlockKind(StrEnum):
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one line of the file (1-based). spaced: white space stands before it; code: it is inline code."""

    line: int
    text: str
    spaced: bool = False
    code: bool = False


@dataclass(slots=True)
class Block:
    """level, end_line: of a heading, as in `outline.Heading`. language: of a block of code. A block of code has one piece a line."""

    kind: BlockKind
    pieces: list[Piece] = field(default_factory=list)
    level: int = 0
    language: str = ""
    end_line: int = 0

    @property
    def plain(self) -> str:
        return " ".join("".join(f" {piece.text}" if piece.spaced else piece.text for piece in self.pieces).split())


Segment = tuple[int, int, int]
"""Line (1-based), first and end byte of a piece in the laid out text."""


@dataclass(slots=True)
class Marks:
    """Where headings, first paragraphs, inline code and blocks of code stand in a text that kept its lines."""

    headings: list[tuple[int, list[Segment], int]] = field(default_factory=list)
    """Level, where it stands, last line of its section or 0."""
    leads: list[tuple[int, list[Segment]]] = field(default_factory=list)
    """(number of headings before it, where it stands); the first paragraph of each section only."""
    codes: list[Segment] = field(default_factory=list)
    blocks: list[tuple[str, list[Segment]]] = field(default_factory=list)

    def outline(self, text: bytes) -> Outline:
        """Return the outline of `text`: the laid out one, in which secrets may have been masked since."""
        lines = text.split(b"\n")
        outline = Outline()
        leads = dict(self.leads)
        outline.lead = _text(lines, leads.get(0, ()))
        for number, (level, segments, end_line) in enumerate(self.headings, 1):
            line, start, _ = segments[0]
            title = _text(lines, segments)[:TITLE_LIMIT]
            lead = _text(lines, leads.get(number, ()))
            outline.headings.append(Heading(title, level, line, start + 1, line, lead, end_line))
        outline.codes = [(line, start + 1, _text(lines, [(line, start, end)])) for line, start, end in self.codes]
        for language, segments in self.blocks:
            code = "\n".join(lines[line - 1][start:end].decode("utf-8", "replace") for line, start, end in segments)
            outline.blocks.append(CodeBlock(language, segments[0][0], code, segments[0][1]))
        return outline


def keep_lines(blocks: Sequence[Block], line_count: int) -> tuple[bytes, Marks]:
    """Return a text of `line_count` lines with each piece on its own line of the file, and what stands where."""
    lines = [bytearray() for _ in range(line_count)]
    marks = Marks()
    for block in blocks:
        segments: list[Segment] = []
        for number, piece in enumerate(block.pieces):
            segment = _place(lines, piece, apart=number == 0 or piece.spaced, indented=block.kind is BlockKind.CODE)
            segments.append(segment)
            if piece.code and block.kind is not BlockKind.CODE:
                marks.codes.append(segment)
        if not segments:
            continue
        if block.kind is BlockKind.HEADING:
            marks.headings.append((block.level, segments, block.end_line))
        elif block.kind is BlockKind.CODE:
            marks.blocks.append((block.language, segments))
        elif not marks.leads or marks.leads[-1][0] != len(marks.headings):
            marks.leads.append((len(marks.headings), segments))
    return b"\n".join(lines) + b"\n", marks


def _place(lines: list[bytearray], piece: Piece, *, apart: bool, indented: bool) -> Segment:
    line = lines[piece.line - 1]
    if apart and line and not indented:
        line += b" "
    start = len(line)
    line += piece.text.encode("utf-8", "replace")
    return piece.line, start, len(line)


def _text(lines: Sequence[bytes], segments: Iterable[Segment]) -> str:
    parts: list[bytes] = []
    before: Segment | None = None
    for segment in segments:
        line, start, end = segment
        if before is not None and (before[0], before[2]) != (line, start):
            parts.append(b" ")
        parts.append(lines[line - 1][start:end])
        before = segment
    return " ".join(b"".join(parts).decode("utf-8", "replace").split())


def to_markdown(blocks: Iterable[Block], *, deeper: int = 0) -> str:
    """Return the blocks as Markdown. deeper: added to the level of every heading."""
    parts: list[str] = []
    for block in blocks:
        if block.kind is BlockKind.CODE:
            parts.append(fenced("\n".join(piece.text for piece in block.pieces), block.language))
        elif block.kind is BlockKind.HEADING:
            parts.append(heading(block.plain, block.level + deeper))
        elif block.pieces:
            text = escaped(_with_code(block))
            parts.append(f"- {text}" if block.kind is BlockKind.ITEM else text)
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(title: str, level: int) -> str:
    """Return a heading line; Markdown knows six levels."""
    return f"{'#' * min(max(level, 1), 6)} {' '.join(title.split())[:TITLE_LIMIT]}"


def fenced(code: str, language: str = "") -> str:
    longest = max((len(run) for run in _TICKS.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def escaped(text: str) -> str:
    """Return prose in which no line begins as Markdown's own structure does."""
    return _LINE_MARK.sub(r"\1\\\2", text)


def _with_code(block: Block) -> str:
    parts = []
    for piece in block.pieces:
        shown = f"`{piece.text}`" if piece.code and "`" not in piece.text else piece.text
        parts.append(f" {shown}" if piece.spaced else shown)
    return " ".join("".join(parts).split())
