"""Dispatch: which methods a call of a method may really run. Expanded when asked; the graph stores no such guesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope

MAX_EXPANDED = 2_000
MAX_LINE = 20
"""Classes one above the other that are followed."""

MAX_ROUNDS = 5
"""Overrides on one way."""
ANSWERING = (RelationKind.OVERRIDES, RelationKind.IMPLEMENTS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A symbol from which a way leads to an end. link: the next step of it, out of the symbol, or into it where a method answers for the symbol.

    dispatched: a call on the way reaches the end only where a method runs for one that it overrides.
    """

    symbol: Symbol
    link: Relation
    depth: int
    dispatched: bool


def arrivals(
    graph: CodeGraph,
    scope: Scope,
    ends: Sequence[Symbol],
    kinds: Sequence[RelationKind],
    wanted: Callable[[Symbol], bool],
    *,
    max_depth: int,
    limit: int,
) -> tuple[dict[str, Arrival], bool]:
    """Return id -> what leads to `ends`, nearest first, by relations and by calls of what they override, until `wanted` is among it.

    Args:
        max_depth: relations between two overrides.
        limit: symbols between two overrides; whether it cut is told beside the arrivals.
    """
    known: dict[str, Arrival] = {}
    own = {symbol.id for symbol in ends}
    frontier = {symbol.id: 0 for symbol in ends}
    truncated = False
    for turn in range(MAX_ROUNDS):
        walk = graph.walk(scope, list(frontier), "in", kinds=kinds, max_depth=max_depth, limit=limit)
        truncated |= walk.truncated
        fresh = list(frontier)
        base = min(frontier.values())
        for step in walk.steps:
            if step.symbol.id not in known and step.symbol.id not in own:
                known[step.symbol.id] = Arrival(step.symbol, step.relation, base + step.depth, turn > 0)
                fresh.append(step.symbol.id)
        if any(wanted(known[one].symbol) for one in fresh if one in known):
            break
        frontier = {}
        for link in graph.relations(scope, fresh, "out", kinds=ANSWERING):
            target = link.target
            if (
                target is not None
                and target.kind is SymbolKind.METHOD
                and target.id not in known
                and target.id not in own
            ):
                before = known.get(link.source.id)
                frontier[target.id] = before.depth if before is not None else 0
                known[target.id] = Arrival(target, link, frontier[target.id], True)
        if any(wanted(known[one].symbol) for one in frontier):
            break
        if not frontier:
            break
    return known, truncated


def overridden_by(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the methods further up that a call may name and still run one of `symbols`."""
    return _along(graph, scope, symbols, upwards=True)


def overriding(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the methods further down that a call of one of `symbols` may run instead."""
    return _along(graph, scope, symbols, upwards=False)


def _along(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol], *, upwards: bool) -> list[Symbol]:
    methods = [symbol for symbol in symbols if symbol.kind is SymbolKind.METHOD]
    if not methods:
        return []
    known = {symbol.id for symbol in symbols}
    walk = graph.walk(
        scope,
        [symbol.id for symbol in methods],
        "out" if upwards else "in",
        kinds=ANSWERING,
        max_depth=MAX_LINE,
        limit=MAX_EXPANDED,
    )
    found = {step.symbol.id: step.symbol for step in walk.steps}
    return [one for one in found.values() if one.id not in known and one.kind is SymbolKind.METHOD]
