"""A provider with what is known of it: what it holds and since when, whether it is well, how busy and how fast it is."""

from __future__ import annotations

import asyncio
import math
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from configs.errors import HostFailed
from knowledge.breaker import Breaker
from knowledge.paces import KeptPace, PaceStore
from models.provider import Call, Provider, collected
from models.registry import ModelInfo, named
from models.slots import Slots
from models.speed import Pace, Speeds

SLOTS = 4
CACHE_S = 15.0
_SLOW_S = 1.0
"""How long it is believed that nothing is known of a host that was too slow to say."""
_NEW_SAMPLE = 0.3
"""Weight of the newest call in the moving average."""
_FAILURE_MS = 3_000.0
"""A call that failed counts as one of at least this length: a host that refuses at once must not look fast."""
_UNKNOWN_MS = 0.001
"""A host that never answered counts as fast, so that it is tried."""
_MEASURED_NUMBERS, _MEASURED_TOKENS = 100, 24
"""What a model reads and writes when its pace is measured: some 200 to 300 tokens, a few seconds on a slow machine."""
_HALVED_EVERY_S = 60.0
"""What was measured long ago counts less: a host that was slow once, perhaps loading a model, is tried again."""
UNWELL = frozenset({"unreachable", "busy", "loading", "slow", "cut", "broken", "failed", "missing", "denied"})
"""Faults that speak against asking the host again soon; `refused` is about one call alone."""


class Host:
    """cache_s: how long a look at what it holds stays good. A host that did not answer is looked at again after the same time.

    One that is merely slow to say what it holds is believed to hold what it held before; when nothing is known yet, it is asked again soon.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        slots: int = SLOTS,
        cache_s: float = CACHE_S,
        clock: Callable[[], float] = time.monotonic,
        breaker: Breaker | None = None,
        paces: PaceStore | None = None,
    ) -> None:
        self.provider = provider
        self.breaker = breaker or Breaker(clock=clock)
        self.slots = Slots(slots)
        self.speeds = Speeds(clock=clock)
        self._paces = paces
        self._kept: dict[str, KeptPace] = {}
        self._cache_s, self._clock = cache_s, clock
        self._lock = threading.Lock()
        self._seen_at: float | None = None
        self._models: list[ModelInfo] = []
        self._fault: HostFailed | None = None
        self._writes: dict[str, bool] = {}
        self.latency_ms: float | None = None
        self._measured_at = 0.0

    async def models(self) -> list[ModelInfo]:
        """Return what it holds, from the cache while that is fresh. Raises HostFailed."""
        if self._seen_at is None or self._clock() - self._seen_at >= self._cache_s:
            found, fault, good_s = [], None, self._cache_s
            try:
                found = await self.provider.models()
            except HostFailed as exc:
                if exc.fault == "slow" and self._models:
                    found = self._models
                else:
                    fault, good_s = exc, _SLOW_S if exc.fault == "slow" else self._cache_s
            self._models, self._fault = found, fault
            self._seen_at = self._clock() - max(self._cache_s - good_s, 0.0)
        if self._fault is not None:
            raise self._fault
        return self._models

    @property
    def seen(self) -> Sequence[ModelInfo]:
        """What it held at the last look; nobody is asked."""
        return self._models

    def look_anew(self) -> None:
        """Let the next question look at the host itself."""
        self._seen_at = None

    async def can_write(self, model: ModelInfo) -> bool:
        """Whether the model writes text; asked once for each build of it. Raises HostFailed."""
        key = model.digest or model.name
        if key not in self._writes:
            self._writes[key] = await self.provider.can_write(model.name)
        return self._writes[key]

    async def measure(self, model: str, window_tokens: int, timeout_s: float) -> Pace:
        """Let a model read some hundred tokens and write a few, and return its pace, which is kept. Raises HostFailed."""

        async def unheard(_text: str) -> None:
            """Hear nothing."""

        numbers = " ".join(
            str(secrets.randbelow(1_000)) for _ in range(_MEASURED_NUMBERS)
        )  # new, so that nothing of it is kept
        prompt = f"Add up as many of these as you can, and show each step: {numbers}"
        done = await collected(
            self.provider, Call(model, prompt, window_tokens, _MEASURED_TOKENS, timeout_s, stall_s=timeout_s), unheard
        )
        self.speeds.count(
            model,
            read=done.input_tokens,
            read_s=done.read_s,
            written=done.output_tokens,
            write_s=done.write_s,
            most=_MEASURED_TOKENS,
        )
        await self.keep_pace(model)
        return self.speeds.of(model)

    async def keep_pace(self, model: str) -> None:
        """Keep how fast a model is for other processes, when that differs from what is kept. Never raises."""
        pace = self.speeds.kept(self.provider.url, model, time.time())
        if self._paces is None or not (pace.reads or pace.writes) or not _moved(self._kept.get(model), pace):
            return
        self._kept[model] = pace
        await asyncio.to_thread(self._paces.keep, pace)

    @property
    def load(self) -> float:
        """Calls in flight times the usual latency: what a new call would wait behind."""
        age_s = self._clock() - self._measured_at
        usual_ms = max((self.latency_ms or 0.0) * math.pow(0.5, age_s / _HALVED_EVERY_S), _UNKNOWN_MS)
        return (self.slots.in_flight + 1) * usual_ms

    def note(self, ms: float, *, well: bool) -> None:
        """Count a call that ended. One that failed makes the host look slower, however fast it failed."""
        with self._lock:
            known = self.latency_ms
            sample = ms if well else max(ms, _FAILURE_MS)
            self._measured_at = self._clock()
            self.latency_ms = sample if known is None else known + _NEW_SAMPLE * (sample - known)


def _moved(before: KeptPace | None, now: KeptPace) -> bool:
    """Return whether a pace differs by more than a tenth from what was kept."""
    if before is None or (before.most_read is None) != (now.most_read is None):
        return True
    rates = ((before.reads, now.reads), (before.writes, now.writes))
    return any((old is None) != (new is None) or abs((old or 0) - (new or 0)) > (old or 0) / 10 for old, new in rates)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model, and the hosts that hold this build of it."""

    model: ModelInfo
    hosts: tuple[Host, ...]

    @property
    def is_well(self) -> bool:
        return any(host.breaker.would_pass() for host in self.hosts)


def offers_of(held: Sequence[tuple[Host, Sequence[ModelInfo]]]) -> list[Offer]:
    """Return each model with its hosts. The first host that holds a name says which build (digest) it means."""
    first: dict[str, ModelInfo] = {}
    hosts: dict[str, list[Host]] = {}
    for host, models in held:
        for model in models:
            meant = first.setdefault(model.name, model)
            if (model.digest, model.leaves) == (meant.digest, meant.leaves):
                hosts.setdefault(model.name, []).append(host)
    return [Offer(model, tuple(hosts[name])) for name, model in first.items()]


def offered(offers: Sequence[Offer], name: str) -> Offer | None:
    """Return the offer that `name` means (see `registry.named`)."""
    found = named((offer.model for offer in offers), name)
    return next((offer for offer in offers if offer.model is found), None)


def less_loaded(hosts: Sequence[Host], random: Random) -> Host:
    """Return the less loaded of two hosts drawn at random: nearly as even as asking all, and no herd follows one figure."""
    drawn = random.sample(list(hosts), min(len(hosts), 2))
    return min(drawn, key=lambda host: host.load)
