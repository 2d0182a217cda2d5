"""A symbol with what is near it, as a graph to be drawn: who it is tied to, both ways, breadth first, each tie with its tier and place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.evidence import Verdict
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, Tier
from knowledge.scope import Scope
from tools.meaning import understand

DRAWN = tuple(kind for kind in RelationKind if kind is not RelationKind.CONTAINS)
"""What ties symbols in a picture; what lies in what, a reader sees from the names."""
MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Near:
    """depth: ties from the symbol asked about, which itself has 0."""

    symbol: Symbol
    depth: int


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """nodes: nearest first, then by id. edges: every tie between nodes that was followed, and those that lead out of the project.

    truncated: there are more nodes, or ties, than were asked for.
    """

    symbol: Symbol | None
    verdict: Verdict
    candidates: tuple[Symbol, ...]
    nodes: tuple[Near, ...] = ()
    edges: tuple[Relation, ...] = ()
    truncated: bool = False


def neighbourhood(
    graph: CodeGraph,
    scope: Scope,
    name: str,
    *,
    kinds: Sequence[RelationKind] = DRAWN,
    tiers: Sequence[Tier] = (Tier.EXACT, Tier.INFERRED),
    depth: int = 1,
    limit: int = 100,
) -> Neighbourhood:
    """Return the symbol that `name` means with at most `limit` nodes around it, all its definitions taken together.

    Args:
        depth: ties to follow, 1..3.
    """
    meaning = understand(graph, scope, name)
    if not meaning.symbols:
        return Neighbourhood(None, meaning.verdict, meaning.candidates)
    found = {symbol.id: Near(symbol, 0) for symbol in meaning.symbols[:limit]}
    edges: dict[tuple[str, str, str, str, int, int], Relation] = {}
    frontier, truncated = list(found), len(meaning.symbols) > limit
    for step in range(1, min(depth, MAX_DEPTH) + 1):
        met: dict[str, Symbol] = {}
        for direction in ("in", "out"):
            ties = graph.relations(scope, frontier, direction, kinds=kinds, tiers=tiers, limit=4 * limit + 1)
            truncated = truncated or len(ties) > 4 * limit
            for tie in ties[: 4 * limit]:
                edges.setdefault(_key(tie), tie)
                far = tie.source if direction == "in" else tie.target
                if far is not None and far.id not in found:
                    met[far.id] = far
        room = limit - len(found)
        truncated = truncated or len(met) > room
        frontier = sorted(met)[: max(room, 0)]
        found.update((identity, Near(met[identity], step)) for identity in frontier)
        if not frontier:
            break
    kept = [tie for tie in edges.values() if tie.source.id in found and (tie.target is None or tie.target.id in found)]
    kept.sort(key=_key)
    nodes = sorted(found.values(), key=lambda near: (near.depth, near.symbol.id))
    return Neighbourhood(meaning.main, meaning.verdict, meaning.candidates, tuple(nodes), tuple(kept), truncated)


def _key(tie: Relation) -> tuple[str, str, str, str, int, int]:
    target = tie.target.id if tie.target else tie.external or ""
    return tie.source.id, target, tie.kind.value, tie.site.path, tie.site.line, tie.site.column
