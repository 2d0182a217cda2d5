"""One streamed answer: what it has told so far, who reads it, and how it stands."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from app.rest.api.sse import encoded
from knowledge.scope import Scope

MAX_RUN_BYTES = 1_000_000
FALLIBLE = ("draft",)
"""Events that may be dropped from what is kept."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as it is sent."""

    number: int
    name: str
    content: bytes


@dataclass(eq=False, slots=True)
class Run:
    """state: running, finished, asked_back, failed or stopped. answer: the record, or what was asked back, once it is there."""

    id: str
    owner: str
    scope: Scope
    request_id: str
    state: str = "running"
    answer: dict[str, Any] | None = None
    ended_at: float = 0.0
    told: deque[Told] = field(default_factory=deque)
    count: int = 0
    size: int = 0
    readers: int = 0
    task: asyncio.Task[None] | None = None
    telling: asyncio.Task[None] | None = None
    abandoned: asyncio.TimerHandle | None = None
    patience_s: float = 0.0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_running(self) -> bool:
        return self.state == "running"

    def tell(self, name: str, data: dict[str, Any]) -> None:
        """Add an event, and wake who waits for it."""
        self.count += 1
        one = Told(self.count, name, encoded(name, data, f"{self.id}.{self.count}"))
        self.told.append(one)
        self.size += len(one.content)
        if self.size > MAX_RUN_BYTES:
            self._drop()
        self._wake()

    def repeat(self, number: int, content: bytes) -> None:
        """Add an event that another process told."""
        self.told.append(Told(number, "", content))
        self._wake()

    def since(self, number: int) -> list[Told]:
        """Return what was told after this event."""
        return list(takewhile(lambda one: one.number > number, reversed(self.told)))[::-1]

    def end(self, state: str) -> None:
        if self.is_running:
            self.state, self.ended_at = state, time.monotonic()
            self._wake()

    def postpone(self) -> None:
        """Take it for abandoned only so long from now on, where nobody reads it."""
        if self.abandoned is not None:
            self.abandoned.cancel()
            self.abandoned = None
        if self.readers == 0 and self.is_running and self.task is not None:
            self.abandoned = asyncio.get_running_loop().call_later(self.patience_s, self.task.cancel)

    def _drop(self) -> None:
        kept = [one for one in self.told if one.name not in FALLIBLE]
        self.told = deque(kept)
        self.size = sum(len(one.content) for one in kept)

    def _wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()
