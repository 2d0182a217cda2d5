"""Index jobs with a scripted program in place of the indexer: how they run, end, and survive the process that ran them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from configs.errors import JobRunning, UnknownJob
from knowledge.backends.sqlite_jobs import SqliteJobs
from knowledge.jobs import Job, JobState, Order
from knowledge.scope import EVERYTHING, Scope
from ops.jobs import processes, running
from ops.jobs.running import IndexJobs

PROGRAM = """
import json, sys
asked = json.loads(sys.stdin.readline())
def tell(**row):
    print(json.dumps(row), flush=True)
name = asked["root"].rpartition("/")[2]
tell(progress=["extract", 1, 4])
print("not JSON", flush=True)
if name == "wait":
    sys.stdin.read()
    sys.exit(130)
if name == "deaf":
    import signal, time
    sys.stdin.read()
    signal.pause()
if name == "broken":
    tell(error={"code": "store_full", "message": "no space", "next_step": "make room"})
    sys.exit(3)
if name == "flaky":
    with open(asked["store"] + "/tries", "a") as tries:
        tries.write("x")
        tried = tries.tell()
if name == "flaky" and tried < 3:
    tell(error={"code": "source_unreachable", "message": "no answer", "next_step": "try again", "retryable": True})
    sys.exit(3)
if name == "never":
    tell(error={"code": "source_unreachable", "message": "no answer", "next_step": "try again", "retryable": True})
    sys.exit(3)
if name == "silent":
    sys.exit(1)
tell(note="waiting for another index run")
tell(progress=["extract", 4, 4])
tell(report={"repository": name, "asked": asked})
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteJobs]:
    opened = SqliteJobs(tmp_path / "jobs.db")
    yield opened
    opened.close()


def jobs_over(store: SqliteJobs, **more: Any) -> IndexJobs:
    return IndexJobs(store, (sys.executable, "-S", "-c", PROGRAM), {"store": "/store"}, **more)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


async def ended(jobs: IndexJobs, job: Job) -> list[Job]:
    """Return the states of a job up to its end."""
    return [seen async for seen in jobs.follow(EVERYTHING, job.id)]


def test_a_job_runs_reports_and_ends(store: SqliteJobs) -> None:
    async def work() -> None:
        jobs = jobs_over(store)
        async with jobs.running():
            taken = await jobs.start(Order("/src/shop", force=True))
            assert taken.state is JobState.QUEUED
            written = store.get(EVERYTHING, taken.id)
            assert written is not None, "it is written down before anybody is told"
            assert written.order == taken.order
            seen = await ended(jobs, taken)
        last = seen[-1]
        assert (last.state, last.order.repository) == (JobState.FINISHED, "shop")
        assert last.report is not None
        assert last.report["asked"] == {
            "store": "/store", "root": "/src/shop", "repository": None, "force": True, "documents_only": False, "source": None, "drop": False,
        }  # fmt: skip
        assert last.progress.stage == "extract"
        assert 0 < last.started_at <= last.ended_at
        assert store.get(Scope(frozenset({"shop"})), taken.id) == last, "its name is known by now"

    run(work())


@pytest.mark.parametrize(("name", "code"), [("broken", "store_full"), ("silent", "indexing")])
def test_a_job_that_fails_says_why(store: SqliteJobs, name: str, code: str) -> None:
    async def work() -> None:
        jobs = jobs_over(store)
        async with jobs.running():
            last = (await ended(jobs, await jobs.start(Order(f"/src/{name}"))))[-1]
        assert last.state is JobState.FAILED
        assert last.error is not None
        assert last.error["code"] == code

    run(work())


def test_a_program_that_cannot_be_started_is_a_failed_job(store: SqliteJobs) -> None:
    async def work() -> None:
        jobs = IndexJobs(store, ("/nowhere/clew",), {})
        async with jobs.running():
            assert (await ended(jobs, await jobs.start(Order("/src/a"))))[-1].state is JobState.FAILED
            assert (await ended(jobs, await jobs.start(Order("/src/b"))))[-1].state is JobState.FAILED, "it goes on"

    run(work())


