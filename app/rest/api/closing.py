"""Tells streams without an end of their own that the server is about to stop, so that it need not wait for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class Closing:
    """Begun once: from the event loop, or by a signal."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self) -> None:
        """Note the loop that serves."""
        self._loop = asyncio.get_running_loop()

    def begin_by_signal(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self.begin)

    @property
    def has_begun(self) -> bool:
        return self._begun.is_set()

    def begin(self) -> None:
        self._begun.set()

    async def until(self, items: AsyncIterator[T], idle_s: float) -> AsyncIterator[T | None]:
        """Yield the first item, and what comes until the end, or until the server closes; None when nothing came for `idle_s`."""
        closing = asyncio.ensure_future(self._begun.wait())
        coming: asyncio.Task[T | None] | None = None
        try:
            first = await _next(items)
            if first is None:
                return
            yield first
            while not self.has_begun:
                coming = coming or asyncio.create_task(_next(items))
                waited: set[asyncio.Future[object]] = {coming, closing}  # type: ignore[arg-type]
                done, _ = await asyncio.wait(waited, timeout=idle_s, return_when=asyncio.FIRST_COMPLETED)
                if coming in done:
                    item, coming = coming.result(), None
                    if item is None:
                        return
                    yield item
                elif not done:
                    yield None
        finally:
            for one in (closing, coming):
                if one is not None:
                    one.cancel()
                    with suppress(asyncio.CancelledError):
                        await one


async def _next(items: AsyncIterator[T]) -> T | None:
    """Return the next item, None at the end: the end of an iteration cannot be the result of a task."""
    try:
        return await anext(items)
    except StopAsyncIteration:
        return None
