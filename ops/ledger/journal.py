"""Events on their way into the Ledger: told at once, written by a thread of their own, many in one commit.

Telling costs microseconds and never fails. What waits is bounded: a door asks for room before it begins an answer, and only
where the store fails for longer than that is anything dropped, which the Ledger says of itself (`lost`) once it can. `close`
writes what waits; where the store fails then, it is kept on the disk (`leftovers`) for the next process, and the log says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from configs.errors import ClewError, StoreError
from ops.ledger.events import Event, Lost
from ops.ledger.ledger import Ledger
from ops.ledger.leftovers import Leftovers

CAPACITY = 20_000
BATCH = 1_000
LINGER_S = 0.02
"""How long the first event waits for others to share its commit."""
AGAIN_S = 1.0
"""How long a store that failed is left alone, unless somebody waits."""

log = logging.getLogger("clew.ledger")


class Journal:
    """Safe between threads. opened: opens the Ledger, in the journal's thread, when there is something to write.

    anchored: called after commits and, with True, at the end, to say where the chains stand. leftovers: where that waits which
    could not be written before the end; what an earlier process left there is brought in after the first commit.
    """

    def __init__(
        self,
        opened: Callable[[], Ledger],
        *,
        capacity: int = CAPACITY,
        linger_s: float = LINGER_S,
        anchored: Callable[[Ledger, bool], None] = lambda _ledger, _last: None,
        leftovers: Leftovers | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._opened = opened
        self._capacity = capacity
        self._linger_s = linger_s
        self._anchored = anchored
        self._leftovers = leftovers
        self._clock = clock
        self._waiting: deque[tuple[Event, int]] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._told = self._settled = self._lost = self._failed = 0
        self._hurried = self._closing = self._brought = self._ended = False
        self._ledger: Ledger | None = None
        self._failure: ClewError | None = None

    def tell(self, event: Event) -> None:
        """Take an event; it is dropped when nothing more may wait."""
        at_us = int(self._clock() * 1e6)
        with self._changed:
            if self._closing:
                return
            self._told += 1
            if len(self._waiting) >= self._capacity:
                self._settled += 1
                self._lost += 1
                return
            self._waiting.append((event, at_us))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="clew-ledger", daemon=True)
                self._thread.start()
            elif len(self._waiting) == 1 or len(self._waiting) >= BATCH:
                self._changed.notify_all()

    @property
    def failure(self) -> ClewError | None:
        """What keeps events from being written at this moment."""
        return self._failure

    @property
    def has_room(self) -> bool:
        return len(self._waiting) < self._capacity // 2

    def wait_for_room(self, timeout_s: float) -> bool:
        """Wait until there is room for the events of an answer. Blocking."""
        with self._changed:
            return self._changed.wait_for(lambda: self.has_room, timeout_s)

    def flush(self, timeout_s: float = 10.0) -> None:
        """Return when all that was told so far is safely written. Blocking.

        Raises:
            StoreError: it could not be written, or not in time.
        """
        with self._changed:
            told, lost, failed = self._told, self._lost, self._failed
            self._hurried = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._settled >= told or self._failed > failed, timeout_s)
            if self._settled >= told and self._lost == lost:
                return
            if self._failure is not None:
                raise self._failure
            raise StoreError("the Ledger did not write what it was told in time", next_step="see `clew doctor`")

    def close(self, timeout_s: float = 30.0) -> None:
        """Write what waits, or keep it for the next process, and let the Ledger go."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
        with self._changed:
            waiting, lost = list(self._waiting), self._lost
            is_told, self._ended = self._ended, True
        if (waiting or lost) and not is_told:
            self._left(waiting, lost)

    def _left(self, waiting: list[tuple[Event, int]], lost: int) -> None:
        why = self._failure.message if self._failure else "the store did not answer in time"
        rows = waiting + ([(self._loss(lost), int(self._clock() * 1e6))] if lost else [])
        kept = 0
        if self._leftovers is not None:
            try:
                kept = self._leftovers.keep(rows)
            except OSError as exc:
                why = f"{why}; nor can they be kept on the disk: {exc.strerror}"
        if kept:
            log.warning("%d events wait on the disk until the Ledger can be written: %s", min(kept, len(waiting)), why)
        dropped = len(waiting) - min(kept, len(waiting)) + (lost if kept < len(rows) else 0)
        if dropped:
            log.error("%d events did not reach the Ledger: %s", dropped, why)

    def _loss(self, count: int) -> Lost:
        return Lost(count=count, reason=self._failure.code if self._failure else "full")

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if not self._closing and not self._hurried and len(self._waiting) < BATCH:
                    self._changed.wait_for(
                        lambda: self._closing or self._hurried or len(self._waiting) >= BATCH, self._linger_s
                    )
                batch = [self._waiting[at] for at in range(min(BATCH, len(self._waiting)))]
                closing, lost = self._closing, self._lost
            if batch and not self._written(batch, lost):
                with self._changed:
                    if self._closing:
                        break
                    self._changed.wait_for(lambda: self._closing or self._hurried, AGAIN_S)
                    self._hurried = False
                continue
            if batch and not self._brought:
                self._bring()
            if closing and not self._waiting:
                break
        if self._ledger is not None:
            self._anchor(self._ledger, True)
            self._ledger.close()

    def _bring(self) -> None:
        """Bring in what earlier processes left, a batch at a time; a process that ends leaves the rest to the next one."""
        self._brought = True
        try:
            while self._leftovers is not None and self._ledger is not None:
                if not self._leftovers.bring(self._ledger.append, most=1) or self._closing:
                    return
        except Exception as error:  # noqa: BLE001 - the seam of a worker: what waits on the disk stays there
            log.warning("events wait on the disk: %s", error)

    def _written(self, batch: list[tuple[Event, int]], lost: int) -> bool:
        events, times = [event for event, _ in batch], [at_us for _, at_us in batch]
        if lost:
            events.append(self._loss(lost))
            times.append(times[-1])
        try:
            ledger = self._ledger = self._ledger or self._opened()
            ledger.append(events, times)
        except Exception as exc:  # noqa: BLE001 - the seam of a worker: what cannot be written is told, and tried again
            failure = exc if isinstance(exc, ClewError) else StoreError(f"{type(exc).__name__} in the Ledger: {exc}")
            with self._changed:
                if self._failure is None:
                    log.warning("the Ledger cannot be written: %s", failure)
                self._failure = failure
                self._failed += 1
                self._changed.notify_all()
            return False
        with self._changed:
            for _ in batch:
                self._waiting.popleft()
            self._settled += len(batch)
            self._lost -= lost
            self._failure = None
            self._hurried = self._hurried and bool(self._waiting)
            self._changed.notify_all()
        self._anchor(ledger, False)
        return True

    def _anchor(self, ledger: Ledger, last: bool) -> None:
        try:
            self._anchored(ledger, last)
        except ClewError as error:
            log.warning("the Ledger is not anchored: %s", error)
