from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import StoreError, StoreUnavailable
from ops.ledger.events import Event
from ops.ledger.journal import Journal
from ops.ledger.ledger import Ledger
from tests.unit.ops.ledger.conftest import opened
from tests.unit.ops.ledger.examples import asked, one_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    journal = Journal(lambda: opened(folder))
    yield journal
    journal.close()


def kept(folder: Path) -> list[str]:
    with closing(opened(folder)) as ledger:
        return [f"{entry.kind} {entry.number}" for entry in ledger.entries()]


class Failing:
    """Opens a Ledger that cannot be written while `down` is set."""

    def __init__(self, folder: Path) -> None:
        self.ledger = opened(folder)
        self.down = threading.Event()
        self.tried = threading.Event()
        self.append = self.ledger.append

    def __call__(self) -> Ledger:
        def append(events: list[Event], at_us: list[int]) -> object:
            self.tried.set()
            if self.down.is_set():
                raise StoreUnavailable("the disk is away")
            return self.append(events, at_us)

        self.ledger.append = append  # type: ignore[method-assign, assignment]
        return self.ledger


def test_nothing_is_opened_until_something_is_told(folder: Path, journal: Journal) -> None:
    journal.close()
    assert not folder.exists()


def test_what_was_told_is_there_after_a_flush_in_its_order(folder: Path, journal: Journal) -> None:
    for event in one_run():
        journal.tell(event)
    journal.flush()
    assert kept(folder) == ["asked 1", "model 2", "served 3", "finding 4", "answered 5"]


def test_closing_writes_what_waits_and_later_events_are_not_taken(folder: Path) -> None:
    journal = Journal(lambda: opened(folder), linger_s=60)
    for number in range(2_500):
        journal.tell(asked(f"r{number}"))
    journal.close()
    journal.tell(asked("late"))
    assert len(kept(folder)) == 2_500


def test_the_time_of_an_event_is_that_of_its_telling(folder: Path) -> None:
    now = iter(range(1, 99))
    journal = Journal(lambda: opened(folder), clock=lambda: float(next(now)))
    journal.tell(asked())
    journal.tell(asked())
    journal.close()
    with closing(opened(folder)) as ledger:
        assert [entry.at_us for entry in ledger.entries()] == [1_000_000, 2_000_000]


def test_a_store_that_fails_is_said_and_nothing_is_lost_when_it_comes_back(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.ledger.journal.AGAIN_S", 0.01)
    failing = Failing(folder)
    failing.down.set()
    journal = Journal(failing)
    journal.tell(asked())
    with pytest.raises(StoreUnavailable, match="away"):
        journal.flush()
    assert journal.failure is not None
    journal.tell(asked("r2"))
    failing.down.clear()
    journal.flush(10)
    assert journal.failure is None
    journal.close()
    assert kept(folder) == ["asked 1", "asked 2"]
    assert caplog.text.count("the Ledger cannot be written: the disk is away") == 1


def test_what_has_no_room_is_dropped_and_the_ledger_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.ledger.journal.AGAIN_S", 0.01)
    failing = Failing(folder)
    failing.down.set()
    journal = Journal(failing, capacity=4)
    for number in range(7):
        journal.tell(asked(f"r{number}"))
    assert not journal.has_room
    assert not journal.wait_for_room(0)
    failing.down.clear()
    assert journal.wait_for_room(10)
    journal.close()
    with closing(opened(folder)) as ledger:
        (lost,) = ledger.entries(["administration"])
        assert b'"count":3' in lost.body
        assert len(list(ledger.entries(["answers"]))) == 4


def test_a_flush_of_dropped_events_is_no_success(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Failing(folder)
    failing.down.set()
    journal = Journal(failing, capacity=1)
    journal.tell(asked("r1"))
    journal.tell(asked("r2"))
    with pytest.raises(StoreError):
        journal.flush(5)
    failing.down.clear()
    journal.close()


def test_a_store_that_fails_to_the_end_is_told_to_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    def nothing() -> Ledger:
        raise StoreUnavailable("the disk is away")

    journal = Journal(nothing)
    journal.tell(asked())
    journal.tell(asked())
    journal.close()
    assert "2 events did not reach the Ledger: the disk is away" in caplog.text


def test_a_fault_of_the_ledger_does_not_end_the_writing(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.ledger.journal.AGAIN_S", 0.01)
    faults: list[Exception] = [ValueError("a bug"), MemoryError()]

    def sometimes() -> Ledger:
        if faults:
            raise faults.pop()
        return opened(folder)

    journal = Journal(sometimes)
    journal.tell(asked())
    while faults:
        with pytest.raises(StoreError):
            journal.flush()
    journal.close()
    assert kept(folder) == ["asked 1"]


def test_threads_that_tell_at_once_lose_nothing(folder: Path, journal: Journal) -> None:
    def tell(name: str) -> None:
        for number in range(300):
            journal.tell(asked(f"{name}{number}"))

    threads = [threading.Thread(target=tell, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.flush()
    assert len(kept(folder)) == 1_200


def test_the_anchor_is_asked_for_after_commits_and_at_the_end(folder: Path) -> None:
    heard: list[bool] = []
    journal = Journal(lambda: opened(folder), anchored=lambda _ledger, last: heard.append(last))
    journal.tell(asked())
    journal.close()
    assert heard == [False, True]


def test_an_anchor_that_cannot_be_written_stops_nothing(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    def refused(_ledger: Ledger, _last: bool) -> None:
        raise StoreUnavailable("no such folder")

    journal = Journal(lambda: opened(folder), anchored=refused)
    journal.tell(asked())
    journal.close()
    assert kept(folder) == ["asked 1"]
    assert "not anchored: no such folder" in caplog.text
