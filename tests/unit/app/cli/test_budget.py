"""`clew budget`: what was asked is booked on the accounts of the person, and shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.people import user_name
from tests.servers.fake_ollama import FakeOllama, running
from tests.unit.app.cli.test_documented_shapes import keys_of, section
from tests.unit.app.conftest import Indexed


@pytest.fixture
def host(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOllama]:
    """A model, and a store of its own with the small repository."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_BUDGET__PRICES", '{"qwen": {"input_usd": 3, "output_usd": 15}}')
    with running(FakeOllama(reply=lambda prompt: "`Order.total` gives the price [1].")) as served:
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", served.url)
        assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
        yield served


def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_question_is_booked_and_shown_and_a_limit_refuses_the_next(
    host: FakeOllama, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    capsys.readouterr()
    assert main(["ask", "Explain Order.total", "--project", "till", "--json"]) == 0
    cost = shown(capsys)["cost_usd"]
    assert cost > 0
    assert main(["budget", "--json"]) == 0
    told = shown(capsys)
    accounts = {(one["scope"], one["name"]): one for one in told["accounts"]}
    assert set(accounts) == {("user", user_name()), ("project", "till"), ("month", "")}
    assert all(one["used"]["usd"] == cost and one["calls"] == 1 for one in accounts.values())
    assert not set(keys_of(told)) - set(re.findall(r"\w+", section("budget"))) - {"qwen"}
    assert told["prices"] == {"qwen": {"input_usd": 3.0, "output_usd": 15.0}}

    monkeypatch.setenv("CLEW_BUDGET__LIMITS__USER__USD", f"{cost:.6f}")
    assert main(["ask", "Explain Order", "--json"]) == 0
    refused = shown(capsys)
    assert refused["level"] in ("structural", "extractive")
    assert "raise budget.limits.user.usd" in refused["answer"]
    assert main(["budget"]) == 0
    text = capsys.readouterr().out
    assert f"user '{user_name()}'" in text and f"${cost:.6f}"[:6] in text and "no limit" in text


def test_another_month_is_empty_and_a_misspelt_one_refused(
    host: FakeOllama, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["budget", "--month", "2020-01", "--json"]) == 0
    assert shown(capsys)["accounts"] == []
    assert main(["budget", "--month", "November", "--json"]) == 2
    assert shown(capsys)["error"]["code"] == "input"


@pytest.mark.parametrize("line", ["limits: {user: {usd: 1000}}", "prices: {gpt: {input_usd: 0}}", "team: other"])
def test_a_projects_own_file_may_not_change_what_is_spent(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clew.yaml").write_text(f"budget:\n  {line}\n", encoding="utf-8")
    assert main(["budget", "--json"]) == 2
    assert "a project's file may not" in shown(capsys)["error"]["message"]


def test_a_projects_own_file_may_name_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    (tmp_path / "clew.yaml").write_text("budget:\n  project: till\n", encoding="utf-8")
    assert main(["budget", "--json"]) == 0
    assert ("project", "till") in {(one["scope"], one["name"]) for one in shown(capsys)["accounts"]}
