"""`/api/v1` of a real `clew serve`: a job that outlives kill -9, streams that end with the server, and answers read on."""

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

from app.people import user_name
from tests.integration.processes import CLEW, clew_json, environment, started, wait_until, write_sources

pytestmark = pytest.mark.integration


@contextmanager
def serving(store: Path, log: Path, roots: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[str]]]:
    """Start a server on a free port; yield a client of `/api/v1`."""
    env = environment(store, CLEW_SERVE__ROOTS=json.dumps([str(roots)]), CLEW_RETRIEVAL__DENSE="false")
    with started([*CLEW, "serve", "--port", "0", "--json"], folder=roots, env=env, log=log) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"]
        with httpx.Client(base_url=f"{url}/api/v1", timeout=60, trust_env=False) as client:
            yield client, process


def state(client: httpx.Client, job: dict[str, Any]) -> str:
    found: str = client.get(f"/jobs/{job['id']}").json()["state"]
    return found


def test_a_job_of_a_killed_server_is_marked_and_can_be_repeated(tmp_path: Path) -> None:
    sources = {f"shop/part_{n}.py": f"def part_{n}():\n    return {n}\n" for n in range(1_500)}
    write_sources(tmp_path / "roots" / "shop", sources)
    store, roots = tmp_path / "store", tmp_path / "roots"
    with serving(store, tmp_path / "first.log", roots) as (client, process):
        job = client.post("/jobs", json={"path": str(roots / "shop")}).json()
        waiting = client.post("/jobs", json={"path": str(roots), "documents_only": True}).json()
        wait_until(lambda: state(client, job) == "running", process, what="the job runs")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
    with serving(store, tmp_path / "second.log", roots) as (client, process):
        assert state(client, job) == "interrupted"
        wait_until(
            lambda: state(client, waiting) not in ("queued", "running"), process, what="what waited was taken up"
        )
        events = clew_json(store, "audit", "show", "--kind", "job", "--limit", "100")["events"]
        assert {event["user"] for event in events if event["fields"]["job"] == waiting["id"]} == {user_name()}
        again = client.post(f"/jobs/{job['id']}/repeat", json={}).json()
        with client.stream("GET", f"/jobs/{again['id']}/events") as events:
            told = [json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: ")]
        assert (told[-1]["state"], told[-1]["repeats"]) == ("finished", job["id"])
        assert told[-1]["report"]["files"]["indexed"] == 1_500
        assert client.get("/symbols", params={"prefix": "part_77"}).json()["symbols"]


def test_a_streamed_answer_is_read_on_and_a_stop_is_clean(shop: Path, tmp_path: Path) -> None:
    with serving(shop, tmp_path / "log", tmp_path) as (client, process):
        question = {"question": "who calls price?", "model": "extractive", "stream": True}
        with client.stream("POST", "/chat", json=question) as response:
            stream_id = response.headers["x-clew-stream-id"]
            for line in response.iter_lines():
                if line.startswith("event: plan"):
                    break  # the connection breaks here
        last = {"Last-Event-ID": f"{stream_id}.3"}
        with client.stream("GET", f"/chat/{stream_id}/events", headers=last) as response:
            names = [line[7:] for line in response.iter_lines() if line.startswith("event: ")]
        assert names[-1] == "final"
        assert "started" not in names
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
