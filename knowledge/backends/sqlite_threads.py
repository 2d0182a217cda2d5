"""The register of conversations in one SQLite file, and a lock file a thread that is in use: the Threads port."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Final

import filelock

from configs.errors import StoreUnavailable
from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.threads import Release, Thread, Turn, plain_text, title_of

THREADS_FORMAT: Final = Format(
    application_id=0x436C6C74,
    version=1,
    schema="CREATE TABLE threads (id TEXT PRIMARY KEY, title TEXT NOT NULL, created_at REAL NOT NULL,"
    " updated_at REAL NOT NULL, turns INTEGER NOT NULL, repositories TEXT NOT NULL);"
    "CREATE INDEX threads_by_use ON threads (updated_at);"
    "CREATE TABLE turns (thread_id TEXT NOT NULL, number INTEGER NOT NULL, payload TEXT NOT NULL,"
    " PRIMARY KEY (thread_id, number)) WITHOUT ROWID",
)
"""The application id spells `Cllt`. `repositories` is a JSON list, `payload` a JSON object."""

_COLUMNS = "id, title, created_at, updated_at, turns, repositories"


class SqliteThreads:
    """path: the database file, made when missing; threads and other processes may share it. Locks stand beside it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, THREADS_FORMAT, timeout_s=timeout_s, read_only=False)
        self._locks = path.with_suffix(".locks")

    def find(self, limit: int | None = None, prefix: str = "") -> list[Thread]:
        statement = (
            f"SELECT {_COLUMNS} FROM threads WHERE substr(id, 1, length(?1)) = ?1"  # noqa: S608 - constants
            " ORDER BY updated_at DESC, id LIMIT ?2"
        )
        with self._file.reading() as connection:
            return [_thread(row) for row in connection.execute(statement, (prefix, -1 if limit is None else limit))]

    def get(self, thread_id: str) -> Thread | None:
        with self._file.reading() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM threads WHERE id = ?", (thread_id,)).fetchone()  # noqa: S608 - constants
        return _thread(row) if row else None

    def turns(self, thread_id: str) -> list[Turn]:
        with self._file.reading() as connection:
            rows = connection.execute("SELECT payload FROM turns WHERE thread_id = ? ORDER BY number", (thread_id,))
            return [Turn.from_json(json.loads(payload)) for (payload,) in rows]

    def begin(self, thread_id: str, question: str, at: float) -> None:
        with self._file.writing() as connection:
            connection.execute(
                f"INSERT INTO threads ({_COLUMNS}) VALUES (?, ?, ?, ?, 0, '[]')"  # noqa: S608 - constants
                " ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at",
                (thread_id, title_of(question), at, at),
            )

    def record(self, thread_id: str, turns: list[Turn], repositories: tuple[str, ...]) -> None:
        if not turns:
            return
        with self._file.writing() as connection:
            known = connection.execute("SELECT turns, repositories FROM threads WHERE id = ?", (thread_id,)).fetchone()
            count, before = (known[0], json.loads(known[1])) if known else (0, [])
            for number, turn in enumerate(turns, count + 1):
                payload = json.dumps({**turn.to_json(), "number": number}, ensure_ascii=False)
                connection.execute("INSERT INTO turns VALUES (?, ?, ?)", (thread_id, number, payload))
            touched = json.dumps(sorted({*before, *repositories}), ensure_ascii=False)
            connection.execute(
                f"INSERT INTO threads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"  # noqa: S608 - constants
                " updated_at = excluded.updated_at, turns = excluded.turns, repositories = excluded.repositories",
                (
                    thread_id,
                    title_of(turns[0].question),
                    turns[0].asked_at,
                    turns[-1].asked_at,
                    count + len(turns),
                    touched,
                ),
            )

    def rename(self, thread_id: str, title: str) -> bool:
        with self._file.writing() as connection:
            return (
                connection.execute("UPDATE threads SET title = ? WHERE id = ?", (plain_text(title), thread_id)).rowcount
                > 0
            )

    def delete(self, thread_id: str) -> bool:
        with self._file.writing(erasing=True) as connection:
            connection.execute("DELETE FROM turns WHERE thread_id = ?", (thread_id,))
            gone = connection.execute("DELETE FROM threads WHERE id = ?", (thread_id,)).rowcount > 0
        with contextlib.suppress(OSError):
            self._lock_file(thread_id).unlink(missing_ok=True)
        return gone

    def idle_since(self, before: float) -> list[str]:
        with self._file.reading() as connection:
            rows = connection.execute("SELECT id FROM threads WHERE updated_at < ? ORDER BY updated_at", (before,))
            return [thread_id for (thread_id,) in rows]

    def try_lock(self, thread_id: str) -> Release | None:
        lock = filelock.FileLock(self._lock_file(thread_id), thread_local=False)
        try:
            self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except filelock.Timeout:
            return None
        except OSError as exc:
            raise StoreUnavailable(
                f"The conversations in {str(self._locks.parent)!r} cannot be written: {exc}.",
                next_step="Choose another folder with --store, or make this one writable.",
            ) from exc
        return lock.release

    def close(self) -> None:
        self._file.close()

    def _lock_file(self, thread_id: str) -> Path:
        """Return the lock of a thread, whose name may hold what no file name can."""
        return self._locks / hashlib.sha256(thread_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _thread(row: tuple[str, str, float, float, int, str]) -> Thread:
    thread_id, title, created_at, updated_at, turns, repositories = row
    return Thread(thread_id, title, created_at, updated_at, turns, tuple(json.loads(repositories)))
