"""The embedded code graph: `knowledge.ports.graph.CodeGraph` on one SQLite file, one writer, many readers.

Each call reads one committed state. A name is looked up in microseconds by a reversed key (`names`), walks run
over sets of row numbers (`sqlite_walks`), and the scope is part of every query (`sqlite_rows`).
"""

# ruff: noqa: S608 - composed of our own constants and row numbers; every value from outside is bound

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from configs.errors import StoreCorrupt
from knowledge.backends import sqlite_loading, sqlite_updates, sqlite_walks
from knowledge.backends.sqlite_adjacency import BUILD_AFTER, Expander, Links
from knowledge.backends.sqlite_columns import relation_columns, strategy_counts
from knowledge.backends.sqlite_errors import REBUILD
from knowledge.backends.sqlite_extents import ExtentReader
from knowledge.backends.sqlite_file import SqliteFile
from knowledge.backends.sqlite_finding import find_prefix_rows, find_rows
from knowledge.backends.sqlite_generations import MAX_TEXT_BYTES, GenerationCache
from knowledge.backends.sqlite_rows import (
    RELATION_ORDER,
    RELATION_SELECT,
    SYMBOL_SELECT,
    RelationRecord,
    both_ends,
    chunked,
    covered_byte_counts,
    covered_paths,
    file_issues,
    granted,
    relation_records,
    relations_of,
    repository_infos,
    rows_of_ids,
    symbol_of,
    symbols_by_id,
    symbols_by_row,
    unresolved_sites,
)
from knowledge.backends.sqlite_schema import (
    GRAPH_FORMAT,
    RELATION_KIND_CODES,
    SYMBOL_KIND_CODES,
)
from knowledge.ports.graph import (
    Direction,
    Extent,
    Progress,
    RelationColumns,
    RepositoryChanges,
    RepositorySnapshot,
    Walk,
)
from knowledge.schema import (
    FileIssue,
    Relation,
    RelationKind,
    RepositoryInfo,
    Strategy,
    Symbol,
    SymbolKind,
    Tier,
    UnresolvedSite,
    unpack_text,
)
from knowledge.scope import Scope

RESOLVED = (Tier.EXACT, Tier.INFERRED)
MAX_KNOWN_SYMBOLS = 50_000
"""Symbols kept while relations are streamed; about 40 MB."""


