"""`clew serve --workers`: several processes behind one socket act as one, and outlive each other."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.processes import CLEW, clew, environment, started, wait_until

pytestmark = pytest.mark.integration

WORKERS = 2
FRESH = 12
"""Connections of their own: whichever worker takes one, the answer must be the same."""


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    workers: tuple[int, ...]
    process: subprocess.Popen[str]
    log: Path

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask over a new connection."""
        return httpx.request(method, f"{self.url}{path}", timeout=60, trust_env=False, **options)

    def children(self) -> set[int]:
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return {int(one) for one in found.stdout.split()}


@contextmanager
def serving(shop: Path, log: Path) -> Iterator[Server]:
    command = [*CLEW, "serve", "--port", "0", "--workers", str(WORKERS), "--json"]
    with started(command, folder=shop.parent, env=environment(shop), log=log) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline() or log.read_text())
        yield Server(told["url"], tuple(told["workers"]), process, log)
        living = _descendants(process.pid)
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        wait_until(lambda: not any(map(_lives, living)), what="Ctrl-C leaves nothing")
    assert "Traceback" not in log.read_text()
    assert not (shop / "shared.db").exists()


@pytest.fixture(scope="module")
def server(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(shop, tmp_path_factory.mktemp("workers") / "log") as one:
        yield one


def _descendants(pid: int) -> set[int]:
    found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = {int(child): int(parent) for child, parent in (line.split() for line in found.stdout.splitlines())}
    below = {pid}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return below - {pid}


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ask(server: Server, text: str, **more: Any) -> httpx.Response:
    headers = more.pop("headers", {})
    return server.send("POST", "/api/v1/chat", json={"question": text, "model": "extractive", **more}, headers=headers)


def numbers_of(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^id: [0-9a-f]{32}\.(\d+)$", text, re.MULTILINE)]


def test_a_stream_is_read_on_whichever_worker_is_asked(server: Server) -> None:
    first = ask(server, "who calls price?", stream=True)
    stream_id, all_numbers = first.headers["x-clew-stream-id"], numbers_of(first.text)
    assert first.text.count("event: final") == 1
    for _ in range(FRESH):
        events = f"/api/v1/chat/{stream_id}/events"
        rest = server.send("GET", events, headers={"last-event-id": f"{stream_id}.3"})
        assert numbers_of(rest.text) == all_numbers[3:]
        state = server.send("GET", f"/api/v1/chat/{stream_id}").json()
        assert (state["state"], state["answer"]["verdict"]) == ("finished", "found")
    assert server.send("GET", f"/api/v1/chat/{'0' * 32}").status_code == 404


def test_the_same_key_does_things_once_whichever_worker_is_asked(server: Server) -> None:
    key = {"idempotency-key": "only-once"}
    runs: list[str] = []
    asking = [
        threading.Thread(target=lambda: runs.append(ask(server, "who calls price?", headers=key).json()["run_id"]))
        for _ in range(FRESH)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(runs) == FRESH
    assert len(set(runs)) == 1
    other = ask(server, "what does checkout call?", headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_a_killed_worker_is_replaced_while_the_others_answer(server: Server) -> None:
    victim = server.workers[0]
    began = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    while len(server.children() - {victim}) < WORKERS or "serves again" not in server.log.read_text():
        assert server.send("GET", "/healthz").status_code == 200, "nobody is refused meanwhile"
        assert ask(server, "where is checkout defined?").json()["verdict"] == "found"
        assert time.monotonic() - began < 60
    assert server.send("GET", "/readyz").json()["status"] == "ready"


def test_the_end_of_the_supervisor_is_the_end_of_its_workers(shop: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [*CLEW, "serve", "--port", "0", "--workers", "2", "--json"]
    env = environment(shop, CLEW_RETRIEVAL__DENSE="false")
    with started(command, folder=shop.parent, env=env, log=log) as process:
        assert process.stdout is not None
        workers = json.loads(process.stdout.readline() or log.read_text())["workers"]
        process.kill()
        process.wait()
        wait_until(lambda: not any(map(_lives, workers)), what="the workers have ended", within_s=30)


def test_a_stream_that_runs_at_a_stop_is_read_to_its_end(shop: Path, tmp_path: Path) -> None:
    body = {"question": "explain price", "model": "extractive", "stream": True}
    alone = Path(
        shutil.copytree(shop, tmp_path / "store", ignore=shutil.ignore_patterns("shared.db*", "*.lock", "store.name"))
    )
    with (
        serving(alone, tmp_path / "log") as server,
        httpx.stream("POST", f"{server.url}/api/v1/chat", json=body, timeout=60, trust_env=False) as response,
    ):
        lines = response.iter_lines()
        next(lines)
        server.process.send_signal(signal.SIGTERM)
        assert "event: final" in list(lines)


def test_what_cannot_be_served_is_said_and_nothing_stays(shop: Path, tmp_path: Path) -> None:
    done = clew(shop, "serve", "--workers", "2", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 4
    assert "no authentication is configured" in done.stderr
    missing = clew(shop, "serve", "--workers", "2", "--config", str(tmp_path / "none.yaml"))
    assert missing.returncode == 2
    assert "there is no file" in missing.stderr
