"""Which symbols a name may mean: one index range of candidates, then the steps of `CodeGraph.find` in order."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from knowledge.backends.names import kind_rank, match_step, name_key, prefix_keys, segments
from knowledge.backends.neo4j_reading import Granted, rows_of_ids
from knowledge.backends.neo4j_schema import key_prefix
from knowledge.backends.neo4j_server import Reader
from knowledge.schema import SymbolKind

_COLUMNS = "s.row, s.qualified_name, s.name, s.kind, s.is_test, s.path, s.line, s.id, s.overlong"


class Candidate(NamedTuple):
    row: int
    qualified_name: str
    name: str
    kind: str
    is_test: bool
    path: str
    line: int
    id: str

    def rank(self) -> tuple[Any, ...]:
        kind = kind_rank(SymbolKind(self.kind))
        return self.is_test, kind, len(self.qualified_name), self.qualified_name, self.path, self.line, self.id


def find_rows(reader: Reader, grant: Granted, name: str, kinds: Collection[SymbolKind], path: str | None) -> list[int]:
    """Return the rows of the first step of `CodeGraph.find` that has an answer, best first."""
    wanted = {kind.value for kind in kinds}

    def kept(candidate: Candidate) -> bool:
        return (not wanted or candidate.kind in wanted) and (path is None or candidate.path.endswith(path))

    row = rows_of_ids(reader, grant, [name]).get(name)
    if row is not None:
        exact = reader.rows(f"MATCH (s:Symbol {{row: $row}}) RETURN {_COLUMNS}", row=row)
        if exact and kept(_candidate(exact[0])):
            return [row]
    key = name_key(name)
    if not key:
        return []
    candidates = [candidate for candidate in _in_key_range(reader, grant, key) if kept(candidate)]
    steps = [match_step(name, candidate.qualified_name, candidate.name) for candidate in candidates]
    best = min(steps, default=0)
    found = [candidate for candidate, step in zip(candidates, steps, strict=True) if step == best]
    return [candidate.row for candidate in sorted(found, key=Candidate.rank)]


def _in_key_range(reader: Reader, grant: Granted, key: str) -> list[Candidate]:
    rows = reader.rows(
        "UNWIND $loads AS load CALL { WITH load"
        " MATCH (s:Symbol) WHERE s.load = load AND s.name_key STARTS WITH $key RETURN s"
        " UNION ALL WITH load"
        " MATCH (s:Symbol) WHERE s.load = load AND s.other_name_key = $key RETURN s }"
        f" RETURN {_COLUMNS}",
        loads=grant.loads,
        key=key_prefix(key),
    )
    found = [_candidate(row) for row in rows]
    if key == key_prefix(key):
        return found
    return [c for c in found if name_key(c.qualified_name).startswith(key) or name_key(c.name) == key]


def _candidate(row: list[Any]) -> Candidate:
    *plain, overlong = row
    full = json.loads(overlong) if overlong else {}
    plain[1], plain[7] = full.get("qualified_name", plain[1]), full.get("id", plain[7])
    return Candidate(*plain)


def find_prefix_rows(
    reader: Reader, grant: Granted, prefix: str, kinds: Collection[SymbolKind], limit: int
) -> list[int]:
    """Return the rows of `CodeGraph.find_by_prefix`, in its order."""
    begins, follows = prefix_keys(prefix)
    if not begins:
        return []
    found: dict[int, tuple[str, str]] = {}
    for column in ("name_key", "other_name_key"):
        rows = reader.rows(
            f"UNWIND $loads AS load MATCH (s:Symbol) WHERE s.load = load AND s.{column} STARTS WITH $begins"
            " AND (size($kinds) = 0 OR s.kind IN $kinds)"
            f" AND split(s.{column}, '.')[1..1 + size($follows)] = $follows"
            f" RETURN s.{column}, {_COLUMNS} ORDER BY s.{column}, s.id LIMIT $limit",
            loads=grant.loads,
            begins=key_prefix(begins),
            follows=segments(follows),
            kinds=[kind.value for kind in kinds],
            limit=limit,
        )
        for key, *row in rows:
            candidate = _candidate(row)
            place = (key, candidate.id)
            found[candidate.row] = min(found.get(candidate.row, place), place)
    return sorted(found, key=lambda row: found[row])[:limit]
