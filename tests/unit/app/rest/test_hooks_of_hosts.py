"""Webhooks over HTTP as each git host sends them: its headers, its signature, its bodies. See the hosts' own webhook pages."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.rest.api.bodies import NewWebhookRow
from app.rest.server import create_app
from configs.settings import load_settings
from knowledge.sources import Provider
from tests.unit.app.conftest import Indexed
from tests.unit.app.rest.test_api_connecting import SETTINGS, URL
from tests.unit.app.rest.test_api_jobs import Scripted, served
from tests.unit.ops.sources.test_deliveries import hexed, standard

ZEROS, COMMIT = "0" * 40, "a" * 40
Sign = Callable[[bytes, str, str], dict[str, str]]


@dataclass(frozen=True)
class Host:
    """sign: (body, secret, delivery) -> headers. event: the header of the event. pushed, deleted: (event, body) about a branch.

    others: what it sends besides, and what says nothing of a branch.
    """

    provider: Provider
    sign: Sign
    event: str
    pushed: Callable[[str], tuple[str, dict[str, Any]]]
    deleted: Callable[[str], tuple[str, dict[str, Any]]]
    others: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    signs_bodies: bool = True


def by_ref(event: str, branch: str, after: str, **more: Any) -> tuple[str, dict[str, Any]]:
    body = {"ref": f"refs/heads/{branch}", "before": COMMIT, "after": after, "repository": {"name": "desk"}, **more}
    return event, body


def cloud(branch: str, *, gone: bool) -> tuple[str, dict[str, Any]]:
    place = {"type": "branch", "name": branch, "target": {"type": "commit", "hash": COMMIT}}
    change = {"old": place, "new": None if gone else place, "closed": gone, "created": False, "forced": False}
    return "repo:push", {"actor": {"display_name": "Ann"}, "push": {"changes": [change]}}


def data_center(branch: str, kind: str) -> tuple[str, dict[str, Any]]:
    ref = {"id": f"refs/heads/{branch}", "displayId": branch, "type": "BRANCH"}
    change = {"ref": ref, "refId": ref["id"], "fromHash": COMMIT, "toHash": ZEROS, "type": kind}
    return "repo:refs_changed", {"eventKey": "repo:refs_changed", "changes": [change]}


TAG = {"ref": "refs/tags/v1", "before": ZEROS, "after": COMMIT}
HOSTS = {
    "GitHub": Host(
        "github",
        lambda body, secret, id_: {"X-Hub-Signature-256": f"sha256={hexed(body, secret)}", "X-GitHub-Delivery": id_},
        "X-GitHub-Event",
        lambda branch: by_ref("push", branch, COMMIT, deleted=False),
        lambda branch: ("delete", {"ref": branch, "ref_type": "branch", "pusher_type": "user"}),
        {"ping": {"zen": "Keep it logically awesome."}, "push": TAG, "issues": {"action": "opened"}},
    ),
    "GitLab with a token": Host(
        "gitlab",
        lambda body, secret, id_: {"X-Gitlab-Token": secret, "X-Gitlab-Event-UUID": id_},
        "X-Gitlab-Event",
        lambda branch: by_ref("Push Hook", branch, COMMIT, object_kind="push", checkout_sha=COMMIT),
        lambda branch: by_ref("Push Hook", branch, ZEROS, object_kind="push", checkout_sha=None),
        {"Tag Push Hook": TAG, "Issue Hook": {"object_kind": "issue"}},
        signs_bodies=False,
    ),
    "GitLab with a signing token": Host(
        "gitlab",
        lambda body, secret, id_: standard(body, time.time(), secret, id_),
        "X-Gitlab-Event",
        lambda branch: by_ref("Push Hook", branch, COMMIT, object_kind="push"),
        lambda branch: by_ref("Push Hook", branch, ZEROS, object_kind="push"),
    ),
    "Bitbucket Cloud": Host(
        "bitbucket",
        lambda body, secret, id_: {"X-Hub-Signature": f"sha256={hexed(body, secret)}", "X-Request-UUID": id_},
        "X-Event-Key",
        lambda branch: cloud(branch, gone=False),
        lambda branch: cloud(branch, gone=True),
        {"issue:created": {"issue": {}}, "repo:push": {"push": {"changes": [{"new": {"type": "tag", "name": "v1"}}]}}},
    ),
    "Bitbucket Data Center": Host(
        "bitbucket",
        lambda body, secret, id_: {"X-Hub-Signature": f"sha256={hexed(body, secret)}", "X-Request-Id": id_},
        "X-Event-Key",
        lambda branch: data_center(branch, "UPDATE"),
        lambda branch: data_center(branch, "DELETE"),
        {"diagnostics:ping": {"test": True}, "pr:opened": {"pullRequest": {}}},
    ),
    "Gitea": Host(
        "gitea",
        lambda body, secret, id_: {"X-Gitea-Signature": hexed(body, secret), "X-Gitea-Delivery": id_},
        "X-Gitea-Event",
        lambda branch: by_ref("push", branch, COMMIT),
        lambda branch: ("delete", {"ref": branch, "ref_type": "branch"}),
        {"push": TAG, "create": {"ref": "v1", "ref_type": "tag"}},
    ),
}


@pytest.fixture
def wiring(tmp_path: Path, indexed: Indexed) -> Iterator[Scripted]:
    home = shutil.copytree(indexed.store, tmp_path / "store")
    opened = Scripted(load_settings({"home": str(home), **SETTINGS}, folder=tmp_path))
    yield opened
    opened.close()


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_a_host_tells_of_pushes_and_of_a_branch_that_is_gone(host: Host, wiring: Scripted) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        connected = await client.post("/api/v1/repositories", json={"url": URL, "branch": "main"})
        await client.get(f"{connected.headers['location']}/events")
        reply = await client.post("/api/v1/webhooks", json={"repository": "desk", "provider": host.provider})
        hook = NewWebhookRow.model_validate(reply.json())
        assert hook.path.startswith(f"/hooks/{host.provider}/")

        async def send(event: str, said: dict[str, Any], delivery: str, *, secret: str = hook.secret) -> httpx.Response:
            body = json.dumps(said).encode()
            headers = {name.lower(): value for name, value in host.sign(body, secret, delivery).items()}
            headers |= {host.event.lower(): event, "content-type": "application/json"}
            return await client.post(hook.path, content=body, headers=headers)

        heard = await send(*host.pushed("main"), "d1")
        assert (heard.status_code, heard.json()) == (202, {"outcome": "refresh"})
        assert (await send(*host.pushed("main"), "d1")).json() == {"outcome": "duplicate"}
        assert (await send(*host.pushed("another"), "d2")).json() == {"outcome": "ignored"}
        assert (await send(*host.deleted("main"), "d3")).json() == {"outcome": "deleted"}
        assert (await send(*host.deleted("another"), "d4")).json() == {"outcome": "ignored"}
        for number, (event, said) in enumerate(host.others.items(), 5):
            assert (await send(event, said, f"d{number}")).json() == {"outcome": "ignored"}, event
        for refused in (
            await send(*host.pushed("main"), "d20", secret="whsec_AAAA"),
            await unsigned(client, hook.path),
        ):
            assert (refused.status_code, refused.json()["code"]) == (401, "webhook_refused")
        if host.signs_bodies:
            event, said = host.pushed("main")
            headers = {**host.sign(b"another", hook.secret, "d21"), host.event: event}
            refused = await client.post(hook.path, json=said, headers=headers)
            assert refused.status_code == 401

    served(create_app(wiring), work)


async def unsigned(client: httpx.AsyncClient, path: str) -> httpx.Response:
    return await client.post(path, json={"ref": "refs/heads/main", "after": COMMIT})
