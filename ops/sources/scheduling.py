"""Brings repositories up to date when it is time: after pushes, once they stopped coming, and by schedules.

What is due stands in the store, so a restart loses nothing: a run that was missed is made up for, once. Several processes may look at
the same store: the job store lets one job a repository begin, and a schedule is moved on by whoever is first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from configs.errors import ClewError, JobRunning, UnknownRepository, UnknownSource
from knowledge.jobs import Order
from knowledge.sources import Awaited, Schedule, SourceStore
from ops.sources.credentials import Told
from ops.sources.timetable import parse_timetable

LOOKED_EVERY_S = 5.0
"""Another process, such as `clew schedules set`, may write to the store."""
PUT_OFF_S = 5.0
"""A refresh waits so long when a job of the repository runs: it may have begun before the push."""

log = logging.getLogger("clew.sources")


class Schedules:
    """When repositories are brought up to date. jitter_s: runs are spread over so long, or a tenth of their pause."""

    def __init__(self, store: SourceStore, clock: Callable[[], float], jitter_s: float, told: Told) -> None:
        self._store = store
        self._clock = clock
        self._jitter_s = jitter_s
        self._told = told

    def set(self, repository: str, expression: str) -> Schedule:
        """Keep a schedule in place of the one that there was. Raises InputError."""
        made = Schedule(repository, parse_timetable(expression).text, 0.0)
        made = replace(made, next_at=self.next_of(made))
        self._store.put_schedule(made)
        self._told("schedule", repository, "set")
        return made

    def remove(self, repository: str) -> None:
        """Raises UnknownSource."""
        if not self._store.remove_schedule(repository):
            raise UnknownSource(f"there is no schedule of {repository!r}", next_step="see `clew schedules list`")
        self._told("schedule", repository, "removed")

    def get(self, repository: str) -> Schedule | None:
        return self._store.schedule(repository)

    def all(self) -> list[Schedule]:
        return self._store.schedules()

    def next_of(self, schedule: Schedule) -> float:
        """Return when it runs next, from now on."""
        table, now = parse_timetable(schedule.expression), self._clock()
        spread_s = min(self._jitter_s, table.period_s(now) / 10)
        return table.after(now) + random.uniform(0, spread_s)  # noqa: S311 - no secret


class Refreshing:
    """Starts jobs that are due.

    order_by_name: what is to be done for a repository. order_by_source: for the id of a source that pushes named, and whether its branch
    is said to be gone. Both block, and raise UnknownRepository or UnknownSource. start: begins a job.
    """

    def __init__(
        self,
        store: SourceStore,
        schedules: Schedules,
        clock: Callable[[], float],
        *,
        order_by_name: Callable[[str], Order],
        order_by_source: Callable[[str, bool], Order],
        start: Callable[[Order], Awaitable[object]],
    ) -> None:
        self._store = store
        self._schedules = schedules
        self._clock = clock
        self._order_by_name = order_by_name
        self._order_by_source = order_by_source
        self._start = start
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once: something was asked for."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start what is due for as long as the block takes."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                wait_s = await self.begin_due()
            except ClewError as error:
                log.warning("nothing was looked for to bring up to date: %s", error)
                wait_s = LOOKED_EVERY_S
            with contextlib.suppress(
                TimeoutError
            ):  # `wait_for` of Python 3.11 loses a cancellation that comes with a wake
                async with asyncio.timeout(max(0.05, min(wait_s, LOOKED_EVERY_S))):
                    await self._woken.wait()
            self._woken.clear()

    async def begin_due(self) -> float:
        """Start all that is due, and return in how many seconds the next thing is. Raises StoreError."""
        for awaited in await asyncio.to_thread(self._store.awaited):
            if awaited.due_at <= self._clock():
                await self._begin_awaited(awaited)
        for schedule in await asyncio.to_thread(self._store.schedules):
            if schedule.next_at <= self._clock():
                await self._begin_scheduled(schedule)
        times = [one.due_at for one in await asyncio.to_thread(self._store.awaited)]
        times += [one.next_at for one in await asyncio.to_thread(self._store.schedules)]
        return min(times, default=self._clock() + LOOKED_EVERY_S) - self._clock()

    async def _begin_awaited(self, awaited: Awaited) -> None:
        try:
            await self._start(await asyncio.to_thread(self._order_by_source, awaited.source, awaited.deleted))
        except JobRunning:
            await asyncio.to_thread(self._store.put_off, awaited, self._clock() + PUT_OFF_S)
            return
        except (UnknownRepository, UnknownSource) as error:
            log.warning("a push asks for what is not there: %s", error)
        await asyncio.to_thread(self._store.settle, awaited)

    async def _begin_scheduled(self, schedule: Schedule) -> None:
        try:
            await self._start(await asyncio.to_thread(self._order_by_name, schedule.repository))
        except JobRunning:
            log.info(
                "%r is being brought up to date already: its schedule waits for the next time", schedule.repository
            )
        except (UnknownRepository, UnknownSource) as error:
            log.warning("the schedule of %r finds nothing to bring up to date: %s", schedule.repository, error)
        await asyncio.to_thread(self._store.advance, schedule, self._schedules.next_of(schedule), self._clock())
