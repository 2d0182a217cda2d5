"""Breadth-first walks and shortest paths, a statement a level. Levels are found first, the relations of the answer after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from knowledge.backends.neo4j_reading import Granted, link_columns, link_order, pattern, relations_of
from knowledge.backends.neo4j_rows import LinkRecord
from knowledge.backends.neo4j_server import Reader
from knowledge.ports.graph import Direction, Step, Walk
from knowledge.schema import Relation, RelationKind, Tier

FRONTIER = 20_000
"""Symbols expanded by one statement."""


class Links(NamedTuple):
    """Which relations a walk follows."""

    direction: Direction
    kinds: tuple[RelationKind, ...]
    tiers: tuple[str, ...]


def links(direction: Direction, kinds: Sequence[RelationKind], tiers: Sequence[Tier]) -> Links:
    inside = {tier.value for tier in tiers if tier is not Tier.EXTERNAL}
    return Links(direction, tuple(sorted(set(kinds))), tuple(sorted(inside)))


class Walker:
    """Walks the granted loads along some links, with the reader of one question."""

    def __init__(self, reader: Reader, grant: Granted, follow: Links) -> None:
        self._reader = reader
        self._grant = grant
        self._links = follow

    def walk(self, start: set[int], max_depth: int, limit: int) -> Walk:
        chosen: list[tuple[int, LinkRecord]] = []
        before, truncated = start, False
        for depth, level in enumerate(self._levels(start, max_depth), 1):
            room = limit - len(chosen)
            ordered = self._by_name(level, room)
            first = self._first_links(ordered, before, self._links.direction)
            chosen.extend((depth, first[row]) for row in ordered)
            before = level
            if len(level) > room:
                truncated = True
                break
        relations = relations_of(self._reader, self._grant, [record for _, record in chosen])
        steps = (_step(relation, depth, self._links) for (depth, _), relation in zip(chosen, relations, strict=True))
        return Walk(tuple(steps), truncated)

    def shortest_path(self, start: set[int], targets: set[int], max_depth: int) -> list[Relation] | None:
        """Follow the links outwards; the chain is empty when a start is a target itself."""
        if start & targets:
            return []
        reached = [start]
        if not targets:
            return None
        for level in self._levels(start, max_depth):
            reached.append(level)
            hits = level & targets
            if hits:
                return self._traced_back(self._by_name(hits, 1)[0], reached)
        return None

    def _levels(self, start: set[int], max_depth: int) -> Iterator[set[int]]:
        """Yield the symbols first reached at depth 1, 2, ...; ends when nothing new is reached."""
        seen, frontier = set(start), start
        for _ in range(max_depth if self._links.kinds and self._links.tiers else 0):
            frontier = self._neighbours(frontier) - seen
            if not frontier:
                return
            yield frontier
            seen |= frontier

    def _neighbours(self, frontier: set[int]) -> set[int]:
        rows = sorted(frontier)
        statement = (
            f"UNWIND $rows AS row MATCH (s:Symbol {{row: row}}){pattern(self._links.direction, self._links.kinds)}"
            " WHERE r.tier IN $tiers AND t.load IN $loads RETURN collect(DISTINCT t.row)"
        )
        found: set[int] = set()
        for first in range(0, len(rows), FRONTIER):
            part = rows[first : first + FRONTIER]
            answer = self._reader.one(statement, rows=part, tiers=list(self._links.tiers), loads=self._grant.loads)
            found.update(answer[0] if answer else ())
        return found

    def _by_name(self, rows: set[int], limit: int) -> list[int]:
        found = self._reader.rows(
            "UNWIND $rows AS row MATCH (s:Symbol {row: row}) WHERE s.load IN $loads"
            " RETURN s.row ORDER BY s.qualified_name, s.id LIMIT $limit",
            rows=sorted(rows),
            loads=self._grant.loads,
            limit=limit,
        )
        return [row[0] for row in found]

    def _first_links(self, rows: Sequence[int], before: set[int], direction: Direction) -> dict[int, LinkRecord]:
        """Return, for each of the rows, the first relation by site that links it to the level before."""
        backwards: Direction = "in" if direction == "out" else "out"
        found = self._reader.rows(
            f"UNWIND $rows AS row MATCH (s:Symbol {{row: row}}){pattern(backwards, self._links.kinds)}"
            " WHERE t.row IN $before AND r.tier IN $tiers AND s.load IN $loads"
            f" WITH s, r, t {link_order(backwards)} WITH s, head(collect([{link_columns(backwards)}])) AS link"
            " RETURN s.row, link",
            rows=list(rows),
            before=sorted(before),
            tiers=list(self._links.tiers),
            loads=self._grant.loads,
        )
        return {row: LinkRecord(*link) for row, link in found}

    def _traced_back(self, target: int, reached: list[set[int]]) -> list[Relation]:
        """Return the chain to `target`, each link the first by site that comes from the level before."""
        chain: list[LinkRecord] = []
        for level in reversed(reached[:-1]):
            link = self._first_links([target], level, "out")[target]
            chain.append(link)
            target = link.source
        chain.reverse()
        return relations_of(self._reader, self._grant, chain)


def _step(relation: Relation, depth: int, follow: Links) -> Step:
    symbol = relation.target if follow.direction == "out" else relation.source
    assert symbol is not None
    return Step(symbol, depth, relation)
