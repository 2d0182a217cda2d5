from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import StoreCorrupt
from ops.ledger.ledger import Ledger
from ops.ledger.retention import PrunedStream, prune
from ops.ledger.verifying import verify
from tests.clock import Clock
from tests.unit.ops.ledger.conftest import SIGNER
from tests.unit.ops.ledger.examples import asked, thumb


@pytest.fixture
def middle(ledger: Ledger, clock: Clock) -> int:
    """A time with three questions and one judgement before it, and two questions after."""
    ledger.append([asked(f"old{number}", question="zebra") for number in range(3)])
    ledger.append([thumb()])
    clock.now += 10
    ledger.append([asked(f"new{number}") for number in range(2)])
    return ledger.now_us() - 5_000_000


def test_what_is_older_goes_and_the_rest_still_verifies(ledger: Ledger, middle: int) -> None:
    assert prune(ledger, SIGNER, middle) == [PrunedStream("answers", 3, 3), PrunedStream("feedback", 1, 1)]
    assert [entry.number for entry in ledger.entries(["answers"])] == [4, 5]
    report = verify(ledger.store, SIGNER)
    assert report.broken == ()
    assert {one.stream: one.pruned for one in report.streams} == {"administration": 0, "answers": 3, "feedback": 1}
    notes = [row.fields for row in ledger.opened(ledger.entries(["administration"]))]
    assert [(note["of"], note["number"], note["count"]) for note in notes] == [("answers", 3, 3), ("feedback", 1, 1)]


def test_a_dry_run_takes_nothing_out(ledger: Ledger, middle: int) -> None:
    assert prune(ledger, SIGNER, middle, dry=True) == [PrunedStream("answers", 3, 3), PrunedStream("feedback", 1, 1)]
    assert len(list(ledger.entries())) == 6


def test_one_stream_may_be_pruned_alone_and_again(ledger: Ledger, middle: int, clock: Clock) -> None:
    prune(ledger, SIGNER, middle, ["answers"])
    clock.now += 1
    assert prune(ledger, SIGNER, ledger.now_us(), ["answers"]) == [PrunedStream("answers", 2, 5)]
    checkpoint = ledger.store.checkpoint("answers")
    assert checkpoint is not None and (checkpoint.number, checkpoint.pruned) == (5, 5)
    assert verify(ledger.store, SIGNER).broken == ()
    assert prune(ledger, SIGNER, ledger.now_us(), ["answers"]) == []


def test_nothing_goes_while_a_chain_is_broken(ledger: Ledger, middle: int, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "store" / "ledger.db")) as database:
        database.execute("UPDATE entries SET at_us = 0 WHERE stream = 'answers' AND number = 5")
        database.commit()
    with pytest.raises(StoreCorrupt, match="event 5"):
        prune(ledger, SIGNER, middle)
    assert len(list(ledger.entries())) == 6
