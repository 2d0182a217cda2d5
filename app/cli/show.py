"""`clew show PATH[#HEADING][:LINE[-LINE]]`: the outline of an indexed file, its lines, or a section of it, as indexed."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.cli.composition import opened
from app.cli.screen import Screen, counted, write_json
from app.errors import FOUND, NONE
from app.shapes import outline_shape, span_shape
from configs.errors import InputError
from knowledge.evidence import Span, anchor_of
from knowledge.ports import CodeGraph
from knowledge.schema import Symbol
from knowledge.scope import Scope
from tools.reading import outline, read_span

_PLACE = re.compile(r"(?P<path>[^#]+?)(?:#(?P<anchor>[^:]+))?(?::(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?)?")


def run(place: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return 0, or 1 for a file in which nothing is defined."""
    written = place.replace("\\", "/").removeprefix("./")
    parts = _PLACE.fullmatch(written)
    path = parts["path"] if parts else written
    with opened(store) as wiring:
        graph, scope = wiring.graph, wiring.scope(repo)
        repository = _holder(graph, scope, path)
        lines = _lines_of(parts, lambda: outline(graph, scope, repository, path)) if parts else None
        if lines is None:
            symbols = outline(graph, scope, repository, path)
            if as_json:
                write_json(outline_shape(repository, path, symbols))
            else:
                _show_outline(Screen(), symbols)
            return FOUND if symbols else NONE
        span = read_span(graph, scope, repository, path, *lines, check_stale=True)
        if as_json:
            write_json(span_shape(span))
        else:
            _show_lines(Screen(), span)
    return FOUND


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


def _holder(graph: CodeGraph, scope: Scope, path: str) -> str:
    """Return the one repository of the scope that covers the file."""
    found = [info.name for info in graph.repositories(scope) if path in graph.paths(scope, info.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{path!r} is a file of {', '.join(found)}", next_step=f"say which: --repo {found[0]}")
    raise InputError(
        f"no indexed file is called {path!r}",
        next_step="write it as the answers do, from the repository's root; `clew status` says what is covered",
    )


def _show_outline(screen: Screen, symbols: list[Symbol]) -> None:
    screen.table([((f"{s.path}:{s.line}", "path"), s.kind.value, s.qualified_name) for s in symbols])
    screen.line((counted(len(symbols), "symbol"), "dim"))


def _show_lines(screen: Screen, span: Span) -> None:
    width = len(str(span.end_line))
    for number, line in enumerate(span.text.split("\n"), span.start_line):
        screen.line((f"{number:>{width}}  ", "dim"), line)
    if span.stale:
        screen.line(("the file changed since it was indexed: these are the lines as indexed", "warn"))
