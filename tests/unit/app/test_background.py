"""Dense vectors follow the index of a running server: filled when it changes, dropped when it is forgotten."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app import background
from app.background import OwnedVectors, vectors_filled
from configs.errors import StoreBusy, StoreUnavailable
from knowledge.ports import VectorIndex
from knowledge.schema import RepositoryInfo
from knowledge.scope import EVERYTHING


class Recorded(OwnedVectors):
    """Remembers what it was told; `fails` raises once for a repository."""

    def __init__(self) -> None:
        super().__init__(_never_opened, Path)
        self.calls: list[tuple[str, str]] = []
        self.fails: set[str] = set()

    def fill(self, source: Any, repository: str) -> None:
        self.calls.append(("fill", repository))
        if repository in self.fails:
            self.fails.remove(repository)
            raise StoreBusy("owned by process 7")

    def drop(self, repository: str) -> None:
        self.calls.append(("drop", repository))

    def close(self) -> None:
        self.calls.append(("close", ""))


def _never_opened() -> VectorIndex:
    raise AssertionError("nothing to open")


def info(name: str, generation: int) -> RepositoryInfo:
    return RepositoryInfo(name, "/nowhere", "worktree:0", generation, "2026-01-01T00:00:00+00:00")


def played(owned: Recorded, scenes: list[list[RepositoryInfo]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the background work see one scene after the other, then stop it."""
    monkeypatch.setattr(background, "LOOK_AGAIN_S", 0)
    ended = threading.Event()
    remaining = list(scenes)

    def repositories(_: object) -> list[RepositoryInfo]:
        if len(remaining) > 1:
            return remaining.pop(0)
        if ended.is_set():
            return remaining[0]
        ended.set()
        return remaining[0]

    wiring: Any = SimpleNamespace(has_index=True, lexical=None, graph=SimpleNamespace(repositories=repositories))

    async def main() -> None:
        async with vectors_filled(wiring, owned):
            await asyncio.to_thread(ended.wait, 5)

    asyncio.run(main())


def test_a_new_generation_is_filled_once_and_a_forgotten_repository_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    owned = Recorded()
    first, second = info("a", 1), info("b", 1)
    played(
        owned, [[first, second], [first, second], [info("a", 2), second], [info("a", 2)], [info("a", 2)]], monkeypatch
    )
    assert owned.calls == [("fill", "a"), ("fill", "b"), ("fill", "a"), ("drop", "b"), ("close", "")]


def test_a_store_that_another_process_owns_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    owned = Recorded()
    owned.fails = {"a"}
    played(owned, [[info("a", 1)]] * 4, monkeypatch)
    assert owned.calls == [("fill", "a"), ("fill", "a"), ("close", "")]


def test_before_the_first_fill_nothing_takes_part_in_a_search() -> None:
    owned = OwnedVectors(_never_opened, Path)
    assert owned.embedder_of("a") is None
    with pytest.raises(StoreUnavailable):
        owned.query(EVERYTHING, "a", None, top_k=1)  # type: ignore[arg-type]
    owned.close()


def test_what_stays_wrong_is_said_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    owned = Recorded()
    monkeypatch.setattr(owned, "fill", _owned_elsewhere)
    played(owned, [[info("a", 1)]] * 6, monkeypatch)
    assert [record.getMessage() for record in caplog.records] == ["no dense vectors for now: owned by process 7"]


def test_a_fault_of_the_background_work_is_logged_and_ends_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    owned = Recorded()
    monkeypatch.setattr(owned, "fill", _broken)
    graph = SimpleNamespace(repositories=lambda _: [info("a", 1)])
    wiring: Any = SimpleNamespace(has_index=True, lexical=None, graph=graph)
    asyncio.run(background._keep_filled(wiring, owned))
    assert "searches go on without them" in caplog.text
    assert "a fault of numpy" in caplog.text


def test_a_fill_that_fails_while_the_server_stops_does_not_hold_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    owned = Recorded()
    begun, may_fail = threading.Event(), threading.Event()

    def fill(*_: object) -> None:
        begun.set()
        may_fail.wait(5)
        raise StoreBusy("owned by process 7")

    monkeypatch.setattr(owned, "fill", fill)
    graph = SimpleNamespace(repositories=lambda _: [info("a", 1)])
    wiring: Any = SimpleNamespace(has_index=True, lexical=None, graph=graph)

    async def main() -> None:
        async with asyncio.timeout(4), vectors_filled(wiring, owned):
            await asyncio.to_thread(begun.wait, 5)
            asyncio.get_running_loop().call_later(0.01, may_fail.set)

    asyncio.run(main())
    assert owned.calls == [("close", "")]


def _owned_elsewhere(*_: object) -> None:
    raise StoreBusy("owned by process 7")


def _broken(*_: object) -> None:
    raise ArithmeticError("a fault of numpy")
