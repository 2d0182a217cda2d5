from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from ops.ledger.events import KINDS, STREAMS, Event, KeyChanged, plain_fields, sealed_fields
from ops.ledger.ledger import Ledger, encoded
from ops.ledger.sealing import opened as unsealed
from ops.ledger.sealing import seal
from tests.clock import Clock
from tests.unit.ops.ledger.examples import asked, one_run, thumb


def test_an_event_is_read_as_it_was_told(ledger: Ledger, clock: Clock) -> None:
    ledger.append([asked(repositories=("shop",))])
    (one,) = ledger.opened(ledger.entries())
    assert one.to_json() == {
        "stream": "answers", "number": 1, "kind": "asked", "at": clock.now, "subject": one.entry.subject, "user": "ann",
        "fields": {
            "run": "r1", "door": "cli", "release": "rel1", "wish": "", "team": "core", "project": "web", "repositories": ["shop"],
        },
        "words": {"question": "Who calls price?", "thread": "mine"},
        "digest": one.entry.digest.hex(),
    }  # fmt: skip


def test_names_and_words_of_people_stand_nowhere_in_the_open(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append([asked(user="zebra", question="Where is giraffe?", thread="okapi"), thumb(user="zebra")])
    ledger.close()
    for file in (tmp_path / "store").glob("ledger.db*"):
        for word in (b"zebra", b"giraffe", b"okapi"):
            assert word not in file.read_bytes(), file
    assert b"zebra" in b"".join(file.read_bytes() for file in (tmp_path / "store").glob("ledger-keys.db*"))


def test_secrets_and_personal_data_are_masked_in_sealed_and_open_words(ledger: Ledger) -> None:
    token = "ghp_" + "a1B2c3D4" * 5
    ledger.append([asked(question=f"why is {token} refused for ada@fernpost.de?", team="ada@fernpost.de")])
    (one,) = ledger.opened(ledger.entries())
    told = json.dumps(one.to_json())
    assert token not in told
    assert "fernpost" not in told
    assert one.words is not None and one.words["question"].startswith("why is ****")


def test_canonical_bytes_do_not_depend_on_the_order_of_fields(ledger: Ledger) -> None:
    (one,) = ledger.append([asked()])
    assert one.body == json.dumps(json.loads(one.body), separators=(",", ":"), sort_keys=True).encode()


def test_what_hides_or_repaints_is_escaped_and_read_as_it_was() -> None:
    path = "shop/\u202egnp.py"
    written = encoded({"path": path, "é": "ü"})
    assert "\u202e" not in written.decode() and "é" in written.decode()
    assert json.loads(written)["path"] == path


def test_what_utf_8_cannot_say_is_replaced(ledger: Ledger) -> None:
    (one,) = ledger.append([asked(repositories=["sh\udcffop"])])
    assert "sh?op" in one.body.decode()


def test_an_event_of_nobody_has_no_subject_and_keeps_no_words(ledger: Ledger) -> None:
    (one,) = ledger.append([KeyChanged(key="k1", change="created", principal="ann")])
    assert (one.subject, one.sealed) == ("", b"")


def test_the_latest_events_come_first(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.ledger.ledger.PAGE", 3)
    ledger.append([asked(str(number)) for number in range(8)])
    assert [entry.number for entry in ledger.latest("answers")] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert list(ledger.latest("feedback")) == []
    assert [entry.number for entry in ledger.entries()] == list(range(1, 9))


def test_words_open_only_with_their_key_and_in_their_place() -> None:
    key, other = b"k" * 32, b"o" * 32
    sealed = seal(key, {"question": "who?", "thread": ""}, "answers/asked")
    assert unsealed(key, sealed, "answers/asked") == {"question": "who?"}
    assert unsealed(other, sealed, "answers/asked") is None
    assert unsealed(key, sealed, "feedback/feedback") is None
    assert unsealed(key, sealed[:-1] + b"!", "answers/asked") is None
    assert unsealed(key, b"short", "answers/asked") is None
    assert seal(key, {"question": ""}, "answers/asked") == b""
    assert seal(key, {"question": "who?"}, "answers/asked") != sealed


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_kind_of_event_goes_in_and_comes_out(kind: type[Event], ledger: Ledger) -> None:
    assert kind.stream in STREAMS
    values: dict[str, Any] = {"str": "x", "int": 1, "float": 1.5, "bool": True}
    given: dict[str, Any] = {}
    for one in dataclasses.fields(kind):
        if one.default is dataclasses.MISSING:
            given[one.name] = values.get(str(one.type), [] if "Sequence" in str(one.type) else {})
    for name in sealed_fields(kind):
        given[name] = "words"
    ledger.append([kind(**{**given, "user": "ann"})])
    (row,) = ledger.opened(ledger.entries([kind.stream]))
    assert row.entry.kind == kind.kind
    assert row.words == dict.fromkeys(sealed_fields(kind), "words")
    assert set(row.fields) == {name for name, _ in plain_fields(kind)}


def test_kinds_are_told_apart() -> None:
    assert len({kind.kind for kind in KINDS}) == len(KINDS)


def test_events_of_a_run_are_stored_together(ledger: Ledger) -> None:
    made = ledger.append(one_run())
    assert [entry.kind for entry in made] == ["asked", "model", "served", "finding", "answered"]
    assert len({entry.subject for entry in made}) == 1
