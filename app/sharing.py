"""How the workers of one server, or several servers, act as one: over a `knowledge.sharing.SharedState`, off the event loop.

A state that cannot be had costs what is shared and nothing else: each process then knows its own, which is logged once. What a process
holds (something it has begun, a place) is a lease, renewed while the process lives: what a killed one held is free again after LEASE_S.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final, TypeVar

from configs.errors import StoreError
from knowledge.sharing import SharedState

LEASE_S: Final = 15.0
RENEWED_EVERY_S: Final = 4.0
PLACES: Final = "answers"

log = logging.getLogger("clew.sharing")

Answer = TypeVar("Answer")


class Sharing:
    """What one process has in common with others. threads: calls at once; a file takes one, a server several."""

    def __init__(self, state: SharedState, *, threads: int = 1) -> None:
        self.state = state
        self._threads = ThreadPoolExecutor(threads, "sharing")
        self._leases: set[str] = set()
        self._places: set[str] = set()
        self._failing = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep leases alive for as long as the block runs."""
        renewing = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.state.close()

    async def claim(self, key: str, value: bytes) -> bytes | None:
        """Begin something that only one may, and hold it until `settle` or `release`; return what another one put there."""
        found = await self._asked(None, self.state.claim, key, value, LEASE_S)
        if found is None:
            self._leases.add(key)
        return found

    async def settle(self, key: str, value: bytes, keep_s: float) -> None:
        """Say what became of what was claimed."""
        self._leases.discard(key)
        await self.put(key, value, keep_s)

    async def release(self, key: str) -> None:
        """Let go of what was claimed, as if it had not been."""
        self._leases.discard(key)
        await self._asked(None, self.state.delete, key)

    async def lease(self, key: str, value: bytes = b"") -> None:
        """Show that something lives, for as long as this process does."""
        self._leases.add(key)
        await self._asked(None, self.state.put, key, value, LEASE_S)

    async def get(self, key: str) -> bytes | None:
        return await self._asked(None, self.state.get, key)

    async def put(self, key: str, value: bytes, keep_s: float) -> None:
        await self._asked(None, self.state.put, key, value, keep_s)

    async def append(self, key: str, values: Sequence[bytes], keep_s: float) -> None:
        await self._asked(None, self.state.append, key, values, keep_s)

    async def since(self, key: str, count: int) -> list[bytes]:
        return await self._asked([], self.state.since, key, count)

    async def take(self, who: str, *, total: int, each: int) -> str | None:
        """Return a place for an answer, None when there is none. Where nobody counts, there is one."""
        place = secrets.token_hex(8)
        taken = partial(self.state.take, PLACES, place, who, total=total, each=each, keep_s=LEASE_S)
        if not await self._asked(True, taken):
            return None
        self._places.add(place)
        return place

    async def leave(self, place: str) -> None:
        self._places.discard(place)
        await self._asked(None, self.state.leave, PLACES, place)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWED_EVERY_S)
            if self._leases:
                await self._asked(None, self.state.renew, list(self._leases), LEASE_S)
            if self._places:
                await self._asked(None, self.state.hold, PLACES, list(self._places), LEASE_S)

    async def _asked(self, otherwise: Answer, call: Callable[..., Answer], *arguments: object) -> Answer:
        running = asyncio.get_running_loop().run_in_executor(self._threads, partial(call, *arguments))
        try:
            answer = await asyncio.shield(running)
        except StoreError as error:
            if not self._failing:
                log.warning("this process acts alone for now: %s", error)
            self._failing = True
            return otherwise
        self._failing = False
        return answer
