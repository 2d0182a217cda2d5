"""Ranked files, symbols, functions or documents."""

from __future__ import annotations

from app.rendering.screen import Cell, Screen, counted
from tools.search import SearchResult


def show(screen: Screen, query: str, results: list[SearchResult]) -> None:
    if not results:
        screen.line(f"none: nothing indexed matches {query!r}")
        return
    several = len({result.repository for result in results}) > 1
    screen.table([_row(result, with_repository=several) for result in results])
    screen.line((counted(len(results), "result"), "dim"))


def _row(result: SearchResult, *, with_repository: bool) -> tuple[Cell, ...]:
    place = f"{result.path}:{result.start_line}"
    owner: tuple[Cell, ...] = ((result.repository, "dim"),) if with_repository else ()
    return f"{result.score:.3f}", *owner, (place, "path"), result.kind, result.symbol or "", (result.why, "dim")
