"""Writes what changed of one repository into an open transaction: the rows of some paths, in place of their old ones.

A symbol whose id comes again keeps its row number, so that relations of other files that end at it stay as they are.
"""

# ruff: noqa: S608 - composed of our own constants and row numbers; every value from outside is bound

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from configs.errors import StoreBusy, StoreCorrupt, UnknownRepository
from knowledge.backends.names import last_name
from knowledge.backends.sqlite_loading import (
    KIND_CODE_BY_ID,
    REPORT_EVERY,
    STRATEGY_CODE_BY_ID,
    TIER_CODE_BY_ID,
    describe,
    file_row,
    marks,
    now,
    symbol_row,
)
from knowledge.backends.sqlite_schema import TIERS, first_row
from knowledge.ports.graph import Progress, RepositoryChanges
from knowledge.schema import RepositoryInfo, Symbol

REINDEX = "Run `clew index PATH --force`; it rebuilds the index from the sources."
_TAKEN_SYMBOLS = "SELECT id FROM symbols WHERE file IN (SELECT file FROM taken)"


def update(connection: sqlite3.Connection, changes: RepositoryChanges, progress: Progress | None) -> RepositoryInfo:
    """Store the changes and return the repository's description."""
    repository = _repository_at(connection, changes)
    update_ = _Update(connection, repository, changes, progress)
    update_.run()
    info = update_.described()
    describe(connection, repository, info, changes.state())
    return info


def _repository_at(connection: sqlite3.Connection, changes: RepositoryChanges) -> int:
    row = connection.execute("SELECT id, generation FROM repositories WHERE name = ?", (changes.name,)).fetchone()
    if row is None:
        raise UnknownRepository(f"no repository {changes.name!r} is indexed", next_step="Run `clew index PATH`.")
    if row[1] != changes.base:
        raise StoreBusy(
            f"the repository {changes.name!r} is at generation {row[1]!r} by now, the changes are against {changes.base!r}",
            next_step="Run `clew index` again.",
        )
    number: int = row[0]
    return number


