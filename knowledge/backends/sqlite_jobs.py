"""Index jobs in one SQLite file, and a lock file for each that is active: the JobStore port."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import filelock

from configs.errors import JobRunning, StoreUnavailable
from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.jobs import ACTIVE, Job, JobProgress, JobState, Order, Release
from knowledge.scope import Scope

JOBS_FORMAT: Final = Format(
    application_id=0x436C6C6A,
    version=2,
    schema="CREATE TABLE jobs (id TEXT PRIMARY KEY, root TEXT NOT NULL, repository TEXT, state TEXT NOT NULL,"
    " created_at REAL NOT NULL, wish INTEGER NOT NULL, payload TEXT NOT NULL, asker TEXT NOT NULL DEFAULT '');"
    "CREATE UNIQUE INDEX active_jobs ON jobs (root) WHERE state IN ('queued', 'running');"
    "CREATE INDEX jobs_by_age ON jobs (created_at, id)",
    steps={1: "ALTER TABLE jobs ADD COLUMN asker TEXT NOT NULL DEFAULT ''"},
)
"""The application id spells `Cllj`. `payload` is a JSON object of what no query looks at."""

KEPT = 1_000
"""Jobs of the history."""
_COLUMNS = "id, root, repository, state, created_at, wish, asker, payload"
_ACTIVE = ", ".join(f"'{state.value}'" for state in sorted(ACTIVE))


class SqliteJobs:
    """path: the database file, made when missing; other processes may share it. Locks stand beside it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, JOBS_FORMAT, timeout_s=timeout_s, read_only=False)
        self._locks = path.with_suffix(".locks")

    def add(self, job: Job) -> None:
        with self._file.writing() as connection:
            running = connection.execute(
                f"SELECT id FROM jobs WHERE root = ? AND state IN ({_ACTIVE})",  # noqa: S608 - constants
                (job.order.root,),
            ).fetchone()
            if running:
                raise JobRunning(
                    f"{job.order.repository or job.order.root!r} is being indexed already",
                    next_step="follow that job, or cancel it",
                    job_id=running[0],
                )
            connection.execute(f"INSERT INTO jobs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _row(job))  # noqa: S608 - constants
            connection.execute(
                f"DELETE FROM jobs WHERE state NOT IN ({_ACTIVE}) AND id NOT IN"  # noqa: S608 - constants
                " (SELECT id FROM jobs ORDER BY created_at DESC, id DESC LIMIT ?)",
                (KEPT,),
            )

    def put(self, job: Job) -> bool:
        _, root, repository, state, created_at, *_, payload = _row(job)
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE jobs SET root = ?, repository = ?, state = ?, created_at = ?, payload = ? WHERE id = ?",
                (root, repository, state, created_at, payload, job.id),
            )
            found = connection.execute("SELECT wish FROM jobs WHERE id = ?", (job.id,)).fetchone()
        if not job.is_active:
            with contextlib.suppress(OSError):
                self._lock_file(job.id).unlink(missing_ok=True)
        return bool(found and found[0])

    def wish_end(self, job_id: str) -> None:
        with self._file.writing() as connection:
            connection.execute("UPDATE jobs SET wish = 1 WHERE id = ?", (job_id,))

    def get(self, scope: Scope, job_id: str) -> Job | None:
        found = self._select("id = ?", (job_id,), scope, 1)
        return found[0] if found else None

    def find(self, scope: Scope, *, before: tuple[float, str] | None = None, limit: int = 50) -> list[Job]:
        if before is None:
            return self._select("1", (), scope, limit)
        return self._select("(created_at, id) < (?, ?)", before, scope, limit)

    def active(self) -> list[Job]:
        return self._select(f"state IN ({_ACTIVE})", (), Scope(), -1)[::-1]

    def try_lock(self, job_id: str) -> Release | None:
        lock = filelock.FileLock(self._lock_file(job_id), thread_local=False)
        try:
            self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except filelock.Timeout:
            return None
        except OSError as exc:
            raise StoreUnavailable(
                f"The jobs in {str(self._locks.parent)!r} cannot be written: {exc}.",
                next_step="Choose another folder with --store, or make this one writable.",
            ) from exc
        return lock.release

    def close(self) -> None:
        self._file.close()

    def _select(self, condition: str, values: tuple[Any, ...], scope: Scope, limit: int) -> list[Job]:
        granted = "1"
        if scope.repositories is not None:
            granted = "repository IN (SELECT value FROM json_each(?))"
            values = (*values, json.dumps(sorted(scope.repositories)))
        statement = (
            f"SELECT {_COLUMNS} FROM jobs WHERE {condition} AND {granted}"  # noqa: S608 - constants; values are bound
            " ORDER BY created_at DESC, id DESC LIMIT ?"
        )
        with self._file.reading() as connection:
            return [_job(row) for row in connection.execute(statement, (*values, limit))]

    def _lock_file(self, job_id: str) -> Path:
        return self._locks / job_id


def _row(job: Job) -> tuple[Any, ...]:
    payload = {
        "order": asdict(job.order),
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "progress": asdict(job.progress),
        "report": job.report,
        "error": job.error,
        "repeats": job.repeats,
        "attempt": job.attempt,
        "retry_at": job.retry_at,
    }
    order, text = job.order, json.dumps(payload, ensure_ascii=False)
    return job.id, order.root, order.repository, job.state.value, job.created_at, int(job.wish), job.asker, text


def _job(row: sqlite3.Row | tuple[Any, ...]) -> Job:
    identity, _, _, state, created_at, wish, asker, text = row
    payload = json.loads(text)
    return Job(
        id=identity,
        order=Order(**payload.pop("order")),
        state=JobState(state),
        created_at=created_at,
        progress=JobProgress(**payload.pop("progress")),
        wish=bool(wish),
        asker=asker,
        **payload,
    )
