"""`clew path A B`: a shortest chain of calls."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.rendering.path import show
from app.rendering.screen import Screen, write_json
from app.shapes.structure import path_shape
from tools.ways import path_between


def run(source: str, target: str, depth: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code of the verdict."""
    with opened(store) as wiring:
        answer = path_between(wiring.graph, wiring.scope(repo), source, target, max_depth=depth)
        if as_json:
            write_json(path_shape(answer))
        else:
            show(Screen(), source, target, depth, answer)
    return VERDICT_EXITS[answer.verdict]