def test_a_running_job_is_cancelled_and_so_is_one_that_waits(
    store: SqliteJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "KEPT_EVERY_S", 0.05)

    async def work() -> None:
        jobs = jobs_over(store, at_once=1)
        async with jobs.running():
            first, second = await jobs.start(Order("/src/wait")), await jobs.start(Order("/src/shop"))
            async for job in jobs.follow(EVERYTHING, first.id):
                if job.progress.stage:
                    break
            assert (await jobs.cancel(EVERYTHING, second.id)).state is JobState.CANCELLED
            await jobs.cancel(EVERYTHING, first.id)
            assert (await ended(jobs, first))[-1].state is JobState.CANCELLED
            again = await jobs.cancel(EVERYTHING, first.id)
            assert again.state is JobState.CANCELLED, "one that has ended stays as it is"
            third = await jobs.repeat(EVERYTHING, second.id)
            last = (await ended(jobs, third))[-1]
            assert (last.state, last.repeats) == (JobState.FINISHED, second.id)

    run(work())


def test_a_program_that_does_not_end_is_killed(store: SqliteJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "KEPT_EVERY_S", 0.05)
    monkeypatch.setattr(processes, "GRACE_S", 0.2)

    async def work() -> None:
        jobs = jobs_over(store)
        async with jobs.running():
            job = await jobs.start(Order("/src/deaf"))
            await jobs.cancel(EVERYTHING, job.id)
            assert (await ended(jobs, job))[-1].state is JobState.CANCELLED

    run(work())


def test_another_process_may_wish_for_the_end_of_a_job_and_follow_it(
    store: SqliteJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "KEPT_EVERY_S", 0.05)
    monkeypatch.setattr(running, "LOOKED_EVERY_S", 0.05)

    async def work() -> None:
        jobs, others = jobs_over(store), jobs_over(store)
        async with jobs.running(), others.running():
            job = await jobs.start(Order("/src/wait"))
            following = asyncio.create_task(ended(others, job))
            async for seen in jobs.follow(EVERYTHING, job.id):
                if seen.progress.stage:
                    break
            await others.cancel(EVERYTHING, job.id)
            assert (await following)[-1].state is JobState.CANCELLED

    run(work())


def test_a_folder_is_indexed_once_at_a_time(store: SqliteJobs) -> None:
    async def work() -> None:
        jobs = jobs_over(store)
        async with jobs.running():
            first = await jobs.start(Order("/src/shop"))
            with pytest.raises(JobRunning) as raised:
                await jobs.start(Order("/src/shop"))
            assert raised.value.job_id == first.id
            await ended(jobs, first)
            await ended(jobs, await jobs.start(Order("/src/shop")))

    run(work())


def test_jobs_of_a_process_that_died_are_taken_up_or_marked(store: SqliteJobs) -> None:
    """A dead process holds no lock: that is all the next one knows of it."""

    async def work() -> None:
        waiting = Job("a" * 32, Order("/src/shop"), JobState.QUEUED, 1.0)
        ran = Job("b" * 32, Order("/src/desk", "desk"), JobState.RUNNING, 2.0, started_at=2.5)
        unwanted = Job("c" * 32, Order("/src/cat"), JobState.RUNNING, 3.0)
        foreign = Job("d" * 32, Order("/src/dog"), JobState.RUNNING, 4.0)
        for job in (waiting, ran, unwanted, foreign):
            store.add(job)
        store.wish_end(unwanted.id)
        release = store.try_lock(foreign.id)  # a process that lives runs it
        assert release is not None
        jobs = jobs_over(store)
        async with jobs.running():
            assert (await ended(jobs, waiting))[-1].state is JobState.FINISHED
            marked = await jobs.get(EVERYTHING, ran.id)
            assert (marked.state, marked.started_at) == (JobState.INTERRUPTED, 2.5)
            assert (await jobs.get(EVERYTHING, unwanted.id)).state is JobState.CANCELLED
            assert (await jobs.get(EVERYTHING, foreign.id)).state is JobState.RUNNING
            repeated = await jobs.repeat(EVERYTHING, ran.id)
            assert (await ended(jobs, repeated))[-1].order == replace(ran.order)
        release()

    run(work())


