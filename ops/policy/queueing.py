"""Answers at once: so many for all, so many for one principal; who waits comes in turn by principal, not by who asked most.

Deficit-free round robin (Nagle, RFC 970): one waiting line a principal, served in a circle, so that a hundred questions of one keep
another's first question waiting for one answer at most. Where several processes serve, whoever comes first in one of them then takes one
of the places that all have in common: turns are fair in each process, and by chance between them.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from configs.errors import RateLimited

LOOKED_EVERY_S = 0.05
"""How often to see whether a place that all have in common is free."""


class CommonPlaces(Protocol):
    """The places of several processes together."""

    async def take(self, who: str, *, total: int, each: int) -> str | None:
        """Return a place, None when there is none."""
        ...

    async def leave(self, place: str) -> None: ...


class FairQueue:
    """total, each: places for all and for one principal, 0 for no limit; waiting: who may wait for one; wait_s: and how long, None for as long as it takes.

    common: counts the places of other processes too.
    """

    def __init__(
        self, *, total: int, each: int, waiting: int, wait_s: float | None, common: CommonPlaces | None = None
    ) -> None:
        self._common = common
        self._total, self._each, self._most_waiting, self._wait_s = total, each, waiting, wait_s
        self._running: Counter[str] = Counter()
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def running(self) -> int:
        return self._running.total()

    @property
    def waiting(self) -> int:
        return sum(map(len, self._lines.values()))

    @asynccontextmanager
    async def place(self, who: str) -> AsyncIterator[None]:
        """Hold a place. Raises RateLimited when too many wait, or the wait is too long."""
        await self._take(who)
        try:
            if self._common is None:
                yield
                return
            place = await self._in_common(self._common, who)
            try:
                yield
            finally:
                await self._common.leave(place)
        finally:
            self._leave(who)

    async def _in_common(self, common: CommonPlaces, who: str) -> str:
        try:
            async with asyncio.timeout(self._wait_s):
                while (place := await common.take(who, total=self._total, each=self._each)) is None:  # noqa: ASYNC110 - others tell nobody
                    await asyncio.sleep(LOOKED_EVERY_S)
        except TimeoutError:
            raise self._refused(f"no place became free within {self._wait_s:g} s") from None
        return place

    async def _take(self, who: str) -> None:
        if who not in self._lines and self._has_place(who):
            self._running[who] += 1
            return
        if self.waiting >= self._most_waiting:
            raise self._refused("too many questions wait already")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(who, deque()).append(turn)
        try:
            async with asyncio.timeout(self._wait_s):
                await asyncio.shield(turn)
        except TimeoutError:
            if not turn.done():
                raise self._refused(f"no place became free within {self._wait_s:g} s") from None
        except asyncio.CancelledError:
            if turn.done():
                self._leave(who)
            raise
        finally:
            if not turn.done():
                turn.cancel()
                self._forget(who, turn)

    def _leave(self, who: str) -> None:
        self._running[who] -= 1
        if self._running[who] <= 0:
            del self._running[who]
        self._admit()

    def _admit(self) -> None:
        """Give free places away, one a principal and round."""
        admitted = True
        while admitted:
            admitted = False
            for who in list(self._lines):
                if not self._has_place(who):
                    continue
                self._running[who] += 1
                self._lines[who].popleft().set_result(None)
                if self._lines[who]:
                    self._lines.move_to_end(who)
                else:
                    del self._lines[who]
                admitted = True

    def _forget(self, who: str, turn: asyncio.Future[None]) -> None:
        line = self._lines[who]
        line.remove(turn)
        if not line:
            del self._lines[who]

    def _has_place(self, who: str) -> bool:
        free = not self._total or self.running < self._total
        return free and (not self._each or self._running[who] < self._each)

    def _refused(self, why: str) -> RateLimited:
        return RateLimited(f"the server is busy: {why}", next_step="ask again a little later", retry_after_s=2.0)
