"""The way from one symbol to another, by calls, by any use, or through overrides, and where one may exist that is not seen."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.evidence import Uncovered, Verdict
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, Symbol, Tier
from knowledge.scope import Scope
from tools.answers import PathAnswer
from tools.coverage import MAX_UNCOVERED, distinct, uncovered_files, unresolved_call
from tools.dispatch import ANSWERING, Arrival, arrivals
from tools.handing_on import calls_of_values
from tools.meaning import CODE_KINDS, Meaning, understand
from tools.reaching import CALLS, HANDING_ON, RESOLVED, USES, ids_of, with_constructors, with_members

MAX_WAY_WALK = 10_000
MAX_BRIDGE_NAMES = 200


def path_between(
    graph: CodeGraph, scope: Scope, source_name: str, target_name: str, *, max_depth: int = 12
) -> PathAnswer:
    """Return a shortest way from one symbol to another: by calls, else by any use of one by the other.

    Else by calls that run a method in the place of one that it overrides; such a link is the override itself, from the method that runs.
    """
    source = understand(graph, scope, source_name, kinds=CODE_KINDS)
    target = understand(graph, scope, target_name, kinds=CODE_KINDS)
    if source.verdict is Verdict.AMBIGUOUS and target.main is not None:
        any_way = _from_any(graph, scope, source, target, max_depth)
        if any_way is not None:
            return any_way
    if source.main is None or target.main is None:
        unclear = source if source.main is None else target
        return PathAnswer(source.main, target.main, unclear.verdict, (), unclear.candidates, ())
    starts = with_members(graph, scope, source.symbols)
    ends = with_constructors(graph, scope, target.symbols)
    for kinds in (CALLS, USES):
        found = graph.shortest_path(scope, ids_of(starts), ids_of(ends), kinds=kinds, max_depth=max_depth)
        if found is not None:
            candidates = (*source.candidates, *target.candidates)
            return PathAnswer(source.main, target.main, Verdict.FOUND, tuple(found), candidates, ())
    way = _dispatched_way(graph, scope, starts, ends, max_depth)
    if way:
        candidates = (*source.candidates, *target.candidates)
        return PathAnswer(source.main, target.main, Verdict.FOUND, way, candidates, ())
    hidden = distinct(_missing_bridges(graph, scope, starts, ends, max_depth))
    verdict = Verdict.UNKNOWN if hidden else Verdict.NONE
    return PathAnswer(source.main, target.main, verdict, (), (*source.candidates, *target.candidates), hidden)


def _dispatched_way(
    graph: CodeGraph, scope: Scope, starts: Sequence[Symbol], ends: Sequence[Symbol], max_depth: int
) -> tuple[Relation, ...]:
    """Return a way through overrides, empty when none is seen."""
    wanted = frozenset(ids_of(starts))
    found: dict[str, Arrival] = {}
    for kinds in (CALLS, HANDING_ON):
        found, _ = arrivals(
            graph, scope, ends, kinds, lambda symbol: symbol.id in wanted, max_depth=max_depth, limit=MAX_WAY_WALK
        )
        if not wanted.isdisjoint(found):
            break
    way: list[Relation] = []
    at = min((found[one] for one in wanted if one in found), key=lambda one: one.depth, default=None)
    while at is not None:
        way.append(at.link)
        following = at.link.source if at.link.kind in ANSWERING else at.link.target
        at = found.get(following.id) if following is not None else None
    return tuple(way)


def _from_any(graph: CodeGraph, scope: Scope, source: Meaning, target: Meaning, max_depth: int) -> PathAnswer | None:
    """Return a way from one of the meanings of an ambiguous source: the way itself says from which."""
    found = graph.shortest_path(scope, ids_of(source.candidates), target.ids, kinds=CALLS, max_depth=max_depth)
    if not found:
        return None
    others = tuple(one for one in source.candidates if one.id != found[0].source.id)
    return PathAnswer(found[0].source, target.main, Verdict.FOUND, tuple(found), (*others, *target.candidates), ())


def _missing_bridges(
    graph: CodeGraph, scope: Scope, starts: Sequence[Symbol], ends: Sequence[Symbol], max_depth: int
) -> list[Uncovered]:
    """Return where a way may exist that we do not see: an ambiguous or unresolved call from the near to the far side."""
    every_tier = (*RESOLVED, Tier.AMBIGUOUS)
    guessed = graph.shortest_path(
        scope, ids_of(starts), ids_of(ends), kinds=USES, tiers=every_tier, max_depth=max_depth
    )
    if guessed:
        return [
            Uncovered(link.site.path, link.site.line, "this link is one of several candidates")
            for link in guessed
            if link.tier is Tier.AMBIGUOUS
        ]
    near = graph.walk(scope, ids_of(starts), "out", kinds=USES, tiers=every_tier, max_depth=max_depth)
    far = graph.walk(scope, ids_of(ends), "in", kinds=USES, tiers=every_tier, max_depth=max_depth)
    depths = {**{step.symbol.id: step.depth for step in near.steps}, **dict.fromkeys(ids_of(starts), 0)}
    near_ids = set(depths)
    far_names = dict.fromkeys(symbol.name for symbol in (*ends, *(step.symbol for step in far.steps)))
    hidden = [
        unresolved_call(found)
        for name in list(far_names)[:MAX_BRIDGE_NAMES]
        for found in graph.unresolved(scope, name)
        if found.source.id in near_ids
    ]
    hidden += _returning_calls(graph, scope, sorted(near_ids), frozenset(far_names))
    if not hidden:
        hidden = calls_of_values(graph, scope, depths, ends, max_depth)
    return [*hidden[:MAX_UNCOVERED], *uncovered_files(graph, scope, [*starts, *ends])]


def _returning_calls(
    graph: CodeGraph, scope: Scope, near_ids: Sequence[str], far_names: frozenset[str]
) -> list[Uncovered]:
    """Return the calls on what foreign code returned (`make().send`) by a name of the far side: the object may be ours."""
    links = graph.relations(scope, near_ids, "out", kinds=CALLS, tiers=[Tier.EXTERNAL])
    return [
        Uncovered(link.site.path, link.site.line, f"the call of {link.external!r} may come back into the project")
        for link in links
        if link.external is not None and ")." in link.external and link.external.rpartition(".")[2] in far_names
    ]
