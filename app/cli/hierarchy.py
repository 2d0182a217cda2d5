"""`clew hierarchy NAME`: what a class comes from, and what comes from it."""

from __future__ import annotations

import sys

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.rendering.hierarchy import show
from app.rendering.screen import Screen, write_json
from app.shapes.structure import hierarchy_shape
from tools.inheritance import hierarchy


def run(name: str, depth: int, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code: found when there is a class above or below."""
    with opened(store) as wiring:
        answer = hierarchy(wiring.graph, wiring.scope(repo), name, max_depth=depth, limit=limit)
        if as_json:
            write_json(hierarchy_shape(answer))
        else:
            show(Screen(), name, answer)
        if answer.ancestors.truncated or answer.descendants.truncated:
            print(f"note: cut at {limit:,} rows; --limit shows more", file=sys.stderr)
    return VERDICT_EXITS[answer.verdict]
