"""After an erasure the chain holds, and no byte of what was sealed can be read in any file of the store."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.ledger.ledger import Ledger
from ops.ledger.privacy import about, erase, told_of_export
from ops.ledger.sealing import opened as unsealed
from ops.ledger.verifying import verify
from tests.unit.ops.ledger.conftest import SIGNER, opened
from tests.unit.ops.ledger.examples import asked, one_run, thumb


def test_a_person_gets_their_events_and_nobody_elses(ledger: Ledger) -> None:
    ledger.append([*one_run("r1", "ann"), *one_run("r2", "bob"), thumb("r1", "ann")])
    rows = list(about(ledger, "ann"))
    assert [row.entry.kind for row in rows] == ["asked", "model", "served", "finding", "answered", "feedback"]
    assert {row.user for row in rows} == {"ann"}
    assert rows[0].words == {"question": "Who calls price?", "thread": "mine"}
    assert list(about(ledger, "eve")) == []


def test_an_export_is_in_the_ledger(ledger: Ledger) -> None:
    (one,) = ledger.append([asked()])
    told_of_export(ledger, "ann", 1)
    told_of_export(ledger, "eve", 1)
    (note,) = ledger.opened(ledger.entries(["administration"]))
    assert note.fields == {"what": one.subject, "count": 1}


def test_erasure_says_what_it_did_and_the_chain_still_holds(ledger: Ledger) -> None:
    ledger.append([asked("r1", thread="one"), asked("r2", thread="two"), asked("r3", thread=""), asked("r4", "bob")])
    erasure = erase(ledger, "ann")
    assert erasure is not None
    assert (erasure.events, erasure.threads) == (3, ("one", "two"))
    assert erase(ledger, "ann") is None
    assert verify(ledger.store, SIGNER).broken == ()
    rows = list(ledger.opened(ledger.entries(["answers"])))
    assert [row.user for row in rows] == ["", "", "", "bob"]
    assert [row.words for row in rows[:3]] == [None, None, None]
    assert list(about(ledger, "ann")) == []


def test_who_comes_back_is_another_subject(ledger: Ledger) -> None:
    (before,) = ledger.append([asked()])
    erase(ledger, "ann")
    (after,) = ledger.append([asked()])
    assert after.subject != before.subject
    assert [row.entry.number for row in about(ledger, "ann")] == [2]


_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=8, max_size=60)


@settings(max_examples=15, deadline=None)
@given(st.lists(_WORDS, min_size=1, max_size=5))
def test_no_byte_of_what_was_sealed_stays_readable(tmp_path_factory, words: list[str]) -> None:  # type: ignore[no-untyped-def]
    folder: Path = tmp_path_factory.mktemp("erased")
    with closing(opened(folder)) as ledger:
        entries = ledger.append([asked(user="zebra", question=f"zebra {text}", thread=text) for text in words])
        ledger.append([asked("other", "bob")])
        key = ledger.keys.find("zebra")
        assert key is not None
        shown = [row.words or {} for row in about(ledger, "zebra")]
        erase(ledger, "zebra")
        assert verify(ledger.store, SIGNER).broken == ()
        held = {file.name: file.read_bytes() for file in folder.iterdir()}
    for name, content in held.items():
        assert b"zebra" not in content, name
        assert key.key not in content, name
        for row in shown:
            assert row["question"].encode() not in content, name
    for entry in entries:
        for start in range(len(held["ledger-keys.db"]) - 32):  # no 32 bytes that stand there open it
            if start % 16 == 0:
                assert unsealed(held["ledger-keys.db"][start : start + 32], entry.sealed, "answers/asked") is None
