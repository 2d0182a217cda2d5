"""Reads rows of Neo4j back as records. Every statement is bound to the granted loads.

Neo4j has no snapshots: two statements may see two states, and even one may see half of a commit. A question is therefore
valid only if the granted repositories are at the same generation after it as before it, and none of them is being changed in
place at that moment (`consistent`); else it is asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from configs.errors import StoreBusy, StoreCorrupt
from knowledge.backends.neo4j_rows import INFO_COLUMNS, SYMBOL_COLUMNS, LinkRecord, info_of, relation_of, symbol_of
from knowledge.backends.neo4j_schema import UNRESOLVED, indexable
from knowledge.backends.neo4j_server import Neo4jServer, Reader, Row
from knowledge.ports.graph import Direction
from knowledge.schema import (
    FileIssue,
    Relation,
    RelationKind,
    RepositoryInfo,
    Site,
    Symbol,
    Tier,
    UnresolvedSite,
    unpack_text,
)
from knowledge.scope import Scope

MAX_READS = 5
POLL_S = 0.01
HALF_SEEN = (LookupError, TypeError, ValueError, AssertionError, StoreCorrupt)
"""What a question may stumble over when it sees half of a commit: a symbol that is gone, a property that is not there yet."""
REINDEX = "Index again: `clew index PATH`, or `clew graph sync --to neo4j`."
Answer = TypeVar("Answer")
_GRANTED = "MATCH (r:Repository) WHERE $names IS NULL OR r.name IN $names"


@dataclass(frozen=True, slots=True)
class Granted:
    """The repositories that a request may read: load -> name, load -> generation."""

    names: dict[int, str]
    generations: dict[int, int]

    @property
    def loads(self) -> list[int]:
        return list(self.names)

    def load(self, repository: str) -> int | None:
        return next((load for load, name in self.names.items() if name == repository), None)


def _names(scope: Scope) -> list[str] | None:
    return None if scope.repositories is None else sorted(scope.repositories)


def granted(reader: Reader, scope: Scope) -> tuple[Granted, bool]:
    """Return the grant, and whether a change in place of one of its repositories is being committed."""
    rows = reader.rows(
        f"{_GRANTED} MATCH (l:Load {{id: r.load}}) RETURN r.load, r.name, r.generation, l.changing > timestamp()"
        " ORDER BY r.name",
        names=_names(scope),
    )
    grant = Granted({row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows})
    return grant, any(row[3] for row in rows)


def consistent(server: Neo4jServer, scope: Scope, question: Callable[[Reader, Granted], Answer]) -> Answer:
    """Return an answer that was read while the granted repositories stayed as they were. Raises StoreBusy."""

    def ask(reader: Reader) -> list[Answer]:
        grant = _settled(reader, scope)
        try:
            answer = question(reader, grant)
        except HALF_SEEN:
            if granted(reader, scope) == (grant, False):
                raise
            return []
        return [answer] if granted(reader, scope) == (grant, False) else []

    for _ in range(MAX_READS):
        for answer in server.read(ask):
            return answer
    raise StoreBusy(
        f"Neo4j at {server.address.url!r} was written {MAX_READS} times in a row while this question was read.",
        next_step="Ask again when the other run has ended.",
    )


def _settled(reader: Reader, scope: Scope) -> Granted:
    """Return the grant once no change is being committed: milliseconds, or the time that the notice of one is good for."""
    grant, changing = granted(reader, scope)
    while changing:
        time.sleep(POLL_S)
        grant, changing = granted(reader, scope)
    return grant


def repository_infos(reader: Reader, grant: Granted) -> list[RepositoryInfo]:
    rows = reader.rows(
        f"MATCH (r:Repository) WHERE r.load IN $loads RETURN {INFO_COLUMNS} ORDER BY r.name", loads=grant.loads
    )
    return [info_of(row) for row in rows]


def covered_files(reader: Reader, load: int) -> list[Row]:
    """Return path, content hash, language, line count and byte count of every file, by path."""
    rows = reader.rows(
        "MATCH (f:File) WHERE f.load = $load AND f.path IS NOT NULL"
        " RETURN f.path, f.content_hash, f.language, f.line_count, f.byte_count",
        load=load,
    )
    return sorted(rows, key=lambda row: str(row[0]))


def file_issues(reader: Reader, load: int) -> list[FileIssue]:
    rows = reader.rows(
        "MATCH (i:Issue) WHERE i.load = $load AND i.path IS NOT NULL"
        " RETURN i.path, i.reason, i.detail, i.line, i.covered, i.row",
        load=load,
    )
    rows.sort(key=lambda row: (row[0], row[3], row[5]))
    return [FileIssue(*row[:5]) for row in rows]


def file_text(reader: Reader, load: int, path: str) -> bytes | None:
    row = reader.one("MATCH (f:File {load: $load, path: $path}) RETURN f.text", load=load, path=path)
    try:
        return None if row is None else unpack_text(row[0])
    except ValueError as exc:
        raise StoreCorrupt(f"The stored text of {path!r} is damaged.", next_step=REINDEX) from exc


def file_symbols(
    reader: Reader, grant: Granted, load: int, path: str, condition: str = "", **values: Any
) -> list[Symbol]:
    """Return the symbols of a file by line, column and id."""
    rows = reader.rows(
        f"MATCH (s:Symbol) WHERE s.load = $load AND s.path = $path {condition} RETURN {SYMBOL_COLUMNS}",
        load=load,
        path=path,
        **values,
    )
    found = [symbol_of(row, grant.names) for row in rows]
    return sorted(found, key=lambda symbol: (symbol.line, symbol.column, symbol.id))


def rows_of_ids(reader: Reader, grant: Granted, ids: Iterable[str]) -> dict[str, int]:
    """Return id -> row number of the granted symbols among `ids`."""
    stored = {indexable(symbol_id): symbol_id for symbol_id in ids}
    rows = reader.rows(
        "UNWIND $loads AS load UNWIND $ids AS id MATCH (s:Symbol {load: load, id: id}) RETURN s.id, s.row",
        loads=_loads_of(grant, stored.values()),
        ids=list(stored),
    )
    return {stored[row[0]]: row[1] for row in rows}


def _loads_of(grant: Granted, ids: Iterable[str]) -> list[int]:
    """Return the granted loads whose repository an id begins with: ids are `repository:path#name`."""
    named = {symbol_id.partition(":")[0] for symbol_id in ids}
    return [load for load, name in grant.names.items() if name in named]


def symbols_by_row(reader: Reader, grant: Granted, rows: Iterable[int]) -> dict[int, Symbol]:
    found = reader.rows(
        f"UNWIND $rows AS row MATCH (s:Symbol {{row: row}}) WHERE s.load IN $loads RETURN {SYMBOL_COLUMNS}",
        rows=sorted(set(rows)),
        loads=grant.loads,
    )
    return {row[0]: symbol_of(row, grant.names) for row in found}


def types(kinds: Iterable[RelationKind]) -> str:
    """Return the relationship types of a pattern; our own words, never a caller's."""
    return "|".join(sorted({kind.value for kind in kinds}))


