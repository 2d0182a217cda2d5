"""`clew chat` in a real terminal (a pseudo-terminal): prompts, choices, pasted lines, Ctrl-C, history, Ctrl-D."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.processes import CLEW, SOURCES, clew, clew_json, environment, write_sources
from tests.integration.terminal import Terminal

pytestmark = pytest.mark.integration

TWICE = "class {0}:\n    def twice(self) -> None: ...\n"
PASTED = (
    "Why does this fail?\rTraceback (most recent call last):\r"
    '  File "/srv/shop/models.py", line 5, in total\r    return price(self)\rKeyError: 1\r'
)


def chat(store: Path, folder: Path, *options: str, **more: str) -> Terminal:
    command = [*CLEW, "chat", "--thread", "talk", "--model", "extractive", *options]
    return Terminal(command, folder, environment(store, **more))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chat")
    twice = {f"shop/twice_{name}.py": TWICE.format(name.upper()) for name in "ab"}
    clew_json(folder / "store", "index", str(write_sources(folder / "shop", {**SOURCES, **twice})), "--name", "shop")
    return folder / "store"


@pytest.fixture
def terminal(store: Path, tmp_path: Path) -> Iterator[Terminal]:
    opened = chat(store, tmp_path, LINES="200")
    yield opened
    opened.process.kill()
    opened.process.wait()


def test_a_conversation_at_a_terminal(terminal: Terminal, store: Path, tmp_path: Path) -> None:
    terminal.until("all> ")
    terminal.type("Who calls price?\r")
    assert "checkout" in terminal.until(r"claims verified[^\n]*\n")
    terminal.until("all> ")
    terminal.type("Who calls twice?\r")
    assert "2." in terminal.until(r"number \[3\]: ")
    terminal.type("2\r")
    terminal.until(r"no call of .*twice_b")
    terminal.until("all> ")
    terminal.type(PASTED)
    shown = terminal.until(r"claims verified[^\n]*\n")
    assert "KeyError" in shown
    terminal.until("all> ")
    terminal.type("half a ques")
    terminal.until("half a ques")
    terminal.type("\x03")
    terminal.until("all> ")
    terminal.type("Who calls twice?\r")
    terminal.until(r"number \[3\]: ")
    terminal.type("\x03")
    terminal.until("given up; the conversation goes on")
    terminal.until("all> ")
    terminal.type("\x1b[A\x1b[A\x1b[A\r")
    terminal.until("all> ")
    terminal.type(f"/export {tmp_path / 'talk.md'}\r")
    terminal.until("written to ")
    terminal.until("all> ")
    terminal.type("\x04")
    assert terminal.close() == 0
    questions = re.findall(r"^> (.*)$", (tmp_path / "talk.md").read_text("utf-8"), re.M)
    assert questions[:3] == ["Who calls price?", "Who calls twice?", "Why does this fail?"]
    assert "KeyError: 1" in questions, "pasted lines are one question"
    history = store / "chat.history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert "Who calls price?" in history.read_text("utf-8")
    assert "half a ques" not in history.read_text("utf-8")
    assert clew(store, "threads", "list").stdout.startswith("  talk")


@pytest.mark.parametrize("options", [(), ("--no-pager",), ("--plain",)])
def test_what_is_longer_than_the_terminal_is_shown_by_the_pager(
    store: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    opened = chat(store, tmp_path, *options, LINES="2", PAGER="sed s/^/paged:/")
    opened.until("all> ")
    opened.type("Who calls price?\r")
    assert ("paged:" in opened.until(r"claims verified[^\n]*\n")) is not bool(options)
    opened.until("all> ")
    opened.type("/open 1\r")
    opened.until(r"\d  .*\n")
    opened.until("all> ")
    opened.type("\x04")
    assert opened.close() == 0
