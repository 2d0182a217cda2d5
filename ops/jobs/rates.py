"""How fast a stage goes and how long it will take: from the steps that a long run reports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

_TELLING_S = 0.2
_TELLING_SHARE = 0.02
"""A rate is told once this much was measured: the first files wait for the processes that read them."""


@dataclass(frozen=True, slots=True)
class Rate:
    """per_s: steps a second; remaining_s: None where the total is not known."""

    per_s: float
    remaining_s: float | None


class StageClock:
    """Told of each step; knows when the stage began. What was done when it began came from a cache, and says nothing of the rate."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.stage = ""
        self._began = clock()
        self._done_before = 0

    def step(self, stage: str, done: int, total: int) -> Rate | None:
        """Return the rate of the stage, None while it cannot be told."""
        now = self._clock()
        if stage != self.stage:
            self.stage, self._began, self._done_before = stage, now, done
        elapsed_s, measured = now - self._began, done - self._done_before
        if measured <= (total - self._done_before) * _TELLING_SHARE or elapsed_s <= _TELLING_S:
            return None
        per_s = measured / elapsed_s
        return Rate(per_s, (total - done) / per_s if total else None)
