"""Reads rows of `graph.db` back as records. Every query here joins the granted repositories."""

# ruff: noqa: S608 - composed of our own constants and row numbers; every value from outside is bound

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from knowledge.backends.sqlite_schema import (
    RELATION_KIND_CODES,
    RELATION_KINDS,
    ROW_BITS,
    STRATEGIES,
    SYMBOL_KINDS,
    TIER_CODES,
    TIERS,
    first_row,
)
from knowledge.ports.graph import Direction
from knowledge.schema import FileIssue, Relation, RelationKind, RepositoryInfo, Site, Symbol, Tier, UnresolvedSite
from knowledge.scope import Scope

SYMBOL_SELECT = (
    "SELECT s.id, s.uid, o.name, s.kind, s.name, s.local_name, s.qualified_name, f.path, s.line, s.col, s.start_line,"
    " s.end_line, s.language, s.signature, s.docstring, s.is_test, p.uid"
    " FROM symbols s JOIN repositories o ON o.id = s.repository JOIN files f ON f.id = s.file"
    " LEFT JOIN symbols p ON p.id = s.parent"
)
RELATION_SELECT = (
    "SELECT r.source, r.kind, r.tier, r.target, r.strategy, r.confidence, e.name, f.path, r.line, r.col"
    " FROM relations r JOIN files f ON f.id = r.file LEFT JOIN externals e ON e.id = r.external"
)
RELATION_ORDER = "ORDER BY f.path, r.line, r.col, r.n, r.source"
CHUNK = 1_000


class RelationRecord(NamedTuple):
    """A relation as stored: source and target are row numbers, target 0 when it is external."""

    source: int
    kind: int
    tier: int
    target: int
    strategy: int
    confidence: float
    external: str | None
    path: str
    line: int
    column: int


class Granted(NamedTuple):
    """The repositories a request may read: row number -> name, and whether these are all of the store."""

    names: dict[int, str]
    everything: bool

    def holds(self, repository_column: str) -> str:
        """Return the SQL condition that `repository_column` is granted."""
        if self.everything:
            return "1"
        return f"{repository_column} IN ({', '.join(map(str, self.names))})"

    def number(self, repository: str) -> int | None:
        return next((number for number, name in self.names.items() if name == repository), None)


def granted(connection: sqlite3.Connection, scope: Scope) -> Granted:
    if scope.repositories is None:
        return Granted(dict(connection.execute("SELECT id, name FROM repositories ORDER BY id")), True)
    names = json.dumps(sorted(scope.repositories))
    rows = connection.execute(
        "SELECT id, name FROM repositories WHERE name IN (SELECT value FROM json_each(?)) ORDER BY id", (names,)
    )
    return Granted(dict(rows), False)


def repository_infos(connection: sqlite3.Connection, grant: Granted) -> list[RepositoryInfo]:
    rows = connection.execute(
        "SELECT name, root, revision, generation, indexed_at, file_count, line_count, symbol_count, relation_count,"
        f" unresolved_count, languages, tiers, notes FROM repositories WHERE {grant.holds('id')} ORDER BY name"
    )
    return [_info_of(row) for row in rows]


def _info_of(row: tuple[Any, ...]) -> RepositoryInfo:
    *plain, languages, tiers, notes = row
    # The columns are selected in the order of the record's fields.
    fields: tuple[Any, ...] = (*plain, json.loads(languages), json.loads(tiers), tuple(json.loads(notes)))
    return RepositoryInfo(*fields)


def covered_paths(connection: sqlite3.Connection, repository: int) -> dict[str, tuple[str, str, int]]:
    rows = connection.execute(
        "SELECT path, content_hash, language, line_count FROM files WHERE repository = ? AND content_hash IS NOT NULL"
        " ORDER BY path",
        (repository,),
    )
    return {path: (content_hash, language, lines) for path, content_hash, language, lines in rows}


def covered_byte_counts(connection: sqlite3.Connection, repository: int) -> dict[str, int]:
    return dict(
        connection.execute(
            "SELECT path, byte_count FROM files WHERE repository = ? AND content_hash IS NOT NULL ORDER BY path",
            (repository,),
        )
    )


def file_issues(connection: sqlite3.Connection, repository: int, covered: bool | None) -> list[FileIssue]:
    rows = connection.execute(
        "SELECT path, reason, detail, line, covered FROM issues WHERE id > ? AND id < ?"
        " AND (? IS NULL OR covered = ?) ORDER BY path, line, id",
        (first_row(repository), first_row(repository + 1), covered, covered),
    )
    return [FileIssue(path, reason, detail, line, bool(held)) for path, reason, detail, line, held in rows]


def symbol_of(row: tuple[Any, ...]) -> Symbol:
    """Return the symbol of a row of `SYMBOL_SELECT`, whose columns follow the record's fields."""
    fields: tuple[Any, ...] = (row[1], row[2], SYMBOL_KINDS[row[3]], *row[4:15], bool(row[15]), row[16])
    return Symbol(*fields)


