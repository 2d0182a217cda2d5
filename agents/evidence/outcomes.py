"""What a task came to, as the state carries it: the verdict, what the name was understood as, and what stayed unseen."""

from __future__ import annotations

from collections.abc import Sequence

from agents.evidence.sight import Sight
from agents.state import Evidence, Outcome
from knowledge.evidence import Uncovered, Verdict
from tools.answers import PathAnswer, StructuralAnswer

MAX_UNCOVERED = 25

Result = tuple[list[Evidence], Outcome]
"""What an operation returns: its facts, and what they come to."""


def outcome(sight: Sight, answer: StructuralAnswer) -> Outcome:
    return Outcome(
        task=sight.task["id"],
        intent=sight.task["intent"],
        operation=sight.task["operation"],
        name=sight.task["names"][0] if sight.task["names"] else "",
        verdict=answer.verdict.value,
        symbol=sight.row(answer.symbol) if answer.symbol is not None else None,
        candidates=[sight.row(symbol) for symbol in sight.by_preference(answer.candidates)[:12]],
        uncovered=_uncovered(answer.uncovered),
        total=len({row.symbol.id for row in answer.results}),
        truncated=answer.truncated,
        message="",
        in_tests=len({row.symbol.id for row in answer.results if row.symbol.is_test}),
    )


def plain_outcome(
    sight: Sight, verdict: Verdict, *, total: int, message: str = "", uncovered: Sequence[Uncovered] = ()
) -> Outcome:
    """Return the outcome of an operation that is about no single symbol."""
    return Outcome(
        task=sight.task["id"],
        intent=sight.task["intent"],
        operation=sight.task["operation"],
        name=sight.task["names"][0] if sight.task["names"] else "",
        verdict=verdict.value,
        symbol=None,
        candidates=[],
        uncovered=_uncovered(uncovered),
        total=total,
        truncated=False,
        message=message,
    )


def path_outcome(sight: Sight, answer: PathAnswer) -> Outcome:
    names = sight.task["names"]
    end = answer.source if answer.source is not None else answer.target
    missing = [name for name, symbol in zip(names, (answer.source, answer.target), strict=False) if symbol is None]
    return Outcome(
        task=sight.task["id"],
        intent=sight.task["intent"],
        operation="path",
        name=missing[0] if missing else names[0],
        verdict=answer.verdict.value,
        symbol=sight.row(end) if end is not None and not missing else None,
        candidates=[sight.row(symbol) for symbol in sight.by_preference(answer.candidates)[:12]],
        uncovered=_uncovered(answer.uncovered),
        total=len(answer.relations),
        truncated=False,
        message=answer.target.qualified_name if answer.target is not None else "",
    )


def _uncovered(places: Sequence[Uncovered]) -> list[str]:
    shown = [f"{p.path}:{p.line} {p.reason}" if p.line else f"{p.path} {p.reason}" for p in places[:MAX_UNCOVERED]]
    if len(places) > MAX_UNCOVERED:
        shown.append(f"and {len(places) - MAX_UNCOVERED} more places")
    return shown
