"""Answers that may be given again, in one SQLite file: the Memory port.

An entry is served only to the same scope and release, and only while each file it cites has the content hash that it was
made from. Hashes are checked at every `get`, which removes a stale entry.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreTooNew, StoreUnavailable
from knowledge.ports import MemoryEntry

SCHEMA_VERSION = 1
BUSY_TIMEOUT_S = 10.0

_SCHEMA = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL, scope_key TEXT NOT NULL, release_id TEXT NOT NULL, payload TEXT NOT NULL,
    UNIQUE (key, scope_key, release_id)
);
CREATE TABLE dependency (
    entry_id INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    repository TEXT NOT NULL, path TEXT NOT NULL, content_hash TEXT NOT NULL,
    PRIMARY KEY (entry_id, repository, path)
) WITHOUT ROWID;
CREATE INDEX dependency_place ON dependency (repository, path);
"""

CurrentHash = Callable[[str, str], str | None]
"""(repository, path) -> content hash at the indexed revision, None when the file is no longer covered."""


class SqliteMemory:
    """One connection, shared by the threads of the process under a lock; other processes may open the same file."""

    def __init__(self, path: Path, current_hash: CurrentHash) -> None:
        self._path = path
        self._current_hash = current_hash
        self._lock = threading.Lock()
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._prepare()

    def get(self, key: str, *, scope_key: str, release_id: str) -> MemoryEntry | None:
        """Return the entry, None when there is none or a cited file has changed since; such an entry is removed."""
        with self._translated():
            row = self._connection.execute(
                "SELECT id, payload FROM entry WHERE key = ? AND scope_key = ? AND release_id = ?",
                (key, scope_key, release_id),
            ).fetchone()
            if row is None:
                return None
            dependencies = tuple(
                self._connection.execute(
                    "SELECT repository, path, content_hash FROM dependency WHERE entry_id = ? ORDER BY repository, path",
                    (row[0],),
                )
            )
        if any(self._current_hash(repository, path) != known for repository, path, known in dependencies):
            with self._transaction():
                self._connection.execute("DELETE FROM entry WHERE id = ?", (row[0],))
            return None
        return MemoryEntry(key, json.loads(row[1]), scope_key, release_id, dependencies)

    def put(self, entry: MemoryEntry) -> None:
        """Store an entry in place of one with the same key, scope and release."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM entry WHERE key = ? AND scope_key = ? AND release_id = ?",
                (entry.key, entry.scope_key, entry.release_id),
            )
            entry_id = self._connection.execute(
                "INSERT INTO entry (key, scope_key, release_id, payload) VALUES (?, ?, ?, ?)",
                (entry.key, entry.scope_key, entry.release_id, json.dumps(entry.payload, ensure_ascii=False)),
            ).lastrowid
            self._connection.executemany(
                "INSERT OR REPLACE INTO dependency VALUES (?, ?, ?, ?)",
                [(entry_id, *dependency) for dependency in entry.dependencies],
            )

    def forget_repository(self, repository: str) -> None:
        """Remove every entry that cites the repository."""
        with self._transaction():
            self._connection.execute(
                "DELETE FROM entry WHERE id IN (SELECT entry_id FROM dependency WHERE repository = ?)", (repository,)
            )

    def close(self) -> None:
        self._connection.close()

    def _prepare(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in filter(str.strip, _SCHEMA.split(";\n")):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        self._connection.execute("COMMIT")
        if version > SCHEMA_VERSION:
            self._connection.close()
            raise StoreTooNew(
                f"The memory {str(self._path)!r} has schema {version!r}, this Clew reads up to {SCHEMA_VERSION!r}",
                next_step="Upgrade Clew, or delete the file: it holds only answers that can be made again.",
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Hold the lock and turn driver errors into ours."""
        try:
            with self._lock:
                yield
        except (sqlite3.Error, OSError) as exc:
            raise _error_of(exc, self._path) from exc


def _error_of(exc: Exception, path: Path) -> StoreError:
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(
            f"The memory {str(path)!r} is being written by another process",
            next_step="Try again in a moment.",
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"The memory {str(path)!r} could not grow: the disk is full", next_step="Free some space.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreCorrupt(
            f"The memory {str(path)!r} is damaged",
            next_step="Delete the file: it holds only answers that can be made again.",
        )
    return StoreUnavailable(
        f"The memory {str(path)!r} cannot be used: {exc}", next_step="Check the path and the permissions of the store."
    )
