"""`clew impact NAME`: what will break, what may, which tests to run, and where a run reaches it."""

from __future__ import annotations

import sys

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.looking_up import package_called
from app.rendering.impact import show
from app.rendering.screen import Screen, write_json
from app.shapes.structure import impact_shape
from tools.structure import full_impact


def run(name: str, depth: int, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code of the verdict."""
    with opened(store) as wiring:
        scope = wiring.scope(repo)
        answer = full_impact(wiring.graph, scope, name, max_depth=depth, limit=limit)
        if as_json:
            write_json(impact_shape(answer))
        else:
            show(Screen(), name, answer, "" if answer.uses.symbol else package_called(wiring.graph, scope, name))
        if answer.uses.truncated:
            print(f"note: cut at {limit:,} rows; --limit shows more", file=sys.stderr)
    return VERDICT_EXITS[answer.uses.verdict]