class SqliteCodeGraph:
    """path: the database file, made when missing unless `read_only`. timeout_s: of one read, and of a write's wait."""

    def __init__(
        self, path: Path, *, timeout_s: float = 30.0, read_only: bool = False, build_after: int = BUILD_AFTER
    ) -> None:
        self._file = SqliteFile(path, GRAPH_FORMAT, timeout_s=timeout_s, read_only=read_only)
        self._generations = GenerationCache()
        self._extents = ExtentReader()
        self._texts = GenerationCache(MAX_TEXT_BYTES, len)
        self._build_after = build_after

    def replace_repository(self, snapshot: RepositorySnapshot, progress: Progress | None = None) -> RepositoryInfo:
        with self._file.writing() as connection:
            return sqlite_loading.replace(connection, snapshot, progress)

    def update_repository(self, changes: RepositoryChanges, progress: Progress | None = None) -> RepositoryInfo:
        with self._file.writing() as connection:
            return sqlite_updates.update(connection, changes, progress)

    def state(self, scope: Scope, repository: str) -> bytes:
        with self._file.reading() as connection:
            number = granted(connection, scope).number(repository)
            row = connection.execute("SELECT state FROM states WHERE repository = ?", (number,)).fetchone()
            return b"" if row is None else row[0]

    def forget_repository(self, name: str) -> bool:
        with self._file.writing(erasing=True) as connection:
            return sqlite_loading.forget(connection, name)

    def repositories(self, scope: Scope) -> list[RepositoryInfo]:
        with self._file.reading() as connection:
            return repository_infos(connection, granted(connection, scope))

    def paths(self, scope: Scope, repository: str) -> dict[str, tuple[str, str, int]]:
        with self._file.reading() as connection:
            number = granted(connection, scope).number(repository)
            if number is None:
                return {}
            key = self._generations.key(connection, number, "paths")
            known: dict[str, tuple[str, str, int]] | None = self._generations.get(key)
            if known is None:
                known = covered_paths(connection, number)
                self._generations.put(key, known)
            return dict(known)

    def byte_counts(self, scope: Scope, repository: str) -> dict[str, int]:
        with self._file.reading() as connection:
            number = granted(connection, scope).number(repository)
            return {} if number is None else covered_byte_counts(connection, number)

    def issues(self, scope: Scope, repository: str, *, covered: bool | None = None) -> list[FileIssue]:
        with self._file.reading() as connection:
            number = granted(connection, scope).number(repository)
            if number is None:
                return []
            key = self._generations.key(connection, number, ("issues", covered))
            known: list[FileIssue] | None = self._generations.get(key)
            if known is None:
                known = file_issues(connection, number, covered)
                self._generations.put(key, known)
            return list(known)

    def read_text(self, scope: Scope, repository: str, path: str) -> bytes | None:
        with self._file.reading() as connection:
            number = granted(connection, scope).number(repository)
            if number is None:
                return None
            key = self._texts.key(connection, number, path)
            known: bytes | None = self._texts.get(key)
            if known is not None:
                return known
            row = connection.execute(
                "SELECT t.text FROM files f JOIN texts t ON t.file = f.id WHERE f.repository = ? AND f.path = ?",
                (number, path),
            ).fetchone()
        if row is None:
            return None
        try:
            known = unpack_text(row[0])
        except ValueError as exc:
            raise StoreCorrupt(f"The stored text of {path!r} is damaged.", next_step=REBUILD) from exc
        self._texts.put(key, known)
        return known

    def find(
        self, scope: Scope, name: str, *, kinds: Sequence[SymbolKind] = (), path: str | None = None, limit: int = 50
    ) -> list[Symbol]:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            kind_codes = {SYMBOL_KIND_CODES[kind] for kind in kinds}
            rows = find_rows(connection, grant, name, kind_codes, path)[: max(limit, 0)]
            found = symbols_by_row(connection, grant, rows)
            return [found[row] for row in rows]

    def find_by_prefix(
        self, scope: Scope, prefix: str, *, kinds: Sequence[SymbolKind] = (), limit: int = 50
    ) -> list[Symbol]:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            kind_codes = {SYMBOL_KIND_CODES[kind] for kind in kinds}
            rows = find_prefix_rows(connection, grant, prefix, kind_codes, max(limit, 0))
            found = symbols_by_row(connection, grant, rows)
            return [found[row] for row in rows]

    def symbols(self, scope: Scope, ids: Sequence[str]) -> list[Symbol]:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            found = symbols_by_id(connection, grant, ids)
            return [found[symbol_id] for symbol_id in ids if symbol_id in found]

    def extents(self, scope: Scope, ids: Sequence[str]) -> dict[str, Extent]:
        with self._file.reading() as connection:
            return self._extents.read(connection, granted(connection, scope), ids)

    def outline(self, scope: Scope, repository: str, path: str) -> list[Symbol]:
        with self._file.reading() as connection:
            rows = connection.execute(
                f"{SYMBOL_SELECT} WHERE s.file = (SELECT id FROM files WHERE repository = ? AND path = ?)"
                " ORDER BY s.line, s.col, s.uid",
                (granted(connection, scope).number(repository), path),
            )
            return [symbol_of(row) for row in rows]

    def symbol_at(self, scope: Scope, repository: str, path: str, line: int) -> Symbol | None:
        with self._file.reading() as connection:
            row = connection.execute(
                f"{SYMBOL_SELECT} WHERE s.file = (SELECT id FROM files WHERE repository = ? AND path = ?)"
                " AND s.start_line <= ? AND s.end_line >= ? ORDER BY s.start_line DESC, s.end_line, s.col DESC, s.uid DESC"
                " LIMIT 1",
                (granted(connection, scope).number(repository), path, line, line),
            ).fetchone()
            return None if row is None else symbol_of(row)

    def iter_symbols(self, scope: Scope, *, kinds: Sequence[SymbolKind] = ()) -> Iterator[Symbol]:
        with self._file.reading(bounded=False) as connection:
            codes = ", ".join(str(SYMBOL_KIND_CODES[kind]) for kind in kinds)
            rows = connection.execute(
                f"{SYMBOL_SELECT} WHERE {granted(connection, scope).holds('s.repository')}"
                f" {f'AND s.kind IN ({codes})' if codes else ''} ORDER BY o.name, f.path, s.line, s.col, s.uid"
            )
            for row in rows:
                yield symbol_of(row)

    def iter_relations(self, scope: Scope, *, kinds: Sequence[RelationKind] = ()) -> Iterator[Relation]:
        with self._file.reading(bounded=False) as connection:
            grant = granted(connection, scope)
            codes = ", ".join(str(RELATION_KIND_CODES[kind]) for kind in kinds)
            rows = connection.execute(
                f"{RELATION_SELECT} WHERE {both_ends(grant)} {f'AND r.kind IN ({codes})' if codes else ''} {RELATION_ORDER}"
            )
            known: dict[int, Symbol] = {}
            for chunk in chunked(rows):
                if len(known) > MAX_KNOWN_SYMBOLS:
                    known.clear()
                yield from relations_of(connection, grant, [RelationRecord(*row) for row in chunk], known)

    def relations(
        self,
        scope: Scope,
        symbol_ids: Sequence[str],
        direction: Direction,
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = RESOLVED,
        limit: int = 10_000,
    ) -> list[Relation]:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            rows = rows_of_ids(connection, grant, symbol_ids).values()
            records = relation_records(connection, grant, rows, direction, kinds, tiers, max(limit, 0))
            return relations_of(connection, grant, records)

    def walk(
        self,
        scope: Scope,
        symbol_ids: Sequence[str],
        direction: Direction,
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = RESOLVED,
        max_depth: int,
        limit: int = 10_000,
    ) -> Walk:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            links = _links(direction, kinds, tiers)
            start = sqlite_walks.sorted_rows(list(rows_of_ids(connection, grant, symbol_ids).values()))
            expander = Expander(connection, self._generations, grant, links, self._build_after)
            return sqlite_walks.walk(connection, grant, expander, start, links, max_depth, max(limit, 0))

    def shortest_path(
        self,
        scope: Scope,
        source_ids: Sequence[str],
        target_ids: Sequence[str],
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = RESOLVED,
        max_depth: int = 12,
    ) -> list[Relation] | None:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            links = _links("out", kinds, tiers)
            start = sqlite_walks.sorted_rows(list(rows_of_ids(connection, grant, source_ids).values()))
            targets = sqlite_walks.sorted_rows(list(rows_of_ids(connection, grant, target_ids).values()))
            expander = Expander(connection, self._generations, grant, links, self._build_after)
            return sqlite_walks.shortest_path(connection, grant, expander, start, targets, links, max_depth)

    def strategies(self, scope: Scope, repository: str) -> dict[Strategy, int]:
        with self._file.reading(bounded=False) as connection:
            number = granted(connection, scope).number(repository)
            return {} if number is None else strategy_counts(connection, number)

    def relation_columns(
        self, scope: Scope, *, kinds: Sequence[RelationKind], tiers: Sequence[Tier] = RESOLVED
    ) -> RelationColumns:
        with self._file.reading(bounded=False) as connection:
            return relation_columns(connection, granted(connection, scope), kinds, tiers)

    def unresolved(self, scope: Scope, name: str, *, limit: int = 200) -> list[UnresolvedSite]:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            return unresolved_sites(connection, grant, "u.last_name = ?", name, max(limit, 0))

    def unresolved_in(self, scope: Scope, symbol_ids: Sequence[str], *, limit: int = 200) -> list[UnresolvedSite]:
        with self._file.reading() as connection:
            grant = granted(connection, scope)
            rows = json.dumps(sorted(rows_of_ids(connection, grant, symbol_ids).values()))
            inside = "u.source IN (SELECT value FROM json_each(?))"
            return unresolved_sites(connection, grant, inside, rows, max(limit, 0))

    def close(self) -> None:
        self._file.close()


def _links(direction: Direction, kinds: Sequence[RelationKind], tiers: Sequence[Tier]) -> Links:
    return Links(direction, tuple(sorted(set(kinds))), tuple(sorted(set(tiers))))
