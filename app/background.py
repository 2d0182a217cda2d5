"""Fills vectors beside the requests of a long-lived process, on one core, out of the way of questions.

A local vector store has one owning process. When another one owns it, this process says so in its log, and searches on
without its own. A local store that is damaged (Chroma does not survive every kill while it writes) is made anew: all that is
in it can be learned again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import Protocol

from app.owned_vectors import OwnedVectors, Sources
from configs.errors import ClewError, StoreBusy, StoreCorrupt, StoreError
from knowledge.ports.graph import CodeGraph
from knowledge.scope import EVERYTHING

LOOK_AGAIN_S = 5.0
"""How often to see whether a repository was indexed again."""
CHOOSE_AGAIN_S = 60.0
"""How often a filled repository is looked at again because another embedder may be there by now."""
LONGEST_PAUSE_S = 2.0
"""A fill that waits for questions goes on with one batch after so long: a busy server is filled too, slowly."""
QUIET_S = 0.5
"""Questions come in bursts: a fill that went on between two of them would be in the way of the second."""
REBUILD_AGAIN_S = 3_600.0
"""A store that is damaged again within this time is left to a person: its disk may be at fault."""
NICENESS = 5
"""Not more: the thread holds the interpreter's lock at times, and a starved holder would hold up questions too."""

log = logging.getLogger("clew.vectors")


class Indexed(Protocol):
    """What the filling reads: the stores of one process."""

    @property
    def has_index(self) -> bool: ...

    @property
    def graph(self) -> CodeGraph: ...

    def vector_sources(self) -> Sources: ...

    def mend_vectors(self) -> None:
        """Delete a damaged local store, so that it is made anew."""


class Pace:
    """Keeps the fill out of the way: `question` marks one that runs, `rest` waits while there is any, and a little longer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle = threading.Condition()
        self._running = 0
        self._clock = clock
        self._ended_at = -math.inf
        self.stopping = threading.Event()

    @contextmanager
    def question(self) -> Iterator[None]:
        with self._idle:
            self._running += 1
        try:
            yield
        finally:
            with self._idle:
                self._running -= 1
                self._ended_at = self._clock()
                self._idle.notify_all()

    def rest(self) -> None:
        """Wait until no question runs and none has for QUIET_S, at most LONGEST_PAUSE_S."""
        with self._idle:
            until = self._clock() + LONGEST_PAUSE_S
            while (left := self._left(until)) > 0 and not self.stopping.is_set():
                self._idle.wait(left)

    def _left(self, until: float) -> float:
        """Return for how long to wait before looking again."""
        now = self._clock()
        quiet_at = until if self._running else self._ended_at + QUIET_S
        return min(quiet_at, until) - now

    def stop(self) -> None:
        """Let a running fill end after its batch."""
        self.stopping.set()
        with self._idle:
            self._idle.notify_all()


@asynccontextmanager
async def vectors_filled(stores: Indexed, owned: OwnedVectors, *, is_worker: bool = False) -> AsyncIterator[Pace]:
    """Keep the vectors of every repository up to date for as long as the block runs. is_worker: another one may well own them."""
    pace = Pace()
    with ThreadPoolExecutor(1, "vectors", _step_back) as filler:
        task = asyncio.create_task(_keep_filled(stores, owned, pace, filler, is_worker))
        try:
            yield pace
        finally:
            pace.stop()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await asyncio.to_thread(owned.close)


def _step_back() -> None:
    """Let the filling thread give way. Only Linux has a niceness for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


async def _keep_filled(
    stores: Indexed, owned: OwnedVectors, pace: Pace, filler: ThreadPoolExecutor, is_worker: bool = False
) -> None:
    filled: dict[str, tuple[int, float]] = {}
    said = ""
    rebuilt_at = -REBUILD_AGAIN_S
    while True:
        try:
            await _fill_changed(stores, owned, pace, filler, filled)
            said = ""
        except ClewError as error:
            if str(error) != said:  # once, not at every look
                level = logging.INFO if is_worker and isinstance(error, StoreBusy) else logging.WARNING
                log.log(level, "no dense vectors for now: %s; %s", error, error.next_step)
            said = str(error)
            if isinstance(error, StoreError):
                await asyncio.to_thread(owned.close)  # so that a damaged store can be rebuilt by others
            if isinstance(error, StoreCorrupt) and time.monotonic() - rebuilt_at > REBUILD_AGAIN_S:
                rebuilt_at = time.monotonic()
                with suppress(ClewError):  # another process may own it by now: the next look tells
                    await asyncio.to_thread(stores.mend_vectors)
                    filled.clear()
                    log.warning("the damaged vectors are thrown away and made again")
                    continue
        except Exception:  # the indexing worker's seam: searches go on without, and the cause is kept
            log.exception("vectors could not be filled; searches go on without them until the server starts again")
            return
        await asyncio.sleep(LOOK_AGAIN_S)


async def _fill_changed(
    stores: Indexed, owned: OwnedVectors, pace: Pace, filler: ThreadPoolExecutor, filled: dict[str, tuple[int, float]]
) -> None:
    """`filled`: repository -> the generation whose vectors are there, and when they were last looked at."""
    if not stores.has_index:
        return
    current = {i.name: i.generation for i in await asyncio.to_thread(lambda: stores.graph.repositories(EVERYTHING))}
    gone = filled.keys() - current.keys()
    if gone:
        await asyncio.to_thread(owned.open, stores.vector_sources())
    for name in gone:
        await _in_thread(filler, partial(owned.drop, name))
        del filled[name]
    failed: ClewError | None = None
    for name, generation in current.items():
        known, looked_at = filled.get(name, (0, 0.0))
        if known != generation or not owned.is_open or time.monotonic() - looked_at > CHOOSE_AGAIN_S:
            try:
                await asyncio.to_thread(owned.open, stores.vector_sources())  # not by the thread that steps back
                await _in_thread(filler, partial(_filled, stores, owned, pace, name, generation))
                filled[name] = generation, time.monotonic()
            except ClewError as error:  # of this repository: the others have their turn first
                failed = failed or error
    if failed is not None:
        raise failed


def _filled(stores: Indexed, owned: OwnedVectors, pace: Pace, repository: str, generation: int) -> None:
    for state in owned.fill(stores.vector_sources(), repository, generation):
        if state.complete:
            log.info("vectors of %s: %s", repository, state)
        if pace.stopping.is_set():
            return  # what is written is kept, and continued by the next process
        pace.rest()


async def _in_thread(filler: ThreadPoolExecutor, work: Callable[[], None]) -> None:
    """Run `work` in the filler, and wait for its end even when cancelled: the store must not be closed under it."""
    running = asyncio.get_running_loop().run_in_executor(filler, work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        # Asked for, so that it counts as seen; raised, it would take the place of the cancellation, and nothing would end.
        if error := running.exception():
            log.info("the last fill failed: %s", error)
        raise
