"""Usage, events and judgements over `/api/v1`, on a real Ledger: shapes as described, pages, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from app.rest.api import bodies
from app.rest.server import create_app
from app.wiring import Wiring
from configs.settings import load_settings
from tests.unit.ops.ledger.examples import one_run

API = "/api/v1"
RUN = "ab" * 16


@pytest.fixture(scope="module")
def wiring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wiring]:
    home: Path = tmp_path_factory.mktemp("usage")
    composed = Wiring(load_settings({"home": home, "retrieval": {"dense": False}}, folder=home))
    with closing(composed.open_ledger()) as ledger:
        ledger.append([*one_run(RUN, "ann"), *one_run("cd" * 16, "bob")])
    yield composed
    composed.close()


@pytest.fixture(scope="module")
def send(wiring: Wiring) -> Any:
    app = create_app(wiring)

    def request(method: str, path: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
                return await client.request(method, f"{API}{path}", **options)

        return asyncio.run(call())

    return request


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/admin/usage", bodies.Usage),
        ("/admin/usage?by=team&since=2020-01-01&until=2999-01-01&user=ann", bodies.Usage),
        ("/admin/audit", bodies.EventPage),
        ("/admin/audit?stream=administration", bodies.EventPage),
        ("/admin/audit/verification", bodies.Verification),
    ],
)
def test_replies_are_as_described(path: str, model: type[BaseModel], send: Any) -> None:
    reply = send("GET", path)
    assert reply.status_code == 200, reply.text
    model.model_validate(reply.json(), strict=True)


def test_usage_is_summed_by_what_is_asked_for_and_tagged(send: Any) -> None:
    reply = send("GET", "/admin/usage?by=user")
    rows = {row["key"]: row for row in reply.json()["rows"]}
    assert rows["ann"]["asked"] == rows["bob"]["answered"] == 1
    assert send("GET", "/admin/usage?by=user", headers={"If-None-Match": reply.headers["etag"]}).status_code == 304
    assert send("GET", "/admin/usage?user=ann").json()["total"]["asked"] == 1


@pytest.mark.parametrize(
    "path", ["/admin/usage?by=colour", "/admin/usage?since=soon", "/admin/audit?stream=none", "/admin/audit?cursor=x"]
)
def test_what_cannot_be_asked_is_refused(path: str, send: Any) -> None:
    assert send("GET", path).status_code == 400


def test_events_come_in_pages_the_latest_first(send: Any) -> None:
    first = send("GET", "/admin/audit?limit=6").json()
    assert [row["number"] for row in first["events"]] == [10, 9, 8, 7, 6, 5]
    rest = send("GET", f"/admin/audit?limit=6&cursor={first['next_cursor']}").json()
    assert [row["number"] for row in rest["events"]] == [4, 3, 2, 1]
    assert rest["next_cursor"] is None
    (asked,) = send("GET", f"/admin/audit?kind=asked&run={RUN[:9]}").json()["events"]
    assert (asked["user"], asked["words"]["question"]) == ("ann", "Who calls price?")
    assert len(send("GET", "/admin/audit?user=bob").json()["events"]) == 5
    assert send("GET", "/admin/audit?user=eve").json()["events"] == []


def test_judgements_are_kept_and_counted(send: Any) -> None:
    said = [
        {"signal": "thumb", "value": 1, "claim": 0},
        {"signal": "opened", "rank": 2, "place": "shop/models.py:4"},
        {"signal": "correction", "correction": "Also ship."},
    ]
    reply = send("POST", "/feedback/signals", json={"run_id": RUN[:12], "signals": said})
    assert reply.status_code == 200, reply.text
    assert [one["stream"] for one in bodies.Kept.model_validate(reply.json(), strict=True).model_dump()["kept"]] == [
        "feedback"
    ] * 3
    total = send("GET", "/admin/usage").json()["total"]["satisfaction"]
    assert (total["up"], total["corrections"], total["signals"]) == (1, 1, 1)
    opened = send("GET", "/admin/audit?stream=feedback").json()["events"][1]["fields"]
    assert (opened["rank"], opened["propensity"], opened["door"]) == (2, 1.0, "rest")


@pytest.mark.parametrize(
    "body",
    [
        {"run_id": RUN, "signals": []},
        {"run_id": RUN, "signals": [{"signal": "shrug"}]},
        {"run_id": RUN, "signals": [{"signal": "thumb", "value": 3}]},
        {"run_id": RUN, "signals": [{"signal": "thumb", "value": 1}] * 101},
        {"run_id": "ff" * 16, "signals": [{"signal": "thumb", "value": 1}]},
        {"run_id": RUN, "signals": [{"signal": "copied", "propensity": 0}]},
        {"run_id": RUN, "signals": [{"signal": "thumb", "value": 1}], "extra": 1},
    ],
)
def test_what_says_nothing_keeps_nothing(body: dict[str, Any], send: Any, wiring: Wiring) -> None:
    with closing(wiring.open_ledger()) as ledger:
        before = ledger.heads()
        assert send("POST", "/feedback/signals", json=body).status_code == 400
        assert ledger.heads() == before


def test_a_ledger_that_cannot_be_opened_is_a_problem_with_a_code(tmp_path: Path) -> None:
    composed = Wiring(load_settings({"home": tmp_path, "retrieval": {"dense": False}}, folder=tmp_path))
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 400)
    app = create_app(composed)

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.get(f"{API}/admin/usage")

    reply = asyncio.run(call())
    assert reply.json()["code"] == "store_corrupt"
    composed.close()
