"""Index jobs over HTTP: what may be indexed, shapes, pages, following, and what stands in the way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.rest.api.bodies import JobRow
from app.rest.authentication import scope_of
from app.rest.server import create_app
from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.scope import Scope
from ops.jobs.running import IndexJobs
from tests.unit.app.conftest import Indexed
from tests.unit.app.rest.test_api_chat import events_of
from tests.unit.ops.jobs.test_index_jobs import PROGRAM

URL = "/api/v1/jobs"


class Scripted(Wiring):
    """Runs a scripted program in place of the indexer."""

    @property
    def jobs(self) -> IndexJobs:
        found = self.__dict__.get("scripted")
        if found is None:
            command = (sys.executable, "-S", "-c", PROGRAM)
            found = self.__dict__["scripted"] = IndexJobs(self.job_store, command, {"store": "/store"})
        return found


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    for name in ("shop", "wait", "desk"):
        (tmp_path / "roots" / name).mkdir(parents=True)
    (tmp_path / "roots" / "out").symlink_to("/")
    return tmp_path / "roots"


@pytest.fixture
def app(tmp_path: Path, roots: Path, indexed: Indexed) -> Iterator[FastAPI]:
    settings = load_settings(
        {"home": tmp_path / "store", "serve": {"roots": [str(roots)]}, "retrieval": {"dense": False}}, folder=tmp_path
    )
    wiring = Scripted(settings)
    yield create_app(wiring)
    wiring.close()


def served(app: FastAPI, work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
    """Run requests while the application runs its jobs."""

    async def main() -> None:
        lifespan: AbstractAsyncContextManager[Any] = app.router.lifespan_context(app)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with lifespan, httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            await asyncio.wait_for(work(client), 30)

    asyncio.run(main())


def test_a_job_is_started_followed_and_listed(app: FastAPI, roots: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        taken = await client.post(URL, json={"path": str(roots / "shop"), "repository": "corner shop"})
        assert taken.status_code == 202, taken.text
        job = JobRow.model_validate(taken.json())
        assert taken.headers["location"] == f"{URL}/{job.id}"
        assert (job.state, job.repository) == ("queued", "corner shop")
        followed = events_of((await client.get(f"{URL}/{job.id}/events")).text)
        assert {name for _, name, _ in followed} == {"job"}
        last = followed[-1][2]
        assert (last["state"], last["report"]["repository"]) == ("finished", "shop")
        assert (await client.get(f"{URL}/{job.id}")).json() == last
        again = await client.post(f"{URL}/{job.id}/repeat", json={})
        assert again.json()["repeats"] == job.id
        await client.get(f"{URL}/{again.json()['id']}/events")
        first = (await client.get(URL, params={"limit": 1})).json()
        second = (await client.get(URL, params={"limit": 1, "cursor": first["next_cursor"]})).json()
        assert [first["jobs"][0]["id"], second["jobs"][0]["id"]] == [again.json()["id"], job.id]
        assert second["next_cursor"] is None

    served(app, work)


def test_one_job_a_folder_and_it_can_be_cancelled(app: FastAPI, roots: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        body = {"path": str(roots / "wait")}
        job = (await client.post(URL, json=body, headers={"idempotency-key": "k"})).json()
        refused = await client.post(URL, json=body)
        problem = refused.json()
        assert (refused.status_code, problem["code"], problem["job_id"]) == (409, "job_running", job["id"])
        repeated = await client.post(URL, json=body, headers={"idempotency-key": "k"})
        assert repeated.json() == job, "the same request, and not a second job"
        cancelled = await client.post(f"{URL}/{job['id']}/cancel", json={})
        assert cancelled.status_code == 202
        followed = events_of((await client.get(f"{URL}/{job['id']}/events")).text)
        assert followed[-1][2]["state"] == "cancelled"

    served(app, work)


def test_only_what_lies_below_the_roots_is_indexed_and_nothing_leads_out(app: FastAPI, roots: Path) -> None:
    refused = {
        "/etc": "policy",
        str(roots.parent): "policy",
        str(roots / ".." / ".."): "policy",
        str(roots / "out" / "etc"): "policy",
        str(roots) + "x": "policy",
        "shop": "input",
        "../shop": "input",
        "~": "input",
        "/a\u0000b": "input",
    }

    async def work(client: httpx.AsyncClient) -> None:
        for path, code in refused.items():
            response = await client.post(URL, json={"path": path})
            assert response.json()["code"] == code, path
        for body in ({}, {"repository": ""}, {"path": str(roots / "shop"), "jobs": 1}):
            assert (await client.post(URL, json=body)).json()["code"] == "invalid_request"
        assert (await client.post(URL, json={"repository": "nowhere"})).status_code in (404, 503)

    served(app, work)


def test_who_may_see_some_repositories_only_has_nothing_new_indexed(app: FastAPI, roots: Path) -> None:
    app.dependency_overrides[scope_of] = lambda: Scope(frozenset({"shop"}))

    async def work(client: httpx.AsyncClient) -> None:
        assert (await client.post(URL, json={"path": str(roots / "desk")})).json()["code"] == "policy"
        assert (await client.get(URL)).json() == {"jobs": [], "next_cursor": None}

    served(app, work)


def test_an_indexed_repository_is_brought_up_to_date_by_its_name(tmp_path: Path, indexed: Indexed) -> None:
    settings = load_settings({"home": indexed.store, "retrieval": {"dense": False}}, folder=tmp_path)
    wiring = Scripted(settings)

    async def work(client: httpx.AsyncClient) -> None:
        for body in ({"repository": "shop"}, {"path": str(indexed.root)}):
            job = (await client.post(URL, json=body)).json()
            assert (job["root"], job["repository"]) == (str(indexed.root.resolve()), "shop")
            assert events_of((await client.get(f"{URL}/{job['id']}/events")).text)[-1][2]["state"] == "finished"
        missing = await client.post(URL, json={"repository": "spoh"})
        assert (missing.status_code, missing.json()["code"]) == (404, "unknown_repository")

    served(create_app(wiring), work)
    wiring.close()


def test_a_store_that_cannot_be_written_serves_on_and_says_what_is_wrong_with_jobs(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "jobs.db").write_bytes(b"not a database" * 100)
    wiring = Wiring(load_settings({"home": tmp_path / "store", "retrieval": {"dense": False}}, folder=tmp_path))

    async def work(client: httpx.AsyncClient) -> None:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get(URL)).json()["code"] == "store_corrupt"

    served(create_app(wiring), work)
    wiring.close()


def test_a_stream_of_a_job_ends_when_the_server_is_about_to_stop(app: FastAPI, roots: Path) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        job = (await client.post(URL, json={"path": str(roots / "wait")})).json()
        following = asyncio.create_task(client.get(f"{URL}/{job['id']}/events"))
        while (await client.get(f"{URL}/{job['id']}")).json()["state"] == "queued":
            pass
        app.state.closing.begin()
        assert events_of((await following).text)[-1][2]["state"] in ("queued", "running")
        assert (await client.get("/readyz")).json()["error"]["code"] == "store_unavailable"

    served(app, work)
