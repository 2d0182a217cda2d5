"""The JSON of every structural command, key by key: the contract that scripts and graders rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from tests.servers.fake_ollama import FakeOllama, running
from tests.unit.app.conftest import Indexed

SYMBOL = {"id", "kind", "qualified_name", "repository", "path", "line"}
SITE = {"path", "line", "column"}


def run(indexed: Indexed, capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """Run one command with --json and return what it printed."""
    assert main(["--store", str(indexed.store), *arguments, "--json"]) == code, capsys.readouterr().err
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def lines(indexed: Indexed, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[Any]:
    assert main(["--store", str(indexed.store), "export", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_callers(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "callers", "price")
    assert list(body) == ["symbol", "verdict", "results", "candidates", "uncovered", "truncated"]
    assert body["verdict"] == "found"
    assert set(body["symbol"]) == SYMBOL
    assert body["symbol"]["qualified_name"] == "shop.models.price"
    assert body["symbol"]["line"] == 8, "the line of the name"
    row = next(row for row in body["results"] if row["symbol"]["qualified_name"] == "shop.größe.messen")
    assert set(row) == {"symbol", "site", "tier", "depth", "relation", "dispatched"}
    assert set(row["symbol"]) == SYMBOL
    assert row["site"] == {"path": "shop/größe.py", "line": 5, "column": 12}
    assert (row["tier"], row["depth"]) == ("exact", 1)


def test_callees_and_impact(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    callees = run(indexed, capsys, "callees", "messen")
    assert {row["symbol"]["qualified_name"] for row in callees["results"]} >= {"shop.models.price"}
    impact = run(indexed, capsys, "impact", "price")
    assert list(impact) == [*callees, "tests", "entry_points"]
    effects = {row["symbol"]["qualified_name"]: row["effect"] for row in impact["results"]}
    assert effects["shop.models.Order.total"] == "will"
    assert {row["symbol"]["qualified_name"] for row in impact["results"]} >= {"shop.models.Order.total"}


def test_symbol(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "symbol", "Order")
    assert body["symbol"]["kind"] == "class"
    assert body["results"][0]["depth"] == 0
    assert body["results"][0]["site"] == {"path": "shop/models.py", "line": 1, "column": 7}


def test_hierarchy_hotspots_cycles_and_dead_code(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    hierarchy = run(indexed, capsys, "hierarchy", "Order", code=1)
    assert (hierarchy["verdict"], hierarchy["ancestors"], hierarchy["descendants"]) == ("none", [], [])
    hotspots = run(indexed, capsys, "hotspots")
    users = {row["symbol"]["qualified_name"]: row["users"] for row in hotspots["results"]}
    assert (users["shop.models.price"], users["shop.other.lonely_end"]) == (3, 1)
    assert run(indexed, capsys, "hotspots", "--limit", "1")["truncated"]
    assert run(indexed, capsys, "cycles", code=1) == {"results": [], "truncated": False}
    assert run(indexed, capsys, "dead-code", code=1)["results"] == []
    public = run(indexed, capsys, "dead-code", "--public")
    unused = {row["symbol"]["qualified_name"]: row["mentions"] for row in public["results"]}
    assert unused["shop.other.nobody_calls_this"] == 0
    assert "shop.models.price" not in unused


def test_none_exits_with_1(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "callers", "nobody_calls_this", code=1)
    assert (body["verdict"], body["results"], body["uncovered"]) == ("none", [], [])


def test_ambiguous_exits_with_5_and_names_its_candidates(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "callers", "twice", code=5)
    assert body["verdict"] == "ambiguous"
    assert {c["qualified_name"] for c in body["candidates"]} == {"shop.twice_a.A.twice", "shop.twice_b.B.twice"}
    assert all(set(candidate) == SYMBOL for candidate in body["candidates"])


def test_an_unknown_name_exits_with_6(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "callers", "no_such_symbol_anywhere", code=6)
    assert (body["symbol"], body["verdict"]) == (None, "unknown")


@pytest.mark.parametrize("kind", ["symbol", "file", "doc"])
def test_search(indexed: Indexed, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    body = run(indexed, capsys, "search", "price of an order", "--kind", kind, "--top-k", "3")
    assert list(body) == ["query", "results", "note"]
    assert body["note"] == ""
    assert body["query"] == "price of an order"
    assert 1 <= len(body["results"]) <= 3
    for row in body["results"]:
        assert list(row) == ["repository", "path", "start_line", "end_line", "symbol", "kind", "score", "why"]
    if kind == "file":
        paths = [row["path"] for row in body["results"]]
        assert len(paths) == len(set(paths)), "one row a file"
    if kind == "doc":
        assert body["results"][0]["path"] == "README.md"


@pytest.mark.parametrize("kind", ["symbol", "file", "doc"])
def test_a_reranked_search(
    indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def reversed_order(prompt: str) -> str:
        return json.dumps({"order": list(range(prompt.count("<candidate number"), 0, -1))})

    search = ("search", "price of an order", "--kind", kind, "--top-k", "20")
    before = run(indexed, capsys, *search)["results"]
    with running(FakeOllama(reply=reversed_order)) as host:
        monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", host.url)
        after = run(indexed, capsys, *search, "--rerank")
        assert run(indexed, capsys, *search)["results"] == before
        monkeypatch.setenv("CLEW_RETRIEVAL__RERANK", "true")
        assert run(indexed, capsys, *search)["results"] == after["results"]
        assert run(indexed, capsys, *search, "--no-rerank")["results"] == before
        host.reply = lambda prompt: '{"order": [1]}'
        failed = run(indexed, capsys, *search)
    assert [row["path"] for row in after["results"]] == [row["path"] for row in before[::-1]]
    assert (after["note"], failed["results"]) == ("", before)
    assert failed["note"].startswith("not reranked: ") == (len(before) > 1)


def test_a_search_without_results_exits_with_1(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(indexed, capsys, "search", "zzzzqqqq", code=1)["results"] == []


def test_path(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "path", "messen", "price")
    assert list(body) == ["source", "target", "verdict", "relations", "candidates", "uncovered"]
    assert [row["kind"] for row in body["relations"]] == ["CALLS"]
    assert run(indexed, capsys, "path", "price", "messen", code=1)["verdict"] == "none"


def test_export_symbols(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    rows = lines(indexed, capsys, "symbols", "--kind", "class")
    assert {row["qualified_name"] for row in rows} == {"shop.models.Order", "shop.twice_a.A", "shop.twice_b.B"}
    assert all(set(row) >= SYMBOL for row in rows)


def test_export_relations(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    rows = lines(indexed, capsys, "relations", "--kind", "calls")
    assert rows
    for row in rows:
        assert list(row) == ["kind", "tier", "strategy", "confidence", "source", "target", "site"]
        assert set(row["source"]) == SYMBOL
        assert set(row["target"]) in (SYMBOL, {"external"})
        assert set(row["site"]) == SITE
    assert "größe" in json.dumps(rows, ensure_ascii=False)


def test_export_of_an_unknown_kind_names_the_known_ones(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--store", str(indexed.store), "export", "relations", "--kind", "edges"]) == 2
    assert "CALLS" in capsys.readouterr().err


def test_status(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "status")
    assert list(body) == ["store", "graph", "bytes", "languages", "repositories", "models"]
    assert body["graph"] == "sqlite"
    row = body["repositories"][0]
    assert row["coverage"]["files"] == 7
    assert row["staleness"] == {"state": "fresh", "changed": [], "added": [], "deleted": []}
    assert row["revision"].startswith("worktree:")
    assert sum(row["tiers"].values()) == row["relations"]
    assert body["bytes"]["graph.db"] > 0


def test_repos(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["name"] for row in run(indexed, capsys, "repos")["repositories"]] == ["shop"]


def test_doctor(indexed: Indexed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_MODEL__OLLAMA_URL", "http://127.0.0.1:9")
    body = run(indexed, capsys, "doctor")
    assert body["healthy"]
    states = {row["name"]: row["state"] for row in body["checks"]}
    assert states["grammars"] == states["store folder"] == states["index"] == "ok"
    assert states["ollama"] == "warn"
    assert all(row["mend"] for row in body["checks"] if row["state"] != "ok")


def test_a_missing_index_is_said_with_the_command_that_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["callers", "x"], ["search", "x"], ["export", "symbols"]):
        assert main(["--store", str(tmp_path), *arguments]) == 3
        assert "clew index" in capsys.readouterr().err
    assert main(["--store", str(tmp_path), "repos"]) == 1
    assert main(["--store", str(tmp_path), "status"]) == 1


def test_another_repository_is_named_when_one_is_misspelt(indexed: Indexed, capsys: pytest.CaptureFixture[str]) -> None:
    body = run(indexed, capsys, "callers", "price", "--repo", "shpo", code=6)
    assert body["error"]["code"] == "unknown_repository"
    assert "'shop'" in body["error"]["next_step"]
