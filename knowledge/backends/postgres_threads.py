"""The register of conversations in PostgreSQL, which several machines share: the Threads port.

A turn holds an advisory lock of a connection of its own, which the server lets go when that connection is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from knowledge.backends.postgres_server import PostgresServer
from knowledge.threads import Release, Thread, Turn, plain_text, title_of

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS clew_threads (id TEXT PRIMARY KEY, title TEXT NOT NULL,"
    " created_at DOUBLE PRECISION NOT NULL, updated_at DOUBLE PRECISION NOT NULL,"
    " turns INTEGER NOT NULL, repositories TEXT[] NOT NULL)",
    "CREATE INDEX IF NOT EXISTS clew_threads_by_use ON clew_threads (updated_at)",
    "CREATE TABLE IF NOT EXISTS clew_turns (thread_id TEXT NOT NULL REFERENCES clew_threads ON DELETE CASCADE,"
    " number INTEGER NOT NULL, payload JSONB NOT NULL, PRIMARY KEY (thread_id, number))",
)
VERSION = 1
_MAKING = 0x436C6C74
"""Advisory lock under which tables are made: `IF NOT EXISTS` alone fails when two processes do it at once."""
_COLUMNS = "id, title, created_at, updated_at, turns, repositories"
_BEGIN = (
    f"INSERT INTO clew_threads ({_COLUMNS}) VALUES (%s, %s, %s, %s, 0, '{{}}')"  # noqa: S608 - constants
    " ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at"
)


class PostgresThreads:
    """Tables are made with the first call. A call takes a connection of its own: none is kept that a server could drop."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._made = False
        self._making = threading.Lock()

    def find(self, limit: int | None = None, prefix: str = "") -> list[Thread]:
        statement = (
            f"SELECT {_COLUMNS} FROM clew_threads WHERE starts_with(id, %s)"  # noqa: S608 - constants
            " ORDER BY updated_at DESC, id LIMIT %s"
        )
        with self._connected() as connection:
            rows = connection.execute(statement, (plain_text(prefix), limit))
            return [_thread(row) for row in rows]

    def get(self, thread_id: str) -> Thread | None:
        with self._connected() as connection:
            statement = f"SELECT {_COLUMNS} FROM clew_threads WHERE id = %s"  # noqa: S608 - constants
            row = connection.execute(statement, (plain_text(thread_id),)).fetchone()
        return _thread(row) if row else None

    def turns(self, thread_id: str) -> list[Turn]:
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT payload FROM clew_turns WHERE thread_id = %s ORDER BY number", (plain_text(thread_id),)
            )
            return [Turn.from_json(payload) for (payload,) in rows]

    def begin(self, thread_id: str, question: str, at: float) -> None:
        with self._connected() as connection:
            connection.execute(_BEGIN, (plain_text(thread_id), title_of(question), at, at))

    def record(self, thread_id: str, turns: list[Turn], repositories: tuple[str, ...]) -> None:
        if not turns:
            return
        thread_id = plain_text(thread_id)
        with self._connected() as connection:
            times = turns[0].asked_at, turns[-1].asked_at
            connection.execute(_BEGIN, (thread_id, title_of(turns[0].question), *times))
            known = connection.execute(
                "SELECT turns, repositories FROM clew_threads WHERE id = %s FOR UPDATE", (thread_id,)
            ).fetchone()
            assert known is not None
            count, before = known
            for number, turn in enumerate(turns, count + 1):
                payload = Jsonb({**turn.to_json(), "number": number})
                connection.execute("INSERT INTO clew_turns VALUES (%s, %s, %s)", (thread_id, number, payload))
            connection.execute(
                "UPDATE clew_threads SET updated_at = %s, turns = %s, repositories = %s WHERE id = %s",
                (turns[-1].asked_at, count + len(turns), sorted({*before, *repositories}), thread_id),
            )

    def rename(self, thread_id: str, title: str) -> bool:
        with self._connected() as connection:
            changed = connection.execute(
                "UPDATE clew_threads SET title = %s WHERE id = %s", (plain_text(title), plain_text(thread_id))
            )
            return changed.rowcount > 0

    def delete(self, thread_id: str) -> bool:
        with self._connected() as connection:
            return connection.execute("DELETE FROM clew_threads WHERE id = %s", (plain_text(thread_id),)).rowcount > 0

    def idle_since(self, before: float) -> list[str]:
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT id FROM clew_threads WHERE updated_at < %s ORDER BY updated_at", (before,)
            )
            return [thread_id for (thread_id,) in rows]

    def try_lock(self, thread_id: str) -> Release | None:
        with self._server.translated():
            connection = psycopg.connect(self._server.dsn(), autocommit=True)
            try:
                row = connection.execute(
                    "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", ("clew thread " + plain_text(thread_id),)
                ).fetchone()
            except psycopg.Error:
                connection.close()
                raise
        if row is not None and row[0]:
            return connection.close
        connection.close()
        return None

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        """Lend a connection inside one transaction."""
        with self._server.translated(), psycopg.connect(self._server.dsn()) as connection:
            if not self._made:
                with self._making:
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
                    for statement in _SCHEMA:
                        connection.execute(statement)
                    self._server.check_format(connection, "conversations", VERSION)
                    connection.commit()
                    self._made = True
            yield connection


def _thread(row: tuple[Any, ...]) -> Thread:
    thread_id, title, created_at, updated_at, turns, repositories = row
    return Thread(thread_id, title, created_at, updated_at, turns, tuple(repositories))
