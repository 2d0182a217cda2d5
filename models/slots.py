"""The line before one host: so many calls at once, the others wait in order and know their place.

Ollama itself tells nobody their place in its line; ours stands before it. Safe to share between event loops of several threads.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import asynccontextmanager, suppress

OnPlace = Callable[[int], Awaitable[None]]
"""Hears one's place in the line: 1 is next."""


class Slots:
    """`most` calls at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._busy = 0
        self._line: deque[_Waiter] = deque()

    @property
    def in_flight(self) -> int:
        """Calls that run and calls that wait."""
        with self._lock:
            return self._busy + len(self._line)

    @property
    def running(self) -> int:
        """Calls that have a slot."""
        with self._lock:
            return self._busy

    @property
    def waiting(self) -> int:
        with self._lock:
            return len(self._line)

    @asynccontextmanager
    async def taken(self, on_place: OnPlace) -> AsyncIterator[None]:
        """Hold a slot for the block; `on_place` hears the place in the line, first and after each move."""
        waiter = self._queued()
        try:
            while waiter is not None and not await self._moved(waiter, on_place):
                pass
        except BaseException:
            if waiter is not None:
                self._left(waiter)
            raise
        try:
            yield
        finally:
            self._passed_on()

    def _queued(self) -> _Waiter | None:
        """Take a slot (None), or a place at the end of the line."""
        with self._lock:
            if self._busy < self.most and not self._line:
                self._busy += 1
                return None
            waiter = _Waiter()
            self._line.append(waiter)
            return waiter

    async def _moved(self, waiter: _Waiter, on_place: OnPlace) -> bool:
        """Tell the place, wait for the line to move; True once the slot is ours."""
        with self._lock:
            moved = waiter.moves
            place = 0 if waiter.has_slot else self._line.index(waiter) + 1
        if place:
            await on_place(place)
            await asyncio.wrap_future(moved)
        with self._lock:
            return waiter.has_slot

    def _passed_on(self) -> None:
        """Give the slot to the first in the line, and let the others know that it moved."""
        with self._lock:
            if self._line:
                self._line[0].has_slot = True
                first = self._line.popleft()
                self._wake([first, *self._line])
            else:
                self._busy -= 1

    def _left(self, waiter: _Waiter) -> None:
        """Somebody in the line gave up; a slot that had just become theirs goes on."""
        with self._lock:
            gone = waiter.has_slot
            if not gone:
                at = self._line.index(waiter)
                self._line.remove(waiter)
                self._wake(list(self._line)[at:])
        if gone:
            self._passed_on()

    def _wake(self, waiters: list[_Waiter]) -> None:
        for waiter in waiters:
            told, waiter.moves = waiter.moves, Future()
            with suppress(InvalidStateError):  # who waited for it gave up
                told.set_result(None)


class _Waiter:
    def __init__(self) -> None:
        self.has_slot = False
        self.moves: Future[None] = Future()