def pattern(direction: Direction, kinds: Iterable[RelationKind], target: str = "Symbol") -> str:
    """Return a pattern from a symbol `s` to its neighbour `t`."""
    return f"-[r:{types(kinds)}]->(t:{target})" if direction == "out" else f"<-[r:{types(kinds)}]-(t:{target})"


_LINK_VALUES = "r.line, r.column, r.n"


def link_columns(direction: Direction, *, external: bool = False) -> str:
    """Return what a statement gives back of a relation for a `LinkRecord`."""
    source, target = ("s", "t") if direction == "out" else ("t", "s")
    end = "0, t.name" if external else f"{target}.row, NULL"
    return f"coalesce(r.path, {source}.path), {_LINK_VALUES}, {source}.row, type(r), r.tier, r.strategy, r.confidence, {end}"


def link_order(direction: Direction) -> str:
    source = "s" if direction == "out" else "t"
    return f"ORDER BY coalesce(r.path, {source}.path), {_LINK_VALUES}, {source}.row"


def link_records(
    reader: Reader,
    grant: Granted,
    rows: Iterable[int],
    direction: Direction,
    kinds: Sequence[RelationKind],
    tiers: Sequence[Tier],
    limit: int,
) -> list[LinkRecord]:
    """Return the relations at these symbols, by site."""
    asked = sorted(set(rows))
    inside = [tier.value for tier in tiers if tier is not Tier.EXTERNAL]
    if not asked or not kinds or limit <= 0:
        return []
    found: list[Row] = []
    if inside:
        found += reader.rows(
            f"UNWIND $rows AS row MATCH (s:Symbol {{row: row}}){pattern(direction, kinds)}"
            " WHERE r.tier IN $tiers AND s.load IN $loads AND t.load IN $loads"
            f" RETURN {link_columns(direction)} {link_order(direction)} LIMIT $limit",
            rows=asked,
            tiers=inside,
            loads=grant.loads,
            limit=limit,
        )
    if direction == "out" and Tier.EXTERNAL in tiers:
        found += reader.rows(
            f"UNWIND $rows AS row MATCH (s:Symbol {{row: row}}){pattern('out', kinds, 'External')} WHERE s.load IN $loads"
            f" RETURN {link_columns('out', external=True)} {link_order('out')} LIMIT $limit",
            rows=asked,
            loads=grant.loads,
            limit=limit,
        )
    return in_order(LinkRecord(*row) for row in found)[:limit]


def in_order(records: Iterable[LinkRecord]) -> list[LinkRecord]:
    return sorted(records, key=lambda record: record[:5])


def relations_of(
    reader: Reader, grant: Granted, records: Sequence[LinkRecord], known: dict[int, Symbol] | None = None
) -> list[Relation]:
    """Return the records as relations, in order. `known` symbols are used and added to."""
    known = {} if known is None else known
    wanted = {row for record in records for row in (record.source, record.target) if row and row not in known}
    if wanted:
        known.update(symbols_by_row(reader, grant, wanted))
    return [relation_of(record, known) for record in records]


def unresolved_sites(reader: Reader, grant: Granted, start: str, limit: int, **values: Any) -> list[UnresolvedSite]:
    """Return the unresolved call sites that begin at what `start` matches (`s` or `u`), by path, line and column."""
    rows = reader.rows(
        f"{start} MATCH (s:Symbol)-[r:{UNRESOLVED}]->(u:UnresolvedName) WHERE s.load IN $loads"
        " RETURN coalesce(r.path, s.path) AS path, r.line, r.column, r.n, s.row, r.callee"
        " ORDER BY path, r.line, r.column, r.n LIMIT $limit",
        loads=grant.loads,
        limit=max(limit, 0),
        **values,
    )
    sources = symbols_by_row(reader, grant, {row[4] for row in rows}) if rows else {}
    return [UnresolvedSite(sources[row[4]], row[5], Site(*row[:3])) for row in rows]
