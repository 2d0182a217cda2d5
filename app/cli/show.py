"""`clew show PATH[#HEADING][:LINE[-LINE]]`: the outline of an indexed file, its lines, or a section of it, as indexed."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import FOUND, NONE
from app.looking_up import Outline, look_up
from app.rendering.lines import show
from app.rendering.screen import Screen, write_json
from app.shapes import Shape
from app.shapes.symbols import outline_shape, span_shape
from knowledge.evidence import Span


def run(place: str, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return 0, or 1 for a file in which nothing is defined."""
    with opened(store) as wiring:
        found = look_up(wiring.graph, wiring.scope(repo), place)
        if as_json:
            write_json(found_shape(found))
        else:
            show(Screen(), found)
    return FOUND if isinstance(found, Span) or found.symbols else NONE


def found_shape(found: Span | Outline) -> Shape:
    if isinstance(found, Span):
        return span_shape(found)
    return outline_shape(found.repository, found.path, found.symbols)
