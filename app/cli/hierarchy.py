"""`clew hierarchy NAME`: what a class comes from, and what comes from it."""

from __future__ import annotations

import sys

from app.cli.composition import opened
from app.cli.screen import Screen, counted, write_json
from app.cli.structure import described, place_rows, show_candidates, show_uncovered
from app.errors import VERDICT_EXITS
from app.shapes.structure import hierarchy_shape
from knowledge.evidence import Verdict
from tools.answers import HierarchyAnswer
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
