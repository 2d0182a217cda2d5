"""What a name at a place of a file means: the definition there, or what the use of it was resolved to.

Asked by editors, whose text may have moved on since it was indexed: a line is where to begin, the name is what decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Site, Symbol, Tier
from knowledge.scope import Scope
from tools.reading import holder_of

USING = (
    RelationKind.CALLS,
    RelationKind.REFERENCES,
    RelationKind.INHERITS,
    RelationKind.IMPLEMENTS,
    RelationKind.READS,
    RelationKind.WRITES,
    RelationKind.IMPORTS,
)
"""Best first: where one name stands for several links of the same line, a call says most."""
_RANK = {kind: number for number, kind in enumerate(USING)}


@dataclass(frozen=True, slots=True)
class Meant:
    """One thing that the name may mean. relation and tier: those of the use; None and exact for the definition itself.

    Exactly one of `symbol` and `external` is set.
    """

    symbol: Symbol | None
    external: str | None
    relation: RelationKind | None
    tier: Tier
    site: Site


@dataclass(frozen=True, slots=True)
class Occurrence:
    """repository: the one that holds the file. enclosing: the innermost definition round the line."""

    repository: str
    enclosing: Symbol | None
    meanings: tuple[Meant, ...]


def occurrence_at(graph: CodeGraph, scope: Scope, path: str, line: int, name: str) -> Occurrence:
    """Return what `name` means at a line: of that line where it has it, else of the nearest line of the file that has.

    Raises:
        InputError: no granted repository covers the file, or several do.
    """
    repository = holder_of(graph, scope, path)
    symbols = graph.outline(scope, repository, path)
    enclosing = graph.symbol_at(scope, repository, path, line)
    defined = [symbol for symbol in symbols if symbol.name == name]
    here = [symbol for symbol in defined if symbol.line == line]
    if here:
        return Occurrence(repository, enclosing, tuple(map(_itself, here)))
    used = _uses(graph, scope, [enclosing] if enclosing else [], path, name)
    if not any(relation.site.line == line for relation in used):
        used = _uses(graph, scope, symbols, path, name)
    ends = [*map(_itself, defined), *map(_of, used)]
    if not ends:
        return Occurrence(repository, enclosing, ())
    nearest = min(abs(end.site.line - line) for end in ends)
    return Occurrence(repository, enclosing, _distinct(end for end in ends if abs(end.site.line - line) == nearest))


def _uses(graph: CodeGraph, scope: Scope, symbols: Iterable[Symbol], path: str, name: str) -> list[Relation]:
    ids = [symbol.id for symbol in symbols]
    links = graph.relations(scope, ids, "out", kinds=USING, tiers=tuple(Tier)) if ids else []
    return [link for link in links if link.site.path == path and _last_name(link) == name]


def _last_name(link: Relation) -> str:
    return link.target.name if link.target else (link.external or "").rpartition(".")[2]


def _itself(symbol: Symbol) -> Meant:
    return Meant(symbol, None, None, Tier.EXACT, Site(symbol.path, symbol.line, symbol.column))


def _of(link: Relation) -> Meant:
    return Meant(link.target, link.external, link.kind, link.tier, link.site)


def _distinct(ends: Iterable[Meant]) -> tuple[Meant, ...]:
    """Return each thing once, by the link that says most."""
    ordered = sorted(ends, key=lambda end: (_RANK[end.relation] if end.relation else -1, end.site.column))
    found: dict[str, Meant] = {}
    for end in ordered:
        found.setdefault(end.symbol.id if end.symbol else end.external or "", end)
    return tuple(found.values())
