"""Index jobs as they are kept: what was asked for, how far it is, and how it ended. Implemented by `knowledge/backends/sqlite_jobs.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, TypeAlias

from knowledge.scope import Scope

Release: TypeAlias = Callable[[], None]
"""Lets a job go; a process that dies lets go of its jobs."""


class JobState(StrEnum):
    """interrupted: the process that ran it died; what was indexed before still answers."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True, slots=True)
class Order:
    """What shall be indexed. root: an absolute folder; repository: its name, where it is known before the run.

    source: id of the clone that is brought up to date first. drop: its branch is said to be gone; if so, the index
    goes too; with `force` the host is not asked, and all that belongs to the clone is removed.
    """

    root: str
    repository: str | None = None
    force: bool = False
    documents_only: bool = False
    source: str | None = None
    drop: bool = False


@dataclass(frozen=True, slots=True)
class JobProgress:
    """stage with what is done of it; total 0, rate and remaining time None: not known (yet)."""

    stage: str = ""
    done: int = 0
    total: int = 0
    rate_per_s: float | None = None
    remaining_s: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """Times are seconds since 1970, 0 for what has not happened. report: the shape of `clew index --json`; error: `{code, message, next_step}`.

    repeats: the job that this one does again. wish: somebody asked for its end. attempt: from 1; retry_at: when the next one begins,
    after one that failed for a reason that may pass (`error` tells it). asker: who asked for it, by the id that stands for a person in the
    Ledger (`knowledge.ledger.SubjectKey`); empty for nobody.
    """

    id: str
    order: Order
    state: JobState
    created_at: float
    started_at: float = 0.0
    ended_at: float = 0.0
    progress: JobProgress = field(default_factory=JobProgress)
    report: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    repeats: str | None = None
    wish: bool = False
    attempt: int = 1
    retry_at: float = 0.0
    asker: str = ""

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class JobStore(Protocol):
    """Blocking; all methods raise StoreError. A scope that does not grant everything sees the jobs of granted repositories alone."""

    def add(self, job: Job) -> None:
        """Raises JobRunning when a job of the same root is active."""
        ...

    def put(self, job: Job) -> bool:
        """Write a job as it is now, but not its wish; return whether its end is wished for."""
        ...

    def wish_end(self, job_id: str) -> None:
        """Note that somebody wants the job to end."""
        ...

    def get(self, scope: Scope, job_id: str) -> Job | None: ...

    def find(self, scope: Scope, *, before: tuple[float, str] | None = None, limit: int = 50) -> list[Job]:
        """Return jobs, the newest first, those created before (time, id) where that is given."""
        ...

    def active(self) -> list[Job]:
        """Return the jobs that are queued or running, the oldest first, for whoever runs them."""
        ...

    def try_lock(self, job_id: str) -> Release | None:
        """Take a job, or whatever else has a name; None while another process that lives has it."""
        ...

    def close(self) -> None: ...
