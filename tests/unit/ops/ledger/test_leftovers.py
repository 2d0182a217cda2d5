"""What a process leaves on the disk that it could not bring into the Ledger, and who brings it in."""

from __future__ import annotations

import logging
import stat
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import filelock
import pytest

from configs.errors import StoreUnavailable
from knowledge.ledger import Entry
from ops.ledger.events import KINDS, Event, Lost
from ops.ledger.journal import Journal
from ops.ledger.ledger import Ledger
from ops.ledger.leftovers import Leftovers
from ops.ledger.privacy import erase
from tests.unit.ops.ledger.conftest import opened
from tests.unit.ops.ledger.examples import answered, asked, called, finding, one_run, served, thumb, unanswered


def away() -> Ledger:
    raise StoreUnavailable("the server is away")


@pytest.fixture
def left(tmp_path: Path) -> Leftovers:
    return Leftovers(tmp_path / "waiting")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


def entries(folder: Path) -> list[Entry]:
    with closing(opened(folder)) as ledger:
        return list(ledger.entries())


def test_what_waits_at_the_end_is_brought_in_by_the_next_process(
    folder: Path, left: Leftovers, caplog: pytest.LogCaptureFixture
) -> None:
    times = iter(range(1, 99))
    first = Journal(away, leftovers=left, clock=lambda: float(next(times)))
    for event in one_run():
        first.tell(event)
    with caplog.at_level(logging.WARNING, "clew.ledger"):
        first.close()
        first.close()
    assert "5 events wait on the disk until the Ledger can be written: the server is away" in caplog.text
    assert "did not reach" not in caplog.text
    second = Journal(lambda: opened(folder), leftovers=left)
    second.tell(asked("r2"))
    second.close()
    found = sorted(entries(folder), key=lambda entry: entry.at_us)
    assert [entry.kind for entry in found] == ["asked", "model", "served", "finding", "answered", "asked"]
    assert [entry.at_us for entry in found[:5]] == [1_000_000, 2_000_000, 3_000_000, 4_000_000, 5_000_000]
    third = Journal(lambda: opened(folder), leftovers=left)
    third.tell(asked("r3"))
    third.close()
    assert len(entries(folder)) == 7, "nothing is brought in twice"


def test_every_kind_of_event_comes_back_as_it_was(left: Leftovers) -> None:
    made: list[Event] = [asked(), answered(), called(), finding(), served(), thumb(), unanswered(), Lost(count=3)]
    assert left.keep([(event, number) for number, event in enumerate(made)]) == len(made)
    back: list[Event] = []
    assert left.bring(lambda events, times: back.extend(events)) == len(made)
    assert [type(event) for event in back] == [type(event) for event in made]
    assert [repr(event).replace("(", "[").replace(")", "]") for event in back] == [
        repr(event).replace("(", "[").replace(")", "]") for event in made
    ]
    assert {type(event) for event in made} <= set(KINDS)


def test_files_are_their_owner_s_and_words_pass_the_log_gate(tmp_path: Path, left: Leftovers) -> None:
    left.keep([(asked(question="Why does AKIAIOSFODNN7EXAMPLE not work, \ud800?"), 1)])
    (file,) = (tmp_path / "waiting").glob("*.events")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"AKIAIOSFODNN7EXAMPLE" not in file.read_bytes()
    assert b"Why does" in file.read_bytes()


def test_no_more_is_kept_than_there_is_room_for_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = Leftovers(tmp_path / "waiting", most_bytes=200_000)
    journal = Journal(away, leftovers=small)
    for number in range(2_500):
        journal.tell(asked(f"r{number}"))
    with caplog.at_level(logging.WARNING, "clew.ledger"):
        journal.close()
    assert "1000 events wait on the disk" in caplog.text
    assert "1500 events did not reach the Ledger" in caplog.text
    assert sum(file.stat().st_size for file in (tmp_path / "waiting").iterdir()) <= 200_000


def test_a_ledger_that_fails_again_leaves_them_where_they_are(left: Leftovers) -> None:
    left.keep([(asked(), 1)])

    def refused(_events: Sequence[Event], _times: Sequence[int]) -> None:
        raise StoreUnavailable("the server is away")

    with pytest.raises(StoreUnavailable):
        left.bring(refused)
    assert left.bring(lambda events, times: None) == 1


def test_one_process_brings_them_in_at_a_time(tmp_path: Path, left: Leftovers) -> None:
    left.keep([(asked(), 1)])
    with filelock.FileLock(tmp_path / "waiting" / "lock"):
        assert left.bring(lambda events, times: None) == 0
    assert left.bring(lambda events, times: None) == 1


def test_a_damaged_file_and_an_unknown_kind_stand_in_nobody_s_way(
    tmp_path: Path, left: Leftovers, caplog: pytest.LogCaptureFixture
) -> None:
    left.keep([(asked(), 1)])
    (tmp_path / "waiting" / "0-damaged.events").write_bytes(b"\xc1")
    (tmp_path / "waiting" / "0-newer.events").write_bytes(b"\x91\x93\xa4what\x01\x80")
    with caplog.at_level(logging.ERROR, "clew.ledger"):
        assert left.bring(lambda events, times: None) == 1
    assert "unknown kind 'what'" in caplog.text and "0-damaged.events cannot be read" in caplog.text
    assert not list((tmp_path / "waiting").glob("*.events"))


def test_a_process_that_ends_brings_in_a_batch_and_leaves_the_rest(folder: Path, left: Leftovers) -> None:
    left.keep([(asked(f"r{number}"), number) for number in range(3_000)])
    journal = Journal(lambda: opened(folder), leftovers=left, linger_s=60)
    journal.tell(asked("own"))
    journal.close()
    assert len(entries(folder)) == 1_001


def test_who_is_erased_is_erased_from_what_waits_too(folder: Path, left: Leftovers) -> None:
    left.keep([(asked(), 1)])
    with closing(opened(folder)) as ledger:
        left.bring(ledger.append)
        erasure = erase(ledger, "ann")
        assert erasure is not None and erasure.events == 1
        assert [row.words for row in ledger.opened(ledger.entries(["answers"]))] == [None]
