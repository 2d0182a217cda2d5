"""What the workers of one server share, in a SQLite file that the first of them makes: the SharedState and SharedCounts ports.

The file is worth nothing once the server has ended: nothing is synced, and who starts the server deletes it. One connection, one lock.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from knowledge.backends.sqlite_errors import translated
from knowledge.backends.sqlite_file import keep_log
from knowledge.sharing import weighed

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS things (key TEXT PRIMARY KEY, value BLOB NOT NULL, until REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS lists (key TEXT NOT NULL, number INTEGER NOT NULL, value BLOB NOT NULL, until REAL NOT NULL,"
    " PRIMARY KEY (key, number)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS places (grp TEXT NOT NULL, place TEXT NOT NULL, who TEXT NOT NULL, until REAL NOT NULL,"
    " PRIMARY KEY (grp, place)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS counts (key TEXT NOT NULL, began INTEGER NOT NULL, counted INTEGER NOT NULL, until REAL NOT NULL,"
    " PRIMARY KEY (key, began)) WITHOUT ROWID",
)
SWEPT_EVERY = 500
"""Writes between two looks for what has left; until then it only takes space."""
MOST_BYTES = 64_000_000
"""Of things and lists together; the ones that would leave first go when it is more."""


class SqliteShared:
    """path: the file, made when missing. clock: the time of day, which all processes of a machine have in common."""

    def __init__(self, path: Path, *, timeout_s: float = 5.0, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._writes = 0
        with translated(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=timeout_s, isolation_level=None, check_same_thread=False)
            path.chmod(0o600)
            keep_log(self._connection, timeout_s)
            self._connection.execute("PRAGMA synchronous = OFF")
            for statement in _SCHEMA:
                self._connection.execute(statement)

    def claim(self, key: str, value: bytes, keep_s: float) -> bytes | None:
        with self._writing() as connection:
            now = self._clock()
            row = connection.execute("SELECT value FROM things WHERE key = ? AND until > ?", (key, now)).fetchone()
            if row is not None:
                return bytes(row[0])
            connection.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (key, value, now + keep_s))
        return None

    def get(self, key: str) -> bytes | None:
        with self._lock, translated(self._path):
            row = self._connection.execute(
                "SELECT value FROM things WHERE key = ? AND until > ?", (key, self._clock())
            ).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, key: str, value: bytes, keep_s: float) -> None:
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (key, value, self._clock() + keep_s))

    def renew(self, keys: Sequence[str], keep_s: float) -> None:
        with self._writing() as connection:
            now = self._clock()
            rows = [(now + keep_s, key, now) for key in keys]
            connection.executemany("UPDATE things SET until = ? WHERE key = ? AND until > ?", rows)

    def delete(self, key: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM things WHERE key = ?", (key,))

    def append(self, key: str, values: Sequence[bytes], keep_s: float) -> None:
        with self._writing() as connection:
            until = self._clock() + keep_s
            (count,) = connection.execute("SELECT coalesce(max(number), 0) FROM lists WHERE key = ?", (key,)).fetchone()
            rows = [(key, number, value, until) for number, value in enumerate(values, count + 1)]
            connection.executemany("INSERT INTO lists VALUES (?, ?, ?, ?)", rows)
            connection.execute("UPDATE lists SET until = ? WHERE key = ? AND number = 1", (until, key))

    def since(self, key: str, count: int) -> list[bytes]:
        with self._lock, translated(self._path):
            rows = self._connection.execute(
                "SELECT value FROM lists WHERE key = ? AND number > ? AND"
                " (SELECT max(until) FROM lists WHERE key = ?) > ? ORDER BY number",
                (key, count, key, self._clock()),
            ).fetchall()
        return [bytes(value) for (value,) in rows]

    def take(self, group: str, place: str, who: str, *, total: int, each: int, keep_s: float) -> bool:
        with self._writing() as connection:
            now = self._clock()
            connection.execute("DELETE FROM places WHERE grp = ? AND until <= ?", (group, now))
            taken, own = connection.execute(
                "SELECT count(*), coalesce(sum(who = ?), 0) FROM places WHERE grp = ?", (who, group)
            ).fetchone()
            if (total and taken >= total) or (each and own >= each):
                return False
            connection.execute("INSERT INTO places VALUES (?, ?, ?, ?)", (group, place, who, now + keep_s))
        return True

    def hold(self, group: str, places: Sequence[str], keep_s: float) -> None:
        with self._writing() as connection:
            until = self._clock() + keep_s
            rows = [(until, group, place) for place in places]
            connection.executemany("UPDATE places SET until = ? WHERE grp = ? AND place = ?", rows)

    def leave(self, group: str, place: str) -> None:
        with self._writing() as connection:
            connection.execute("DELETE FROM places WHERE grp = ? AND place = ?", (group, place))

    def count(self, key: str, amount: int, most: int, window_s: int, now: float) -> bool:
        began = int(now // window_s)
        with self._writing() as connection:
            before, current = _counted(connection, key, began)
            if weighed(before, current, window_s, now) + amount > most:
                return False
            connection.execute(
                "INSERT INTO counts VALUES (?, ?, ?, ?) ON CONFLICT (key, began) DO UPDATE SET counted = counted + excluded.counted",
                (key, began, amount, (began + 2) * window_s),
            )
        return True

    def window(self, key: str, window_s: int, now: float) -> tuple[int, int]:
        with self._lock, translated(self._path):
            return _counted(self._connection, key, int(now // window_s))

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, translated(self._path):
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                self._writes += 1
                if self._writes % SWEPT_EVERY == 0:
                    self._sweep(connection)
                connection.commit()
            finally:
                if connection.in_transaction:
                    connection.rollback()

    def _sweep(self, connection: sqlite3.Connection) -> None:
        now = self._clock()
        connection.execute("DELETE FROM things WHERE until <= ?", (now,))
        connection.execute("DELETE FROM counts WHERE until <= ?", (now,))
        connection.execute(
            "DELETE FROM lists WHERE key IN (SELECT key FROM lists GROUP BY key HAVING max(until) <= ?)", (now,)
        )
        (size,) = connection.execute(
            "SELECT (SELECT coalesce(sum(length(value)), 0) FROM things) + (SELECT coalesce(sum(length(value)), 0) FROM lists)"
        ).fetchone()
        if size > MOST_BYTES:
            for table in ("things", "lists"):
                connection.execute(
                    f"DELETE FROM {table} WHERE until < (SELECT avg(until) FROM {table})"  # noqa: S608 - constants
                )


def _counted(connection: sqlite3.Connection, key: str, began: int) -> tuple[int, int]:
    rows = connection.execute(
        "SELECT began, counted FROM counts WHERE key = ? AND began IN (?, ?)", (key, began - 1, began)
    ).fetchall()
    found = {int(start): int(counted) for start, counted in rows}
    return found.get(began - 1, 0), found.get(began, 0)
