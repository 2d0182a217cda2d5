"""The command line over a real Neo4j: copying to it, indexing into it, and the same answers as from SQLite."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_server import Neo4jAddress
from knowledge.scope import EVERYTHING
from tests.servers.fault_proxy import faulty
from tests.servers.neo4j_server import PASSWORD, Neo4jProcess
from tests.unit.app.conftest import write_sources

pytestmark = pytest.mark.integration

QUESTIONS = [
    ["symbol", "Order"],
    ["symbol", "twice"],
    ["callers", "price"],
    ["callers", "price", "--dispatch"],
    ["callers", "send_all"],
    ["callees", "messen", "--depth", "3"],
    ["callees", "ship"],
    ["impact", "price", "--depth", "4"],
    ["impact", "lonely_end"],
    ["hierarchy", "Order"],
    ["hotspots"],
    ["cycles"],
    ["dead-code", "--public"],
    ["untested"],
    ["path", "messen", "price"],
    ["path", "price", "messen"],
    ["show", "shop/models.py"],
    ["show", "shop/models.py:1-4"],
    ["search", "price"],
    ["search", "cents", "--kind", "doc"],
    ["export", "symbols"],
    ["export", "relations"],
    ["export", "relations", "--kind", "CALLS"],
    ["repos"],
    ["status"],
    ["callers", "no_such_name"],
]


@pytest.fixture
def server(neo4j_server: Neo4jProcess, monkeypatch: pytest.MonkeyPatch) -> Neo4jProcess:
    empty(neo4j_server)
    monkeypatch.setenv("CLEW_GRAPH__URL", neo4j_server.url)
    return neo4j_server


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_sources(tmp_path / "shop")


def empty(server: Neo4jProcess) -> None:
    with closing(Neo4jCodeGraph(Neo4jAddress(server.url))) as graph:
        for name in {info.name for info in graph.repositories(EVERYTHING)} | {"shop"}:
            graph.forget_repository(name)


class Command:
    """Runs commands over one store folder and gives back what they print."""

    def __init__(self, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.store = store
        self._capsys = capsys

    def run(self, *arguments: str, code: int | None = 0) -> str:
        self._capsys.readouterr()
        found = main(["--store", str(self.store), *arguments])
        out = self._capsys.readouterr()
        assert code is None or found == code, out
        return out.out

    def json(self, *arguments: str, code: int | None = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code))

    def answer(self, arguments: list[str]) -> Any:
        """Return what a question prints, without what may differ between two stores of the same graph."""
        if arguments[0] == "export":
            return self.run(*arguments).splitlines()
        body = self.json(*arguments, code=None)
        if arguments[0] == "status":
            del body["graph"], body["bytes"]
        return body


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path / "store", capsys)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, neo4j_server: Neo4jProcess) -> Iterator[Path]:
    """Return a store whose index was copied to the server."""
    store = tmp_path_factory.mktemp("both")
    root = write_sources(store / "shop")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CLEW_GRAPH__URL", neo4j_server.url)
        empty(neo4j_server)
        assert main(["--store", str(store), "index", str(root), "--name", "shop", "--json"]) == 0
        assert main(["--store", str(store), "graph", "sync", "--to", "neo4j", "--json"]) == 0
    yield store
    empty(neo4j_server)


@pytest.mark.parametrize("arguments", QUESTIONS, ids=" ".join)
def test_every_answer_is_the_same_from_both_backends(
    both: Path,
    arguments: list[str],
    neo4j_server: Neo4jProcess,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = Command(both, capsys)
    monkeypatch.setenv("CLEW_GRAPH__URL", neo4j_server.url)
    embedded = command.answer(arguments)
    (both / "graph.db").rename(both / "hidden.db")
    try:
        monkeypatch.setenv("CLEW_GRAPH__BACKEND", "neo4j")
        assert command.answer(arguments) == embedded
    finally:
        (both / "hidden.db").rename(both / "graph.db")


def test_a_question_in_words_is_answered_from_neo4j(
    both: Path, neo4j_server: Neo4jProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_GRAPH__URL", neo4j_server.url)
    monkeypatch.setenv("CLEW_GRAPH__BACKEND", "neo4j")
    body = Command(both, capsys).json("ask", "Who calls price?", "--model", "extractive")
    assert {citation["path"] for citation in body["citations"]} >= {"shop/models.py", "shop/größe.py"}


def test_sync_copies_once_and_then_what_changed(server: Neo4jProcess, root: Path, command: Command) -> None:
    command.json("index", str(root), "--name", "shop")
    first = command.json("graph", "sync", "--to", "neo4j")
    assert [row["copied"] for row in first["repositories"]] == [True]
    assert first["url"] == server.url
    again = command.json("graph", "sync", "--to", "neo4j", "--repository", "shop")
    assert [row["copied"] for row in again["repositories"]] == [False]
    (root / "shop" / "other.py").write_text("def helper() -> None: ...\n")
    command.json("index", str(root), "--name", "shop")
    later = command.json("graph", "sync", "--to", "neo4j")["repositories"][0]
    assert (later["copied"], later["generation"]) == (True, 2)
    assert later["symbols"] < first["repositories"][0]["symbols"]
    assert command.json("graph", "sync", "--to", "neo4j", "--repository", "nobody", code=6)["error"]["next_step"]
    assert "was there already" in command.run("graph", "sync", "--to", "neo4j")


def test_an_empty_store_has_nothing_to_copy(server: Neo4jProcess, command: Command) -> None:
    assert command.json("graph", "sync", "--to", "neo4j", code=3)["error"]["code"] == "store_unavailable"


def test_indexing_into_neo4j_equals_an_index_in_sqlite_and_so_does_every_update(
    server: Neo4jProcess,
    root: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def exported(store: str, backend: str) -> list[str]:
        monkeypatch.setenv("CLEW_GRAPH__BACKEND", backend)
        command = Command(tmp_path / store, capsys)
        command.json("index", str(root), "--name", "shop")
        return [*command.run("export", "symbols").splitlines(), *command.run("export", "relations").splitlines()]

    assert exported("direct", "neo4j") == exported("plain", "sqlite")
    assert not (tmp_path / "direct" / "graph.db").exists()
    (root / "shop" / "other.py").write_text("from shop.models import price\n\n\ndef fresh():\n    return price(None)\n")
    shutil.move(root / "shop" / "twice_b.py", root / "shop" / "twice_c.py")
    assert exported("direct", "neo4j") == exported("fresh", "sqlite")
    monkeypatch.setenv("CLEW_GRAPH__BACKEND", "neo4j")
    command = Command(tmp_path / "direct", capsys)
    assert command.json("status")["graph"] == f"neo4j {server.url} neo4j"
    assert command.json("forget", "shop", "--yes") == {"forgotten": "shop"}
    assert command.json("repos", code=1)["repositories"] == []


def test_a_lost_server_is_said_in_two_lines(
    server: Neo4jProcess, command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_GRAPH__BACKEND", "neo4j")
    with faulty(server.port) as proxy:
        monkeypatch.setenv("CLEW_GRAPH__URL", f"bolt://127.0.0.1:{proxy.port}")
        proxy.cut_after(400)
        assert main(["--store", str(command.store), "callers", "price"]) == 3
        assert proxy.cuts == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [line.partition(":")[0] for line in captured.err.splitlines()] == ["error", "next"]


def test_doctor_shows_the_server(server: Neo4jProcess, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEW_GRAPH__BACKEND", "neo4j")
    (check,) = [row for row in command.json("doctor", code=None)["checks"] if row["name"] == "neo4j"]
    assert (check["state"], check["detail"]) == ("ok", f"5.26.18 at {server.url}")


def test_doctor_says_how_to_mend_a_wrong_password(
    guarded_neo4j: Neo4jProcess, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEW_GRAPH__BACKEND", "neo4j")
    monkeypatch.setenv("CLEW_GRAPH__URL", guarded_neo4j.url)
    monkeypatch.setenv("CLEW_GRAPH__PASSWORD", f"not {PASSWORD}")
    (check,) = [row for row in command.json("doctor", code=3)["checks"] if row["name"] == "neo4j"]
    assert (check["state"], "CLEW_GRAPH__PASSWORD" in check["mend"]) == ("fail", True)
    body = command.json("callers", "price", code=3)["error"]
    assert (body["code"], body["retryable"]) == ("store_refused", False)
