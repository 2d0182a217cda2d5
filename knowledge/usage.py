"""How much was asked, what it cost and how it was liked, in sums by day: a view of the Ledger, and the port of its store.

Nothing here is a source: everything can be made again from the events (`ops/ledger/usage.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Protocol

_BASE = math.log(1.04)
"""Times are counted in buckets of 4 %: a percentile is off by 2 % at most, and counts of days can be added."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a sum is of. subject: the id of the person's key. model: what was called, or wrote the answer; empty for none."""

    day: str
    subject: str = ""
    team: str = ""
    project: str = ""
    model: str = ""
    release: str = ""
    door: str = ""


@dataclass(slots=True)
class Tally:
    """Sums of one cell. latencies, evidence: bucket -> answers (`bucket_of`); levels: level -> answers."""

    asked: int = 0
    answered: int = 0
    unanswered: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    micro_usd: int = 0
    verified: int = 0
    refuted: int = 0
    findings: int = 0
    up: int = 0
    down: int = 0
    ratings: int = 0
    rating_sum: int = 0
    corrections: int = 0
    signals: int = 0
    latencies: dict[int, int] = field(default_factory=dict)
    evidence: dict[int, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in COUNTS:
            mine = getattr(self, name)
            for key, count in getattr(other, name).items():
                mine[key] = mine.get(key, 0) + count


COUNTS = ("latencies", "evidence", "levels")
SUMS = tuple(one.name for one in fields(Tally) if one.name not in COUNTS)


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run by its id: to whom and what its sums belong, and how it ended (empty while it has not)."""

    id: str
    cell: Cell
    ended: str = ""

    def with_model(self, model: str) -> Cell:
        return replace(self.cell, model=model)


class UsageStore(Protocol):
    """Sums and runs, with how far the streams were read. Blocking; raises StoreError."""

    def cursors(self) -> dict[str, int]:
        """Return the number of the last event of each stream that the sums hold."""
        ...

    def add(
        self, before: Mapping[str, int], after: Mapping[str, int], tallies: Mapping[Cell, Tally], runs: Sequence[Run]
    ) -> bool:
        """Add sums and runs, if the cursors are still those of `before`: then True. In one transaction."""
        ...

    def tallies(self, since: str, until: str) -> dict[Cell, Tally]:
        """Return the sums of the days from `since` to `until`, both of them included; empty bounds are open."""
        ...

    def runs(self, ids: Sequence[str]) -> dict[str, Run]: ...

    def runs_beginning(self, begin: str, limit: int) -> list[Run]:
        """Return runs whose id begins so."""
        ...

    def clear(self) -> None: ...

    def close(self) -> None: ...


def bucket_of(ms: float) -> int:
    return round(math.log(max(ms, 0.01)) / _BASE)


def percentile(buckets: Mapping[int, int], share: float) -> float | None:
    """Return the milliseconds that so large a share of the counted times stays below; None where there are none."""
    total = sum(buckets.values())
    if not total:
        return None
    rank, seen = max(math.ceil(share * total), 1), 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= rank:
            return round(math.exp(bucket * _BASE), 2)
    raise AssertionError("the counts of a histogram make its total")
