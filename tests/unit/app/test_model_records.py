"""Calls of models are in the Ledger with the lines that reached them, and cost there what they cost in the budgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from models.provider import place_of
from tests.servers.fake_ollama import FakeOllama, running
from tests.unit.app.conftest import Indexed


@pytest.fixture
def host(tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeOllama]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_BUDGET__PRICES", '{"qwen": {"input_usd": 3, "output_usd": 15}}')
    monkeypatch.setenv("CLEW_BUDGET__TEAM", "core")
    with running(FakeOllama(reply=lambda prompt: "`Order.total` gives the price [1].")) as served:
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", served.url)
        assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
        yield served


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert main([*arguments, "--json"]) == code, arguments
        return json.loads(capsys.readouterr().out)

    return run


def test_a_call_is_recorded_with_its_lines_and_costs_what_the_budgets_say(host: FakeOllama, call: Any) -> None:
    for question in ("Explain Order.total", "Explain price", "Who calls price?"):
        call("ask", question)
    rows = call("audit", "show", "--kind", "model")["events"]
    assert len(rows) == len(host.prompts()) > 1
    one = rows[0]["fields"]
    assert (one["outcome"], one["purpose"], one["reached"]) == ("answered", "write", True)
    assert place_of(host.url) in one["host"]
    assert "shop/models.py" in {line[1] for line in one["lines"]}
    for _, path, *_ in one["lines"]:
        assert path in host.prompts()[0]
    assert not [row for row in rows if "gives the price" in json.dumps(row)], "no words of a model"
    asked = {row["fields"]["run"] for row in call("audit", "show", "--kind", "asked")["events"]}
    assert {row["fields"]["run"] for row in rows} <= asked
    report = call("usage", "--by", "team")["rows"][0]
    month = next(one for one in call("budget")["accounts"] if one["scope"] == "month")
    assert report["model_calls"] == len(rows)
    assert report["cost_usd"] == month["used"]["usd"] > 0
    assert report["input_tokens"] + report["output_tokens"] == month["used"]["tokens"]


def test_a_host_that_nobody_reached_got_no_lines(
    tmp_path: Path, indexed: Indexed, monkeypatch: pytest.MonkeyPatch, call: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    served = FakeOllama(reply=lambda prompt: "`Order.total` gives the price [1].", faults=["error"] * 20)
    with running(served):
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", served.url)
        assert main(["index", str(indexed.root), "--name", "shop", "--json"]) == 0
        call("ask", "Explain Order.total")
    rows = [row["fields"] for row in call("audit", "show", "--kind", "model")["events"]]
    assert {row["outcome"] for row in rows} <= {"failed", "busy", "resting"}
    assert all(bool(row["lines"]) == row["reached"] for row in rows)


def test_a_reranked_search_is_recorded_outside_of_any_run(host: FakeOllama, call: Any) -> None:
    call("search", "price of an order", "--rerank")
    (row,) = call("audit", "show", "--kind", "model")["events"]
    assert (row["fields"]["purpose"], row["fields"]["run"]) == ("rerank", "")
    assert row["fields"]["lines"]
    assert call("usage")["total"]["model_calls"] == 1
