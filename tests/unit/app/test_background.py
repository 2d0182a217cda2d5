"""Vectors follow the index of a running server: filled when it changes, dropped when it is forgotten, out of the way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import background
from app.background import Pace, vectors_filled
from app.owned_vectors import OwnedVectors, Sources
from configs.errors import ModelUnavailable, StoreBusy, StoreCorrupt
from indexers.vector_state import VectorState
from knowledge.schema import RepositoryInfo


class Recorded(OwnedVectors):
    """Remembers what it was told; `fails` raises once for a repository."""

    def __init__(self, fill: Callable[[], None] | None = None) -> None:
        super().__init__(_never_opened, lambda _: _never_opened(), Path)
        self.calls: list[tuple[str, str]] = []
        self.fails: dict[str, Exception] = {}
        self._fill = fill

    @property
    def is_open(self) -> bool:
        return True

    def open(self, sources: Sources) -> None:
        """Nothing to open."""

    def fill(self, sources: Sources, repository: str, generation: int) -> Iterator[VectorState]:
        self.calls.append(("fill", repository))
        if error := self.fails.pop(repository, None):
            raise error
        if self._fill:
            self._fill()
        yield VectorState()

    def drop(self, repository: str) -> None:
        self.calls.append(("drop", repository))

    def close(self) -> None:
        self.calls.append(("close", ""))


def _never_opened() -> Any:
    raise AssertionError("nothing to open")


def info(name: str, generation: int) -> RepositoryInfo:
    return RepositoryInfo(name, "/nowhere", "worktree:0", generation, "2026-01-01T00:00:00+00:00")


def stores(repositories: Callable[[object], list[RepositoryInfo]]) -> Any:
    graph = SimpleNamespace(repositories=repositories)
    return SimpleNamespace(has_index=True, graph=graph, vector_sources=lambda: None)


def played(owned: Recorded, scenes: list[list[RepositoryInfo]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the background work see one scene after the other, then stop it."""
    monkeypatch.setattr(background, "LOOK_AGAIN_S", 0)
    ended = threading.Event()
    remaining = list(scenes)

    def repositories(_: object) -> list[RepositoryInfo]:
        if len(remaining) > 1:
            return remaining.pop(0)
        ended.set()
        return remaining[0]

    async def main() -> None:
        seen = stores(repositories)
        seen.mend_vectors = lambda: owned.calls.append(("mend", ""))
        async with vectors_filled(seen, owned):
            await asyncio.to_thread(ended.wait, 5)

    asyncio.run(main())


def test_a_new_generation_is_filled_once_and_a_forgotten_repository_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    owned = Recorded()
    first, second = info("a", 1), info("b", 1)
    played(
        owned, [[first, second], [first, second], [info("a", 2), second], [info("a", 2)], [info("a", 2)]], monkeypatch
    )
    assert owned.calls == [("fill", "a"), ("fill", "b"), ("fill", "a"), ("drop", "b"), ("close", "")]


@pytest.mark.parametrize("error", [StoreBusy("owned by process 7"), ModelUnavailable("Ollama is away")])
def test_what_failed_is_tried_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    owned = Recorded()
    owned.fails = {"a": error}
    played(owned, [[info("a", 1), info("b", 1)]] * 4, monkeypatch)
    fills = [call for call in owned.calls if call[0] == "fill"]
    assert fills == [("fill", "a"), ("fill", "b"), ("fill", "a")]


def test_a_store_that_failed_is_let_go_so_that_others_can_rebuild_it(monkeypatch: pytest.MonkeyPatch) -> None:
    owned = Recorded()
    owned.fails = {"a": StoreBusy("owned by process 7")}
    played(owned, [[info("a", 1)]] * 4, monkeypatch)
    assert owned.calls == [("fill", "a"), ("close", ""), ("fill", "a"), ("close", "")]


def test_a_damaged_store_is_made_anew_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    owned = Recorded(_damaged)
    played(owned, [[info("a", 1)]] * 5, monkeypatch)
    assert owned.calls[:4] == [("fill", "a"), ("close", ""), ("mend", ""), ("fill", "a")]
    assert owned.calls.count(("mend", "")) == 1
    assert "thrown away and made again" in caplog.text


def test_other_embedders_are_looked_for_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "CHOOSE_AGAIN_S", -1)
    owned = Recorded()
    played(owned, [[info("a", 1)]] * 3, monkeypatch)
    assert owned.calls.count(("fill", "a")) >= 2


def test_what_stays_wrong_is_said_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    owned = Recorded(_owned_elsewhere)
    played(owned, [[info("a", 1)]] * 6, monkeypatch)
    said = "no dense vectors for now: owned by process 7; stop it"
    assert [record.getMessage() for record in caplog.records] == [said]


def test_a_fault_of_the_background_work_is_logged_and_ends_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    owned = Recorded(_broken)
    with ThreadPoolExecutor(1) as filler:
        asyncio.run(background._keep_filled(stores(lambda _: [info("a", 1)]), owned, Pace(), filler))
    assert "searches go on without them" in caplog.text
    assert "a fault of numpy" in caplog.text


def test_a_fill_that_fails_while_the_server_stops_does_not_hold_it_up() -> None:
    begun, may_fail = threading.Event(), threading.Event()

    def fill() -> None:
        begun.set()
        may_fail.wait(5)
        raise StoreBusy("owned by process 7")

    owned = Recorded(fill)

    async def main() -> None:
        async with asyncio.timeout(4), vectors_filled(stores(lambda _: [info("a", 1)]), owned):
            await asyncio.to_thread(begun.wait, 5)
            asyncio.get_running_loop().call_later(0.01, may_fail.set)

    asyncio.run(main())
    assert owned.calls == [("fill", "a"), ("close", "")]


def test_a_fill_waits_for_questions_and_no_longer_when_it_is_stopped() -> None:
    pace = Pace()
    order: list[str] = []

    def rest() -> None:
        pace.rest()
        order.append("rested")

    with pace.question():
        thread = threading.Thread(target=rest)
        thread.start()
        with pace.question():
            pass
        order.append("answered")
    thread.join(5)
    assert order == ["answered", "rested"]
    with pace.question():
        pace.stop()
        pace.rest()  # returns at once


def test_a_fill_waits_a_little_longer_than_a_question_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    waited: list[float] = []

    def wait(left: float) -> None:
        waited.append(round(left, 3))
        now[0] += left

    pace = Pace(lambda: now[0])
    monkeypatch.setattr(pace._idle, "wait", wait)
    pace.rest()
    assert waited == [], "nobody has asked"
    with pace.question():
        pass
    now[0] += 0.2
    pace.rest()
    assert waited == [round(background.QUIET_S - 0.2, 3)]
    pace.rest()
    assert len(waited) == 1
    with pace.question():
        pace.rest()
    assert waited[1:] == [background.LONGEST_PAUSE_S]


def _damaged() -> None:
    raise StoreCorrupt("the vectors are damaged", next_step="clew vectors --rebuild")


def _owned_elsewhere() -> None:
    raise StoreBusy("owned by process 7", next_step="stop it")


def _broken() -> None:
    raise ArithmeticError("a fault of numpy")
