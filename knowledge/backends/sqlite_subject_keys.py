"""The keys of people in a SQLite file of their own: the SubjectKeys port. Erasing one writes the file anew."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.ledger import SubjectKey

KEYS_FORMAT: Final = Format(
    application_id=0x436C6B79,
    version=1,
    schema="CREATE TABLE subjects (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE signing (number INTEGER PRIMARY KEY CHECK (number = 1), key BLOB NOT NULL)",
)
"""The application id spells `Clky`."""

KEY_BYTES = 32


class SqliteSubjectKeys:
    """path: the database file, made when missing and readable by its owner only; processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        with suppress(OSError):  # said by what opens it, in the words of the house
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # and its write-ahead log like it
        self._file = SqliteFile(path, KEYS_FORMAT, timeout_s=timeout_s, read_only=False)

    def named(self, name: str) -> SubjectKey:
        found = self.find(name)
        if found is not None:
            return found
        with self._file.writing(durable=True) as connection:
            connection.execute(
                "INSERT OR IGNORE INTO subjects VALUES (?, ?, ?)",
                (secrets.token_hex(8), name, secrets.token_bytes(KEY_BYTES)),
            )
            made = _find(connection, name)
        assert made is not None
        return made

    def find(self, name: str) -> SubjectKey | None:
        with self._file.reading() as connection:
            return _find(connection, name)

    def by_id(self, ids: Sequence[str]) -> dict[str, SubjectKey]:
        with self._file.reading() as connection:
            rows = [
                connection.execute("SELECT id, name, key FROM subjects WHERE id = ?", (one,)).fetchone()
                for one in dict.fromkeys(ids)
            ]
        return {row[0]: SubjectKey(*row) for row in rows if row}

    def drop(self, name: str) -> SubjectKey | None:
        with self._file.writing(erasing=True, durable=True) as connection:
            found = _find(connection, name)
            connection.execute("DELETE FROM subjects WHERE name = ?", (name,))
        return found

    def signing_key(self) -> bytes:
        with self._file.reading() as connection:
            row = connection.execute("SELECT key FROM signing").fetchone()
        if row is None:
            with self._file.writing(durable=True) as connection:
                connection.execute("INSERT OR IGNORE INTO signing VALUES (1, ?)", (secrets.token_bytes(KEY_BYTES),))
                row = connection.execute("SELECT key FROM signing").fetchone()
        return bytes(row[0])

    def close(self) -> None:
        self._file.close()


def _find(connection: sqlite3.Connection, name: str) -> SubjectKey | None:
    row = connection.execute("SELECT id, name, key FROM subjects WHERE name = ?", (name,)).fetchone()
    return SubjectKey(*row) if row else None
