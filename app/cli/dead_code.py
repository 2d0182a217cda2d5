"""`clew dead-code`: private code that nothing indexed uses. Candidates to look at, never a verdict."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.rendering.screen import Cell, Screen, counted, write_json
from app.rendering.structure import show_uncovered
from app.shapes.structure import dead_code_shape
from knowledge.evidence import Verdict
from tools.answers import DeadCode, DeadCodeAnswer
from tools.dead_code import dead_code


def run(public: bool, limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code: found when there is a candidate, unknown when none but not everything could be seen."""
    with opened(store) as wiring:
        answer = dead_code(wiring.graph, wiring.scope(repo), include_public=public, limit=limit)
        if as_json:
            write_json(dead_code_shape(answer))
        else:
            _show(Screen(), answer, public)
    if answer.candidates:
        return VERDICT_EXITS[Verdict.FOUND]
    return VERDICT_EXITS[Verdict.UNKNOWN if answer.uncovered else Verdict.NONE]


def _show(screen: Screen, answer: DeadCodeAnswer, public: bool) -> None:
    screen.table([_row(one) for one in answer.candidates])
    if not answer.candidates:
        screen.line(("none: all code that is not shown to the outside is used", "good"))
    else:
        more = " (cut: there are more)" if answer.truncated else ""
        screen.line((f"{counted(len(answer.candidates), 'candidate')}{more}", "warn"))
        hint = "" if public else "; --public adds what other repositories may use"
        screen.line((f"reflection and configuration can use code that looks unused{hint}", "dim"))
    show_uncovered(screen, answer.uncovered)


def _row(one: DeadCode) -> tuple[Cell, ...]:
    why: Cell = ("its name is written nowhere else", "bad")
    if one.only_tests:
        why = ("only tests use it", "dim")
    elif one.mentions:
        why = (f"no use seen; its name is written {counted(one.mentions, 'time')} elsewhere", "warn")
    symbol = one.symbol
    return (f"{symbol.path}:{symbol.line}", "path"), symbol.kind.value, symbol.qualified_name, why
