"""Answers under way, and those that ended lately: their events, numbered, for whoever reads them now or comes back.

A run belongs to this process and outlives its reader for a while: a client whose connection broke reads on where it stopped, also at another
process of the server (`shared_runs.py`). It ends early when nobody came back, when it is stopped, and with the process. Memory is bounded: so many runs, so many bytes of events a run (of
which drafts, that no longer count once the answer is there, go first).
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from agents.events import Answer, AnswerReady, Progress
from app.rest.api.run import Run
from app.rest.api.shared_runs import Elsewhere, SharedRuns
from app.rest.api.sse import KEEP_ALIVE, KEEP_ALIVE_S
from app.rest.problems import refusal, refusal_of
from app.rest.replies import progress_of, record_of
from configs.errors import ClewError, StoreBusy, UnknownRun
from knowledge.scope import Scope
from ops.policy.callers import caller

MAX_RUNNING = 1_000
KEPT_ENDED = 200
KEPT_ENDED_S = 300.0
MIRRORED_S = 5.0
"""How long a run of another process is read on without a reader here."""

log = logging.getLogger("clew.rest")


class Runs:
    """The runs of one process. reconnect_s: how long a run without a reader goes on. shared: knows those of other processes too."""

    def __init__(
        self,
        reconnect_s: float,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
        shared: SharedRuns | None = None,
    ) -> None:
        self._reconnect_s = reconnect_s
        self._new_id = new_id
        self._shared = shared
        self._runs: dict[str, Run] = {}

    def begin(self, events: AsyncGenerator[Progress, None], scope: Scope, request_id: str) -> Run:
        """Start a run. Raises StoreBusy while too many are under way."""
        self._forget_old()
        if sum(run.is_running for run in self._runs.values()) >= MAX_RUNNING:
            raise StoreBusy(f"{MAX_RUNNING:,} answers are under way already", next_step="ask again in a while")
        run = Run(self._new_id(), _asker(), scope, request_id, patience_s=self._reconnect_s)
        run.tell("started", {"stream_id": run.id})
        self._runs[run.id] = run
        run.task = asyncio.create_task(_played(run, events))
        if self._shared is not None:
            run.telling = asyncio.create_task(self._shared.tell(run))
        run.postpone()
        return run

    async def get(self, run_id: str, scope: Scope) -> Run | Elsewhere:
        """Raises UnknownRun, also for one of somebody else, or one that saw more than the scope grants."""
        self._forget_old()
        run: Run | Elsewhere | None = self._runs.get(run_id)
        if run is None and self._shared is not None:
            run = await self._shared.get(run_id)
        if run is None or run.owner != _asker() or run.scope.narrowed(scope.repositories) != run.scope:
            raise UnknownRun(f"no run {run_id!r} is known here", next_step="ask again: runs are kept for a few minutes")
        return run

    async def follow(self, run: Run | Elsewhere, after: int = 0) -> AsyncIterator[bytes]:
        """Yield the events after number `after`, then those to come, until the run ends."""
        if isinstance(run, Elsewhere):
            assert self._shared is not None
            run = self._shared.mirrored(run, Run(run.id, run.owner, run.scope, run.request_id, patience_s=MIRRORED_S))
        run.readers += 1
        if run.abandoned is not None:
            run.abandoned.cancel()
            run.abandoned = None
        try:
            while True:
                waiting, running = run.changed, run.is_running
                for one in run.since(after):
                    after = one.number
                    yield one.content
                if not running:
                    return
                try:
                    async with asyncio.timeout(KEEP_ALIVE_S):
                        await waiting.wait()
                except TimeoutError:
                    yield KEEP_ALIVE
        finally:
            run.readers -= 1
            run.postpone()

    async def stop(self, run: Run | Elsewhere) -> None:
        """End a run; what it told stays readable for a while."""
        if isinstance(run, Elsewhere):
            assert self._shared is not None
            await self._shared.stop(run.id)
        elif run.task is not None:
            run.task.cancel()
            await asyncio.gather(run.task, return_exceptions=True)

    async def close(self) -> None:
        """End all runs."""
        for run in list(self._runs.values()):
            await self.stop(run)
            if run.telling is not None:
                await asyncio.gather(run.telling, return_exceptions=True)
        self._runs.clear()

    def _forget_old(self) -> None:
        ended = sorted((run for run in self._runs.values() if not run.is_running), key=lambda run: run.ended_at)
        horizon = time.monotonic() - KEPT_ENDED_S
        for place, run in enumerate(ended):
            if run.ended_at < horizon or place < len(ended) - KEPT_ENDED:
                del self._runs[run.id]


async def _played(run: Run, events: AsyncGenerator[Progress, None]) -> None:
    """Tell what happens; an error is the last thing told, for the status is gone by then."""
    state = "stopped"
    try:
        async with aclosing(events):
            async for event in events:
                state = _tell(run, event, state)
        if state == "stopped":
            raise ClewError("the run ended without an answer", next_step="ask again; if it stays so, run `clew doctor`")
    except asyncio.CancelledError:
        if state == "stopped":
            run.tell("stopped", {"reason": "the run was stopped, or nobody read it any more"})
        raise
    except ClewError as error:
        state = "failed"
        run.tell("error", refusal_of(error).problem(run.request_id))
    except Exception:  # the request handler's seam: the client is told, the log keeps the cause
        state = "failed"
        log.exception("request %s: a streamed run failed", run.request_id)
        fault = refusal(500, "internal", "Clew met a fault of its own", "see the server's log")
        run.tell("error", fault.problem(run.request_id))
    finally:
        if run.abandoned is not None:
            run.abandoned.cancel()
        run.end(state)


def _tell(run: Run, event: Progress, state: str) -> str:
    """Tell one event, and return what the run would end as if it were the last one."""
    if isinstance(event, AnswerReady):
        run.answer = record_of(event.answer)
        for name, data in final_events(event.answer):
            run.tell(name, data)
        return "finished"
    data = progress_of(event)
    name = str(data.pop("event"))
    run.tell(name, data)
    if name == "asked_back":
        run.answer = data
        return "asked_back"
    return state


def final_events(answer: Answer) -> list[tuple[str, dict[str, Any]]]:
    """Return what is told of a finished answer: its claims with their status, its findings, and all of it."""
    record = record_of(answer)
    claims = [("claim", {"number": number, **claim}) for number, claim in enumerate(record["claims"], 1)]
    findings = [("finding", dict(finding)) for finding in record["findings"]]
    return [*claims, *findings, ("final", record)]


def _asker() -> str:
    """Return the principal who asks; empty for the person at this machine."""
    return caller(strict=False).principal.id
