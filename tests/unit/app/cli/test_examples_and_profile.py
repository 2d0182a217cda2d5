"""`clew examples` and `clew profile`: accepted, listed, shown and erased from the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.servers.fake_ollama import FakeOllama, running
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import Indexed

QUESTION = "Explain Order.total"


@pytest.fixture
def host(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOllama]:
    """A model, and a store of its own with the small repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    with running(FakeOllama(reply=lambda prompt: "`Order.total` gives the price [1].")) as served:
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", served.url)
        assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
        yield served


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_an_answer_is_accepted_listed_used_and_erased(host: FakeOllama, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["examples", "list"]) == 1
    capsys.readouterr()
    assert main(["ask", QUESTION]) == 0
    run = re.search(r"· run ([0-9a-f]{12})", capsys.readouterr().out)
    assert run is not None
    assert main(["examples", "accept", run[1], "--by", "ann", "--json"]) == 0
    accepted = shown(capsys)
    assert (accepted["question"], accepted["by"], accepted["intent"]) == (QUESTION, "ann", "explain")
    assert main(["examples", "list", "--json"]) == 0
    listed = shown(capsys)
    assert listed["examples"] == [accepted]
    assert not set(keys_of(listed)) - set(re.findall(r"\w+", section("examples accept")))
    assert main(["ask", "Explain Order"]) == 0
    assert "<example mark=" in host.prompts()[-1]
    assert "accepted" not in capsys.readouterr().out
    assert main(["examples", "forget", run[1]]) == 0
    assert main(["examples", "list"]) == 1
    capsys.readouterr()
    for command in ("accept", "forget"):
        assert main(["examples", command, "0" * 12, "--json"]) == 2
        assert shown(capsys)["error"]["code"] == "input"


def test_the_profile_is_shown_and_erased_and_may_be_turned_off(
    host: FakeOllama, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    capsys.readouterr()
    assert main(["profile", "show"]) == 1
    assert main(["ask", "Who calls price?", "--json"]) == 0
    capsys.readouterr()
    assert main(["profile", "show", "--json"]) == 0
    profile = shown(capsys)
    assert profile["counting"]
    assert profile["counts"] == {
        "repositories": {"shop": 1},
        "languages": {"python": 1},
        "kinds": {"callers": 1},
        "depth": {"structural": 1},
        "manner": {},
    }
    assert not set(profile) - set(re.findall(r"\w+", section("profile show")))
    monkeypatch.setenv("CLEW_MEMORY__PROFILE", "false")
    assert main(["ask", "Who calls helper?", "--json"]) == 0
    capsys.readouterr()
    assert main(["profile", "show"]) == 0
    text = capsys.readouterr().out
    assert "repositories: shop 1" in text and "memory.profile is off" in text
    assert main(["profile", "erase"]) == 0
    assert main(["profile", "erase", "--json"]) == 1


def test_a_forgotten_repository_leaves_profile_and_examples(
    host: FakeOllama, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", QUESTION, "--json"]) == 0
    capsys.readouterr()
    assert main(["forget", "shop", "--yes"]) == 0
    files = [
        file for file in (tmp_path / "store").glob("*.*") if file.is_file() and not file.name.startswith("ledger.")
    ]
    held = b"".join(file.read_bytes() for file in files)
    assert [word for word in (b"shop", b"Order", b"gives the price") if word in held] == []
