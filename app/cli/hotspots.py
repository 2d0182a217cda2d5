"""`clew hotspots`: the symbols that most of the code leads to."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.rendering.screen import Cell, Screen, counted, write_json
from app.shapes.structure import hotspots_shape
from knowledge.evidence import Verdict
from tools.answers import HotspotAnswer
from tools.ranking import hotspots, strongest

BAR = 20
"""Characters of the longest bar."""


def run(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code: found when anything is used at all."""
    with opened(store) as wiring:
        answer = hotspots(wiring.graph, wiring.scope(repo), limit=limit)
        if as_json:
            write_json(hotspots_shape(answer))
        else:
            _show(Screen(), answer)
    return VERDICT_EXITS[Verdict.FOUND if answer.hotspots else Verdict.NONE]


def _show(screen: Screen, answer: HotspotAnswer) -> None:
    highest = strongest(answer.hotspots)
    rows: list[tuple[Cell, ...]] = [
        (
            ("█" * max(round(BAR * one.rank / highest), 1), "warn"),
            f"{one.rank:.2%}",
            counted(one.users, "user"),
            (f"{one.symbol.path}:{one.symbol.line}", "path"),
            one.symbol.qualified_name,
        )
        for one in answer.hotspots
    ]
    screen.table(rows)
    if not rows:
        screen.line("none: nothing that is indexed uses anything")
    elif answer.truncated:
        screen.line(("there are more; --limit shows them", "dim"))
