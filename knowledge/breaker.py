"""A circuit breaker for one host or server: closed, open, half-open with exactly one probe.

Closed: calls pass, and a run of failures opens it. Open: none passes until it has rested, longer after each probe that failed.
Half-open: one call passes as the probe; its end closes or opens the breaker, and until then no other passes.
Safe to share between threads; never sleeps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

REST_S = 10.0
State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True, eq=False)
class Permit:
    """The right to make one call, to be given back with `Breaker.settle`. `probe`: it decides whether the host is back."""

    probe: bool
    era: int


class Breaker:
    """failures: so many in a row open it. rest_s: how long it then rests; doubled by each failed probe, up to `most_rest_s`."""

    def __init__(
        self,
        *,
        failures: int = 3,
        rest_s: float = REST_S,
        most_rest_s: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures, self._rest_s, self._most_rest_s, self._clock = failures, rest_s, most_rest_s, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until: float | None = None
        self._resting_s = rest_s
        self._probing = False
        self._era = 0

    @property
    def state(self) -> State:
        with self._lock:
            if self._open_until is None:
                return "closed"
            return "half-open" if self._probing or self._clock() >= self._open_until else "open"

    @property
    def opens_in_s(self) -> float:
        """How long it still rests; 0 when a call may pass."""
        with self._lock:
            return 0.0 if self._open_until is None else max(self._open_until - self._clock(), 0.0)

    def would_pass(self) -> bool:
        """Tell whether a call might pass now, without taking the probe."""
        with self._lock:
            return self._open_until is None or (not self._probing and self._clock() >= self._open_until)

    def ask(self) -> Permit | None:
        """Return the right to call, None while there is none."""
        with self._lock:
            if self._open_until is None:
                return Permit(False, self._era)
            if self._probing or self._clock() < self._open_until:
                return None
            self._probing = True
            return Permit(True, self._era)

    def settle(self, permit: Permit, *, well: bool | None) -> None:
        """Say how a call ended. None: it says nothing about the host (the caller went away), and a probe may be tried again.

        What began before the breaker last changed its mind no longer counts.
        """
        with self._lock:
            if permit.era != self._era:
                return
            if permit.probe:
                self._probing = False
            if well is None:
                return
            if well:
                self._close(changes=permit.probe)
            elif permit.probe or self._failed + 1 >= self._failures:
                self._open(again=permit.probe)
            else:
                self._failed += 1

    def _close(self, *, changes: bool) -> None:
        self._failed, self._open_until, self._resting_s = 0, None, self._rest_s
        self._era += changes

    def _open(self, *, again: bool) -> None:
        self._resting_s = min(self._resting_s * 2, self._most_rest_s) if again else self._rest_s
        self._open_until = self._clock() + self._resting_s
        self._failed, self._probing = 0, False
        self._era += 1
