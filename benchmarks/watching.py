"""What watching costs a run: nine visits of nodes, with and without the tokens of a model, in CPU milliseconds.

    python -m benchmarks.watching

A run without a model visits nine nodes (two analysts, the watcher twice). The second figure adds a call of a model that writes 300 tokens:
the canary, the checks of the text so far and the filter of its draft.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from agents.calls.watched_gateway import WatchedGateway
from agents.calls.watching import Watch
from configs.release import Limits
from models.provider import Completion

VISITS = 9
ROUNDS = 200
WORDS = [f"`Order.total` calls step {n} [1].{chr(10) if n % 8 == 0 else ' '}" for n in range(60)]


class Scripted:
    """A gateway whose model says 300 words at once."""

    async def write(
        self, model: str, _prompt: str, *, on_token: Callable[[str], Awaitable[None]], **_: Any
    ) -> Completion:
        pieces = [f"{word} " for sentence in WORDS for word in sentence.split(" ") if word]
        for piece in pieces[:300]:
            await on_token(piece)
        return Completion("".join(pieces[:300]), model, 1, 300)


async def visits(watch: Watch) -> None:
    for _ in range(VISITS):
        async with watch.visit("planner", stuck_s=30) as visit:
            visit.tap(_ignore)({"event": "evidence"})


async def written(watch: Watch, gateway: Any) -> None:
    async with watch.visit("writer", stuck_s=30) as visit:
        if gateway is None:
            await Scripted().write("m", "Explain `Order.total`.", on_token=_unheard)
            return
        watched = WatchedGateway(gateway, watch, visit, Limits(), 1e9, 1e9)
        await watched.write("m", "Explain `Order.total`.", on_token=_unheard, max_tokens=900)


def _ignore(_part: Any) -> None: ...


async def _unheard(_text: str) -> None: ...


async def measured(once: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """Return median and 95th percentile in CPU milliseconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time_ns()
        await once()
        times.append((time.process_time_ns() - started) / 1e6)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


async def figures() -> None:
    watch = Watch()
    for name, once in (
        ("nine visits", lambda: visits(watch)),
        ("a model of 300 tokens, not watched", lambda: written(watch, None)),
        ("a model of 300 tokens, watched and filtered", lambda: written(watch, Scripted())),
    ):
        median, most = await measured(once)
        print(f"{name}: median {median:.3f} ms, 95th percentile {most:.3f} ms")


if __name__ == "__main__":
    asyncio.run(figures())
