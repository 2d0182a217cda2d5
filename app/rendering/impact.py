"""What will break, what may, which tests to run, and where a run reaches it."""

from __future__ import annotations

from app.rendering.screen import Screen, counted
from app.rendering.structure import described, place_rows, show_candidates, show_uncovered, summary
from knowledge.evidence import Verdict
from tools.answers import ImpactAnswer, Reached

MAX_SHOWN_TESTS = 20


def show(screen: Screen, name: str, answer: ImpactAnswer, package: str = "") -> None:
    """package: what the name is where it is no symbol's (`app.looking_up.package_called`)."""
    uses = answer.uses
    if uses.symbol:
        screen.line(("impact of ", "dim"), *described(uses.symbol))
    _group(screen, "will break: uses it directly, resolved exactly", "bad", answer.will_break)
    _group(screen, "may break: inferred, further on, or through an override", "warn", answer.may_break)
    _group(screen, "tests to run", "good", answer.tests[:MAX_SHOWN_TESTS], len(answer.tests))
    if answer.entry_points:
        screen.line((f"reached from {counted(len(answer.entry_points), 'entry point')}", "title"))
        screen.table([((f"{one.path}:{one.line}", "path"), one.qualified_name) for one in answer.entry_points])
    style = "good" if uses.verdict in (Verdict.FOUND, Verdict.NONE) else "warn"
    screen.line((summary("impact", name, uses), style))
    if package:
        screen.line(package)
    show_candidates(screen, uses.candidates, uses.verdict, understood=uses.symbol is not None)
    show_uncovered(screen, uses.uncovered)


def _group(screen: Screen, title: str, style: str, rows: tuple[Reached, ...], total: int | None = None) -> None:
    if not rows:
        return
    total = len(rows) if total is None else total
    screen.line((f"{title} ({total:,})", style))
    screen.table(place_rows(screen, "impact", rows))
    if total > len(rows):
        screen.line((f"  and {total - len(rows):,} more; --json lists them all", "dim"))
