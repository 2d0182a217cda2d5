"""`clew serve` as a process, spoken to over a real socket."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.integration.processes import CLEW, clew, clew_json, environment, started, wait_until, write_sources

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start a server on a free port; yield its address."""
    log = tmp_path_factory.mktemp("server") / "log"
    command = [*CLEW, "serve", "--port", "0", "--json"]
    with started(command, folder=shop.parent, env=environment(shop), log=log) as process:
        assert process.stdout is not None
        announced = json.loads(process.stdout.readline() or log.read_text())
        wait_until(lambda: _alive(announced["url"]), process, what="/healthz")
        yield announced["url"], process


def _alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def chat(text: str, **more: object) -> dict[str, object]:
    return {"model": "extractive", "messages": [{"role": "user", "content": text}], **more}


def test_a_repeated_question_is_answered_from_memory_with_the_same_proof(
    server: tuple[str, subprocess.Popen[str]],
) -> None:
    url, _ = server
    asked = [
        httpx.post(f"{url}/v1/chat/completions", json=chat("where is checkout defined?"), timeout=60, trust_env=False)
        for _ in range(4)  # a share of remembered answers is made anew, to be compared
    ]
    first, *later = (response.json()["clew"] for response in asked)
    assert any("from memory" in again["route"] for again in later)
    assert all(again["citations"] == first["citations"] != [] for again in later)


def test_an_answer_over_http(server: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = server
    response = httpx.post(f"{url}/v1/chat/completions", json=chat("who calls price?"), timeout=60, trust_env=False)
    body = response.json()
    assert response.status_code == 200, body
    assert body["clew"]["verdict"] == "found"
    assert "shop/checkout.py" in {citation["path"] for citation in body["clew"]["citations"]}
    assert body["choices"][0]["message"]["content"] == body["clew"]["answer"]


def test_a_stream_over_http_arrives_in_pieces(server: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = server
    request = chat("what does checkout call?", stream=True)
    with httpx.stream("POST", f"{url}/v1/chat/completions", json=request, timeout=60, trust_env=False) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    events = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    nodes = {event["clew"]["node"] for event in events if event.get("clew", {}).get("event") == "node_started"}
    assert {"planner", "cost_optimizer", "writer", "quality_checker"} <= nodes
    assert events[-1]["clew"]["citations"]


def test_a_client_that_leaves_does_not_harm_the_next_one(server: tuple[str, subprocess.Popen[str]]) -> None:
    url, process = server
    for _ in range(3):
        request = chat("explain price", stream=True)
        with httpx.stream("POST", f"{url}/v1/chat/completions", json=request, timeout=60, trust_env=False) as response:
            next(response.iter_lines())
    ready = httpx.get(f"{url}/readyz", trust_env=False).json()
    assert (ready["status"], ready["repositories"]) == ("ready", ["shop"])
    assert process.poll() is None


def test_a_rebound_name_is_refused_over_http(server: tuple[str, subprocess.Popen[str]]) -> None:
    url, _ = server
    response = httpx.get(f"{url}/v1/models", headers={"host": "evil.example"}, trust_env=False)
    assert response.status_code == 403
    assert {row["id"] for row in httpx.get(f"{url}/v1/models", trust_env=False).json()["data"]} >= {
        "clew",
        "extractive",
    }


def test_other_machines_are_refused_before_anything_listens(shop: Path) -> None:
    done = clew(shop, "serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 4
    assert "no authentication is configured" in done.stderr
    assert "next: " in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean(shop: Path, tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "log"
    env = environment(shop, CLEW_RETRIEVAL__DENSE="false")
    with started([*CLEW, "serve", "--port", "0", "--json"], folder=shop.parent, env=env, log=log) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"]
        wait_until(lambda: _alive(url), process, what="/healthz")
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
    assert "Traceback" not in log.read_text()


def test_a_server_learns_vectors_beside_its_requests_and_forgets_them_with_the_repository(tmp_path: Path) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    words = ("order", "price", "customer", "invoice", "basket", "parcel", "address", "payment", "refund", "stock")
    sources = {
        f"shop/{noun}.py": "".join(
            f'def {verb}_{noun}(value):\n    """{verb.title()} the {noun} of a {words[index % 10]}."""\n    return value\n\n\n'
            for index, verb in enumerate(("create", "delete", "update", "find", "send", "check"))
        )
        for noun in words
    }
    clew_json(store, "index", str(write_sources(tmp_path / "shop", sources)), "--name", "shop")
    with started(
        [*CLEW, "serve", "--port", "0", "--json"], folder=tmp_path, env=environment(store), log=log
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"]
        wait_until(lambda: list(store.glob("embedders/*/*.npz")), process, what="the vectors are learned")
        answered = httpx.post(
            f"{url}/v1/chat/completions", json=chat("where are invoices removed?"), timeout=60, trust_env=False
        )
        assert answered.status_code == 200, answered.text
        done = clew(store, "forget", "shop", "--yes")
        assert done.returncode == 0, done.stderr
        assert "drops those of this repository by itself" in done.stderr
        assert process.poll() is None
    assert "Traceback" not in log.read_text()