class _Update:
    """One update under way. Row numbers above the highest of each table are given to new rows."""

    def __init__(
        self, connection: sqlite3.Connection, repository: int, changes: RepositoryChanges, progress: Progress | None
    ) -> None:
        self.connection = connection
        self.repository = repository
        self.changes = changes
        self.progress = progress
        self.bounds = (first_row(repository), first_row(repository + 1))
        self.lines: Counter[str] = Counter()
        self.tiers: Counter[int] = Counter()
        self.files = self.symbols = self.unresolved = 0
        self._paths: dict[str, int] = {}
        self._known: dict[str, int] = {}
        """Symbol id -> row, of all given symbols and of the targets asked for."""
        self._externals: dict[str, int] = {}

    def run(self) -> None:
        self._take_out()
        self._write_files()
        gone = self._write_symbols()
        self._write_relations()
        self._write_unresolved()
        self._write_issues()
        self._check_targets(gone)

    def described(self) -> RepositoryInfo:
        """Return the description: the one before, with what went and came."""
        row = self.connection.execute(
            "SELECT generation, file_count, symbol_count, unresolved_count, languages, tiers FROM repositories"
            " WHERE id = ?",
            (self.repository,),
        ).fetchone()
        lines, tiers = Counter(json.loads(row[4])), json.loads(row[5])
        lines.update(self.lines)
        held = {tier.value: tiers.get(tier.value, 0) + self.tiers[code] for code, tier in enumerate(TIERS)}
        changes = self.changes
        return RepositoryInfo(
            name=changes.name,
            root=changes.root,
            revision=changes.revision,
            generation=row[0] + 1,
            indexed_at=now(),
            file_count=row[1] + self.files,
            line_count=lines.total(),
            symbol_count=row[2] + self.symbols,
            relation_count=sum(held.values()),
            unresolved_count=row[3] + self.unresolved,
            languages={language: count for language, count in sorted(lines.items()) if count},
            tiers={tier: count for tier, count in held.items() if count},
            notes=tuple(changes.notes),
        )

    # taking out

    def _take_out(self) -> None:
        """Delete what the paths own but for their files and symbols, which may come again."""
        execute = self.connection.execute
        execute("CREATE TEMP TABLE taken (file INTEGER PRIMARY KEY)")
        for file, path, language, lines in execute(
            "SELECT id, path, CASE WHEN content_hash IS NULL THEN NULL ELSE language END, line_count FROM files"
            " WHERE repository = ? AND path IN (SELECT value FROM json_each(?))",
            (self.repository, json.dumps(sorted(self.changes.paths))),
        ).fetchall():
            self._paths[path] = file
            if language is not None:
                self.files -= 1
                self.lines[language] -= lines
        self.connection.executemany("INSERT INTO taken VALUES (?)", ((file,) for file in self._paths.values()))
        counted = execute(f"SELECT tier, count(*) FROM relations WHERE source IN ({_TAKEN_SYMBOLS}) GROUP BY tier")
        self.tiers.subtract(dict(counted))
        execute(f"DELETE FROM relations WHERE source IN ({_TAKEN_SYMBOLS})")
        self.unresolved -= execute(f"DELETE FROM unresolved WHERE source IN ({_TAKEN_SYMBOLS})").rowcount
        execute(
            "DELETE FROM issues WHERE id > ? AND id < ? AND path IN (SELECT value FROM json_each(?))",
            (*self.bounds, json.dumps(sorted(self.changes.paths))),
        )

    # putting in

    def _write_files(self) -> None:
        execute = self.connection.execute
        # The rows stay, as those of paths that are not covered: a site may name them.
        execute("UPDATE files SET content_hash = NULL, language = '' WHERE id IN (SELECT file FROM taken)")
        execute("DELETE FROM texts WHERE file IN (SELECT file FROM taken)")
        for file in self.changes.files:
            row = self._path_row(file.path)
            execute(f"INSERT OR REPLACE INTO files VALUES ({marks(8)})", file_row(row, self.repository, file))
            execute("INSERT INTO texts VALUES (?, ?)", (row, file.packed_text))
            self.files += 1
            self.lines[file.language] += file.line_count

    def _path_row(self, path: str) -> int:
        """Return the row of a path, a new one where it has none."""
        row = self._paths.get(path)
        if row is None:
            found = self.connection.execute(
                "SELECT id FROM files WHERE repository = ? AND path = ?", (self.repository, path)
            ).fetchone()
            row = found[0] if found else self._next("files")
            if not found:
                self.connection.execute(
                    "INSERT INTO files VALUES (?, ?, ?, '', NULL, 0, 0, 0)", (row, self.repository, path)
                )
            self._paths[path] = row
        return row

    def _next(self, table: str) -> int:
        highest: int | None = self.connection.execute(
            f"SELECT max(id) FROM {table} WHERE id > ? AND id < ?", self.bounds
        ).fetchone()[0]
        return (self.bounds[0] if highest is None else highest) + 1

    def _write_symbols(self) -> list[int]:
        """Write the given symbols. Return the rows of those that are gone."""
        before: dict[str, int] = dict(
            self.connection.execute("SELECT uid, id FROM symbols WHERE file IN (SELECT file FROM taken)")
        )
        self.symbols += len(self.changes.symbols) - len(before)
        fresh = self._next("symbols")
        for symbol in self.changes.symbols:
            row = before.pop(symbol.id, None)
            if row is None:
                row, fresh = fresh, fresh + 1
            self._known[symbol.id] = row
        gone = sorted(before.values())
        self.connection.executemany("DELETE FROM symbols WHERE id = ?", ((row,) for row in gone))
        self.connection.executemany(
            f"INSERT OR REPLACE INTO symbols VALUES ({marks(19)})", self._symbol_rows(self.changes.symbols)
        )
        return gone

    def _symbol_rows(self, symbols: Iterable[Symbol]) -> Iterator[tuple[Any, ...]]:
        known = self._known
        for symbol in symbols:
            parent = known.get(symbol.parent_id) if symbol.parent_id is not None else None
            yield symbol_row(known[symbol.id], self.repository, self._path_row(symbol.path), parent, symbol)

    def _write_relations(self) -> None:
        self.connection.executemany(f"INSERT INTO relations VALUES ({marks(11)})", self._relation_rows())

    def _relation_rows(self) -> Iterator[tuple[Any, ...]]:
        places: Counter[str] = Counter()
        homes = {symbol.id: symbol.path for symbol in self.changes.symbols}
        for n, (kind, strategy, tier, confidence, source, target, external, path, line, column) in enumerate(
            self.changes.relations, 1
        ):
            tier_code = TIER_CODE_BY_ID[id(tier)]
            self.tiers[tier_code] += 1
            home = homes[source]
            places[home] += 1
            yield (
                self._known[source],
                KIND_CODE_BY_ID[id(kind)],
                tier_code,
                0 if target is None else self._row_of(target),
                places[home],
                STRATEGY_CODE_BY_ID[id(strategy)],
                confidence,
                None if external is None else self._external_row(external),
                self._path_row(path),
                line,
                column,
            )
            if self.progress is not None and n % REPORT_EVERY == 0:
                self.progress("store relations", n, 0)

    def _row_of(self, symbol_id: str) -> int:
        row = self._known.get(symbol_id)
        if row is None:
            found = self.connection.execute("SELECT id FROM symbols WHERE uid = ?", (symbol_id,)).fetchone()
            if found is None:
                raise StoreCorrupt(
                    f"the symbol {symbol_id!r} is not stored, but a relation names it", next_step=REINDEX
                )
            row = self._known[symbol_id] = found[0]
        return row

    def _external_row(self, name: str) -> int:
        row = self._externals.get(name)
        if row is None:
            found = self.connection.execute(
                "SELECT id FROM externals WHERE name = ? AND id > ? AND id < ?", (name, *self.bounds)
            ).fetchone()
            row = self._externals[name] = found[0] if found else self._next("externals")
            if not found:
                self.connection.execute("INSERT INTO externals VALUES (?, ?)", (row, name))
        return row

    def _write_unresolved(self) -> None:
        first = self._next("unresolved")
        rows = [
            (first + n, self._known[source], callee, last_name(callee), self._path_row(path), line, column)
            for n, (source, callee, path, line, column) in enumerate(self.changes.unresolved)
        ]
        self.unresolved += len(rows)
        self.connection.executemany(f"INSERT INTO unresolved VALUES ({marks(7)})", rows)

    def _write_issues(self) -> None:
        first = self._next("issues")
        self.connection.executemany(
            f"INSERT INTO issues VALUES ({marks(6)})",
            (
                (first + n, issue.path, issue.reason, issue.detail, issue.line, issue.covered)
                for n, issue in enumerate(self.changes.issues)
            ),
        )

    def _check_targets(self, gone: list[int]) -> None:
        """A relation that stays must not end at a symbol that went: the changes were not complete."""
        found = self.connection.execute(
            "SELECT f.path FROM relations r JOIN files f ON f.id = r.file"
            " WHERE r.target IN (SELECT value FROM json_each(?)) AND r.target > 0 LIMIT 1",
            (json.dumps(gone),),
        ).fetchone()
        if found is not None:
            raise StoreCorrupt(f"a relation in {found[0]!r} ends at a symbol that is gone", next_step=REINDEX)
