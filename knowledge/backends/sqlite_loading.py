"""Writes one repository into an open transaction: takes the old generation out, streams the new one in.

Relations and texts are consumed as they come; only symbol ids, paths and external names are held in memory.
"""

# ruff: noqa: S608 - composed of our own constants and row numbers; every value from outside is bound

from __future__ import annotations

import json
import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from knowledge.backends.names import last_name, name_key
from knowledge.backends.sqlite_schema import (
    RELATION_KIND_CODES,
    ROW_KEYS,
    STRATEGY_CODES,
    SYMBOL_KIND_CODES,
    TIER_CODES,
    TIERS,
    first_row,
)
from knowledge.ports.graph import Progress, RepositorySnapshot
from knowledge.schema import RepositoryInfo, SourceFile, Symbol

REPORT_EVERY = 20_000
# Members of an enumeration are singletons, and their own hash is a Python call: by identity the look-up is three times faster.
KIND_CODE_BY_ID = {id(kind): code for kind, code in RELATION_KIND_CODES.items()}
TIER_CODE_BY_ID = {id(tier): code for tier, code in TIER_CODES.items()}
STRATEGY_CODE_BY_ID = {id(strategy): code for strategy, code in STRATEGY_CODES.items()}


def delete_rows(connection: sqlite3.Connection, repository: int) -> None:
    """Delete everything that belongs to the repository but its own row."""
    bounds = (first_row(repository), first_row(repository + 1))
    for table, key in ROW_KEYS.items():
        connection.execute(f"DELETE FROM {table} WHERE {key} > ? AND {key} < ?", bounds)
    connection.execute("DELETE FROM states WHERE repository = ?", (repository,))


def forget(connection: sqlite3.Connection, name: str) -> bool:
    row = connection.execute("SELECT id FROM repositories WHERE name = ?", (name,)).fetchone()
    if row is None:
        return False
    delete_rows(connection, row[0])
    connection.execute("DELETE FROM repositories WHERE id = ?", (row[0],))
    return True


def replace(connection: sqlite3.Connection, snapshot: RepositorySnapshot, progress: Progress | None) -> RepositoryInfo:
    """Store the snapshot in place of the previous generation and return its description."""
    repository, generation = _next_generation(connection, snapshot.name)
    delete_rows(connection, repository)
    loader = _Loader(connection, first_row(repository), progress)
    loader.load(snapshot)
    info = RepositoryInfo(
        name=snapshot.name,
        root=snapshot.root,
        revision=snapshot.revision,
        generation=generation,
        indexed_at=now(),
        file_count=loader.file_count,
        line_count=sum(loader.lines.values()),
        symbol_count=len(snapshot.symbols),
        relation_count=sum(loader.tiers),
        unresolved_count=loader.unresolved_count,
        languages=dict(sorted(loader.lines.items())),
        tiers={tier.value: count for tier, count in zip(TIERS, loader.tiers, strict=True) if count},
        notes=tuple(snapshot.notes),
    )
    describe(connection, repository, info, snapshot.state())
    return info


