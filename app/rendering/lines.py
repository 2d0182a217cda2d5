"""Lines of a file with their numbers, or the symbols of it."""

from __future__ import annotations

from app.looking_up import Outline
from app.rendering.screen import Screen, counted
from knowledge.evidence import Span
from knowledge.schema import Symbol


def show(screen: Screen, found: Span | Outline) -> None:
    """Write lines with their numbers, or the symbols of a file."""
    if isinstance(found, Span):
        _show_lines(screen, found)
    else:
        _show_outline(screen, found.symbols)


def _show_outline(screen: Screen, symbols: list[Symbol]) -> None:
    screen.table([((f"{s.path}:{s.line}", "path"), s.kind.value, s.qualified_name) for s in symbols])
    screen.line((counted(len(symbols), "symbol"), "dim"))


def _show_lines(screen: Screen, span: Span) -> None:
    width = len(str(span.end_line))
    for number, line in enumerate(span.text.split("\n"), span.start_line):
        screen.line((f"{number:>{width}}  ", "dim"), line)
    if span.stale:
        screen.line(("the file changed since it was indexed: these are the lines as indexed", "warn"))
