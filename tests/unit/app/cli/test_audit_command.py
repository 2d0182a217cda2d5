"""`clew audit`, `privacy`, `usage` and `feedback`: what was asked is found, proven, judged, summed up, handed out and erased."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.people import user_name
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import Indexed

QUESTION = "Who calls price?"
BY_KIND = {"fields", "words", "levels", "heads"}


@pytest.fixture
def store(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A store of this test's own, in which one question was asked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    monkeypatch.setenv("CLEW_BUDGET__TEAM", "core")
    assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
    assert main(["ask", QUESTION, "--thread", "mine", "--json"]) == 0
    yield tmp_path / "store"


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert main([*arguments, "--json"]) == code, arguments
        return json.loads(capsys.readouterr().out)

    return run


def documented(command: str, body: Any) -> None:
    keys = set(keys_of(_without(body)))
    assert not keys - set(re.findall(r"\w+", section(command))), command


def _without(value: Any) -> Any:
    """Return the body without what the document on audit lists by kind."""
    if isinstance(value, dict):
        return {key: None if key in BY_KIND else _without(inner) for key, inner in value.items()}
    return [_without(inner) for inner in value] if isinstance(value, list) else value


def test_a_run_is_shown_and_verified(store: Path, call: Any) -> None:
    shown = call("audit", "show", "--stream", "answers")
    assert [row["kind"] for row in shown["events"]] == ["asked", "served", "answered"]
    assert shown["events"][0]["words"] == {"question": QUESTION, "thread": "mine"}
    assert {row["user"] for row in shown["events"]} == {user_name()}
    documented("audit show", shown)
    report = call("audit", "verify")
    assert report["sound"] is True
    assert report["anchors"] == [str(store / "ledger.anchor")]
    documented("audit verify", report)
    assert call("audit", "show", "--kind", "model", code=1) == {"events": []}
    assert call("audit", "show", "--user", "nobody", code=1) == {"events": []}
    run_id = shown["events"][0]["fields"]["run"]
    assert len(call("audit", "show", "--run", run_id[:10], "--stream", "answers", "--limit", "2")["events"]) == 2


def test_every_kind_of_event_is_in_the_document() -> None:
    from ops.ledger.events import KINDS, plain_fields, sealed_fields

    text = (Path(__file__).parents[4] / "docs" / "audit.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+ \| .*) \|$", text, re.M))
    for kind in KINDS:
        stream, fields, words = (part.strip() for part in rows[kind.kind].split("|"))
        assert stream == kind.stream
        plain = re.sub(r"\([^)]*\)|\[\[.*\]\]", "", fields)
        assert set(re.findall(r"\w+", plain)) == {name for name, _ in plain_fields(kind)}, kind.kind
        assert set(re.findall(r"\w+", words)) == set(sealed_fields(kind)), kind.kind


def test_a_broken_event_is_named_and_refused(store: Path, call: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(store / "ledger.db")) as database:
        database.execute("UPDATE entries SET at_us = 0 WHERE number = 2")
        database.commit()
    report = call("audit", "verify", code=4)
    assert report["streams"][1]["broken"]["number"] == 2
    assert main(["audit", "verify"]) == 4
    assert "broken at event 2, changed" in capsys.readouterr().out


def test_a_tail_that_was_cut_off_shows_against_a_copy_of_the_anchor(store: Path, call: Any, tmp_path: Path) -> None:
    made = call("audit", "anchor", "--to", str(tmp_path / "copy"))
    documented("audit export", made)
    with closing(sqlite3.connect(store / "ledger.db")) as database:
        database.execute("DELETE FROM entries WHERE number = 3")
        database.commit()
    (store / "ledger.anchor").unlink()
    assert call("audit", "verify")["anchors"] == []
    report = call("audit", "verify", "--anchor", str(tmp_path / "copy"), code=4)
    assert report["streams"][1]["broken"]["kind"] == "truncated"
    assert call("audit", "verify", "--anchor", str(tmp_path / "none"), code=2)["error"]["code"] == "input"


def test_another_signing_key_does_not_trust_the_anchor(
    store: Path, call: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_LEDGER__SIGNING_KEY", "of the administrator")
    assert "another key" in call("audit", "verify", code=4)["untrusted_anchors"][0]
    call("audit", "anchor")
    assert call("audit", "verify")["sound"] is True
    assert main(["audit", "verify"]) == 0
    assert "administrator" not in capsys.readouterr().out


def test_an_export_can_be_checked_without_clew(
    store: Path, call: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.jsonl"
    documented("audit export", call("audit", "export", "--output", str(file)))
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    documented("audit export", rows)
    answers = [row for row in rows if row["stream"] == "answers"]
    previous = bytes(32)
    for row in answers:
        parts = [row["stream"].encode(), row["kind"].encode(), row["subject"].encode(), row["body"].encode()]
        parts.append(base64.b64decode(row["sealed"]))
        said = struct.pack(">QQIIIII", row["number"], row["at_us"], *map(len, parts)) + b"".join(parts)
        previous = hashlib.sha256(previous + said).digest()
        assert previous.hex() == row["digest"]
    assert (len(rows), len(answers)) == (4, 3)
    assert call("audit", "export", "--output", str(file), code=2)["error"]["code"] == "input"
    capsys.readouterr()
    assert main(["audit", "export", "--stream", "answers"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert [row["kind"] for row in call("audit", "show", "--stream", "administration")["events"]] == [
        "job",
        "exported",
        "exported",
    ]


def test_old_events_are_pruned_once_somebody_said_yes(
    store: Path, call: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("audit", "prune", "--yes", code=2)["error"]["code"] == "input"
    assert call("audit", "prune", "--older-than", "1", "--yes", code=1)["pruned"] == []
    monkeypatch.setattr("app.retention.DAY_S", -1)
    monkeypatch.setenv("CLEW_LEDGER__KEEP_DAYS", "30")
    dry = call("audit", "prune", "--stream", "answers", "--dry-run")
    assert dry["pruned"] == [{"stream": "answers", "count": 3, "upto": 3}]
    assert call("audit", "prune", code=2)["error"]["message"] == "this needs a yes"
    documented("audit export", call("audit", "prune", "--stream", "answers", "--yes"))
    assert call("audit", "verify")["streams"][1]["pruned"] == 3
    assert call("usage", code=1)["rows"] == []
    assert main(["audit", "verify"]) == 0
    assert "3 events pruned before" in capsys.readouterr().out


def test_an_answer_is_judged_and_summed_up(store: Path, call: Any, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = call("audit", "show", "--kind", "answered")["events"][0]["fields"]["run"]
    kept = call("feedback", run_id[:12], "--up", "--rating", "4", "--correction", "Also by ship.", "--claim", "0")
    assert len(kept["kept"]) == 3
    documented("feedback", kept)
    for arguments in (["--up", "--down"], []):
        assert call("feedback", run_id, *arguments, code=2)["error"]["code"] == "input"
    assert call("feedback", "0" * 32, "--up", code=2)["error"]["code"] == "input"
    report = call("usage", "--by", "team")
    (row,) = report["rows"]
    assert (row["key"], row["asked"], row["answered"]) == ("core", 1, 1)
    assert row["satisfaction"] == {
        "up": 1, "down": 0, "share": 1.0, "ratings": 1, "rating": 4.0, "corrections": 1, "signals": 0,
    }  # fmt: skip
    assert row["latency_ms"]["p50"] > 0
    documented("usage", report)
    assert call("usage", "--rebuild", "--by", "team") == report
    assert call("usage", "--user", user_name())["total"]["asked"] == 1
    assert call("usage", "--since", "2999-01-01", code=1)["rows"] == []
    assert call("usage", "--since", "soon", code=2)["error"]["code"] == "input"
    assert main(["usage", "--by", "user"]) == 0
    assert re.search(rf"{user_name()} +1 +1 .*100% of 1", capsys.readouterr().out)
    assert main(["feedback", run_id, "--down"]) == 0
    assert main(["audit", "show", "--limit", "1"]) == 0
    assert "thumb" in capsys.readouterr().out


def test_a_person_gets_what_is_kept_of_them_and_then_it_is_gone(
    store: Path, call: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    me = user_name()
    assert main(["threads", "show", "mine"]) == 0
    documented("privacy export", call("privacy", "export", me, "--output", str(tmp_path / "mine.jsonl")))
    rows = [json.loads(line) for line in (tmp_path / "mine.jsonl").read_text("utf-8").splitlines()]
    assert [row["kind"] for row in rows] == ["job", "asked", "served", "answered"]
    assert rows[1]["words"]["question"] == QUESTION
    assert call("privacy", "erase", me, code=2)["error"]["message"] == "this needs a yes"
    gone = call("privacy", "erase", me, "--yes")
    assert gone == {"subject": me, "erased": True, "events": 1, "threads": 1}
    documented("privacy export", gone)
    assert main(["threads", "show", "mine"]) == 6
    assert call("audit", "verify")["sound"] is True
    assert [row["user"] for row in call("audit", "show", "--stream", "answers")["events"]] == [""] * 3
    assert call("usage", "--by", "user")["rows"][0]["key"] == "(erased)"
    assert call("privacy", "erase", me, "--yes", code=1)["erased"] is False
    assert main(["privacy", "export", "nobody"]) == 1
    assert main(["privacy", "erase", "nobody"]) == 1
    assert main(["audit", "show", "--limit", "3"]) == 0
    assert "(erased)" in capsys.readouterr().out
