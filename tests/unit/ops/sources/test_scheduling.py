"""What is due begins: after pushes, by schedules, once for what was missed, and one job a repository."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import JobRunning, UnknownRepository, UnknownSource
from knowledge.backends.sqlite_sources import SqliteSources
from knowledge.jobs import Order
from knowledge.sources import Awaited
from ops.sources import scheduling
from ops.sources.scheduling import Refreshing, Schedules
from tests.clock import Clock

HOUR = 3_600.0


def ask(store: SqliteSources, awaited: Awaited) -> None:
    store.hear("webhook", (), awaited.first_at, awaited)


class Started:
    """Takes orders; a repository that is busy has a job already."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.busy = False
        self.began = asyncio.Event()

    async def start(self, order: Order) -> None:
        if self.busy:
            raise JobRunning("busy", job_id="x")
        self.orders.append(order)
        self.began.set()

    def by_name(self, name: str) -> Order:
        if name == "gone":
            raise UnknownRepository("gone")
        return Order(f"/src/{name}", name)

    def by_source(self, identity: str, deleted: bool) -> Order:
        if identity == "gone":
            raise UnknownSource("gone")
        return Order(f"/clones/{identity}", source=identity, drop=deleted)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteSources]:
    opened = SqliteSources(tmp_path / "sources.db")
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000.0)


@pytest.fixture
def started() -> Started:
    return Started()


@pytest.fixture
def schedules(store: SqliteSources, clock: Clock) -> Schedules:
    return Schedules(store, clock, 30.0, lambda *_: None)


@pytest.fixture
def refreshing(store: SqliteSources, clock: Clock, started: Started, schedules: Schedules) -> Refreshing:
    return Refreshing(
        store, schedules, clock, order_by_name=started.by_name, order_by_source=started.by_source, start=started.start
    )


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 30))


def test_a_schedule_runs_when_it_is_time_and_is_spread_a_little(
    schedules: Schedules, refreshing: Refreshing, started: Started, clock: Clock
) -> None:
    made = schedules.set("shop", "every 1h")
    assert clock.now + HOUR <= made.next_at <= clock.now + HOUR + 30
    assert 0 < run(refreshing.begin_due()) <= HOUR + 30
    assert started.orders == []
    clock.now = made.next_at
    run(refreshing.begin_due())
    assert [order.repository for order in started.orders] == ["shop"]
    following = schedules.get("shop")
    assert following is not None
    assert (following.last_at, following.next_at >= clock.now + HOUR) == (clock.now, True)
    assert schedules.set("shop", "every 1m").next_at <= clock.now + 66, "at most a tenth of its pause"


def test_runs_that_were_missed_are_made_up_for_once(
    schedules: Schedules, refreshing: Refreshing, started: Started, clock: Clock
) -> None:
    schedules.set("shop", "every 1h")
    clock.now += 100 * HOUR  # nobody served meanwhile
    run(refreshing.begin_due())
    run(refreshing.begin_due())
    assert len(started.orders) == 1
    following = schedules.get("shop")
    assert following is not None
    assert following.next_at > clock.now


def test_one_at_a_time_and_what_is_not_there_is_passed_over(
    schedules: Schedules, refreshing: Refreshing, started: Started, clock: Clock
) -> None:
    for name in ("shop", "gone"):
        schedules.set(name, "every 1h")
    clock.now += 2 * HOUR
    started.busy = True
    run(refreshing.begin_due())
    started.busy = False
    run(refreshing.begin_due())
    assert started.orders == []
    assert all(one.next_at > clock.now for one in schedules.all())
    schedules.remove("gone")
    with pytest.raises(UnknownSource):
        schedules.remove("gone")


def test_pushes_begin_one_job_when_they_have_stopped(
    store: SqliteSources, refreshing: Refreshing, started: Started, clock: Clock
) -> None:
    for _ in range(5):
        ask(store, Awaited("a", clock.now + 5, clock.now))
        clock.now += 2
        run(refreshing.begin_due())
    assert started.orders == []
    clock.now += 3
    run(refreshing.begin_due())
    run(refreshing.begin_due())
    assert started.orders == [Order("/clones/a", source="a")]
    assert store.awaited() == []


