"""Repositories elsewhere over HTTP: who may connect them, what is refused, and that no secret comes back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.rest.api.bodies import Connected, CredentialRow, NewWebhookRow, ScheduleRow, SourcePage, WebhookPage
from app.rest.server import create_app
from configs.settings import load_settings
from knowledge.principals import Principal
from tests.unit.app.conftest import Indexed
from tests.unit.app.rest.test_api_jobs import Scripted, served
from tests.unit.app.rest.test_authentication import STRANGER, Served, served_with
from tests.unit.ops.sources.test_deliveries import signed
from tests.unit.ops.sources.test_webhooks import push

URL = "https://127.0.0.1/team/desk.git"
TOKEN = "a-token-that-nobody-sees"
SETTINGS: dict[str, Any] = {"retrieval": {"dense": False}, "sources": {"inside": ["127.0.0.1"], "debounce_s": 0}}


@pytest.fixture
def wiring(tmp_path: Path, indexed: Indexed) -> Iterator[Scripted]:
    home = shutil.copytree(indexed.store, tmp_path / "store")
    opened = Scripted(load_settings({"home": str(home), **SETTINGS}, folder=tmp_path))
    yield opened
    opened.close()


def followed(body: str) -> dict[str, Any]:
    """Return the last state that a stream of a job told."""
    found: dict[str, Any] = json.loads([line for line in body.splitlines() if line.startswith("data: ")][-1][6:])
    return found


def test_a_repository_is_connected_listed_and_removed(wiring: Scripted) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        body = {"url": URL, "schedule": "every 15m", "branch": "main"}
        reply = await client.post("/api/v1/repositories", json=body)
        assert reply.status_code == 202, reply.text
        made = Connected.model_validate(reply.json())
        assert (made.repository, made.url, made.branch, made.depth) == ("desk", URL, "main", 1)
        assert made.job.cloned
        last = followed((await client.get(f"{reply.headers['location']}/events")).text)
        source = wiring.connections.sources.get("desk")
        assert last["report"]["asked"]["source"] == source.id
        listed = SourcePage.model_validate((await client.get("/api/v1/sources")).json())
        assert [one.repository for one in listed.sources] == ["desk"]
        assert [one["repository"] for one in (await client.get("/api/v1/schedules")).json()["schedules"]] == ["desk"]
        again = await client.post("/api/v1/repositories", json=body)
        assert (again.status_code, again.json()["code"]) == (409, "source_exists")
        taken = await client.post("/api/v1/repositories", json={**body, "name": "shop"})
        assert taken.json()["code"] == "source_exists", "it is indexed from elsewhere"
        refreshed = await client.post("/api/v1/jobs", json={"repository": "desk"})
        assert (
            followed((await client.get(f"{refreshed.headers['location']}/events")).text)["report"]["asked"]["source"]
            == source.id
        )
        removed = await client.delete("/api/v1/repositories/desk")
        told = followed((await client.get(f"{removed.headers['location']}/events")).text)["report"]["asked"]
        assert (told["source"], told["drop"], told["force"]) == (source.id, True, True)
        assert (await client.delete("/api/v1/repositories/nope")).json()["code"] == "unknown_source"

    served(create_app(wiring), work)


REFUSED = {
    "file:///etc": "source_refused", "ext::sh -c id": "input", "ext::sh": "source_refused", "--upload-pack=id": "source_refused", "https://user:token@127.0.0.1/a": "source_refused",
    "https://127.0.0.2/a": "source_refused", "https://[::1]/a": "source_refused", "https://169.254.169.254/latest": "source_refused",
    "https://0x7f000001/a": "source_refused", "http://127.0.0.1/a": "source_refused", "git://127.0.0.1/a": "source_refused", "nonsense": "input",
}  # fmt: skip


def test_what_is_no_good_is_a_problem_and_nothing_is_kept(wiring: Scripted) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        for url, code in REFUSED.items():
            reply = await client.post("/api/v1/repositories", json={"url": url})
            problem = reply.json()
            assert problem["code"] == code, (url, problem)
            assert reply.headers["content-type"] == "application/problem+json"
            assert problem["next_step"]
            assert "token" not in reply.text
        for more, code in (
            ({"branch": "-x"}, "source_refused"),
            ({"branch": "a..b"}, "source_refused"),
            ({"credential": "nope"}, "unknown_source"),
            ({"schedule": "now and then"}, "input"),
            ({"depth": -1}, "invalid_request"),
            ({"name": "a:b"}, "invalid_request"),
            ({"pack": 1}, "invalid_request"),
        ):
            assert (await client.post("/api/v1/repositories", json={"url": URL, **more})).json()["code"] == code, more
        assert (await client.get("/api/v1/sources")).json() == {"sources": []}
        assert (await client.get("/api/v1/schedules")).json() == {"schedules": []}

    served(create_app(wiring), work)


def test_a_secret_comes_in_and_not_out(wiring: Scripted) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        body = {"name": "robot", "host": "127.0.0.1", "secret": TOKEN}
        made = await client.post("/api/v1/credentials", json=body)
        assert made.status_code == 201
        CredentialRow.model_validate(made.json())
        listed = await client.get("/api/v1/credentials")
        rotated = await client.post("/api/v1/credentials/robot/rotate", json={"secret": TOKEN + "2"})
        refused = await client.post("/api/v1/credentials", json={**body, "host": "a b"})
        malformed = await client.post("/api/v1/credentials", json={**body, "kind": "password"})
        elsewhere = await client.post(
            "/api/v1/repositories", json={"url": "https://93.184.215.14/a", "credential": "robot"}
        )
        assert elsewhere.json()["code"] == "source_refused", "it is for another host"
        for reply in (made, listed, rotated, refused, malformed, elsewhere):
            assert TOKEN not in reply.text
        assert (await client.delete("/api/v1/credentials/robot")).status_code == 204
        assert (await client.delete("/api/v1/credentials/robot")).json()["code"] == "unknown_source"

    served(create_app(wiring), work)
    wiring.journal.close()
    kept = b"".join(path.read_bytes() for path in wiring.settings.home.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept


def test_a_push_begins_a_refresh_and_its_repetition_does_not(wiring: Scripted) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        before = len((await client.get("/api/v1/jobs")).json()["jobs"])  # of tests that share the store
        connected = await client.post("/api/v1/repositories", json={"url": URL, "branch": "main"})
        await client.get(f"{connected.headers['location']}/events")
        missing = await client.post("/api/v1/webhooks", json={"repository": "shop", "provider": "github"})
        assert missing.json()["code"] == "unknown_source", "it is not cloned"
        reply = await client.post("/api/v1/webhooks", json={"repository": "desk", "provider": "github"})
        hook = NewWebhookRow.model_validate(reply.json())
        assert reply.headers["cache-control"] == "no-store"
        headers = {**signed("github", push("github"), hook.secret), "content-type": "application/json"}
        heard = await client.post(hook.path, content=push("github"), headers=headers)
        assert (heard.status_code, heard.json()) == (202, {"outcome": "refresh"})
        again = await client.post(hook.path, content=push("github"), headers=headers)
        assert again.json() == {"outcome": "duplicate"}
        ping = {**signed("github", b"{}", hook.secret), "x-github-event": "ping", "x-github-delivery": "d2"}
        ignored = await client.post(hook.path, content=b"{}", headers={**ping, "content-type": "application/json"})
        assert ignored.json() == {"outcome": "ignored"}
        for path, content in ((hook.path, b"x"), ("/hooks/github/" + "f" * 32, push("github"))):
            refused = await client.post(path, content=content, headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (401, "webhook_refused")
            assert refused.headers["content-type"] == "application/problem+json"
        assert (await client.post("/hooks/nobody/x", json={})).json()["code"] == "invalid_request"
        jobs: list[dict[str, Any]] = []
        for _ in range(5_000):
            jobs = (await client.get("/api/v1/jobs")).json()["jobs"]
            if len(jobs) == before + 2:
                break
        assert jobs[0]["cloned"]
        listed = WebhookPage.model_validate((await client.get("/api/v1/webhooks")).json())
        assert listed.webhooks[0].heard_at is not None
        rotated = await client.post(f"/api/v1/webhooks/{hook.id}/rotate", json={"grace_s": 60})
        assert NewWebhookRow.model_validate(rotated.json()).secret != hook.secret
        assert (await client.delete(f"/api/v1/webhooks/{hook.id}")).status_code == 204
        assert (await client.post(hook.path, content=push("github"), headers=headers)).status_code == 401

    served(create_app(wiring), work)


def test_a_schedule_is_for_any_indexed_repository(wiring: Scripted) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        made = await client.put("/api/v1/schedules/shop", json={"expression": "30 3 * * *"})
        assert ScheduleRow.model_validate(made.json()).expression == "30 3 * * *"
        assert (await client.put("/api/v1/schedules/nope", json={"expression": "@daily"})).json()[
            "code"
        ] == "unknown_repository"
        assert (await client.put("/api/v1/schedules/shop", json={"expression": "soon"})).json()["code"] == "input"
        assert (await client.delete("/api/v1/schedules/shop")).status_code == 204
        assert (await client.delete("/api/v1/schedules/shop")).json()["code"] == "unknown_source"

    served(create_app(wiring), work)


@pytest.fixture
def strict(indexed: Indexed, tmp_path: Path) -> Iterator[Served]:
    yield from served_with(indexed, tmp_path, sources=SETTINGS["sources"])


ROUTES = [
    ("POST", "/api/v1/repositories", {"url": "file:///etc"}), ("DELETE", "/api/v1/repositories/nope", None), ("GET", "/api/v1/sources", None),
    ("GET", "/api/v1/credentials", None), ("POST", "/api/v1/credentials", {"name": "a b", "host": "a.org", "secret": "x"}), ("POST", "/api/v1/credentials/x/rotate", {"secret": "x"}),
    ("DELETE", "/api/v1/credentials/x", None), ("GET", "/api/v1/webhooks", None), ("POST", "/api/v1/webhooks", {"repository": "x", "provider": "github"}),
    ("POST", "/api/v1/webhooks/x/rotate", {}), ("DELETE", "/api/v1/webhooks/x", None), ("GET", "/api/v1/schedules", None), ("PUT", "/api/v1/schedules/nope", {"expression": "@daily"}),
    ("DELETE", "/api/v1/schedules/x", None),
]  # fmt: skip


@pytest.mark.parametrize("rights", [("connect",), ("ask", "read", "index", "admin")])
def test_only_who_may_connect_does(strict: Served, rights: tuple[Any, ...]) -> None:
    for roles in (("admin",), ("reader", "indexer")):
        strict.key(Principal("p", "P", roles=roles), *rights)
        may = roles == ("admin",) and "connect" in rights
        for method, path, body in ROUTES:
            if path.startswith("/api/v1/repositories"):
                continue  # below: what reads needs a key that reads, too
            reply = strict.send(method, path, **({} if body is None else {"json": body}))
            assert (reply.status_code != 403) is may, (roles, method, path, reply.text)
    strict.key(Principal("p", "P", roles=("reader", "indexer")), "ask", "read", "index", "connect")
    for method, path, body in ROUTES:
        assert strict.send(method, path, **({} if body is None else {"json": body})).json()["code"] == "policy"


def test_who_connects_a_repository_follows_its_first_job(strict: Served) -> None:
    strict.key(Principal("p", "P", roles=("admin",)), "read", "index", "connect", "admin")
    made = strict.send("POST", "/api/v1/repositories", json={"url": URL})
    assert made.status_code == 202, made.text
    job = strict.send("GET", made.headers["location"])
    assert (job.status_code, job.json()["repository"]) == (200, "desk"), "though nothing of it is indexed yet"
    assert "desk" not in strict.send("GET", "/api/v1/repositories").text
    strict.key(STRANGER, "read", "index")
    assert strict.send("GET", made.headers["location"]).json()["code"] == "unknown_job"
    assert strict.send("POST", "/api/v1/jobs", json={"repository": "desk"}).json()["code"] == "unknown_repository"


def test_a_policy_of_one_s_own_lets_others_connect(strict: Served) -> None:
    (strict.wiring.settings.home / "policies.cedar").write_text(
        '@id("c") permit (principal in Team::"build", action == Action::"connect", resource);'
    )
    strict.key(Principal("p", "P", teams=("build",)), "read", "connect")
    assert strict.send("GET", "/api/v1/sources").json() == {"sources": []}
    assert strict.send("POST", "/api/v1/repositories", json={"url": "file:///etc"}).json()["code"] == "source_refused"
    hidden, absent = (
        strict.send("PUT", f"/api/v1/schedules/{name}", json={"expression": "@daily"}) for name in ("shop", "nope")
    )
    assert hidden.json()["detail"].replace("shop", "nope") == absent.json()["detail"], (
        "what is not granted is not there"
    )


def test_a_webhook_needs_a_signature_and_no_key(strict: Served) -> None:
    strict.headers = {}
    reply = strict.send("POST", "/hooks/github/" + "f" * 32, json={})
    assert (reply.status_code, reply.json()["code"]) == (401, "webhook_refused")
    assert strict.send("GET", "/api/v1/sources").json()["code"] == "unauthenticated"
    guesses = [strict.send("POST", "/hooks/github/" + "f" * 32, json={"n": n}).status_code for n in range(40)]
    assert set(guesses) == {401, 429}, "who guesses has to wait"
