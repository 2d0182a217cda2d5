"""`clew chat` where input is a pipe, what its commands do, and how lines are read. The terminal itself: tests/integration."""

from __future__ import annotations

import asyncio
import io
import stat
import sys
from contextlib import closing
from pathlib import Path

import click
import pytest

from app.cli import lines, main
from app.cli.chat import Chat
from app.cli.composition import opened
from app.cli.lines import LineReader
from app.rendering.screen import Screen
from ops.ledger.reports import latest
from tests.unit.app.conftest import Indexed


@pytest.fixture
def home(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
    return tmp_path / "store"


def said(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_pipe_of_questions_is_one_conversation(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    said(
        "Who calls price?\n\nAnd who calls it?\n/thread\n/nonsense\n/repo nowhere\n/repo all\n/export out.md\n/quit\nnever\n",
        monkeypatch,
    )
    assert main(["chat", "--thread", "t", "--repo", "shop"]) == 0
    out = capsys.readouterr().out
    assert "`Order.total` calls `price`" in out
    assert "\x1b" not in out and "shop>" not in out, "no colours, no prompt"
    assert "thread t" in out
    assert "error: there is no command /nonsense" in out
    assert "error: no repository 'nowhere' is indexed" in out
    assert "asking all repositories" in out
    document = Path("out.md").read_text("utf-8")
    assert document.index("> Who calls price?") < document.index("> And who calls it?")
    assert "never" not in document
    assert main(["threads", "show", "t"]) == 0
    assert not (home / "chat.history").exists(), "a pipe is no typing"


def test_a_question_of_several_lines_stands_between_quotes(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    said(
        '"""\nTraceback (most recent call last):\n  File "/srv/shop/models.py", line 5, in total\n    return price(self)\n'
        'KeyError: 1\n"""\n',
        monkeypatch,
    )
    assert main(["chat", "--plain"]) == 0
    assert "`KeyError`" in capsys.readouterr().out


def test_nobody_is_asked_back_through_a_pipe(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    said("Who calls twice?\n", monkeypatch)
    assert main(["chat", "--ask"]) == 0
    assert "means 2 things here, and each is answered below" in capsys.readouterr().out


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, click.Abort, EOFError])
def test_an_answer_that_is_given_up_leaves_the_conversation(home: Path, interruption: type[BaseException]) -> None:
    out = io.StringIO()

    def give_up(_: object) -> str:
        raise interruption

    with opened(str(home)) as wiring, asyncio.Runner() as runner:
        chat = Chat(wiring, runner, Screen(out), "t", None, may_ask=True, choose=give_up)
        assert chat.take("Who calls twice?")
        assert "given up; the conversation goes on" in out.getvalue()
        assert chat.take("Who calls price?")
        assert "`Order.total` calls `price`" in out.getvalue()
        assert not chat.take("/quit")


def test_a_path_is_a_question_and_no_command(home: Path) -> None:
    out = io.StringIO()
    with opened(str(home)) as wiring, asyncio.Runner() as runner:
        assert Chat(wiring, runner, Screen(out), "t", None).take("/shop/models.py explain")
    assert "there is no command" not in out.getvalue()


def test_what_an_answer_cites_can_be_opened_by_number_and_by_place(home: Path) -> None:
    out = io.StringIO()
    with opened(str(home)) as wiring, asyncio.Runner() as runner:
        chat = Chat(wiring, runner, Screen(out), "opening", None)

        def said_to(text: str) -> str:
            out.seek(0)
            out.truncate()
            assert chat.take(text)
            return out.getvalue()

        assert "the last answer cites 0 places, none is number 1\nnext: /open lists them" in said_to("/open 1")
        said_to("Who calls price?")
        rows = said_to("/open").splitlines()
        assert rows[-1] == f"{len(chat.places)} cited places"
        number = next(n for n, place in enumerate(chat.places, 1) if place.path == "shop/models.py")
        assert rows[number - 1].split()[:2] == [f"{number}.", chat.places[number - 1].shown]
        lines = said_to(f"/open {number}").splitlines()
        place = chat.places[number - 1]
        assert [int(line.split()[0]) for line in lines if line] == list(range(place.start_line, place.end_line + 1))
        assert said_to("/open shop/models.py:8") == "8  def price(order: Order) -> int:\n"
        assert "Order.total" in said_to("/open shop/models.py")
        assert "none is number 99" in said_to("/open 99")
        assert "error: " in said_to("/open nowhere.py:1")
        chat.repositories = ("elsewhere",)
        assert said_to(f"/open {number}").splitlines() == lines, "what was cited stays open"
        threads = said_to("/threads")
        assert "opening" in threads
        assert "Who calls price?" in threads
        wiring.journal.flush()
        with closing(wiring.open_ledger()) as ledger:
            first, second = latest(ledger, "feedback", 9)
        told = {name: first.fields[name] for name in ("signal", "rank", "propensity", "place", "door")}
        assert told == {
            "signal": "opened", "rank": number - 1, "propensity": 1.0, "place": f"{place.path}:{place.start_line}", "door": "cli",
        }  # fmt: skip
        assert first.fields == second.fields, "told each time, and nothing of what the answer does not cite"
        assert len(first.fields["run"]) == 32


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str | BaseException]:
    """What a person types at a terminal, one entry a line."""
    entries: list[str | BaseException] = []

    def take(_prompt: str) -> str:
        if not entries:
            raise EOFError
        entry = entries.pop(0)
        if isinstance(entry, BaseException):
            raise entry
        return entry

    monkeypatch.setattr("builtins.input", take)
    monkeypatch.setattr(lines, "_waiting", lambda: bool(entries) and entries[0] != "typed later")
    return entries


def test_lines_that_come_in_one_go_are_one_text(typed: list[str | BaseException], tmp_path: Path) -> None:
    typed += ["Why?", "Traceback (most recent call last):", "KeyError: 1", "typed later"]
    with LineReader(tmp_path / "history", terminal=True) as reader:
        assert reader.read("> ") == "Why?\nTraceback (most recent call last):\nKeyError: 1"
        assert reader.read("> ") == "typed later"
        assert reader.read("> ") is None


@pytest.mark.parametrize(
    ("entries", "text"),
    [
        (['"""', "a", "", 'b"""'], "a\n\nb"),
        (['"""a', '"""'], "a\n"),
        (['"""all in one"""'], "all in one"),
        (['"""', "never closed"], "never closed"),
    ],
)
def test_quotes_hold_lines_together(
    typed: list[str | BaseException], entries: list[str], text: str, tmp_path: Path
) -> None:
    typed += entries
    with LineReader(tmp_path / "history", terminal=True) as reader:
        assert reader.read("> ") == text


def test_ctrl_c_at_the_prompt_is_a_new_prompt(
    typed: list[str | BaseException], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed += [KeyboardInterrupt(), "typed later"]
    with LineReader(tmp_path / "history", terminal=True) as reader:
        assert reader.read("> ") == ""
        assert reader.read("> ") == "typed later"


def test_the_history_is_ones_own_and_holds_no_secret(typed: list[str | BaseException], tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    history = tmp_path / "store" / "history"
    typed += ["Who calls price?"]
    with LineReader(history, terminal=True) as reader:
        reader.read("> ")
        typed.append(f"who uses {secret}?")
        reader.read("> ")
    kept = history.read_text("utf-8")
    assert "Who calls price?" in kept
    assert secret not in kept
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    history.chmod(0o644)
    typed.append("again")
    with LineReader(history, terminal=True) as reader:
        reader.read("> ")
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "Who calls price?" in history.read_text("utf-8"), "what was there stays"
