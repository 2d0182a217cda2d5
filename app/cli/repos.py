"""`clew repos`: what is indexed."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.rendering.repositories import show
from app.rendering.screen import Screen, write_json
from app.shapes.repositories import repository_shape
from knowledge.scope import EVERYTHING


def run(as_json: bool, store: str | None) -> int:
    """Return 0 when a repository is indexed, else 1."""
    with opened(store) as wiring:
        known = wiring.graph.repositories(EVERYTHING) if wiring.has_index else []
        if as_json:
            write_json({"repositories": [repository_shape(info) for info in known]})
        elif known:
            show(Screen(), known)
        else:
            Screen().line(f"none: nothing is indexed in {str(wiring.settings.home)!r}; run `clew index PATH`")
    return FOUND if known else NONE
