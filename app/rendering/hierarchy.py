"""What a class comes from, and what comes from it."""

from __future__ import annotations

from app.rendering.screen import Screen, counted
from app.rendering.structure import described, place_rows, show_candidates, show_uncovered
from knowledge.evidence import Verdict
from tools.answers import HierarchyAnswer


def show(screen: Screen, name: str, answer: HierarchyAnswer) -> None:
    above, below = answer.ancestors, answer.descendants
    if above.symbol is None:
        said = f"unknown: no symbol {name!r} is indexed"
        if answer.verdict is Verdict.AMBIGUOUS:
            said = f"ambiguous: {name!r} means {counted(len(above.candidates), 'symbol')}; ask for one of them"
        screen.line((said, "warn"))
        show_candidates(screen, above.candidates, answer.verdict, understood=False)
        return
    if above.results:
        screen.line((f"comes from {counted(len(above.results), 'type')}", "dim"))
        screen.table(place_rows(screen, "hierarchy", above.results[::-1]))
    screen.line(*described(above.symbol))
    if below.results:
        screen.table(place_rows(screen, "hierarchy", below.results))
        screen.line((f"{counted(len(below.results), 'type')} below", "dim"))
    if answer.verdict is Verdict.NONE:
        screen.line(("none: it inherits from nothing, and nothing from it", "good"))
    elif answer.verdict is Verdict.UNKNOWN:
        screen.line(("unknown: nothing seen, but not every place could be looked into", "warn"))
    show_uncovered(screen, tuple(dict.fromkeys((*above.uncovered, *below.uncovered))))
