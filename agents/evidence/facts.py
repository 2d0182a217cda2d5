"""Facts from what a structural tool reached: each states one stored relation, with the line where it is written.

A tool's row says who was reached, not through whom; the relation behind it is found again by its line, so that the quality
checker can look it up in the same direction.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.evidence.sight import Sight
from agents.state import CitationRow, Evidence
from knowledge.ports.graph import Direction
from knowledge.schema import Relation, RelationKind, Symbol, Tier
from tools.answers import Reached

MAX_FACTS = 80
"""Facts that one task keeps; the outcome has the total."""

_ALL_TIERS = tuple(Tier)


def definition_of(sight: Sight, symbol: Symbol, *, score: float = 0.0, note: str = "") -> Evidence:
    """Return the fact that a symbol is defined at the line of its name."""
    return sight.evidence("definition", sight.cite_name(symbol), about=symbol, score=score, note=note)


def reached(
    sight: Sight, rows: Sequence[Reached], direction: Direction, note: str, start: Symbol | None
) -> list[Evidence]:
    rows = rows[:MAX_FACTS]
    relations = _relations_at(sight, rows, direction, start)
    facts = []
    for row, relation in zip(rows, relations, strict=True):
        if relation is not None:
            other = relation.target if direction == "in" else relation.source
            citation = sight.cite_site(relation.source, relation.site)
        else:
            other = start
            citation = _cite_row(sight, row, direction, start)
        facts.append(
            sight.evidence(
                "relation",
                citation,
                about=row.symbol,
                other=other,
                relation=relation,
                tier=row.tier.value,
                hops=row.depth,
                note=note,
            )
        )
    return facts


def _cite_row(sight: Sight, row: Reached, direction: Direction, start: Symbol | None) -> CitationRow:
    """Cite where a row's relation is written when the relation itself leaves the project."""
    source = row.symbol if direction == "in" else start
    return sight.cite_name(row.symbol) if row.site is None or source is None else sight.cite_site(source, row.site)


def _relations_at(
    sight: Sight, rows: Sequence[Reached], direction: Direction, start: Symbol | None
) -> list[Relation | None]:
    """Return the stored relation behind each row, found again by its line: rows say who was reached, not through whom."""
    ids = list(dict.fromkeys(row.symbol.id for row in rows))
    kinds = list(dict.fromkeys(row.relation for row in rows))
    if not ids:
        return []
    outward: Direction = "out" if direction == "in" else "in"
    known: dict[tuple[str, RelationKind, str, int, int], list[Relation]] = {}
    for relation in sight.graph.relations(sight.scope, ids, outward, kinds=kinds, tiers=_ALL_TIERS):
        end = relation.source if direction == "in" else relation.target
        if end is not None and relation.target is not None:
            key = (end.id, relation.kind, relation.site.path, relation.site.line, relation.site.column)
            known.setdefault(key, []).append(relation)
    reached = {row.symbol.id for row in rows} | ({start.id} if start is not None else set())
    start_name = start.qualified_name if start is not None else ""

    def nearest(relation: Relation) -> tuple[bool, bool]:
        far = relation.target if direction == "in" else relation.source
        return (far is None or far.qualified_name != start_name, far is None or far.id not in reached)

    found: list[Relation | None] = []
    for row in rows:
        place = (row.site.path, row.site.line, row.site.column) if row.site is not None else ("", 0, 0)
        found.append(min(known.get((row.symbol.id, row.relation, *place), ()), key=nearest, default=None))
    return found
