"""How much may be tried again: a budget over all calls of a process, so that trouble never multiplies itself.

Each call earns a part of a further one; every further call, on whatever host or model, costs a whole one. With `share` 0.08 and a
reserve of 2 the extra load of a hundred calls or more is at most a tenth, however many fail. One more is earned every half minute, up to
the reserve: on a quiet machine an answer may always go on to the next rung. A long calm saves up no more than `most`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

BACKOFF = {"wait_initial": 0.2, "wait_max": 2.0, "wait_jitter": 0.2}
"""Seconds before the same host is asked again; another one is asked at once."""


class RetryBudget:
    """Safe to share between threads."""

    def __init__(
        self,
        *,
        share: float = 0.08,
        reserve: float = 2.0,
        most: float = 10.0,
        earned_every_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share, self._reserve, self._most = share, reserve, most
        self._earned_every_s, self._clock = earned_every_s, clock
        self._left = reserve
        self._counted_at = clock()
        self._lock = threading.Lock()
        self.calls = 0
        self.extra = 0

    def earn(self) -> None:
        """Count a first call."""
        with self._lock:
            self.calls += 1
            self._left = min(self._left + self._share, self._most)

    def spend(self, *, keep: float = 0.0) -> bool:
        """Take the right to one further call; False when it is used up, or when less than `keep` would be left."""
        with self._lock:
            now = self._clock()
            earned = (now - self._counted_at) / self._earned_every_s
            self._counted_at = now
            if self._left < self._reserve:
                self._left = min(self._left + earned, self._reserve)
            if self._left < 1.0 + keep:
                return False
            self._left -= 1.0
            self.extra += 1
            return True
