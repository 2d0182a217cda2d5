"""The line before a host: order, places, and those who leave it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from models.slots import Slots


async def _quiet(_place: int) -> None:
    """Hear nothing."""


def test_calls_within_the_limit_never_wait() -> None:
    slots = Slots(2)

    async def run() -> None:
        async with slots.taken(_quiet), slots.taken(_quiet):
            assert (slots.in_flight, slots.waiting) == (2, 0)

    asyncio.run(run())
    assert slots.in_flight == 0


def test_those_in_line_know_their_place_and_move_up_in_order() -> None:
    slots = Slots(1)
    heard: dict[str, list[int]] = {"b": [], "c": []}
    order: list[str] = []

    async def call(name: str, ends: asyncio.Event, moved: asyncio.Event) -> None:
        async def on_place(place: int) -> None:
            heard[name].append(place)
            if heard["c"][-1:] == [1]:
                moved.set()

        async with slots.taken(on_place):
            order.append(name)
            await ends.wait()

    async def run() -> None:
        ends, moved = asyncio.Event(), asyncio.Event()
        async with slots.taken(_quiet):
            tasks = [asyncio.create_task(call(name, ends, moved)) for name in ("b", "c")]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert slots.waiting == 2
        await asyncio.wait_for(moved.wait(), 10)
        ends.set()
        await asyncio.gather(*tasks)

    asyncio.run(run())
    assert order == ["b", "c"]
    assert heard == {"b": [1], "c": [2, 1]}
    assert slots.in_flight == 0


def test_one_who_leaves_the_line_lets_the_others_move_up() -> None:
    slots = Slots(1)
    places: list[int] = []

    async def on_place(place: int) -> None:
        places.append(place)

    async def wait(heard: list[int] | None = None) -> None:
        async with slots.taken(on_place if heard is not None else _quiet):
            pass

    async def run() -> None:
        async with slots.taken(_quiet):
            first = asyncio.create_task(wait())
            await asyncio.sleep(0)
            second = asyncio.create_task(wait(places))
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            for _ in range(5):
                await asyncio.sleep(0)
            assert (places, slots.waiting) == ([2, 1], 1)
        await second

    asyncio.run(run())
    assert slots.in_flight == 0


def test_a_slot_that_falls_to_somebody_who_just_left_goes_on() -> None:
    slots = Slots(1)

    async def wait() -> str:
        async with slots.taken(_quiet):
            return "ran"

    async def run() -> tuple[object, object]:
        async with slots.taken(_quiet):
            first, second = asyncio.create_task(wait()), asyncio.create_task(wait())
            await asyncio.sleep(0)
        first.cancel()  # the slot is theirs already, and they have not woken yet
        return await asyncio.gather(first, second, return_exceptions=True)

    _, second = asyncio.run(run())
    assert second == "ran"
    assert slots.in_flight == 0


def test_event_loops_of_several_threads_share_one_line() -> None:
    slots = Slots(1)
    taken, go_on = Event(), Event()
    order: list[str] = []

    async def hold() -> None:
        async with slots.taken(_quiet):
            taken.set()
            await asyncio.to_thread(go_on.wait, 10)
            order.append("first")

    async def follow() -> None:
        async def on_place(place: int) -> None:
            go_on.set()

        async with slots.taken(on_place):
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(asyncio.run, hold())
        assert taken.wait(10)
        second = pool.submit(asyncio.run, follow())
        first.result(10)
        second.result(10)
    assert order == ["first", "second"]
