"""`Idempotency-Key`: the same request gets the same reply and is done once; another one is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from app.rest import repeats
from app.rest.repeats import Repeats
from app.rest.server import create_app
from tests.unit.app.rest.test_api_chat import events_of, question, within
from tests.unit.app.rest.test_server import Composition, Scripted

KEY = {"idempotency-key": "k-1"}


class Counting:
    """An application that counts what it does; `statuses` are what it answers, in order."""

    def __init__(self, *statuses: int) -> None:
        self.done = 0
        self.waiting: asyncio.Event | None = None
        self.begun = asyncio.Event()
        self.app = FastAPI()
        self.app.add_middleware(Repeats)

        @self.app.post("/api/v1/do")
        @self.app.post("/v1/do")
        async def do(request: Request) -> Response:
            self.done += 1
            self.begun.set()
            if self.waiting is not None:
                await self.waiting.wait()
            body = await request.body()
            status = statuses[self.done - 1] if self.done <= len(statuses) else 200
            return JSONResponse({"count": self.done, "said": body.decode()}, status, headers={"x-request-id": "1"})


def run(app: FastAPI, work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
    within(app, work)


def test_the_same_request_gets_the_same_reply_and_is_done_once() -> None:
    counting = Counting(202)

    async def work(client: httpx.AsyncClient) -> None:
        first = await client.post("/api/v1/do", content=b"a", headers=KEY)
        again = await client.post("/api/v1/do", content=b"a", headers=KEY)
        assert (
            (first.status_code, first.json()) == (again.status_code, again.json()) == (202, {"count": 1, "said": "a"})
        )
        assert "idempotency-replayed" not in first.headers
        assert again.headers["idempotency-replayed"] == "true"
        assert "x-request-id" not in again.headers, "a repeated reply has an id of its own"

    run(counting.app, work)
    assert counting.done == 1


@pytest.mark.parametrize(
    "other",
    [
        {"content": b"b", "headers": KEY},
        {"content": b"a", "headers": KEY, "params": {"q": "1"}},
    ],
)
def test_the_same_key_with_another_request_is_refused(other: dict[str, Any]) -> None:
    counting = Counting()

    async def work(client: httpx.AsyncClient) -> None:
        await client.post("/api/v1/do", content=b"a", headers=KEY)
        refused = await client.post("/api/v1/do", **other)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_mismatch")

    run(counting.app, work)
    assert counting.done == 1


def test_who_asks_and_the_key_tell_requests_apart() -> None:
    counting = Counting()

    async def work(client: httpx.AsyncClient) -> None:
        for headers in (KEY, {"idempotency-key": "k-2"}, {**KEY, "authorization": "Bearer a"}, {}, {}):
            await client.post("/api/v1/do", content=b"a", headers=headers)
        for _ in range(2):
            await client.post("/v1/do", content=b"a", headers=KEY)

    run(counting.app, work)
    assert counting.done == 7, "routes of OpenAI's protocol know no such key"


@pytest.mark.parametrize("status", [500, 503, 429, 409])
def test_what_may_work_later_is_tried_again(status: int) -> None:
    counting = Counting(status, 200)

    async def work(client: httpx.AsyncClient) -> None:
        statuses = [(await client.post("/api/v1/do", content=b"a", headers=KEY)).status_code for _ in range(3)]
        assert statuses == [status, 200, 200]

    run(counting.app, work)
    assert counting.done == 2


def test_a_request_that_comes_while_the_first_one_runs_waits_for_its_reply() -> None:
    counting = Counting()

    async def work(client: httpx.AsyncClient) -> None:
        counting.waiting = asyncio.Event()
        both = [asyncio.create_task(client.post("/api/v1/do", content=b"a", headers=KEY)) for _ in range(3)]
        await counting.begun.wait()
        counting.waiting.set()
        assert [(await one).json()["count"] for one in both] == [1, 1, 1]

    run(counting.app, work)
    assert counting.done == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é".encode()])
def test_a_key_that_cannot_be_used_is_refused(key: str | bytes) -> None:
    counting = Counting()

    async def work(client: httpx.AsyncClient) -> None:
        given: Any = {"idempotency-key": key}
        refused = await client.post("/api/v1/do", content=b"a", headers=given)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_idempotency_key")

    run(counting.app, work)
    assert counting.done == 0


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting()
    monkeypatch.setattr(repeats, "KEPT", 2)

    async def work(client: httpx.AsyncClient) -> None:
        for number in (1, 2, 3, 4, 1):
            await client.post("/api/v1/do", content=b"a", headers={"idempotency-key": str(number)})

    run(counting.app, work)
    assert counting.done == 5, "the oldest one was forgotten"


def test_a_streamed_answer_is_read_on_and_not_asked_again(tmp_path: Any) -> None:
    assistant = Scripted()

    async def work(client: httpx.AsyncClient) -> None:
        first = await client.post("/api/v1/chat", json=question(stream=True), headers=KEY)
        last = events_of(first.text)[2][0]
        again = await client.post("/api/v1/chat", json=question(stream=True), headers={**KEY, "last-event-id": last})
        assert events_of(again.text) == events_of(first.text)[3:]

    run(create_app(Composition(tmp_path, assistant)), work)
    assert len(assistant.asked) == 2, "one before the first question, for the fixture"
