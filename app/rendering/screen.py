"""What a person reads: plain aligned text, coloured on a terminal that wants colour.

Text that comes from a repository is made harmless first (`guardrails.visible`): it could repaint a terminal or hide words.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from app.errors import FOUND
from configs.settings import colour_refused
from guardrails.visible import escaped, shown

STYLES = {
    "title": "\x1b[1m",
    "path": "\x1b[36m",
    "dim": "\x1b[2m",
    "good": "\x1b[32m",
    "warn": "\x1b[33m",
    "bad": "\x1b[31m",
}
RESET = "\x1b[0m"
TIER_MARKS = {"exact": ("=", "good"), "inferred": ("~", "warn"), "ambiguous": ("?", "bad"), "external": ("^", "dim")}
"""How a tier is marked in front of a row: certain, derived, one of several, outside the project."""

_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")
_NAME = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")

Cell = str | tuple[str, str]
"""A text, or a text with the name of its style."""


def width_of(text: str) -> int:
    """Return how many columns a terminal needs: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


class Screen:
    """Writes to one stream, stdout by default."""

    def __init__(self, stream: TextIO | None = None, *, colour: bool | None = None) -> None:
        self._stream = stream or sys.stdout
        self._colour = is_terminal(self._stream) and not colour_refused() if colour is None else colour

    def upon(self, stream: TextIO) -> Screen:
        """Return a screen that draws on another stream as this one does."""
        return Screen(stream, colour=self._colour)

    def drawn(self, text: str) -> None:
        """Write what another screen has drawn."""
        click.echo(text, file=self._stream, color=self._colour, nl=False)

    def line(self, *cells: Cell) -> None:
        """Write the cells one after the other, then a line break."""
        click.echo("".join(self._shown(cell) for cell in cells).rstrip(), file=self._stream, color=self._colour)

    def table(self, rows: Sequence[Sequence[Cell]], *, indent: int = 2) -> None:
        """Write rows with aligned columns; the last column is as long as it is."""
        widths = [max(width_of(_text(cell)) for cell in column) for column in zip(*rows, strict=True)] if rows else []
        for row in rows:
            padded: list[Cell] = [" " * indent]
            for cell, width in zip(row, widths, strict=True):
                padded += [cell, " " * (width - width_of(_text(cell)) + 2)]
            self.line(*padded[:-1])

    def prose(self, text: str) -> None:
        """Write Markdown as it is, but for HTML's `&lt;`, which no terminal renders; with colour, `names` and **strong** words are shown instead of marked, quoted code stays."""
        lines = shown(text.rstrip().replace("&lt;", "<").replace("&amp;", "&")).split("\n")
        quoted = False
        for line in lines:
            fence = line.lstrip().startswith("```")
            quoted ^= fence
            visible = line if fence or quoted or not self._colour else _styled(line)
            click.echo(visible, file=self._stream, color=self._colour)

    def tier(self, tier: str) -> Cell:
        mark, style = TIER_MARKS[tier]
        return f"{mark} {tier}", style

    def flush(self) -> None:
        self._stream.flush()

    def _shown(self, cell: Cell) -> str:
        text = shown(_text(cell))
        if not self._colour or isinstance(cell, str) or not text:
            return text
        return f"{STYLES[cell[1]]}{text}{RESET}"


def _styled(line: str) -> str:
    strong = _STRONG.sub(lambda found: STYLES["title"] + found[1] + RESET, line)
    return _NAME.sub(lambda found: STYLES["path"] + found[1] + RESET, strong)


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]


def is_terminal(stream: TextIO) -> bool:
    try:
        return os.isatty(stream.fileno())
    except (OSError, ValueError):
        return False


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return `1 file`, `2,000 files`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def moment(at: float | None) -> str:
    """Return a time in seconds since 1970 as people read it; `never` for none."""
    return "never" if not at else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def said(as_json: bool, body: dict[str, Any], text: str) -> int:
    """Say what was done, as JSON or in words, and return the exit code of that."""
    if as_json:
        write_json(body)
    else:
        screen = Screen()
        screen.line(text)
        screen.flush()
    return FOUND


def write_json(body: Any) -> None:
    """Print one JSON document, Unicode kept but for characters that hide or repaint: those are escaped."""
    sys.stdout.write(json_line(body, indent=2))


def json_line(body: Any, indent: int | None = None) -> str:
    """Return a JSON document as a terminal may be shown it, with its line break."""
    return escaped(json.dumps(body, ensure_ascii=False, indent=indent)) + "\n"
