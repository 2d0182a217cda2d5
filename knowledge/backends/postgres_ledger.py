"""The Ledger in PostgreSQL, which several machines share: the LedgerStore and SubjectKeys ports.

Whoever appends holds one advisory lock until the commit, so that each stream stays one chain. Appends share a connection that stays
open; one that the server dropped is opened anew.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from knowledge.backends.postgres_server import PostgresServer
from knowledge.ledger import Checkpoint, Draft, Entry, Head, Number, Once, SubjectKey, is_told, linked
from knowledge.threads import plain_text

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS clew_ledger (stream TEXT NOT NULL, number BIGINT NOT NULL, kind TEXT NOT NULL,"
    " at_us BIGINT NOT NULL, subject TEXT NOT NULL, body BYTEA NOT NULL, sealed BYTEA NOT NULL, digest BYTEA NOT NULL,"
    " PRIMARY KEY (stream, number))",
    "CREATE TABLE IF NOT EXISTS clew_ledger_checkpoints (stream TEXT PRIMARY KEY, number BIGINT NOT NULL,"
    " digest BYTEA NOT NULL, at_us BIGINT NOT NULL, pruned BIGINT NOT NULL, signer TEXT NOT NULL, mac BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS clew_ledger_subjects (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, key BYTEA NOT NULL)",
    "CREATE TABLE IF NOT EXISTS clew_ledger_signing (number INTEGER PRIMARY KEY CHECK (number = 1), key BYTEA NOT NULL)",
)
VERSION = 1
_MAKING = 0x436C6C64
APPENDING = 0x436C6C65
"""Advisory locks: under which tables are made, and under which events are chained."""
_SYNCED = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
"""What is acknowledged survives the server, whatever its default is."""
_COLUMNS = "stream, number, kind, at_us, subject, body, sealed, digest"
_LAST = (
    "SELECT number, digest FROM clew_ledger WHERE stream = %(stream)s UNION ALL"
    " SELECT number, digest FROM clew_ledger_checkpoints WHERE stream = %(stream)s ORDER BY number DESC LIMIT 1"
)
_STREAMS = (
    "WITH RECURSIVE found (stream) AS (SELECT min(stream) FROM clew_ledger UNION ALL"
    " SELECT (SELECT min(stream) FROM clew_ledger WHERE stream > found.stream) FROM found WHERE found.stream IS NOT NULL)"
    " SELECT stream FROM found WHERE stream IS NOT NULL UNION SELECT stream FROM clew_ledger_checkpoints ORDER BY 1"
)
_LATEST = "SELECT body FROM clew_ledger WHERE stream = %s AND kind = %s AND position(%s IN body) > 0 ORDER BY number DESC LIMIT 1"
KEY_BYTES = 32


class _Tables:
    """Connections to a server whose tables are made with the first one."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._made = False
        self._making = threading.Lock()

    def opened(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self._server.dsn())
        try:
            if not self._made:
                with self._making:
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
                    for statement in _SCHEMA:
                        connection.execute(statement)
                    self._server.check_format(connection, "ledger", VERSION)
                    connection.commit()
                    self._made = True
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection of its own, inside one transaction."""
        with self._server.translated(), self.opened() as connection:
            yield connection


class PostgresLedger:
    """Nothing is said to the server before the first call."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._tables = _Tables(server)
        self._lock = threading.Lock()
        self._kept: psycopg.Connection[Any] | None = None

    def append(self, drafts: Sequence[Draft]) -> list[Entry]:
        if not drafts:
            return []
        with self._appending() as connection:
            return _append(connection, drafts)

    def heads(self) -> list[Head]:
        with self._tables.transaction() as connection:
            return [_head(connection, stream) for (stream,) in connection.execute(_STREAMS).fetchall()]

    def read(self, stream: str, *, after: Number = 0, limit: int = 1_000) -> list[Entry]:
        with self._tables.transaction() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM clew_ledger WHERE stream = %s AND number > %s ORDER BY number LIMIT %s",  # noqa: S608 - constants
                (stream, after, limit),
            )
            return [Entry(*row) for row in rows]

    def checkpoint(self, stream: str) -> Checkpoint | None:
        with self._tables.transaction() as connection:
            row = connection.execute("SELECT * FROM clew_ledger_checkpoints WHERE stream = %s", (stream,)).fetchone()
        return Checkpoint(*row) if row else None

    def prune(self, checkpoint: Checkpoint, note: Draft) -> Entry:
        one = checkpoint
        with self._appending() as connection:
            connection.execute("DELETE FROM clew_ledger WHERE stream = %s AND number <= %s", (one.stream, one.number))
            connection.execute("DELETE FROM clew_ledger_checkpoints WHERE stream = %s", (one.stream,))
            connection.execute(
                "INSERT INTO clew_ledger_checkpoints VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (one.stream, one.number, one.digest, one.at_us, one.pruned, one.signer, one.mac),
            )
            (entry,) = _append(connection, [note])
        return entry

    def close(self) -> None:
        with self._lock:
            if self._kept is not None:
                self._kept.close()
                self._kept = None

    @contextmanager
    def _appending(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend the one connection that appends, alone on the chains; one that failed is not used again."""
        with self._lock, self._server.translated():
            connection, self._kept = self._alone(), None
            try:
                yield connection
                connection.commit()
            except BaseException:
                connection.close()
                raise
            self._kept = connection

    def _alone(self) -> psycopg.Connection[Any]:
        """Return a connection that holds the lock; the one that was kept may have been dropped by the server meanwhile."""
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                kept.execute("SELECT pg_advisory_xact_lock(%s)", (APPENDING,))
                return kept
            except psycopg.OperationalError:
                dropped = kept.broken
                kept.close()
                if not dropped:
                    raise
        connection = self._tables.opened()
        try:
            connection.execute(_SYNCED)
            connection.commit()
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (APPENDING,))
        except BaseException:
            connection.close()
            raise
        return connection


class PostgresSubjectKeys:
    """Keys in a table of their own. What is dropped leaves the table's files at once; the server's own log keeps it for as long as it keeps its log."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._tables = _Tables(server)

    def named(self, name: str) -> SubjectKey:
        found = self.find(name)
        if found is not None:
            return found
        with self._tables.transaction() as connection:
            connection.execute(
                "INSERT INTO clew_ledger_subjects VALUES (%s, %s, %s) ON CONFLICT (name) DO NOTHING",
                (secrets.token_hex(8), plain_text(name), secrets.token_bytes(KEY_BYTES)),
            )
        made = self.find(name)
        assert made is not None
        return made

    def find(self, name: str) -> SubjectKey | None:
        with self._tables.transaction() as connection:
            row = connection.execute(
                "SELECT id, name, key FROM clew_ledger_subjects WHERE name = %s", (plain_text(name),)
            ).fetchone()
        return SubjectKey(*row) if row else None

    def by_id(self, ids: Sequence[str]) -> dict[str, SubjectKey]:
        with self._tables.transaction() as connection:
            rows = connection.execute(
                "SELECT id, name, key FROM clew_ledger_subjects WHERE id = ANY(%s)", (list(ids),)
            ).fetchall()
        return {row[0]: SubjectKey(*row) for row in rows}

    def drop(self, name: str) -> SubjectKey | None:
        with self._tables.transaction() as connection:
            row = connection.execute(
                "DELETE FROM clew_ledger_subjects WHERE name = %s RETURNING id, name, key", (plain_text(name),)
            ).fetchone()
        if row is None:
            return None
        with self._server.translated(), psycopg.connect(self._server.dsn(), autocommit=True) as connection:
            connection.execute("VACUUM (FULL) clew_ledger_subjects")
        return SubjectKey(*row)

    def signing_key(self) -> bytes:
        with self._tables.transaction() as connection:
            connection.execute(
                "INSERT INTO clew_ledger_signing VALUES (1, %s) ON CONFLICT (number) DO NOTHING",
                (secrets.token_bytes(KEY_BYTES),),
            )
            row = connection.execute("SELECT key FROM clew_ledger_signing").fetchone()
        assert row is not None
        return bytes(row[0])

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""


def _append(connection: psycopg.Connection[Any], drafts: Sequence[Draft]) -> list[Entry]:
    heads: dict[str, Head] = {}
    entries: list[Entry] = []

    def stored(draft: Draft, once: Once) -> bytes | None:
        row = connection.execute(_LATEST, (draft.stream, draft.kind, once.about)).fetchone()
        return bytes(row[0]) if row else None

    for draft in drafts:
        if is_told(draft, entries, stored):
            continue
        entry = linked(heads.get(draft.stream) or _head(connection, draft.stream), draft)
        heads[draft.stream] = Head(draft.stream, entry.number, entry.digest)
        entries.append(entry)
    with connection.cursor() as cursor, cursor.copy(f"COPY clew_ledger ({_COLUMNS}) FROM STDIN") as rows:
        for e in entries:
            rows.write_row((e.stream, e.number, e.kind, e.at_us, e.subject, e.body, e.sealed, e.digest))
    return entries


def _head(connection: psycopg.Connection[Any], stream: str) -> Head:
    row = connection.execute(_LAST, {"stream": stream}).fetchone()
    return Head(stream, *row) if row else Head(stream)