def test_a_push_while_a_job_runs_begins_another_one_afterwards(
    store: SqliteSources, refreshing: Refreshing, started: Started, clock: Clock
) -> None:
    ask(store, Awaited("a", clock.now, clock.now - 1_000, deleted=True))
    started.busy = True
    assert run(refreshing.begin_due()) > 0, "it is not looked at again at once"
    assert started.orders == []
    started.busy = False
    clock.now += scheduling.PUT_OFF_S
    run(refreshing.begin_due())
    assert started.orders == [Order("/clones/a", source="a", drop=True)]
    ask(store, Awaited("gone", clock.now, clock.now))
    run(refreshing.begin_due())
    assert store.awaited() == []


def test_it_ends_where_a_push_wakes_it_at_the_moment_of_its_end(refreshing: Refreshing) -> None:
    """The wait of Python 3.11 for a time lost the end: the server went on waiting for its own task for ever."""

    async def work() -> None:
        async with refreshing.running():
            while not refreshing._woken._waiters:  # noqa: ASYNC110 - until it waits
                await asyncio.sleep(0)
            refreshing.wake()

    async def ends_in_time() -> bool:
        done, _ = await asyncio.wait([asyncio.create_task(work())], timeout=10)
        return bool(done)

    loop = asyncio.new_event_loop()  # `asyncio.run` would wait for what does not end
    try:
        assert loop.run_until_complete(ends_in_time())
    finally:
        loop.close()


def test_it_runs_beside_requests_and_is_woken(
    store: SqliteSources, refreshing: Refreshing, started: Started, clock: Clock
) -> None:
    async def work() -> None:
        async with refreshing.running():
            ask(store, Awaited("a", clock.now, clock.now))
            refreshing.wake()
            await started.began.wait()

    run(work())
    assert [order.source for order in started.orders] == ["a"]


class Jobs(Started):
    """One job a root at a time, as the job store has it. A job sees what was pushed before it began."""

    def __init__(self) -> None:
        super().__init__()
        self.active: set[str] = set()
        self.pushed = self.seen = 0

    async def start(self, order: Order) -> None:
        if order.root in self.active:
            raise JobRunning("busy", job_id="x")
        self.active.add(order.root)
        self.seen = self.pushed
        await super().start(order)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["push", "tick", "end", "wait", "restart", "schedule"]), max_size=15))
def test_whatever_happens_the_last_push_is_seen_by_a_job(done: list[str]) -> None:
    with TemporaryDirectory() as folder:
        store, clock, jobs = SqliteSources(Path(folder) / "sources.db"), Clock(1_000.0), Jobs()
        schedules = Schedules(store, clock, 30.0, lambda *_: None)

        def looking() -> Refreshing:
            how = {"order_by_name": lambda _name: Order("/clones/a"), "order_by_source": jobs.by_source}
            return Refreshing(store, schedules, clock, **how, start=jobs.start)  # type: ignore[arg-type]

        async def work() -> None:
            several = [looking(), looking()]
            for step in [*done, *["end", "wait", "tick"] * 3]:
                if step == "push":
                    jobs.pushed += 1
                    ask(store, Awaited("a", clock.now + 5, clock.now))
                elif step == "schedule":
                    schedules.set("a", "every 1m")
                elif step == "tick":
                    for one in several:
                        await one.begin_due()
                elif step == "end":
                    jobs.active.clear()
                elif step == "wait":
                    clock.now += 30
                else:
                    several = [looking(), looking()]

        run(work())
        assert jobs.seen == jobs.pushed
        assert "push" in done or "schedule" in done or jobs.orders == []
        store.close()


def test_several_servers_begin_a_run_once(store: SqliteSources, schedules: Schedules, clock: Clock) -> None:
    jobs = Jobs()
    several = [
        Refreshing(
            store, schedules, clock, order_by_name=jobs.by_name, order_by_source=jobs.by_source, start=jobs.start
        )
        for _ in range(3)
    ]
    schedules.set("shop", "every 1h")
    ask(store, Awaited("a", clock.now, clock.now))
    clock.now += 2 * HOUR

    async def all_at_once() -> None:
        await asyncio.gather(*(one.begin_due() for one in several))

    run(all_at_once())
    assert sorted(order.root for order in jobs.orders) == ["/clones/a", "/src/shop"]
