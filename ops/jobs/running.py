"""Index jobs: taken at once, run in turn in processes of their own, several at a time, followed, cancelled, repeated.

Who waits comes in turn by who asked, so that one who starts a hundred keeps another's first waiting for one at most; the jobs of one come
in their order. Who asked is kept with the job, so that turns are as fair after a restart. A folder has one job at a time. How many run is
counted over all processes of the store, by locks that go with their holder.

A job is written down before anybody is told that it was taken. The process that will run it holds its lock; when that process dies,
the next one that starts takes the jobs that were waiting, and marks the one that ran as interrupted: it can be repeated, and what was
indexed before answers meanwhile. What failed for a reason that may pass (a host that does not answer, a store that is busy) is tried
again by itself, after longer and longer pauses; it waits as any job does, and can be cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from configs.errors import StoreError, UnknownJob
from knowledge.jobs import Job, JobProgress, JobState, JobStore, Order, Release
from knowledge.scope import Scope
from ops.jobs.processes import JobProcess
from ops.jobs.rates import StageClock
from ops.policy.queueing import FairQueue

KEPT_EVERY_S = 1.0
"""How often progress is written down, and a wish to end is looked for."""
LOOKED_EVERY_S = 0.5
"""How often a job that another process runs is looked at, and a place that another process has."""
AT_ONCE = 2
MOST_WAITING = 1_000_000
PAUSES_S = (10.0, 60.0, 300.0)
"""Before the second attempt, the third, and the last."""
SPREAD = 0.2
ENDED_FAULT = {
    "code": "indexing",
    "message": "the process that indexed ended without a report",
    "next_step": "see the server's log; repeat the job",
}

log = logging.getLogger("clew.jobs")


class IndexJobs:
    """The jobs of one process over a store that others may share.

    command: the program that runs one job. asked: further members of what it is told, such as the store that it writes.
    at_once: how many run at a time, of all processes together.
    told: hears of each state that a job comes into, and who started it. by: who asks at this moment. pseudonym, name: from a name to what
    stands for it where jobs are kept, and back; blocking, and empty where there is none.
    """

    def __init__(
        self,
        store: JobStore,
        command: Sequence[str],
        asked: dict[str, Any],
        clock: Callable[[], float] = time.time,
        *,
        at_once: int = AT_ONCE,
        pauses_s: Sequence[float] = PAUSES_S,
        told: Callable[[Job, str], None] = lambda _job, _user: None,
        by: Callable[[], str] = str,
        pseudonym: Callable[[str], str] = str,
        name: Callable[[str], str] = str,
    ) -> None:
        self._store = store
        self._command = tuple(command)
        self._asked = asked
        self._clock = clock
        self._pauses_s = tuple(pauses_s)
        self._told = told
        self._by = by
        self._pseudonym = pseudonym
        self._name = name
        self._users: dict[str, str] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._held: dict[str, Release] = {}
        self._live: dict[str, Job] = {}
        self._at_once = at_once
        self._queue = FairQueue(total=at_once, each=0, waiting=MOST_WAITING, wait_s=None)
        self._turns: set[asyncio.Task[None]] = set()
        self._ending: set[str] = set()
        self._finishing: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run jobs for as long as the block takes; at its end those that run are ended, those that wait are left to the next process."""
        await self._recover()
        try:
            yield
        finally:
            for timer in self._later.values():
                timer.cancel()
            self._later.clear()
            for turn in self._turns:
                turn.cancel()
            await asyncio.gather(*self._turns, return_exceptions=True)
            await asyncio.gather(*self._finishing, return_exceptions=True)
            for release in self._held.values():
                await asyncio.to_thread(release)
            self._held.clear()

    async def start(self, order: Order, repeats: str | None = None) -> Job:
        """Take a job. Raises JobRunning when its folder is being indexed, or waits for it."""
        user = self._by()
        asker = await asyncio.to_thread(self._pseudonym, user)
        job = Job(uuid.uuid4().hex, order, JobState.QUEUED, self._clock(), repeats=repeats, asker=asker)
        await asyncio.to_thread(self._take, job)
        self._users[job.id] = user
        self._show(job)
        self._tell(job)
        self._line_up(job.id)
        return job

    async def repeat(self, scope: Scope, job_id: str) -> Job:
        """Do again what an earlier job did. Raises UnknownJob, JobRunning."""
        earlier = await self.get(scope, job_id)
        return await self.start(earlier.order, repeats=earlier.id)

    async def get(self, scope: Scope, job_id: str) -> Job:
        """Raises UnknownJob."""
        job = await asyncio.to_thread(self._store.get, scope, job_id)
        if job is None:
            raise UnknownJob(f"there is no job {job_id!r}", next_step="see `GET /api/v1/jobs`")
        return self._live.get(job_id, job)

    async def find(self, scope: Scope, before: tuple[float, str] | None, limit: int) -> list[Job]:
        """Return jobs, the newest first."""
        found = await asyncio.to_thread(self._store.find, scope, before=before, limit=limit)
        return [self._live.get(job.id, job) for job in found]

    async def cancel(self, scope: Scope, job_id: str) -> Job:
        """Ask for the end of a job; one that has ended stays as it is. Raises UnknownJob."""
        job = await self.get(scope, job_id)
        if not job.is_active:
            return job
        await asyncio.to_thread(self._store.wish_end, job_id)
        if job_id in self._held and job.state is JobState.QUEUED:
            await self._end(replace(job, state=JobState.CANCELLED, ended_at=self._clock()))
        else:
            self._ending.add(job_id)
            self._wake()
        return await self.get(scope, job_id)

    async def follow(self, scope: Scope, job_id: str) -> AsyncIterator[Job]:
        """Yield a job as it is, and again whenever it has changed, until it has ended. Raises UnknownJob."""
        seen: Job | None = None
        while True:
            waiting = self._changed
            job = await self.get(scope, job_id)
            if job != seen:
                yield job
                seen = job
            if not job.is_active:
                return
            await _until(waiting, LOOKED_EVERY_S)

    async def _recover(self) -> None:
        """Take what waits and has no living process; mark what ran in one that died."""
        for job in await asyncio.to_thread(self._store.active):
            release = await asyncio.to_thread(self._store.try_lock, job.id)
            if release is None:
                continue
            self._held[job.id] = release
            self._users[job.id] = await asyncio.to_thread(self._name, job.asker)
            if job.wish:
                await self._end(replace(job, state=JobState.CANCELLED, ended_at=self._clock()))
            elif job.state is JobState.QUEUED:
                self._show(job)
                self._put_off(job)
            else:
                await self._end(replace(job, state=JobState.INTERRUPTED, ended_at=self._clock()))

    def _take(self, job: Job) -> None:
        release = self._store.try_lock(job.id)
        assert release is not None, "nobody else knows the id"
        try:
            self._store.add(job)
        except BaseException:
            release()
            raise
        self._held[job.id] = release

    def _line_up(self, job_id: str) -> None:
        turn = asyncio.create_task(self._in_turn(job_id))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)

    async def _in_turn(self, job_id: str) -> None:
        try:
            async with self._queue.place(self._whose(job_id)), self._place():
                job = self._live.get(job_id)
                if job is not None and job.state is JobState.QUEUED:  # it was not cancelled meanwhile
                    await self._run(job)
        except StoreError:
            log.exception("the job %s could not be written down", job_id)

    def _whose(self, job_id: str) -> str:
        job = self._live.get(job_id)
        return (job.asker if job is not None else "") or self._users.get(job_id, "")

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """Hold one of the places that all processes of the store have in common."""
        while (release := await asyncio.to_thread(self._free_place)) is None:  # noqa: ASYNC110 - others tell nobody
            await asyncio.sleep(LOOKED_EVERY_S)
        try:
            yield
        finally:
            await asyncio.shield(asyncio.to_thread(release))

    def _free_place(self) -> Release | None:
        places = (self._store.try_lock(f"place-{number}") for number in range(self._at_once))
        return next((release for release in places if release is not None), None)

    async def _run(self, job: Job) -> None:
        process, stages = JobProcess(self._command), StageClock()
        job = replace(job, state=JobState.RUNNING, started_at=self._clock(), error=None, retry_at=0.0)
        await self._keep(job)
        self._tell(job)
        kept_at = time.monotonic()
        state = JobState.FAILED
        try:
            order = job.order
            asked = {
                **self._asked,
                "root": order.root,
                "repository": order.repository,
                "force": order.force,
                "documents_only": order.documents_only,
                "source": order.source,
                "drop": order.drop,
            }
            async with aclosing(process.lines(asked, KEPT_EVERY_S)) as lines:
                async for told in lines:
                    job = _after(job, told, stages)
                    self._show(job)
                    if time.monotonic() - kept_at >= KEPT_EVERY_S:
                        kept_at = time.monotonic()
                        if await asyncio.to_thread(self._store.put, job):
                            self._ending.add(job.id)
                    if job.id in self._ending:
                        process.end()
            code = await process.ended()
            if job.report is not None:
                state = JobState.FINISHED
            elif job.id in self._ending:
                state = JobState.CANCELLED
            elif job.error is None:
                log.error("the job %s ended with code %d and without a report", job.id, code)
                job = replace(job, error=dict(ENDED_FAULT))
        except (OSError, ValueError):
            log.exception("the job %s could not be run", job.id)
            job = replace(job, error=dict(ENDED_FAULT))
        except asyncio.CancelledError:
            state = JobState.FINISHED if job.report is not None else JobState.INTERRUPTED
            raise
        finally:
            ended = self._again(job) if state is JobState.FAILED else None
            ended = ended or replace(job, state=state, ended_at=self._clock())
            finishing = asyncio.create_task(self._finish(process, ended))
            self._finishing.add(finishing)
            finishing.add_done_callback(self._finishing.discard)
            await asyncio.shield(finishing)  # also when this process stops: `running` waits for it

    async def _finish(self, process: JobProcess, job: Job) -> None:
        await process.ended()
        if job.is_active:
            await self._keep(job)
            self._tell(job)
            self._put_off(job)
        else:
            await self._end(job)

    def _again(self, job: Job) -> Job | None:
        """Return the job as it waits for its next attempt; None when there is no use in one, or none is left."""
        if job.error is None or not job.error.get("retryable") or job.attempt > len(self._pauses_s):
            return None
        pause_s = self._pauses_s[job.attempt - 1] * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - no secret
        return replace(job, state=JobState.QUEUED, attempt=job.attempt + 1, retry_at=self._clock() + pause_s)

    def _put_off(self, job: Job) -> None:
        """Let a job take its turn: at once, or when its next attempt begins."""
        wait_s = job.retry_at - self._clock()
        if wait_s <= 0:
            self._line_up(job.id)
        else:
            self._later[job.id] = asyncio.get_running_loop().call_later(wait_s, self._turn, job.id)

    def _turn(self, job_id: str) -> None:
        self._later.pop(job_id, None)
        self._line_up(job_id)

    def _tell(self, job: Job) -> None:
        self._told(job, self._users.get(job.id, ""))

    async def _end(self, job: Job) -> None:
        """Write a job down that has ended, and let it go."""
        await self._keep(job)
        self._tell(job)
        self._users.pop(job.id, None)
        if (timer := self._later.pop(job.id, None)) is not None:
            timer.cancel()
        self._ending.discard(job.id)
        release = self._held.pop(job.id, None)
        if release is not None:
            await asyncio.to_thread(release)
        self._live.pop(job.id, None)
        self._wake()

    async def _keep(self, job: Job) -> None:
        """Write a job down, then show it: what has been seen is not lost."""
        await asyncio.to_thread(self._store.put, job)
        self._show(job)

    def _show(self, job: Job) -> None:
        self._live[job.id] = job
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _after(job: Job, told: dict[str, Any] | None, stages: StageClock) -> Job:
    """Return the job after a line that its process told."""
    if told is None:
        return job
    if "progress" in told:
        stage, done, total = told["progress"]
        rate = stages.step(stage, done, total)
        remaining = rate.remaining_s if rate else None
        progress = JobProgress(
            stage,
            done,
            total,
            round(rate.per_s, 1) if rate else None,
            round(remaining, 1) if remaining is not None else None,
        )
        return replace(job, progress=progress)
    if "note" in told:
        return replace(job, progress=replace(job.progress, note=str(told["note"])))
    if "report" in told:
        order = replace(job.order, repository=told["report"]["repository"])
        return replace(job, report=told["report"], order=order)
    if "error" in told:
        return replace(job, error=told["error"])
    return job


async def _until(event: asyncio.Event, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await event.wait()
