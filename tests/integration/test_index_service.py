"""A real `clew serve` with a real git server: connected, pushed to, cancelled, killed in the middle of a clone, dropped and removed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.processes import CLEW, clew, environment, started, wait_until
from tests.servers.git_server import GitServer, git
from tests.servers.git_server import serving as git_serving
from tests.unit.ops.sources.test_deliveries import signed
from tests.unit.ops.sources.test_webhooks import push

pytestmark = [pytest.mark.integration, pytest.mark.skipif(os.name == "nt", reason="needs git http-backend and signals")]

PASSWORD = "hunter2-hunter2"
FILES = {"shop/models.py": "def price():\n    return 1\n\n\ndef total():\n    return price()\n"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_serving(tmp_path / "git") as running:
        running.repository("shop", FILES)
        running.commit("shop", {}, branch="release")
        running.password = PASSWORD
        yield running


def settings(server: GitServer) -> dict[str, str]:
    return {
        "CLEW_RETRIEVAL__DENSE": "false",
        "CLEW_SOURCES__INSIDE": "127.0.0.1",
        "CLEW_SOURCES__CA_FILE": str(server.certificate),
        "CLEW_SOURCES__DEBOUNCE_S": "0",
    }


@contextmanager
def serving(store: Path, server: GitServer, log: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """Start Clew on a free port; yield a client of the whole server."""
    env = environment(store, **settings(server))
    with started([*CLEW, "serve", "--port", "0", "--json"], folder=store.parent, env=env, log=log) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"]
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            yield client, process


def ended(client: httpx.Client, location: str) -> dict[str, Any]:
    """Follow a job to its end."""
    with client.stream("GET", f"{location}/events") as events:
        told = [json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: ")]
    last: dict[str, Any] = told[-1]
    return last


def keep_credential(client: httpx.Client) -> None:
    body = {"name": "robot", "host": "127.0.0.1", "username": "robot", "secret": PASSWORD}
    assert client.post("/api/v1/credentials", json=body).status_code == 201


def has(client: httpx.Client, name: str) -> bool:
    reply = client.get("/api/v1/symbols", params={"name": name})
    return reply.status_code == 200 and bool(reply.json()["symbols"])


def test_a_repository_is_connected_follows_pushes_and_goes_with_its_branch(tmp_path: Path, server: GitServer) -> None:
    store, log = tmp_path / "store", tmp_path / "log"
    with serving(store, server, log) as (client, process):
        keep_credential(client)
        body = {"url": server.url("shop"), "credential": "robot", "branch": "release", "schedule": "@daily"}
        connected = client.post("/api/v1/repositories", json=body)
        assert connected.status_code == 202, connected.text
        first = ended(client, connected.headers["location"])
        assert (first["state"], first["cloned"], first["attempt"]) == ("finished", True, 1), first
        assert has(client, "price")
        hook = client.post("/api/v1/webhooks", json={"repository": "shop", "provider": "gitea"}).json()

        def deliver(number: int, *, deleted: bool = False) -> str:
            content = push("gitea", "release", deleted=deleted, number=number)
            headers = {**signed("gitea", content, hook["secret"]), "x-gitea-delivery": f"d{number}"}
            reply = client.post(hook["path"], content=content, headers={**headers, "content-type": "application/json"})
            return str(reply.json()["outcome"])

        server.commit("shop", {"shop/late.py": "def late():\n    return 2\n"}, branch="release")
        assert deliver(1) == "refresh"
        assert deliver(1) == "duplicate"
        wait_until(lambda: has(client, "late"), process, what="the push is indexed")
        assert deliver(2, deleted=True) == "deleted"
        wait_until(lambda: len(client.get("/api/v1/jobs").json()["jobs"]) == 3, process, what="its host is asked")
        jobs = client.get("/api/v1/jobs").json()["jobs"]
        assert ended(client, f"/api/v1/jobs/{jobs[0]['id']}")["report"]["files"], "the branch is still there: a refresh"
        git(server.folder / "shop.git", "branch", "-D", "release")
        assert deliver(3, deleted=True) == "deleted"
        wait_until(lambda: not has(client, "late"), process, what="the index goes with its branch")
        wait_until(
            lambda: not client.get("/api/v1/sources").json()["sources"][0]["present"], process, what="it says so"
        )
        assert [path.suffix for path in (store / "clones").iterdir() if path.is_dir()] == []
        server.commit("shop", {}, branch="release")
        assert deliver(4) == "refresh"
        wait_until(lambda: has(client, "late"), process, what="a push brings it back")
        removed = client.delete("/api/v1/repositories/shop")
        wait_until(
            lambda: removed.status_code == 202 or client.delete("/api/v1/repositories/shop").status_code == 202,
            process,
            what="it is removed",
        )
        wait_until(lambda: client.get("/api/v1/sources").json() == {"sources": []}, process, what="all of it is gone")
        assert client.get("/api/v1/webhooks").json() == {"webhooks": []}
        assert client.get("/api/v1/schedules").json() == {"schedules": []}
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
    told = clew(store, "audit", "show", "--stream", "administration", "--limit", "1000", "--json").stdout
    for words in ('"credential"', '"webhook"', '"schedule"', '"branch deleted"', '"queued"', '"running"', '"finished"'):
        assert words in told, words
    kept = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file()) + log.read_bytes()
    for secret in (PASSWORD, hook["secret"]):
        assert secret.encode() not in kept


def test_a_clone_is_cancelled_and_one_of_a_killed_server_begins_again(tmp_path: Path, server: GitServer) -> None:
    store = tmp_path / "store"
    server.hold.clear()
    body = {"url": server.url("shop"), "credential": "robot"}
    with serving(store, server, tmp_path / "first.log") as (client, process):
        keep_credential(client)
        location = client.post("/api/v1/repositories", json=body).headers["location"]
        assert server.asked.wait(60)
        assert client.post(f"{location}/cancel", json={}).status_code == 202
        assert ended(client, location)["state"] == "cancelled"
        server.asked.clear()
        again = client.post(f"{location}/repeat", json={}).headers["location"]
        assert server.asked.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
    server.hold.set()
    with serving(store, server, tmp_path / "second.log") as (client, process):
        assert client.get(again).json()["state"] == "interrupted"
        assert client.get("/api/v1/sources").json()["sources"][0]["fetched_at"] is None
        third = client.post("/api/v1/jobs", json={"repository": "shop"})
        assert ended(client, third.headers["location"])["state"] == "finished"
        assert has(client, "price")
        left = sorted(path.name.partition(".")[2] for path in (store / "clones").iterdir())
        assert left == ["", "lock"], "a clone and its lock, and nothing half"
        server.password = "another"
        failed = ended(client, client.post("/api/v1/jobs", json={"repository": "shop"}).headers["location"])
        assert (failed["state"], failed["error"]["code"], failed["attempt"]) == ("failed", "source_denied", 1)
        assert has(client, "price"), "what was there answers on"


def test_several_are_cloned_at_once_and_none_is_lost_with_a_killed_server(tmp_path: Path, server: GitServer) -> None:
    store = tmp_path / "store"
    for name in ("till", "desk"):
        server.repository(name, {f"{name}/models.py": f"def of_{name}():\n    return 1\n"})
    server.held = frozenset({"shop"})
    server.hold.clear()
    with serving(store, server, tmp_path / "first.log") as (client, process):
        keep_credential(client)

        def connect(name: str) -> str:
            body = {"url": server.url(name), "credential": "robot"}
            return str(client.post("/api/v1/repositories", json=body).headers["location"])

        slow = connect("shop")
        assert server.asked.wait(60)
        quick = [connect(name) for name in ("till", "desk")]
        assert [ended(client, location)["state"] for location in quick] == ["finished", "finished"]
        assert has(client, "of_till")
        assert has(client, "of_desk")
        assert client.get(slow).json()["state"] == "running", "who waits for a slow host keeps nobody waiting"
        refreshed = client.post("/api/v1/jobs", json={"repository": "till", "force": True})
        again = client.post("/api/v1/jobs", json={"repository": "desk"})
        second = client.post("/api/v1/jobs", json={"repository": "shop"})
        assert (second.status_code, second.json()["code"]) == (409, "job_running"), "one job a repository"
        assert client.post(f"{slow}/cancel", json={}).status_code == 202
        assert ended(client, slow)["state"] == "cancelled"
        assert ended(client, refreshed.headers["location"])["state"] == "finished"
        assert ended(client, again.headers["location"])["state"] == "finished"
        server.asked.clear()
        lost = client.post(f"{slow}/repeat", json={}).headers["location"]
        assert server.asked.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
    server.hold.set()
    with serving(store, server, tmp_path / "second.log") as (client, process):
        assert client.get(lost).json()["state"] == "interrupted"
        assert has(client, "of_till"), "what was indexed answers on"
        third = client.post("/api/v1/jobs", json={"repository": "shop"}).headers["location"]
        assert ended(client, third)["state"] == "finished"
        assert has(client, "price")


def test_the_command_line_does_the_same(tmp_path: Path, server: GitServer) -> None:
    store = tmp_path / "store"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return clew(store, *arguments, folder=None, **settings(server))

    secret = tmp_path / "token"
    secret.write_text(PASSWORD + "\n")
    url = server.url("shop")
    assert run("repositories", "add", url).returncode == 4
    assert run("repositories", "list").returncode == 1, "what cannot be had is not registered"
    kept = clew(
        store, "credentials", "add", "robot", "--host", "127.0.0.1", "--username", "robot", "--from", str(secret)
    )
    assert kept.returncode == 0, kept.stderr
    added = run("repositories", "add", url, "--credential", "robot", "--schedule", "every 15m", "--json")
    assert json.loads(added.stdout)["repository"] == "shop", added.stdout + added.stderr
    listed = json.loads(run("repositories", "list", "--json").stdout)["sources"][0]
    assert (listed["branch"], listed["commit"], listed["credential"]) == (
        "main",
        git(server.folder / "shop.git", "rev-parse", "main"),
        "robot",
    )
    assert "every 15m" in run("schedules", "list").stdout
    assert PASSWORD not in run("credentials", "list", "--json").stdout
    removed = run("repositories", "remove", "shop")
    assert removed.returncode == 0, removed.stderr
    assert run("callers", "price").returncode == 6
