"""Runs told to a stub of LangSmith: nothing while it is off, redacted and described while it is on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import langsmith
import pytest

from app.cli import main
from app.tracing import redacted, tracer_of
from configs.errors import ConfigError
from configs.settings import TracingSettings, load_settings
from tests.servers.stub_langsmith import StubLangSmith, running_langsmith
from tests.unit.app.conftest import Indexed

MAIL = "ada.hopper@fernpost.de"
SECRET = "ghp_" + "a1B2" * 9
ASK = ["ask", f"Who calls price? Ask {MAIL} who has {SECRET}", "--model", "extractive", "--json"]


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubLangSmith]:
    for name in ("TRACING", "ENDPOINT", "API_KEY", "PROJECT"):
        monkeypatch.delenv(f"LANGSMITH_{name}", raising=False)
    with running_langsmith() as served:
        yield served
        langsmith.configure(client=None, enabled=None, project_name=None)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a socket is connected to."""
    seen: list[Any] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        seen.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return seen


def flushed() -> None:
    client = langsmith.run_trees.get_cached_client()
    client.flush(timeout=20)
    client.close(timeout=5)


@pytest.mark.parametrize("key", ["LANGSMITH_API_KEY", "LANGCHAIN_API_KEY"])
def test_off_means_no_connection_whatever_else_is_set(
    key: str, indexed: Indexed, stub: StubLangSmith, connected: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGSMITH_ENDPOINT", stub.url)
    monkeypatch.setenv(key, "lsv2_key")
    assert main(["--store", str(indexed.store), *ASK]) == 0
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("CLEW_TRACING__LANGSMITH", "false")
    assert main(["--store", str(indexed.store), *ASK]) == 0
    assert connected == []
    assert stub.requests == []


@pytest.mark.parametrize("switch", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "CLEW_TRACING__LANGSMITH"])
def test_on_every_node_is_told_under_one_run_that_says_what_it_came_to(
    switch: str, indexed: Indexed, stub: StubLangSmith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(switch, "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", stub.url)
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_key")
    monkeypatch.setenv("LANGSMITH_PROJECT", "trial")
    assert main(["--store", str(indexed.store), *ASK, "--thread", f"traced-{switch}"]) == 0
    flushed()
    runs = stub.runs().values()
    (root,) = [run for run in runs if not run.get("parent_run_id")]
    assert root["name"] == "assistant"
    assert root["session_name"] == "trial"
    names = {run["name"] for run in runs}
    assert {"planner", "cost_optimizer", "quality_checker", "watcher"} <= names, "an answer may come from memory"
    assert {"verdict:found", "intent:callers"} <= set(root["tags"])
    assert {"release", "level"} <= {tag.partition(":")[0] for tag in root["tags"]}
    metadata = root["extra"]["metadata"]
    assert metadata["repositories"] == "shop"
    assert metadata["thread_id"] == f"traced-{switch}"
    text = stub.text()
    assert "Who calls price?" in text
    assert MAIL not in text and SECRET not in text


def test_without_a_key_nothing_is_sent_beyond_this_machine() -> None:
    with pytest.raises(ConfigError, match="no key"):
        tracer_of(TracingSettings(langsmith=True), lambda: True)


@pytest.mark.parametrize("label", ["local", "remote"])
def test_code_that_may_not_leave_is_not_told_to_a_server_elsewhere(
    label: str, indexed: Indexed, stub: StubLangSmith, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.privacy.Privacy.is_inside", lambda _privacy, _url: False)
    monkeypatch.setenv("CLEW_TRACING__LANGSMITH", "true")
    monkeypatch.setenv("LANGSMITH_ENDPOINT", stub.url)
    monkeypatch.setenv("LANGSMITH_API_KEY", "lsv2_key")
    monkeypatch.setenv("CLEW_PRIVACY__REPOSITORIES", json.dumps({"shop": label}))
    question = ["ask", f"Explain price, please ({label})", "--model", "extractive", "--json"]
    assert main(["--store", str(indexed.store), *question]) == 0
    flushed()
    assert {"assistant", "planner", "writer"} <= {run["name"] for run in stub.runs().values()}
    told = label == "remote"
    assert [text in stub.text() for text in ("Explain price", "the price in cents")] == [told, told]


def test_a_projects_file_cannot_switch_it_on(tmp_path: Path) -> None:
    for line in ("langsmith: true", "url: http://127.0.0.1:1", "project: theirs"):
        (tmp_path / "clew.yaml").write_text(f"tracing:\n  {line}\n")
        with pytest.raises(ConfigError, match="project's file"):
            load_settings(folder=tmp_path)
    (tmp_path / "clew.yaml").write_text("tracing:\n  api_key: x\n")
    with pytest.raises(ConfigError, match="does not belong into a file"):
        load_settings(folder=tmp_path)


def test_our_variables_count_more_than_langsmiths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGSMITH_PROJECT", "theirs")
    assert load_settings().tracing.project == "theirs"
    monkeypatch.setenv("CLEW_TRACING__PROJECT", "ours")
    assert load_settings().tracing.project == "ours"


def test_what_is_sent_is_masked_in_every_place_and_the_table_stays() -> None:
    state = {
        "question": f"tell {MAIL}",
        "pseudonyms": {"[mail-address-1]": MAIL},
        "deep": [{"a": ({"b": SECRET},)}],
        MAIL: 1,
        "number": 3,
        "none": None,
        "object": Path("x"),
    }
    sent = redacted(state)
    assert sent["pseudonyms"] == {}
    assert sent["number"] == 3
    assert sent["none"] is None
    text = json.dumps(sent)
    assert MAIL not in text and SECRET not in text
    assert state["pseudonyms"], "a copy is sent"
