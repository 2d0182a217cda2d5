"""What every `knowledge.jobs.JobStore` must do, over SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from configs.errors import JobRunning
from knowledge.backends import sqlite_jobs
from knowledge.backends.sqlite_jobs import SqliteJobs
from knowledge.jobs import Job, JobProgress, JobState, Order
from knowledge.scope import EVERYTHING, Scope

SHOP = Scope(frozenset({"shop"}))


def job(number: int, state: JobState = JobState.QUEUED, repository: str | None = "shop", root: str = "") -> Job:
    return Job(f"{number:032x}", Order(root or f"/src/{number}", repository), state, float(number))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteJobs]:
    opened = SqliteJobs(tmp_path / "jobs.db")
    yield opened
    opened.close()


def test_a_job_is_read_as_it_was_written(store: SqliteJobs) -> None:
    first = job(1)
    store.add(first)
    assert store.get(EVERYTHING, first.id) == first
    progress = JobProgress("extract", 3, 9, 1.5, 4.0, "waits")
    order = replace(first.order, force=True, documents_only=True)
    later = replace(
        first,
        order=order,
        state=JobState.FINISHED,
        started_at=2.0,
        ended_at=3.0,
        progress=progress,
        report={"files": {"größe": 1}},
        error={"code": "x"},
        repeats="y",
    )
    assert store.put(later) is False
    assert store.get(EVERYTHING, first.id) == later
    assert store.get(EVERYTHING, "nothing") is None


def test_a_folder_has_one_active_job(store: SqliteJobs) -> None:
    first = job(1, root="/src/shop")
    store.add(first)
    for state in (JobState.QUEUED, JobState.RUNNING):
        store.put(replace(first, state=state))
        with pytest.raises(JobRunning) as raised:
            store.add(job(2, root="/src/shop"))
        assert raised.value.job_id == first.id
    store.put(replace(first, state=JobState.INTERRUPTED))
    store.add(job(2, root="/src/shop"))


def test_jobs_come_newest_first_in_pages(store: SqliteJobs) -> None:
    for number in (3, 1, 2):
        store.add(job(number))
    store.add(replace(job(4), created_at=2.0))
    found = [int(one.id, 16) for one in store.find(EVERYTHING)]
    assert found == [3, 4, 2, 1]
    last = store.find(EVERYTHING, limit=2)[-1]
    assert [int(one.id, 16) for one in store.find(EVERYTHING, before=(last.created_at, last.id))] == [2, 1]


def test_jobs_of_other_repositories_are_not_there(store: SqliteJobs) -> None:
    for number, repository in ((1, "shop"), (2, "desk"), (3, None)):
        store.add(job(number, repository=repository))
    assert [int(one.id, 16) for one in store.find(SHOP)] == [1]
    assert [int(one.id, 16) for one in store.find(SHOP, before=(9.0, "z"))] == [1]
    assert store.get(SHOP, job(2).id) is None
    assert store.get(SHOP, job(3).id) is None, "what a new folder will be called, nobody knows yet"
    assert store.find(Scope(frozenset())) == []
    assert len(store.find(EVERYTHING)) == 3


def test_active_jobs_are_the_oldest_first(store: SqliteJobs) -> None:
    for number, state in enumerate(JobState, 1):
        store.add(job(number, state))
    assert [one.state for one in store.active()] == [JobState.QUEUED, JobState.RUNNING]


def test_a_wish_outlives_what_is_written_meanwhile(store: SqliteJobs) -> None:
    first = job(1)
    store.add(first)
    store.wish_end(first.id)
    assert store.put(replace(first, state=JobState.RUNNING)) is True
    assert store.get(EVERYTHING, first.id) == replace(first, state=JobState.RUNNING, wish=True)


def test_a_lock_is_one_process_s_until_it_lets_go(store: SqliteJobs, tmp_path: Path) -> None:
    other = SqliteJobs(tmp_path / "jobs.db")
    store.add(job(1))
    release = store.try_lock(job(1).id)
    assert release is not None
    assert other.try_lock(job(1).id) is None
    release()
    taken = other.try_lock(job(1).id)
    assert taken is not None
    taken()
    other.put(job(1, JobState.FINISHED))
    assert list((tmp_path / "jobs.locks").iterdir()) == [], "a job that has ended leaves no lock behind"
    other.close()


def test_the_history_is_bounded_and_keeps_what_is_active(store: SqliteJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_jobs, "KEPT", 3)
    for number in range(1, 8):
        store.add(job(number, JobState.RUNNING if number == 1 else JobState.FINISHED))
    assert [int(one.id, 16) for one in store.find(EVERYTHING)] == [7, 6, 5, 1]


def test_what_is_kept_of_a_job_is_plain_json(store: SqliteJobs) -> None:
    store.add(job(1))
    assert json.loads(sqlite_jobs._row(job(1))[-1])["order"]["root"] == "/src/1"
