"""`clew cycles`: modules that import each other in a ring."""

from __future__ import annotations

from app.cli.composition import opened
from app.errors import VERDICT_EXITS
from app.rendering.screen import Screen, counted, write_json
from app.shapes.structure import cycles_shape
from knowledge.evidence import Verdict
from tools.answers import Cycle, CycleAnswer
from tools.cycles import cycles

MAX_SHOWN_MODULES = 12


def run(limit: int, repo: str | None, as_json: bool, store: str | None) -> int:
    """Return the exit code: found when there is a cycle."""
    with opened(store) as wiring:
        answer = cycles(wiring.graph, wiring.scope(repo), limit=limit)
        if as_json:
            write_json(cycles_shape(answer))
        else:
            _show(Screen(), answer)
    return VERDICT_EXITS[Verdict.FOUND if answer.cycles else Verdict.NONE]


def _show(screen: Screen, answer: CycleAnswer) -> None:
    for number, cycle in enumerate(answer.cycles, 1):
        _show_cycle(screen, number, cycle)
    if not answer.cycles:
        screen.line(("none: no module reaches itself by imports", "good"))
        return
    more = "; there are more, --limit shows them" if answer.truncated else ""
    screen.line((f"{counted(len(answer.cycles), 'cycle')}{more}", "warn"))


def _show_cycle(screen: Screen, number: int, cycle: Cycle) -> None:
    names = [module.qualified_name for module in cycle.modules]
    shown = ", ".join(names[:MAX_SHOWN_MODULES])
    rest = f" and {len(names) - MAX_SHOWN_MODULES:,} more" if len(names) > MAX_SHOWN_MODULES else ""
    screen.line((f"{number}. {counted(len(names), 'module')}: ", "title"), shown, (rest, "dim"))
    screen.table(
        [
            ((f"{link.site.path}:{link.site.line}", "path"), "imports", link.target.qualified_name)
            for link in cycle.way
            if link.target is not None
        ],
        indent=5,
    )