def test_a_process_that_stops_interrupts_what_runs_and_leaves_what_waits_to_the_next(store: SqliteJobs) -> None:
    async def work() -> None:
        jobs = jobs_over(store, at_once=1)
        async with jobs.running():
            first, second = await jobs.start(Order("/src/wait")), await jobs.start(Order("/src/shop"))
            async for job in jobs.follow(EVERYTHING, first.id):
                if job.progress.stage:
                    break
        states = {job.id: job.state for job in store.find(EVERYTHING)}
        assert states == {first.id: JobState.INTERRUPTED, second.id: JobState.QUEUED}
        later = jobs_over(store)
        async with later.running():
            assert (await ended(later, second))[-1].state is JobState.FINISHED

    run(work())


def test_jobs_are_seen_within_a_scope(store: SqliteJobs) -> None:
    async def work() -> None:
        jobs = jobs_over(store)
        async with jobs.running():
            job = await jobs.start(Order("/src/shop", "shop"))
            await ended(jobs, job)
            desk = Scope(frozenset({"desk"}))
            for refused in (jobs.get(desk, job.id), jobs.cancel(desk, job.id), jobs.repeat(desk, job.id)):
                with pytest.raises(UnknownJob):
                    await refused
            assert await jobs.find(desk, None, 10) == []

    run(work())


def test_what_may_pass_is_tried_again_and_each_state_is_told(store: SqliteJobs, tmp_path: Path) -> None:
    told: list[tuple[str, int, str]] = []

    async def work() -> None:
        jobs = IndexJobs(
            store,
            (sys.executable, "-S", "-c", PROGRAM),
            {"store": str(tmp_path)},
            pauses_s=(0.05, 0.05),
            told=lambda job, user: told.append((job.state.value, job.attempt, user)),
            by=lambda: "ada",
        )
        async with jobs.running():
            job = await jobs.start(Order("/src/flaky"))
            seen = await ended(jobs, job)
            assert (seen[-1].state, seen[-1].attempt, seen[-1].error) == (JobState.FINISHED, 3, None)
            waiting = [one for one in seen if one.retry_at]
            assert waiting[0].error is not None, "meanwhile it says what went wrong"
            last = (await ended(jobs, await jobs.start(Order("/src/never"))))[-1]
            assert (last.state, last.attempt) == (JobState.FAILED, 3)

    run(work())
    flaky = [
        ("queued", 1),
        ("running", 1),
        ("queued", 2),
        ("running", 2),
        ("queued", 3),
        ("running", 3),
        ("finished", 3),
    ]
    assert told[:7] == [(state, attempt, "ada") for state, attempt in flaky]
    assert told[-1] == ("failed", 3, "ada")


def test_a_job_that_waits_for_its_next_attempt_is_cancelled_or_taken_up_later(
    store: SqliteJobs, tmp_path: Path
) -> None:
    def patient(pause_s: float) -> IndexJobs:
        command = (sys.executable, "-S", "-c", PROGRAM)
        return IndexJobs(store, command, {"store": str(tmp_path)}, pauses_s=(pause_s,))

    async def waiting(jobs: IndexJobs, name: str) -> Job:
        job = await jobs.start(Order(f"/src/{name}"))
        async for seen in jobs.follow(EVERYTHING, job.id):
            if seen.retry_at:
                return seen
        raise AssertionError

    async def work() -> None:
        async with (jobs := patient(600.0)).running():
            job = await waiting(jobs, "never")
            assert (await jobs.cancel(EVERYTHING, job.id)).state is JobState.CANCELLED
            left = await waiting(jobs, "never")
        assert store.get(EVERYTHING, left.id) == left, "who stops leaves it to the next process"
        async with (later := patient(600.0)).running():
            assert (await later.get(EVERYTHING, left.id)).state is JobState.QUEUED
            await later.cancel(EVERYTHING, left.id)

    run(work())


async def at_work(jobs: IndexJobs, job: Job) -> Job:
    """Return a job as it is when its program has told something."""
    async for seen in jobs.follow(EVERYTHING, job.id):
        if seen.progress.stage:
            return seen
    raise AssertionError


