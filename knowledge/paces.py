"""How fast models of hosts read and write, as it was last seen: for the next process, which would learn it at the cost of an answer.

Numbers, names of models and addresses of hosts only. A store that fails costs what it would have told, so nothing here raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

KEPT = 200
"""Paces that are kept, the newest."""


@dataclass(frozen=True, slots=True)
class KeptPace:
    """Of one model at one host, at the Unix time `at`. Rates are in tokens a second; None: not known.

    most_read, most_written: the fastest that was measured; None: nothing was, and waits alone bound the rate.
    read_spread, written_spread: how far calls were from what was believed, as the mean of the logarithm's absolute error.
    lengths: usual tokens of an answer, by the most that it may have.
    """

    host: str
    model: str
    at: float
    reads: float | None = None
    most_read: float | None = None
    writes: float | None = None
    most_written: float | None = None
    read_spread: float = 0.0
    written_spread: float = 0.0
    lengths: Mapping[int, float] = field(default_factory=dict)


class PaceStore(Protocol):
    """Safe to share between threads and processes."""

    def read(self) -> list[KeptPace]:
        """Return what is kept; nothing where it cannot be read."""
        ...

    def keep(self, pace: KeptPace) -> None:
        """Put a pace in the place of what was kept of this model at this host."""
        ...
