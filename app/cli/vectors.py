"""`clew vectors`: what vectors there are, fill them now, or throw them away to be made again."""

from __future__ import annotations

import sys

from app.cli.composition import opened
from app.cli.progress import ProgressLine
from app.errors import FOUND, NONE
from app.overview import vectors_shape
from app.rendering.screen import Screen, write_json
from app.wiring import Wiring
from indexers.vector_state import VectorState
from knowledge.scope import EVERYTHING


def run(fill: bool, rebuild: bool, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return 0 when something is indexed, else 1. Raises StoreBusy when a running server owns the vectors."""
    with opened(store) as wiring:
        scope = wiring.scope(repo) if repo else EVERYTHING
        known = {i.name: i.generation for i in wiring.graph.repositories(scope)} if wiring.has_index else {}
        if rebuild:
            wiring.erase_vectors()
        if fill and known:
            _fill(wiring, known)
        states = {name: wiring.vector_state(name) for name in known}
    if as_json:
        write_json({"repositories": [{"name": name, **vectors_shape(state)} for name, state in states.items()]})
        return FOUND if known else NONE
    screen = Screen()
    if rebuild:
        screen.line(
            "all vectors are thrown away; " + ("made again" if fill else "the next `clew serve` makes them again")
        )
    for name, state in states.items():
        screen.line((name, "title"), f"  {vectors_said(state)}")
    if not known:
        screen.line("none: nothing is indexed; run `clew index PATH`")
    return FOUND if known else NONE


def _fill(wiring: Wiring, known: dict[str, int]) -> None:
    from app.owned_vectors import fill_all  # start-up time

    progress = ProgressLine(sys.stderr)
    try:
        fill_all(wiring.own_vectors(), wiring.vector_sources(), known, progress)
    finally:
        progress.close()


def vectors_said(state: VectorState) -> str:
    """Return one line for people."""
    if not state.embedder:
        return f"none: {state.note}" if state.note else "none yet: `clew serve` fills them in the background"
    how = f"{state.written:,} of {state.total:,}" if state.written < state.total else f"{state.total:,}"
    said = f"{how}, {state.filling or state.embedder} ({state.reason})"
    return f"{said}; {state.note}" if state.note else said
