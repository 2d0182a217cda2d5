"""How much may be tried again: a budget over all calls of a process, so that trouble never multiplies itself.

Each call earns a part of a further one; every further call, on whatever host or model, costs a whole one. With `share` 0.09 and
a reserve of 3 the extra load of 300 calls is at most a tenth, however many fail.
"""

from __future__ import annotations

import threading

TRIES_A_MODEL = 3
"""Calls for one model of one answer, on all of its hosts."""
BACKOFF = {"wait_initial": 0.2, "wait_max": 2.0, "wait_jitter": 0.2}
"""Seconds before the same host is asked again; another one is asked at once."""


class RetryBudget:
    """Safe to share between threads."""

    def __init__(self, *, share: float = 0.09, reserve: float = 3.0) -> None:
        self._share, self._reserve = share, reserve
        self._left = reserve
        self._lock = threading.Lock()
        self.calls = 0
        self.extra = 0

    def earn(self) -> None:
        """Count a first call."""
        with self._lock:
            self.calls += 1
            self._left = min(self._left + self._share, self._reserve + self._share * self.calls)

    def spend(self) -> bool:
        """Take the right to one further call; False when it is used up."""
        with self._lock:
            if self._left < 1.0:
                return False
            self._left -= 1.0
            self.extra += 1
            return True
