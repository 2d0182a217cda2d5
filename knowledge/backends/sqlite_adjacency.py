"""Who is next to whom, as compressed sparse rows: built once for a generation, then walked without the database."""

# ruff: noqa: S608 - composed of our own constants and row numbers; every value from outside is bound

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.backends.sqlite_generations import GenerationCache
from knowledge.backends.sqlite_rows import Granted, both_ends, end_of, link_condition
from knowledge.backends.sqlite_schema import RELATION_KIND_CODES, ROW_BITS, TIER_CODES, first_row
from knowledge.ports.graph import Direction
from knowledge.schema import RelationKind, Tier

Rows: TypeAlias = npt.NDArray[np.int64]
"""Sorted, distinct row numbers of symbols."""

BUILD_AFTER = 3_000
"""Symbols expanded by index look-ups (some 10 microseconds each) before a whole adjacency (about a second for a million
relations) is worth building."""


class Links(NamedTuple):
    """Which relations a walk follows."""

    direction: Direction
    kinds: tuple[RelationKind, ...]
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True)
class Adjacency:
    """neighbours[offsets[i]:offsets[i + 1]] are those of row `base + i`."""

    base: int
    offsets: Rows
    neighbours: Rows

    def of(self, rows: Rows) -> Rows:
        places = rows - self.base
        starts = self.offsets[places]
        counts = self.offsets[places + 1] - starts
        shifts = np.repeat(starts - np.concatenate(([0], np.cumsum(counts)[:-1])), counts)
        return np.unique(self.neighbours[np.arange(counts.sum()) + shifts])


def build_adjacency(connection: sqlite3.Connection, repository: int, links: Links) -> Adjacency:
    """Read the repository's relations of these kinds and tiers into an adjacency."""
    here, there = end_of(links.direction), "target" if links.direction == "out" else "source"
    kinds = ", ".join(str(RELATION_KIND_CODES[kind]) for kind in links.kinds)
    tiers = ", ".join(str(TIER_CODES[tier]) for tier in links.tiers)
    base = first_row(repository)
    pairs = connection.execute(
        f"SELECT {here}, {there} FROM relations WHERE source > ? AND source < ? AND target > 0"
        f" AND kind IN ({kinds}) AND tier IN ({tiers})",
        (base, first_row(repository + 1)),
    )
    flat = np.fromiter(chain.from_iterable(pairs), dtype=np.int64)
    froms, tos = flat[0::2] - base, flat[1::2]
    count = connection.execute(
        "SELECT max(id) FROM symbols WHERE id > ? AND id < ?", (base, first_row(repository + 1))
    ).fetchone()[0]
    size = 1 if count is None else count - base + 1
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(froms, minlength=size), out=offsets[1:])
    return Adjacency(base, offsets, tos[np.argsort(froms, kind="stable")])


class Expander:
    """Finds the neighbours of a frontier: by index look-ups while it is small, by adjacency once it pays."""

    def __init__(
        self, connection: sqlite3.Connection, cache: GenerationCache, grant: Granted, links: Links, build_after: int
    ) -> None:
        self._connection = connection
        self._cache = cache
        self._grant = grant
        self._links = links
        self._build_after = build_after
        self._looked_up = 0

    def neighbours(self, frontier: Rows) -> Rows:
        """Return the granted symbols one link away from any of `frontier`."""
        repositories = frontier >> ROW_BITS
        found = [self._of(int(number), frontier[repositories == number]) for number in np.unique(repositories)]
        return np.unique(np.concatenate(found)) if found else frontier

    def _of(self, repository: int, rows: Rows) -> Rows:
        key = self._cache.key(self._connection, repository, self._links)
        adjacency: Adjacency | None = self._cache.get(key)
        if adjacency is None and self._looked_up + len(rows) <= self._build_after:
            self._looked_up += len(rows)
            return self._look_up(rows)
        if adjacency is None:
            adjacency = build_adjacency(self._connection, repository, self._links)
            self._cache.put(key, adjacency)
        return self._granted(adjacency.of(rows))

    def _granted(self, rows: Rows) -> Rows:
        """Keep the rows of granted repositories: an adjacency is shared by all scopes."""
        return rows if self._grant.everything else rows[np.isin(rows >> ROW_BITS, list(self._grant.names))]

    def _look_up(self, rows: Rows) -> Rows:
        there = "target" if self._links.direction == "out" else "source"
        inside = " AND r.target > 0" if there == "target" else ""
        condition = link_condition(end_of(self._links.direction), self._links.kinds, self._links.tiers)
        found = self._connection.execute(
            f"SELECT DISTINCT r.{there} FROM relations r WHERE {condition}{inside} AND {both_ends(self._grant)}",
            (json.dumps(rows.tolist()),),
        )
        return np.unique(np.fromiter(chain.from_iterable(found), dtype=np.int64))
