"""Whatever is done to the events of a Ledger is found, and named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.ledger import START, LedgerStore, digest_of
from ops.ledger.anchors import Anchor, Signer, anchor_of
from ops.ledger.ledger import Ledger
from ops.ledger.retention import prune
from ops.ledger.verifying import Break, verify
from tests.clock import Clock
from tests.unit.ops.ledger.conftest import SIGNER, opened
from tests.unit.ops.ledger.examples import asked, one_run, thumb

EVENTS = 8


@contextmanager
def raw(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        yield connection
        connection.commit()


@pytest.fixture
def folder(tmp_path: Path, ledger: Ledger) -> Path:
    ledger.append([asked(f"r{number}") for number in range(EVENTS)])
    ledger.append([thumb(), thumb()])
    return tmp_path / "store"


def broken(store: LedgerStore, *anchors: Anchor) -> Break | None:
    report = verify(store, SIGNER, anchors)
    return report.broken[0] if report.broken else None


def test_an_untouched_ledger_holds(folder: Path, ledger: Ledger) -> None:
    heard: list[int] = []
    report = verify(ledger.store, SIGNER, [anchor_of(ledger.heads(), 1, SIGNER)], heard.append)
    assert [(one.stream, one.events, one.first, one.last, one.pruned) for one in report.streams] == [
        ("answers", EVENTS, 1, EVENTS, 0), ("feedback", 2, 1, 2, 0),
    ]  # fmt: skip
    assert (report.events, report.broken, report.ignored) == (EVENTS + 2, (), ())
    assert heard[-1] == EVENTS + 2


COLUMNS = {
    "kind": "'model'", "at_us": "at_us + 1", "subject": "'somebody'", "body": "CAST('{}' AS BLOB)", "sealed": "x'00'",
    "digest": "zeroblob(32)",
}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("number", [1, 5, EVENTS])
def test_a_changed_event_is_named(column: str, number: int, folder: Path, ledger: Ledger) -> None:
    with raw(folder) as database:
        database.execute(
            f"UPDATE entries SET {column} = {COLUMNS[column]} WHERE stream = 'answers' AND number = ?", (number,)
        )
    found = broken(ledger.store)
    assert found is not None
    assert (found.stream, found.number, found.kind) == ("answers", number, "changed")


def test_values_of_another_type_are_a_change(folder: Path, ledger: Ledger) -> None:
    with raw(folder) as database:
        database.execute("UPDATE entries SET body = 'text' WHERE stream = 'answers' AND number = 3")
    found = broken(ledger.store)
    assert found is not None and (found.number, found.kind) == (3, "changed")


@pytest.mark.parametrize("gone", [(1,), (4,), (3, 4, 5)])
def test_a_missing_event_is_named(gone: tuple[int, ...], folder: Path, ledger: Ledger) -> None:
    with raw(folder) as database:
        for number in gone:
            database.execute("DELETE FROM entries WHERE stream = 'answers' AND number = ?", (number,))
    found = broken(ledger.store)
    assert found is not None
    assert (found.number, found.kind) == (gone[0], "missing")
    assert f"{gone[-1]:,}" in found.message


def exchange(database: sqlite3.Connection, one: int, other: int) -> None:
    """Let two events change places, digests and all."""
    for number, to in ((one, -1), (other, one), (-1, other)):
        database.execute("UPDATE entries SET number = ? WHERE stream = 'answers' AND number = ?", (to, number))


@pytest.mark.parametrize(("one", "other"), [(2, 6), (3, 4), (1, EVENTS)])
def test_exchanged_events_are_named(one: int, other: int, folder: Path, ledger: Ledger) -> None:
    with raw(folder) as database:
        exchange(database, one, other)
    found = broken(ledger.store)
    assert found is not None
    assert (found.number, found.kind) == (one, "reordered")
    assert f"event {other} stands in the place of event {one}" in found.message


def test_a_tail_that_was_cut_off_shows_against_the_anchor_only(folder: Path, ledger: Ledger) -> None:
    anchor = anchor_of(ledger.heads(), 1, SIGNER)
    with raw(folder) as database:
        database.execute("DELETE FROM entries WHERE stream = 'answers' AND number > 5")
    assert broken(ledger.store) is None
    found = broken(ledger.store, anchor)
    assert found is not None
    assert (found.stream, found.number, found.kind) == ("answers", 6, "truncated")


def test_a_whole_stream_that_is_gone_shows_against_the_anchor(folder: Path, ledger: Ledger) -> None:
    anchor = anchor_of(ledger.heads(), 1, SIGNER)
    with raw(folder) as database:
        database.execute("DELETE FROM entries WHERE stream = 'feedback'")
    found = broken(ledger.store, anchor)
    assert found is not None and (found.stream, found.number, found.kind) == ("feedback", 1, "truncated")


def rewrite(folder: Path, number: int) -> None:
    """Change an event and make the chain anew from there on, as somebody would who knows how it is made."""
    with raw(folder) as database:
        database.execute("UPDATE entries SET at_us = 1 WHERE stream = 'answers' AND number = ?", (number,))
        rows = database.execute("SELECT * FROM entries WHERE stream = 'answers' ORDER BY number").fetchall()
        previous = START
        for stream, at, kind, at_us, subject, body, sealed, _ in rows:
            previous = digest_of(previous, stream, at, kind, at_us, subject, body, sealed)
            database.execute("UPDATE entries SET digest = ? WHERE stream = ? AND number = ?", (previous, stream, at))


def test_a_chain_that_was_made_anew_differs_from_the_anchor(folder: Path, ledger: Ledger) -> None:
    anchor = anchor_of(ledger.heads(), 1, SIGNER)
    ledger.append([asked("later")])
    rewrite(folder, 3)
    assert broken(ledger.store) is None
    found = broken(ledger.store, anchor)
    assert found is not None and (found.number, found.kind) == (EVENTS, "rewritten")


def test_anchors_that_cannot_be_trusted_are_said(folder: Path, ledger: Ledger) -> None:
    other, good = Signer(b"other"), anchor_of(ledger.heads(), 1, SIGNER)
    forged = Anchor(good.at_us + 1, good.heads, good.signer, good.mac, "forged.json")
    report = verify(ledger.store, SIGNER, [anchor_of(ledger.heads(), 1, other), forged])
    assert report.anchored == ()
    assert ["another key" in report.ignored[0], "forged.json: it was changed" in report.ignored[1]] == [True, True]


def test_a_pruned_stream_holds_from_its_checkpoint_and_one_without_signature_does_not(
    folder: Path, ledger: Ledger, clock: Clock
) -> None:
    before = anchor_of(ledger.heads(), 1, SIGNER)
    clock.now += 100
    ledger.append([asked("later")])
    prune(ledger, SIGNER, ledger.now_us() - 1, ["answers"])
    report = verify(ledger.store, SIGNER, [before, anchor_of(ledger.heads(), 1, SIGNER)])
    assert report.broken == ()
    answers = next(one for one in report.streams if one.stream == "answers")
    assert (answers.events, answers.first, answers.pruned) == (1, EVENTS + 1, EVENTS)
    with raw(folder) as database:
        database.execute("UPDATE checkpoints SET pruned = 0")
    found = broken(ledger.store)
    assert found is not None and found.kind == "unsigned"
    with raw(folder) as database:
        database.execute("DELETE FROM checkpoints")
    found = broken(ledger.store)
    assert found is not None and (found.number, found.kind) == (1, "missing")


Tampering = Callable[[sqlite3.Connection, int, int], None]


def _flip(column: str) -> Tampering:
    def flip(database: sqlite3.Connection, number: int, chance: int) -> None:
        (value,) = database.execute(f"SELECT {column} FROM entries WHERE number = ?", (number,)).fetchone()
        at = chance % len(value)
        changed = value[:at] + bytes([value[at] ^ (1 + chance % 255)]) + value[at + 1 :]
        database.execute(f"UPDATE entries SET {column} = ? WHERE number = ?", (changed, number))

    return flip


def _later(database: sqlite3.Connection, number: int, chance: int) -> None:
    database.execute("UPDATE entries SET at_us = at_us + ? WHERE number = ?", (1 + chance, number))


def _gone(database: sqlite3.Connection, number: int, chance: int) -> None:
    database.execute("DELETE FROM entries WHERE number BETWEEN ? AND ?", (number, number + chance % 3))


def _exchanged(database: sqlite3.Connection, number: int, chance: int) -> None:
    other = (number + chance % 4) % 5 + 1
    exchange(database, number, other if other != number else number % 5 + 1)


def _copied(database: sqlite3.Connection, number: int, chance: int) -> None:
    other = number % 5 + 1
    database.execute(
        "UPDATE entries SET (kind, at_us, subject, body, sealed) ="
        " (SELECT kind, at_us, subject, body, sealed FROM entries WHERE number = ?) WHERE number = ?",
        (other, number),
    )


def _inserted(database: sqlite3.Connection, number: int, chance: int) -> None:
    database.execute("INSERT INTO entries VALUES ('answers', 6, 'asked', 1, '', x'7b7d', x'', randomblob(32))")


TAMPERINGS: list[Tampering] = [*map(_flip, ("body", "sealed", "digest")), _later, _gone, _exchanged, _copied, _inserted]


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Ledger, Anchor]]:
    folder = tmp_path_factory.mktemp("five")
    with closing(opened(folder)) as ledger:
        ledger.append([asked(f"r{number}", question=f"question {number}") for number in range(5)])
        yield folder, ledger, anchor_of(ledger.heads(), 1, SIGNER)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(TAMPERINGS), st.integers(1, 5), st.integers(0, 10_000))
def test_any_tampering_is_found(
    five: tuple[Path, Ledger, Anchor], tampering: Tampering, number: int, chance: int
) -> None:
    folder, ledger, anchor = five
    with raw(folder) as database:
        kept = database.execute("SELECT * FROM entries").fetchall()
        tampering(database, number, chance)
    try:
        assert broken(ledger.store, anchor) is not None
    finally:
        with raw(folder) as database:
            database.execute("DELETE FROM entries")
            database.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", kept)
    assert broken(ledger.store, anchor) is None


def test_the_first_of_several_breaks_is_named(folder: Path, ledger: Ledger) -> None:
    with raw(folder) as database:
        database.execute("UPDATE entries SET at_us = 0 WHERE stream = 'answers' AND number IN (4, 7)")
        database.execute("DELETE FROM entries WHERE stream = 'answers' AND number = 6")
    report = verify(ledger.store, SIGNER)
    assert [(one.number, one.kind) for one in report.broken] == [(4, "changed")]
    answers = report.streams[0]
    assert (answers.events, answers.last) == (3, 3)


def test_pages_are_checked_across_their_borders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.ledger.verifying.PAGE", 3)
    with closing(opened(tmp_path)) as ledger:
        ledger.append([event for number in range(4) for event in one_run(f"r{number}")])
        assert verify(ledger.store, SIGNER).events == 20
        with raw(tmp_path) as database:
            exchange(database, 4, 17)
        found = broken(ledger.store)
        assert found is not None and (found.number, found.kind) == (4, "reordered")
