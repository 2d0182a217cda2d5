"""`clew eval train-router` and `clew ask --handoff`, from the command line."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import Indexed

SEEN = {"intent": "explain", "words": 8, "names": 1, "facts": 5, "files": 2, "strength": 1.0, "evidence_tokens": 400}


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_weights_are_learned_from_a_file_and_are_the_same_every_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(1)
    rows = [
        {"choice": "small", "right": chance.random() < share, "steps": steps, **SEEN}
        for _ in range(60)
        for steps, share in ((1, 0.9), (3, 0.2))
    ]
    file = tmp_path / "outcomes.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main(["eval", "train-router", "--outcomes", str(file), "--json"]) == 0
    learned = shown(capsys)
    assert learned["weights"]["small"]["steps"] < 0
    assert main(["eval", "train-router", "--outcomes", str(file), "--json"]) == 0
    assert shown(capsys) == learned
    named = set(learned) | set(keys_of({key: learned[key] for key in ("brier", "gap", "cases")})) - {"small"}
    assert not named - set(re.findall(r"\w+", section("eval train-router")))
    assert main(["eval", "train-router", "--outcomes", str(file)]) == 0
    assert "put these under `router: weights:`" in capsys.readouterr().out


def test_without_outcomes_nothing_is_learned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_HOME", str(tmp_path))
    assert main(["eval", "train-router"]) == 1
    assert "there are no outcomes yet" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["no json", "{}", '{"choice": "small", "right": true}', "[]"])
def test_a_line_that_is_no_outcome_is_named(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "outcomes.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    assert main(["eval", "train-router", "--outcomes", str(file), "--json"]) == 2
    assert "line 1 of" in shown(capsys)["error"]["message"]


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "train-router", "--outcomes", str(tmp_path / "none"), "--json"]) == 2
    assert shown(capsys)["error"]["code"] == "input"


def test_a_ticket_is_printed_written_or_in_the_json(
    indexed: Indexed, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_HOME", str(indexed.store))
    question = "Who calls discount?"
    assert main(["ask", question, "--model", "extractive", "--handoff"]) == 0
    assert f"## Question for a person\n\n{question}" in capsys.readouterr().out
    assert main(["ask", question, "--model", "extractive", "--handoff", "--json"]) == 0
    assert shown(capsys)["handoff"]["question"] == question
    file = tmp_path / "ticket.md"
    assert main(["ask", question, "--model", "extractive", "--handoff", str(file)]) == 0
    assert "Question for a person" not in capsys.readouterr().out
    assert file.read_text("utf-8").startswith("## Question for a person")
    assert main(["ask", question, "--model", "extractive", "--handoff", str(tmp_path), "--json"]) == 2