def test_so_many_run_at_once_and_the_next_begins_when_one_ends(store: SqliteJobs) -> None:
    async def work() -> None:
        jobs = jobs_over(store)
        async with jobs.running():
            taken = [await jobs.start(Order(f"/src/{n}/wait")) for n in range(3)]
            for job in taken[:2]:
                assert (await at_work(jobs, job)).state is JobState.RUNNING
            assert (await jobs.get(EVERYTHING, taken[2].id)).state is JobState.QUEUED
            await jobs.cancel(EVERYTHING, taken[0].id)
            assert (await ended(jobs, taken[0]))[-1].state is JobState.CANCELLED
            assert (await at_work(jobs, taken[2])).state is JobState.RUNNING
            assert (await jobs.get(EVERYTHING, taken[1].id)).state is JobState.RUNNING, "the other one goes on"
        assert {job.state for job in store.find(EVERYTHING)} == {JobState.CANCELLED, JobState.INTERRUPTED}

    run(work())


def test_places_are_those_of_all_processes_together(store: SqliteJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LOOKED_EVERY_S", 0.02)
    monkeypatch.setattr(running, "KEPT_EVERY_S", 0.05)

    async def work() -> None:
        one, other = jobs_over(store, at_once=1), jobs_over(store, at_once=1)
        async with one.running(), other.running():
            first = await one.start(Order("/src/wait"))
            await at_work(one, first)
            second = await other.start(Order("/src/shop"))
            await other.cancel(EVERYTHING, first.id)
            last = (await ended(other, second))[-1]
            assert last.state is JobState.FINISHED
            assert last.started_at >= (await ended(one, first))[-1].ended_at > 0

    run(work())


def test_who_starts_many_lets_others_have_their_turn(store: SqliteJobs) -> None:
    who = "ann"

    async def work() -> None:
        nonlocal who
        begun: list[str] = []

        def told(job: Job, _user: str) -> None:
            if job.state is JobState.RUNNING:
                begun.append(job.order.root)

        jobs = jobs_over(store, at_once=1, told=told, by=lambda: who)
        async with jobs.running():
            blocking = await jobs.start(Order("/src/wait"))
            await at_work(jobs, blocking)
            taken = [await jobs.start(Order(f"/ann/{n}")) for n in range(3)]
            who = "bob"
            taken.append(await jobs.start(Order("/bob/1")))
            await jobs.cancel(EVERYTHING, blocking.id)
            for job in taken:
                assert (await ended(jobs, job))[-1].state is JobState.FINISHED
        assert begun == ["/src/wait", "/ann/0", "/bob/1", "/ann/1", "/ann/2"]

    run(work())


def test_turns_are_fair_after_a_restart_too_and_the_ledger_hears_who_asked(store: SqliteJobs) -> None:
    """Who asked is kept under what stands for them, which says nothing of them; the next process finds the names again."""
    who = "ann"
    names = {"id-1": "ann", "id-2": "bob", "id-3": ""}  # the third was erased meanwhile
    told: list[tuple[str, str]] = []

    def heard(job: Job, user: str) -> None:
        if job.state is JobState.RUNNING:
            told.append((job.order.root, user))

    def begun(**more: Any) -> IndexJobs:
        return jobs_over(store, at_once=1, told=heard, by=lambda: who, name=names.__getitem__, **more)

    async def work() -> None:
        nonlocal who
        before = begun(pseudonym=lambda name: {"ann": "id-1", "bob": "id-2", "eve": "id-3"}[name])
        async with before.running():
            await at_work(before, await before.start(Order("/src/wait")))
            taken = [await before.start(Order(f"/ann/{n}")) for n in range(4)]
            for who in ("bob", "eve"):
                taken.append(await before.start(Order(f"/{who}/1")))
        assert [job.asker for job in store.active()] == ["id-1"] * 4 + ["id-2", "id-3"]
        told.clear()
        after = begun()
        async with after.running():
            for job in taken:
                assert (await ended(after, job))[-1].state is JobState.FINISHED
        assert told == [
            ("/ann/0", "ann"), ("/ann/1", "ann"), ("/bob/1", "bob"), ("/eve/1", ""), ("/ann/2", "ann"), ("/ann/3", "ann"),
        ]  # fmt: skip

    run(work())