def symbols_by_row(connection: sqlite3.Connection, grant: Granted, rows: Iterable[int]) -> dict[int, Symbol]:
    found = connection.execute(
        f"{SYMBOL_SELECT} WHERE s.id IN (SELECT value FROM json_each(?)) AND {grant.holds('s.repository')}",
        (json.dumps(sorted(set(rows))),),
    )
    return {row[0]: symbol_of(row) for row in found}


def symbols_by_id(connection: sqlite3.Connection, grant: Granted, ids: Iterable[str]) -> dict[str, Symbol]:
    found = connection.execute(
        f"{SYMBOL_SELECT} WHERE s.uid IN (SELECT value FROM json_each(?)) AND {grant.holds('s.repository')}",
        (json.dumps(list(ids)),),
    )
    return {row[1]: symbol_of(row) for row in found}


def rows_of_ids(connection: sqlite3.Connection, grant: Granted, ids: Iterable[str]) -> dict[str, int]:
    """Return id -> row number of the granted symbols among `ids`."""
    return dict(
        connection.execute(
            "SELECT uid, id FROM symbols WHERE uid IN (SELECT value FROM json_each(?))"
            f" AND {grant.holds('repository')}",
            (json.dumps(list(ids)),),
        )
    )


def link_condition(end: str, kinds: Sequence[RelationKind], tiers: Sequence[Tier]) -> str:
    """Return the SQL condition on relations `r` whose `end` ("source" or "target") is among the rows of parameter 1."""
    kind_codes = ", ".join(str(code) for code in sorted({RELATION_KIND_CODES[kind] for kind in kinds}))
    tier_codes = ", ".join(str(code) for code in sorted({TIER_CODES[tier] for tier in tiers}))
    inside = " AND r.target > 0" if end == "target" else ""
    return (
        f"r.{end} IN (SELECT value FROM json_each(?)) AND r.kind IN ({kind_codes}) AND r.tier IN ({tier_codes}){inside}"
    )


def both_ends(grant: Granted) -> str:
    """Return the SQL condition that a relation `r` has no end in a repository that is not granted."""
    if grant.everything:
        return "1"
    source = grant.holds(f"(r.source >> {ROW_BITS})")
    return f"{source} AND (r.target = 0 OR {grant.holds(f'(r.target >> {ROW_BITS})')})"


def end_of(direction: Direction) -> str:
    """Return the end of a relation at which a walk in this direction stands."""
    return "source" if direction == "out" else "target"


def relation_records(
    connection: sqlite3.Connection,
    grant: Granted,
    rows: Iterable[int],
    direction: Direction,
    kinds: Sequence[RelationKind],
    tiers: Sequence[Tier],
    limit: int = -1,
) -> list[RelationRecord]:
    """Return the relations at these symbols, by site."""
    found = connection.execute(
        f"{RELATION_SELECT} WHERE {link_condition(end_of(direction), kinds, tiers)} AND {both_ends(grant)}"
        f" {RELATION_ORDER} LIMIT ?",
        (json.dumps(sorted(set(rows))), limit),
    )
    return [RelationRecord(*row) for row in found]


def relations_of(
    connection: sqlite3.Connection,
    grant: Granted,
    records: Sequence[RelationRecord],
    known: dict[int, Symbol] | None = None,
) -> list[Relation]:
    """Return the records as relations, in order. `known` symbols are used and added to."""
    known = {} if known is None else known
    wanted = {row for record in records for row in (record.source, record.target) if row and row not in known}
    known.update(symbols_by_row(connection, grant, wanted))
    return [
        Relation(
            RELATION_KINDS[record.kind],
            TIERS[record.tier],
            STRATEGIES[record.strategy],
            record.confidence,
            known[record.source],
            known[record.target] if record.target else None,
            record.external,
            Site(record.path, record.line, record.column),
        )
        for record in records
    ]


def unresolved_sites(
    connection: sqlite3.Connection, grant: Granted, condition: str, value: str, limit: int
) -> list[UnresolvedSite]:
    """Return the unresolved call sites `u` that meet the SQL condition on `value`, by path, line and column."""
    rows = connection.execute(
        "SELECT u.source, u.callee, f.path, u.line, u.col FROM unresolved u JOIN files f ON f.id = u.file"
        f" WHERE {condition} AND {grant.holds('f.repository')} ORDER BY f.path, u.line, u.col, u.id LIMIT ?",
        (value, limit),
    ).fetchall()
    sources = symbols_by_row(connection, grant, (row[0] for row in rows))
    return [UnresolvedSite(sources[row[0]], row[1], Site(*row[2:])) for row in rows]


def chunked(rows: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) >= size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
