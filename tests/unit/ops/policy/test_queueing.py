"""Places for answers: never more than there are, in turn by principal, none lost."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import RateLimited
from ops.policy.queueing import FairQueue


def test_who_waits_comes_in_turn_by_principal() -> None:
    async def run() -> list[str]:
        queue, order = FairQueue(total=1, each=1, waiting=100, wait_s=10), []

        async def answer(who: str, number: int) -> None:
            async with queue.place(who):
                order.append(f"{who}{number}")
                await asyncio.sleep(0)

        asked = [answer("greedy", number) for number in range(5)] + [answer("b", 0), answer("c", 0), answer("b", 1)]
        await asyncio.gather(*asked)
        assert (queue.running, queue.waiting) == (0, 0)
        return order

    assert asyncio.run(run()) == ["greedy0", "greedy1", "b0", "c0", "greedy2", "b1", "greedy3", "greedy4"]


def test_one_principal_never_holds_more_than_its_places() -> None:
    async def run() -> tuple[int, int]:
        queue, running, most = FairQueue(total=3, each=2, waiting=100, wait_s=10), Counter[str](), Counter[str]()

        async def answer(who: str) -> None:
            async with queue.place(who):
                running[who] += 1
                most[who] = max(most[who], running[who])
                most["all"] = max(most["all"], running.total())
                await asyncio.sleep(0)
                running[who] -= 1

        await asyncio.gather(*(answer("a" if number % 4 else "b") for number in range(20)))
        return most["a"], most["all"]

    assert asyncio.run(run()) == (2, 3)


def test_too_many_and_too_long_are_refused_with_when_to_come_back() -> None:
    async def run() -> None:
        queue = FairQueue(total=1, each=0, waiting=1, wait_s=0.01)
        async with queue.place("a"):
            waiting = asyncio.create_task(queue.place("b").__aenter__())
            await asyncio.sleep(0)
            with pytest.raises(RateLimited, match="wait already") as caught:
                await queue.place("c").__aenter__()
            assert caught.value.retry_after_s > 0
            with pytest.raises(RateLimited, match="no place became free"):
                await waiting
            assert queue.waiting == 0
        async with queue.place("c"):
            assert queue.running == 1

    asyncio.run(run())


def test_no_limit_is_none() -> None:
    async def run() -> None:
        queue = FairQueue(total=0, each=0, waiting=0, wait_s=0)
        async with queue.place("a"), queue.place("a"), queue.place("b"):
            assert queue.running == 3

    asyncio.run(run())


@given(
    asked=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.booleans()), max_size=20),
    total=st.integers(1, 4),
    each=st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_places_are_never_overdrawn_and_none_is_lost_whoever_gives_up(
    asked: list[tuple[str, int, bool]], total: int, each: int
) -> None:
    async def run() -> None:
        queue, running = FairQueue(total=total, each=each, waiting=100, wait_s=10), Counter[str]()

        async def answer(who: str, steps: int) -> None:
            async with queue.place(who):
                running[who] += 1
                assert running.total() <= total
                assert running[who] <= each
                try:
                    for _ in range(steps):
                        await asyncio.sleep(0)
                finally:
                    running[who] -= 1

        tasks = [(asyncio.create_task(answer(who, steps)), gives_up) for who, steps, gives_up in asked]
        await asyncio.sleep(0)
        for task, gives_up in tasks:
            if gives_up:
                task.cancel()
            await asyncio.sleep(0)
        results = await asyncio.gather(*(task for task, _ in tasks), return_exceptions=True)
        assert all(one is None or isinstance(one, asyncio.CancelledError) for one in results)
        assert (queue.running, queue.waiting) == (0, 0)
        async with asyncio.timeout(1), queue.place("z"):
            assert queue.running == 1

    asyncio.run(run())
