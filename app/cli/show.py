"""`clew show PATH[#HEADING][:LINE[-LINE]]`: the outline of an indexed file, its lines, or a section of it, as indexed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.cli.composition import opened
from app.cli.screen import Screen, counted, write_json
from app.errors import FOUND, NONE
from app.shapes import Shape
from app.shapes.symbols import outline_shape, span_shape
from configs.errors import InputError
from knowledge.evidence import Span, anchor_of
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Symbol
from knowledge.scope import Scope
from tools.reading import file_meant, holder_of, outline, read_span

_PLACE = re.compile(r"(?P<path>[^#]+?)(?:#(?P<anchor>[^:]+))?(?::(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?)?")


def run(place: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return 0, or 1 for a file in which nothing is defined."""
    with opened(store) as wiring:
        found = look_up(wiring.graph, wiring.scope(repo), place)
        if as_json:
            write_json(found_shape(found))
        else:
            show(Screen(), found)
    return FOUND if isinstance(found, Span) or found.symbols else NONE


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file defines, in order."""

    repository: str
    path: str
    symbols: list[Symbol]


def look_up(graph: CodeGraph, scope: Scope, place: str) -> Span | Outline:
    """Return the lines that `PATH[#HEADING][:LINE[-LINE]]` names, or the outline of the file when it names none.

    Raises:
        InputError: no file or section of the scope is called so, or several are; with those that could be meant.
    """
    written = place.replace("\\", "/").removeprefix("./")
    parts = _PLACE.fullmatch(written)
    path = file_meant(graph, scope, parts["path"] if parts else written)
    repository = holder_of(graph, scope, path)
    lines = _lines_of(parts, lambda: outline(graph, scope, repository, path)) if parts else None
    if lines is None:
        return Outline(repository, path, outline(graph, scope, repository, path))
    return read_span(graph, scope, repository, path, *lines, check_stale=True)


def found_shape(found: Span | Outline) -> Shape:
    if isinstance(found, Span):
        return span_shape(found)
    return outline_shape(found.repository, found.path, found.symbols)


def show(screen: Screen, found: Span | Outline) -> None:
    """Write lines with their numbers, or the symbols of a file."""
    if isinstance(found, Span):
        _show_lines(screen, found)
    else:
        _show_outline(screen, found.symbols)


def _lines_of(parts: re.Match[str], symbols: Callable[[], list[Symbol]]) -> tuple[int, int] | None:
    """Return the lines that are asked for: those that are named, else those of the named section; None: neither is named."""
    if parts["start"]:
        return int(parts["start"]), int(parts["end"] or parts["start"])
    if not parts["anchor"]:
        return None
    wanted = anchor_of(parts["anchor"])
    section = next((one for one in symbols() if anchor_of(one.name) == wanted), None)
    if section is None:
        raise InputError(
            f"{parts['path']!r} has no section {parts['anchor']!r}", next_step=f"see them: clew show {parts['path']}"
        )
    return section.start_line, section.end_line


def _show_outline(screen: Screen, symbols: list[Symbol]) -> None:
    screen.table([((f"{s.path}:{s.line}", "path"), s.kind.value, s.qualified_name) for s in symbols])
    screen.line((counted(len(symbols), "symbol"), "dim"))


def _show_lines(screen: Screen, span: Span) -> None:
    width = len(str(span.end_line))
    for number, line in enumerate(span.text.split("\n"), span.start_line):
        screen.line((f"{number:>{width}}  ", "dim"), line)
    if span.stale:
        screen.line(("the file changed since it was indexed: these are the lines as indexed", "warn"))
