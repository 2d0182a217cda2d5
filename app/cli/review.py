"""`clew review [REV..REV]`: what a change puts at risk, which tests to run and whom to ask, before it is merged."""

from __future__ import annotations

import sys

from app.cli.composition import opened
from app.errors import FOUND, NONE, REFUSED
from app.rendering.review import show
from app.rendering.screen import Screen, write_json
from app.reviewing import reviewed
from app.shapes.reviewing import review_shape
from tools.review import Risk

_ORDER = list(Risk)


def run(
    revisions: str, depth: int, limit: int, fail_at: str | None, repo: str | None, as_json: bool, store: str | None
) -> int:
    """Return 0; 1 when nothing changed; 4 when the risk is `fail_at` or higher."""
    with opened(store) as wiring:
        name, found = reviewed(wiring.graph, wiring.scope(repo), revisions, depth, limit)
        if as_json:
            write_json(review_shape(name, found))
        else:
            show(Screen(), name, found)
        if found.truncated:
            print(f"note: cut at {limit:,} rows a symbol; --limit shows more", file=sys.stderr)
    if not found.comparison.files:
        return NONE
    return REFUSED if fail_at is not None and _ORDER.index(found.risk) >= _ORDER.index(Risk(fail_at)) else FOUND
