"""`clew threads`, and what `clew ask` does where a person may be asked back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.cli import answering, main
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import Indexed

TWICE = "Who calls twice?"


@pytest.fixture
def store(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own with the small repository, and no model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
    return tmp_path / "store"


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def documented(command: str) -> set[str]:
    return set(re.findall(r"\w+", section(command)))


def test_conversations_are_listed_shown_renamed_exported_and_deleted(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["threads", "list"]) == 1
    assert main(["ask", "Who calls price?", "--thread", "prices", "--json"]) == 0
    assert main(["ask", "Who calls it?", "--thread", "prices", "--json"]) == 0
    assert main(["ask", "Where is Order defined?", "--thread", "orders", "--json"]) == 0
    assert main(["ask", "Where is Order defined?", "--json"]) == 0
    capsys.readouterr()
    assert main(["threads", "list", "--json"]) == 0
    listed = shown(capsys)
    assert [(one["id"], one["title"], one["turns"]) for one in listed["threads"]] == [
        ("orders", "Where is Order defined?", 1),
        ("prices", "Who calls price?", 2),
    ]
    assert not set(keys_of(listed)) - documented("threads")
    assert main(["threads", "rename", "prices", "What it costs"]) == 0
    assert main(["threads", "list", "--limit", "5"]) == 0
    assert "What it costs" in capsys.readouterr().out
    assert main(["threads", "show", "prices", "--json"]) == 0
    thread = shown(capsys)
    assert [turn["question"] for turn in thread["turns"]] == ["Who calls price?", "Who calls it?"]
    assert "shop/models.py:5" in thread["turns"][0]["places"]
    assert not set(keys_of(thread)) - documented("threads")
    assert main(["threads", "show", "prices"]) == 0
    assert "> Who calls it?" in capsys.readouterr().out
    assert main(["threads", "export", "prices"]) == 0
    document = capsys.readouterr().out
    assert document.startswith("# What it costs\n")
    assert main(["threads", "export", "prices", "--output", "prices.md"]) == 0
    assert (tmp_path / "prices.md").read_text("utf-8") == document
    assert main(["threads", "export", "prices", "--output", "prices.md"]) == 2, "nothing is overwritten"
    assert main(["threads", "delete", "prices"]) == 0
    assert main(["threads", "show", "prices"]) == 6
    capsys.readouterr()
    assert main(["threads", "delete", "--all", "--yes", "--json"]) == 0
    assert shown(capsys) == {"deleted": 1}
    assert main(["threads", "list"]) == 1


def test_what_cannot_be_done_is_said(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for arguments, code, error in (
        (["show", "nobody"], 6, "unknown_thread"),
        (["rename", "nobody", "x"], 6, "unknown_thread"),
        (["delete", "nobody"], 6, "unknown_thread"),
        (["export", "nobody"], 6, "unknown_thread"),
        (["delete"], 2, "input"),
        (["delete", "a", "--all"], 2, "input"),
        (["delete", "--all"], 2, "input"),
        (["rename", "nobody", " "], 2, "input"),
    ):
        assert main(["threads", *arguments, "--json"]) == code
        assert shown(capsys)["error"]["code"] == error


def test_a_script_is_never_asked_and_is_told_what_it_missed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["ask", TWICE, "--ask"]) == 5
    told = capsys.readouterr()
    assert "shop.twice_a.A.twice" in told.out and "shop.twice_b.B.twice" in told.out
    assert "several things" in told.err


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody sits there, and types what is put into the list."""
    typed: list[str] = []
    monkeypatch.setattr(answering, "is_terminal", lambda _: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: typed.pop(0))
    return typed


@pytest.mark.parametrize(
    ("typed", "code", "found"),
    [
        (["2"], 1, "no call of `shop.twice_b.B.twice`"),
        (["9", "x", "1"], 1, "no call of `shop.twice_a.A.twice`"),
        ([""], 1, "no call of `shop.twice_b.B.twice`"),
    ],
)
@pytest.mark.parametrize("thread", [[], ["--thread", "t"]])
def test_a_person_is_asked_once_and_chooses_by_number(
    store: Path,
    terminal: list[str],
    typed: list[str],
    code: int,
    found: str,
    thread: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    terminal += typed
    assert main(["ask", TWICE, *thread]) == code
    told = capsys.readouterr()
    assert found in told.out
    assert "means 2 things here. Which one?" in told.err
    assert "2.  shop.twice_b.B.twice (method)  shop/twice_b.py:2" in told.err
    assert "all of them" in told.err
    assert terminal == []


def test_who_does_not_want_to_be_asked_is_not(
    store: Path, terminal: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", TWICE, "--no-ask"]) == 5
    assert main(["ask", TWICE, "--json"]) == 5


def test_forgetting_a_repository_forgets_the_conversations(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "Who calls price?", "--thread", "prices", "--json"]) == 0
    assert (store / "transcripts.db").exists()
    assert main(["forget", "shop", "--yes"]) == 0
    assert [path.name for path in store.iterdir() if path.name.startswith(("threads", "transcripts"))] == []
    assert main(["threads", "list"]) == 1
