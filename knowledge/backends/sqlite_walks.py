"""Breadth-first walks and shortest paths over row numbers. Levels are found first, the relations of the answer after."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

import numpy as np

from knowledge.backends.sqlite_adjacency import Expander, Links, Rows
from knowledge.backends.sqlite_rows import (
    Granted,
    RelationRecord,
    chunked,
    relation_records,
    relations_of,
)
from knowledge.ports.graph import Direction, Step, Walk
from knowledge.schema import Relation


def sorted_rows(rows: Sequence[int]) -> Rows:
    return np.unique(np.array(rows, dtype=np.int64))


def levels(expander: Expander, start: Rows, max_depth: int) -> Iterator[Rows]:
    """Yield the symbols first reached at depth 1, 2, ...; ends when nothing new is reached."""
    seen, frontier = start, start
    for _ in range(max_depth):
        frontier = np.setdiff1d(expander.neighbours(frontier), seen, assume_unique=True)
        if not len(frontier):
            return
        yield frontier
        seen = np.union1d(seen, frontier)


def walk(
    connection: sqlite3.Connection,
    grant: Granted,
    expander: Expander,
    start: Rows,
    links: Links,
    max_depth: int,
    limit: int,
) -> Walk:
    depths = dict.fromkeys(start.tolist(), 0)
    chosen: list[int] = []
    truncated = False
    for depth, level in enumerate(levels(expander, start, max_depth), 1):
        depths.update(dict.fromkeys(level.tolist(), depth))
        room = limit - len(chosen)
        ordered = _by_name(connection, level)
        chosen.extend(ordered[:room])
        if len(ordered) > room:
            truncated = True
            break
    return Walk(tuple(_steps(connection, grant, chosen, depths, links)), truncated)


def _by_name(connection: sqlite3.Connection, rows: Rows) -> list[int]:
    found = connection.execute(
        "SELECT id FROM symbols WHERE id IN (SELECT value FROM json_each(?)) ORDER BY qualified_name, uid",
        (json.dumps(rows.tolist()),),
    )
    return [row[0] for row in found]


def _steps(
    connection: sqlite3.Connection, grant: Granted, chosen: list[int], depths: dict[int, int], links: Links
) -> Iterator[Step]:
    """Yield a step a symbol, with the first relation by site that links it to the level before."""
    backwards: Direction = "in" if links.direction == "out" else "out"
    first: dict[int, RelationRecord] = {}
    for rows in chunked(chosen):
        for record in relation_records(connection, grant, rows, backwards, links.kinds, links.tiers):
            reached, origin = _ends(record, links.direction)
            if depths.get(origin) == depths[reached] - 1:
                first.setdefault(reached, record)
    relations = relations_of(connection, grant, [first[row] for row in chosen])
    for row, relation in zip(chosen, relations, strict=True):
        symbol = relation.target if links.direction == "out" else relation.source
        assert symbol is not None
        yield Step(symbol, depths[row], relation)


def _ends(record: RelationRecord, direction: Direction) -> tuple[int, int]:
    """Return (the symbol that a walk in this direction reaches, the one it comes from)."""
    return (record.target, record.source) if direction == "out" else (record.source, record.target)


def shortest_path(
    connection: sqlite3.Connection,
    grant: Granted,
    expander: Expander,
    start: Rows,
    targets: Rows,
    links: Links,
    max_depth: int,
) -> list[Relation] | None:
    """Follow `links` (outwards) from `start`; the chain is empty when a start is a target itself."""
    if len(np.intersect1d(start, targets)):
        return []
    reached = [start]
    for level in levels(expander, start, max_depth):
        reached.append(level)
        hits = np.intersect1d(level, targets)
        if len(hits):
            records = _trace_back(connection, grant, _by_name(connection, hits)[0], reached, links)
            return relations_of(connection, grant, records)
    return None


def _trace_back(
    connection: sqlite3.Connection, grant: Granted, target: int, reached: list[Rows], links: Links
) -> list[RelationRecord]:
    """Return the chain to `target`, each link the first by site that comes from the level before."""
    chain: list[RelationRecord] = []
    for level in reversed(reached[:-1]):
        before = set(level.tolist())
        records = relation_records(connection, grant, [target], "in", links.kinds, links.tiers)
        link = next(record for record in records if record.source in before)
        chain.append(link)
        target = link.source
    chain.reverse()
    return chain
