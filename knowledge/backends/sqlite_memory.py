"""Answers that may be given again, in one SQLite file: the Memory port.

An entry is served only to the same scope and release, and only while each file it cites has the content hash that it was
made from. Hashes are checked at every `get`, which removes a stale entry.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.ports.memory import MemoryEntry

MEMORY_FORMAT: Final = Format(
    application_id=0x436C6D65,
    version=1,
    schema="CREATE TABLE entries (key TEXT NOT NULL, scope_key TEXT NOT NULL, release_id TEXT NOT NULL,"
    " payload TEXT NOT NULL, dependencies TEXT NOT NULL, PRIMARY KEY (key, scope_key, release_id))",
)
"""The application id spells `Clme`. `payload` and `dependencies` are JSON."""

CurrentHash = Callable[[str, str], str | None]
"""(repository, path) -> content hash at the indexed revision, None when the file is no longer covered."""


class SqliteMemory:
    """path: the database file, made when missing; the threads of a process and other processes may share it.

    Raises (all methods): StoreUnavailable, StoreBusy, StoreTimeout, StoreFull, StoreCorrupt, StoreTooNew.
    """

    def __init__(self, path: Path, current_hash: CurrentHash, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, MEMORY_FORMAT, timeout_s=timeout_s, read_only=False)
        self._current_hash = current_hash

    def get(self, key: str, *, scope_key: str, release_id: str) -> MemoryEntry | None:
        """Return the entry, None when there is none or a cited file has changed since; such an entry is removed."""
        place = (key, scope_key, release_id)
        with self._file.reading() as connection:
            row = connection.execute(
                "SELECT payload, dependencies FROM entries WHERE key = ? AND scope_key = ? AND release_id = ?", place
            ).fetchone()
        if row is None:
            return None
        dependencies = tuple((repository, path, known) for repository, path, known in json.loads(row[1]))
        if any(self._current_hash(repository, path) != known for repository, path, known in dependencies):
            with self._file.writing() as connection:  # unless another one was put in its place meanwhile
                connection.execute(
                    "DELETE FROM entries WHERE key = ? AND scope_key = ? AND release_id = ? AND dependencies = ?",
                    (*place, row[1]),
                )
            return None
        return MemoryEntry(key, json.loads(row[0]), scope_key, release_id, dependencies)

    def put(self, entry: MemoryEntry) -> None:
        """Store an entry in place of one with the same key, scope and release."""
        payload = json.dumps(entry.payload, ensure_ascii=False)
        dependencies = json.dumps(entry.dependencies, ensure_ascii=False)
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)",
                (entry.key, entry.scope_key, entry.release_id, payload, dependencies),
            )

    def forget_repository(self, repository: str) -> None:
        """Erase every entry that names the repository, from the disk too; one too many is only made again."""
        escaped = json.dumps(repository)[1:-1]  # as a scope key that is JSON has a name beyond ASCII
        with self._file.writing(erasing=True) as connection:
            connection.execute(
                "DELETE FROM entries WHERE instr(scope_key || payload || dependencies, ?)"
                " OR instr(scope_key || payload || dependencies, ?)",
                (repository, escaped),
            )

    def close(self) -> None:
        self._file.close()
