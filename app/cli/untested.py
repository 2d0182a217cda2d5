"""`clew untested`: functions and methods that no test leads to, those that most code uses first."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.rendering.screen import Cell, Screen, counted, write_json
from app.shapes.structure import untested_shape
from knowledge.evidence import Verdict
from tools.answers import UntestedAnswer
from tools.untested import untested


def run(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code: found when there is such a function, unknown when the index holds no test at all."""
    with opened(store) as wiring:
        answer = untested(wiring.graph, wiring.scope(repo), limit=limit)
        if as_json:
            write_json(untested_shape(answer))
        else:
            _show(Screen(), answer)
    if not answer.any_test:
        return VERDICT_EXITS[Verdict.UNKNOWN]
    return VERDICT_EXITS[Verdict.FOUND if answer.functions else Verdict.NONE]


def _show(screen: Screen, answer: UntestedAnswer) -> None:
    if not answer.any_test:
        screen.line(("unknown: the index holds no tests", "warn"))
        return
    rows: list[tuple[Cell, ...]] = [
        (
            (f"{one.symbol.path}:{one.symbol.line}", "path"),
            one.symbol.kind.value,
            one.symbol.qualified_name,
            (f"used {counted(one.users, 'time')}" if one.users else "no use seen", "warn" if one.users else "dim"),
        )
        for one in answer.functions
    ]
    screen.table(rows)
    if not rows:
        screen.line(("none: tests lead to every function", "good"))
        return
    more = f" of {answer.total:,}" if answer.total > len(rows) else ""
    screen.line(
        (f"{counted(len(rows), 'function')}{more} that no test leads to, as far as uses could be resolved", "warn")
    )
