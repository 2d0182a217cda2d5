"""The Ledger's events in one SQLite file: the LedgerStore port.

Appends share one connection that stays open and syncs every commit, so that an acknowledged event survives a lost process and a
lost machine; many events a commit make that cheap.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from knowledge.backends.sqlite_errors import translated
from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.ledger import Checkpoint, Draft, Entry, Head, Number, Once, is_told, linked

LEDGER_FORMAT: Final = Format(
    application_id=0x436C6C64,
    version=1,
    schema="CREATE TABLE entries (stream TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, at_us INTEGER NOT NULL,"
    " subject TEXT NOT NULL, body BLOB NOT NULL, sealed BLOB NOT NULL, digest BLOB NOT NULL,"
    " PRIMARY KEY (stream, number)) WITHOUT ROWID;"
    "CREATE TABLE checkpoints (stream TEXT PRIMARY KEY, number INTEGER NOT NULL, digest BLOB NOT NULL,"
    " at_us INTEGER NOT NULL, pruned INTEGER NOT NULL, signer TEXT NOT NULL, mac BLOB NOT NULL) WITHOUT ROWID",
)
"""The application id spells `Clld`."""

_COLUMNS = "stream, number, kind, at_us, subject, body, sealed, digest"
_LAST = (
    "SELECT number, digest FROM entries WHERE stream = ?1 UNION ALL"
    " SELECT number, digest FROM checkpoints WHERE stream = ?1 ORDER BY number DESC LIMIT 1"
)
_STREAMS = (
    "WITH RECURSIVE found (stream) AS (SELECT min(stream) FROM entries UNION ALL"
    " SELECT (SELECT min(stream) FROM entries WHERE stream > found.stream) FROM found WHERE found.stream IS NOT NULL)"
    " SELECT stream FROM found WHERE stream IS NOT NULL UNION SELECT stream FROM checkpoints ORDER BY 1"
)
"""One look into the index a stream, where a plain DISTINCT reads every event."""
_LATEST = "SELECT body FROM entries WHERE stream = ? AND kind = ? AND instr(body, ?) ORDER BY number DESC LIMIT 1"
_FOLD_PAGES = 4_000
"""Pages of the write-ahead log, 16 MB, after which it is folded into the file."""


class SqliteLedger:
    """path: the database file, made when missing; threads and other processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, LEDGER_FORMAT, timeout_s=timeout_s, read_only=False)
        self._lock = threading.Lock()
        self._kept: sqlite3.Connection | None = None

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        if not drafts:
            return []
        with self._appending() as connection:
            return _append(connection, drafts)

    def heads(self) -> list[Head]:
        with self._file.reading() as connection:
            streams = connection.execute(_STREAMS).fetchall()
            return [_head(connection, stream) for (stream,) in streams]

    def read(self, stream: str, *, after: Number = 0, limit: int = 1_000) -> list[Entry]:
        with self._file.reading() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM entries WHERE stream = ? AND number > ? ORDER BY number LIMIT ?",  # noqa: S608 - constants
                (stream, after, limit),
            )
            return [Entry(*row) for row in rows]

    def checkpoint(self, stream: str) -> Checkpoint | None:
        with self._file.reading() as connection:
            row = connection.execute("SELECT * FROM checkpoints WHERE stream = ?", (stream,)).fetchone()
        return Checkpoint(*row) if row else None

    def prune(self, checkpoint: Checkpoint, note: Draft) -> Entry:
        with self._appending() as connection:
            connection.execute(
                "DELETE FROM entries WHERE stream = ? AND number <= ?", (checkpoint.stream, checkpoint.number)
            )
            connection.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?)", _row_of(checkpoint))
            (entry,) = _append(connection, [note])
        with self._file.writing(erasing=True):
            """Nothing more to write: what was pruned leaves the file."""
        return entry

    def close(self) -> None:
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None
        self._file.close()

    @contextmanager
    def _appending(self) -> Iterator[sqlite3.Connection]:
        """Lend the one connection that appends, inside a transaction; one that failed is not used again."""
        with self._lock, translated(self._file.path):
            connection = self._kept or self._opened()
            self._kept = None
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            except BaseException:
                connection.close()
                raise
            self._kept = connection

    def _opened(self) -> sqlite3.Connection:
        connection = self._file.open_for_writing()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_FOLD_PAGES}")
        return connection


def _append(connection: sqlite3.Connection, drafts: Sequence[Draft]) -> list[Entry]:
    heads: dict[str, Head] = {}
    entries: list[Entry] = []

    def stored(draft: Draft, once: Once) -> bytes | None:
        row = connection.execute(_LATEST, (draft.stream, draft.kind, once.about)).fetchone()
        return bytes(row[0]) if row else None

    for draft in drafts:
        if is_told(draft, entries, stored):
            continue
        head = heads.get(draft.stream) or _head(connection, draft.stream)
        entry = linked(head, draft)
        heads[draft.stream] = Head(draft.stream, entry.number, entry.digest)
        entries.append(entry)
    connection.executemany(
        "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(e.stream, e.number, e.kind, e.at_us, e.subject, e.body, e.sealed, e.digest) for e in entries],
    )
    return entries


def _head(connection: sqlite3.Connection, stream: str) -> Head:
    row = connection.execute(_LAST, (stream,)).fetchone()
    return Head(stream, *row) if row else Head(stream)


def _row_of(checkpoint: Checkpoint) -> tuple[Any, ...]:
    one = checkpoint
    return one.stream, one.number, one.digest, one.at_us, one.pruned, one.signer, one.mac
