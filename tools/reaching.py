"""From what a question is about to the rows it reaches: a symbol with its members, its call sites, and beyond; which relations count as a use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from knowledge.ports.graph import CodeGraph, Direction
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import Reached
from tools.coverage import CONSTRUCTORS

RESOLVED = (Tier.EXACT, Tier.INFERRED)
CALLS = (RelationKind.CALLS,)
HANDING_ON = (RelationKind.CALLS, RelationKind.REFERENCES)
"""A function is called, or handed on to be called."""
HIERARCHY = (RelationKind.INHERITS, RelationKind.IMPLEMENTS)
"""A type and what is above it."""
USES = (
    RelationKind.CALLS,
    RelationKind.REFERENCES,
    RelationKind.INHERITS,
    RelationKind.IMPLEMENTS,
    RelationKind.OVERRIDES,
    RelationKind.IMPORTS,
    RelationKind.READS,
    RelationKind.WRITES,
)

_CONTAINERS = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.MODULE, SymbolKind.PACKAGE})
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
MAX_NESTING = 5


def sites_and_beyond(
    graph: CodeGraph,
    scope: Scope,
    start: Sequence[Symbol],
    direction: Direction,
    kinds: Sequence[RelationKind],
    tiers: Sequence[Tier],
    max_depth: int,
    limit: int,
) -> tuple[list[Reached], bool]:
    """Return every site of depth 1, then one row a symbol of the depths after it, and whether `limit` cut them."""
    ids = ids_of(start)
    # A construction is a relation to the class and to its constructor: one site.
    links = graph.relations(scope, ids, direction, kinds=kinds, tiers=tiers, limit=2 * limit + 1)
    found = [reached(other, link, 1) for link in links if (other := _far_end(link, direction)) is not None]
    rows = list({(row.symbol.id, row.site): row for row in reversed(found)}.values())[::-1]
    if max_depth > 1 and len(rows) <= limit:
        walk = graph.walk(scope, ids, direction, kinds=kinds, tiers=tiers, max_depth=max_depth, limit=limit + 1)
        rows.extend(reached(step.symbol, step.relation, step.depth) for step in walk.steps if step.depth > 1)
        return rows[:limit], walk.truncated or len(rows) > limit
    return rows[:limit], len(rows) > limit


def _far_end(link: Relation, direction: Direction) -> Symbol | None:
    return link.source if direction == "in" else link.target


def reached(symbol: Symbol, link: Relation, depth: int) -> Reached:
    before = link.target if symbol.id == link.source.id else link.source
    return Reached(symbol, link.site, link.tier, depth, link.kind, via=before.id if before else "")


def ids_of(symbols: Iterable[Symbol]) -> list[str]:
    return [symbol.id for symbol in symbols]


def with_members(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the symbols and all that lies inside them, in their own file or contained by relation."""
    found = {symbol.id: symbol for symbol in symbols}
    for symbol in symbols:
        if symbol.kind in _CONTAINERS:
            for member in graph.outline(scope, symbol.repository, symbol.path):
                if not symbol.local_name or member.local_name.startswith(symbol.local_name + "."):
                    found.setdefault(member.id, member)
            walk = graph.walk(scope, [symbol.id], "out", kinds=[RelationKind.CONTAINS], max_depth=MAX_NESTING)
            found.update((step.symbol.id, step.symbol) for step in walk.steps)
    return list(found.values())


def with_constructors(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the symbols and the constructors of the classes among them."""
    found = {symbol.id: symbol for symbol in symbols}
    for symbol in symbols:
        if symbol.kind in _TYPES:
            for member in graph.outline(scope, symbol.repository, symbol.path):
                if member.parent_id == symbol.id and (member.name in CONSTRUCTORS or member.name == symbol.name):
                    found.setdefault(member.id, member)
    return list(found.values())