def now() -> str:
    """Return the time as `RepositoryInfo.indexed_at` has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _next_generation(connection: sqlite3.Connection, name: str) -> tuple[int, int]:
    row = connection.execute("SELECT id, generation FROM repositories WHERE name = ?", (name,)).fetchone()
    if row is not None:
        return row[0], row[1] + 1
    cursor = connection.execute(
        "INSERT INTO repositories VALUES (NULL, ?, '', '', 1, '', 0, 0, 0, 0, 0, '{}', '{}', '[]')", (name,)
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid, 1


def describe(connection: sqlite3.Connection, repository: int, info: RepositoryInfo, state: bytes) -> None:
    """Write the repository's own row, and the indexer's state beside it."""
    connection.execute("INSERT OR REPLACE INTO states VALUES (?, ?)", (repository, state))
    connection.execute(
        "UPDATE repositories SET root = ?, revision = ?, generation = ?, indexed_at = ?, file_count = ?, line_count = ?,"
        " symbol_count = ?, relation_count = ?, unresolved_count = ?, languages = ?, tiers = ?, notes = ? WHERE id = ?",
        (
            info.root,
            info.revision,
            info.generation,
            info.indexed_at,
            info.file_count,
            info.line_count,
            info.symbol_count,
            info.relation_count,
            info.unresolved_count,
            json.dumps(info.languages),
            json.dumps(info.tiers),
            json.dumps(info.notes),
            repository,
        ),
    )


@dataclass(slots=True)
class _Loader:
    """base: the row number before the repository's first. Counts fill as the streams are consumed."""

    connection: sqlite3.Connection
    base: int
    progress: Progress | None
    lines: Counter[str] = field(default_factory=Counter)
    tiers: list[int] = field(default_factory=lambda: [0] * len(TIERS))
    file_count: int = 0
    unresolved_count: int = 0
    _paths: dict[str, int] = field(default_factory=dict)
    _externals: dict[str, int] = field(default_factory=dict)
    _symbol_paths: array[int] = field(default_factory=lambda: array("q"))
    """Row of each symbol's file, by the symbol's index."""

    def load(self, snapshot: RepositorySnapshot) -> None:
        write = self.connection.executemany
        self._load_files(snapshot)
        write(f"INSERT INTO symbols VALUES ({marks(19)})", self._symbol_rows(snapshot))
        write(f"INSERT INTO relations VALUES ({marks(11)})", self._relation_rows(snapshot))
        write(f"INSERT INTO unresolved VALUES ({marks(7)})", self._unresolved_rows(snapshot))
        write(
            f"INSERT INTO issues VALUES ({marks(6)})",
            (
                (self.base + n, issue.path, issue.reason, issue.detail, issue.line, issue.covered)
                for n, issue in enumerate(snapshot.issues, 1)
            ),
        )
        write("INSERT INTO externals VALUES (?, ?)", ((row, name) for name, row in self._externals.items()))
        self._load_uncovered_paths()

    def _load_files(self, snapshot: RepositorySnapshot) -> None:
        insert_text = "INSERT INTO texts VALUES (?, ?)"
        repository = self._repository

        def rows() -> Iterator[tuple[Any, ...]]:
            for file in snapshot.files:
                row = self._path_row(file.path)
                self.lines[file.language] += file.line_count
                self.file_count += 1
                self._report("store files", self.file_count, 0)
                self.connection.execute(insert_text, (row, file.packed_text))
                yield file_row(row, repository, file)

        self.connection.executemany(f"INSERT INTO files VALUES ({marks(8)})", rows())

    def _load_uncovered_paths(self) -> None:
        """Give a row to every path that a symbol or site names though the file itself is not covered."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO files VALUES (?, ?, ?, '', NULL, 0, 0, 0)",
            ((row, self._repository, path) for path, row in self._paths.items()),
        )

    @property
    def _repository(self) -> int:
        return self.base // first_row(1)

    def _path_row(self, path: str) -> int:
        return self._paths.setdefault(path, self.base + len(self._paths) + 1)

    def _symbol_rows(self, snapshot: RepositorySnapshot) -> Iterator[tuple[Any, ...]]:
        rows: dict[str, int] = {}
        total, repository = len(snapshot.symbols), self._repository
        for n, symbol in enumerate(snapshot.symbols):
            row = self.base + n + 1
            rows[symbol.id] = row
            path = self._path_row(symbol.path)
            self._symbol_paths.append(path)
            parent = rows.get(symbol.parent_id) if symbol.parent_id is not None else None
            yield symbol_row(row, repository, path, parent, symbol)
            self._report("store symbols", n + 1, total)

    def _relation_rows(self, snapshot: RepositorySnapshot) -> Iterator[tuple[Any, ...]]:
        first, tiers, externals, paths = self.base + 1, self.tiers, self._externals, self._paths
        homes = self._symbol_paths
        places: dict[int, int] = {}
        for n, (kind, strategy, tier, confidence, source, target, external, path, line, column) in enumerate(
            snapshot.relations, 1
        ):
            tier_code = TIER_CODE_BY_ID[id(tier)]
            tiers[tier_code] += 1
            home = homes[source]
            place = places[home] = places.get(home, 0) + 1
            yield (
                first + source,
                KIND_CODE_BY_ID[id(kind)],
                tier_code,
                first + target if target >= 0 else 0,
                place,
                STRATEGY_CODE_BY_ID[id(strategy)],
                confidence,
                None if external is None else externals.setdefault(external, first + len(externals)),
                paths.get(path) or self._path_row(path),
                line,
                column,
            )
            self._report("store relations", n, 0)

    def _unresolved_rows(self, snapshot: RepositorySnapshot) -> Iterator[tuple[Any, ...]]:
        for n, (source, callee, path, line, column) in enumerate(snapshot.unresolved, 1):
            self.unresolved_count = n
            row = self.base + n
            yield row, self.base + 1 + source, callee, last_name(callee), self._path_row(path), line, column

    def _report(self, stage: str, done: int, total: int) -> None:
        if self.progress is not None and done % REPORT_EVERY == 0:
            self.progress(stage, done, total)


def file_row(row: int, repository: int, file: SourceFile) -> tuple[Any, ...]:
    """Return the columns of `files`."""
    content_hash, size, lines = file.content_hash, file.byte_count, file.line_count
    return row, repository, file.path, file.language, content_hash, size, lines, file.is_test


def symbol_row(row: int, repository: int, file: int, parent: int | None, symbol: Symbol) -> tuple[Any, ...]:
    """Return the columns of `symbols`. file, parent: row numbers."""
    key, own_key = name_key(symbol.qualified_name), name_key(symbol.name)
    return (
        row,
        symbol.id,
        repository,
        file,
        SYMBOL_KIND_CODES[symbol.kind],
        symbol.name,
        symbol.local_name,
        symbol.qualified_name,
        symbol.line,
        symbol.column,
        symbol.start_line,
        symbol.end_line,
        symbol.language,
        symbol.signature,
        symbol.docstring,
        symbol.is_test,
        parent,
        key,
        own_key if own_key and not key.startswith(own_key) else None,
    )


def marks(count: int) -> str:
    """Return the placeholders of so many columns."""
    return ", ".join("?" * count)
