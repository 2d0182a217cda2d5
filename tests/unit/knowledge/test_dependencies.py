"""A server that does not answer is left alone, and asked again by one probe."""

from __future__ import annotations

import threading

import pytest

from configs.errors import StoreRefused, StoreTimeout, StoreUnavailable
from knowledge.breaker import Breaker
from knowledge.deadlines import in_time
from knowledge.dependencies import Dependency
from tests.clock import Clock


class Store:
    """Says what it was told to, and counts how often it was asked."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.asked = 0
        self.closed = False

    def get(self, key: str) -> str:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return key

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Dependency:
    return Dependency("memory", "redis", Breaker(failures=2, rest_s=1.0, clock=clock))


def test_a_server_that_is_away_is_left_alone_until_a_probe_finds_it(server: Dependency, clock: Clock) -> None:
    store = Store()
    guarded = server.guarded(store)
    store.error = StoreUnavailable("nobody there")
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="nobody there"):
            guarded.get("a")
    with pytest.raises(StoreUnavailable, match="redis is left alone for a moment: nobody there"):
        guarded.get("a")
    assert (store.asked, server.breaker.state) == (2, "open")
    store.error, clock.now = None, 1.5
    assert guarded.get("b") == "b"
    assert (server.breaker.state, server.fault) == ("closed", None)


def test_what_a_server_refuses_is_an_answer(server: Dependency) -> None:
    store = Store()
    store.error = StoreRefused("wrong password")
    guarded = server.guarded(store)
    for _ in range(5):
        with pytest.raises(StoreRefused):
            guarded.get("a")
    assert server.breaker.state == "closed"


def test_closing_always_passes(server: Dependency) -> None:
    store = Store()
    store.error = StoreTimeout("late")
    guarded = server.guarded(store)
    for _ in range(2):
        with pytest.raises(StoreTimeout):
            guarded.get("a")
    guarded.close()
    assert store.closed


def test_a_call_that_never_returns_is_not_waited_for(server: Dependency) -> None:
    never = threading.Event()

    class Hung(Store):
        def get(self, key: str) -> str:
            never.wait()
            return key

    try:
        with pytest.raises(StoreTimeout, match="redis says nothing any more"):
            server.guarded(Hung(), {"get": 0.01}).get("a")
        assert server.fault is not None
    finally:
        never.set()


def test_what_a_call_raises_in_time_is_its_own() -> None:
    def work() -> int:
        raise StoreTimeout("of its own")

    with pytest.raises(StoreTimeout, match="of its own"):
        in_time(work, 5.0, "it")
    assert in_time(lambda: 3, 5.0, "it") == 3


def test_a_store_is_opened_by_the_first_call_that_finds_its_server(server: Dependency, clock: Clock) -> None:
    stores: list[Store] = []

    def opened() -> Store:
        if clock.now < 2:
            raise StoreUnavailable("nobody there")
        stores.append(Store())
        return stores[-1]

    store = server.opening(opened)
    store.close()
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            store.get("a")
    assert server.breaker.state == "open"
    clock.now = 2
    assert [store.get("b"), store.get("c")] == ["b", "c"]
    store.close()
    assert [one.closed for one in stores] == [True]
