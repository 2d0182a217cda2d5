"""The REST server over a scripted assistant: OpenAI's shapes, streaming, and everybody who is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from agents.context import Context
from agents.events import (
    Answer,
    AnswerReady,
    AskedBack,
    EvidenceFound,
    NodeFinished,
    NodeStarted,
    Progress,
    Queued,
    SegmentStarted,
    Token,
)
from app.asking import Asked
from app.background import Pace
from app.rest.authentication import scope_of
from app.rest.internal import internal_app
from app.rest.listening import bound_socket
from app.rest.server import create_app
from configs.errors import (
    ClewError,
    ConfigError,
    InputError,
    ModelUnavailable,
    PolicyError,
    StoreUnavailable,
    UnknownRepository,
)
from configs.settings import Settings, load_settings
from knowledge.principals import Right
from knowledge.scope import EVERYTHING, Scope
from tools.dense import DenseHit, DenseSearch

CITATION = {"path": "a.py", "start_line": 3, "end_line": 4, "symbol": "a.run", "revision": "worktree:1"}
ANSWER = Answer(
    answer="`a.run` is called once.\n\nSee `größe`.",
    level="structural",
    citations=(CITATION,),
    claims=({"text": "`a.run` is called once.", "status": "verified", "citations": [CITATION]},),
    unknowns=("b.py could not be read",),
    known_errors=(),
    route="structural",
    model=None,
    release="0" * 64,
    usage={"input_tokens": 7, "output_tokens": 5},
    cost_usd=0.0,
    latency_ms=12.5,
    run_id="run-1",
    thread_id="thread-1",
    verdict="found",
)
EVENTS: tuple[Progress, ...] = (
    NodeStarted("planner", 0),
    NodeFinished("planner", 0, 1.5),
    EvidenceFound("t1", "found", 2, ("a.py:3",)),
    Queued("h", 2),
    Token("draft text", 0),
    SegmentStarted(1, "small:7b", "h broke off"),
    Token("other text", 1),
    AnswerReady(ANSWER),
)


class Scripted:
    """An assistant that plays `events`, and remembers what it was asked."""

    def __init__(self, events: tuple[Progress, ...] = EVENTS, error: Exception | None = None) -> None:
        self.events, self.error, self.asked = events, error, [Asked("", None, "", "")]

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        self.asked.append(asked)
        for event in self.events:
            yield event
        if self.error:
            raise self.error


class Composition:
    """What the server is given in place of the wiring."""

    def __init__(self, folder: Path, assistant: Scripted, unready: ClewError | None = None) -> None:
        self.settings: Settings = load_settings({"home": folder, "serve": {"max_body_bytes": 5_000}}, folder=folder)
        self._assistant, self._unready = assistant, unready

    def assistant(self) -> Scripted:
        if self._unready:
            raise self._unready
        return self._assistant

    def granted(self, repositories: list[str] | None, within: Scope | None = None, *, right: Right = "read") -> Scope:
        within = EVERYTHING if within is None else within
        for name in repositories or []:
            if name != "shop":
                raise UnknownRepository(f"no repository {name!r} is indexed", next_step="did you mean 'shop'?")
        return within if repositories is None else within.narrowed(frozenset(repositories))

    async def model_names(self) -> list[str] | None:
        return ["qwen"]

    def readiness(self) -> dict[str, Any]:
        if self._unready:
            raise self._unready
        return {"status": "ready", "repositories": ["shop"]}

    judged: Any = None
    sharing: Any = None

    def examples(self) -> Any:
        return self.judged

    has_index = False

    @property
    def graph(self) -> Any:
        raise AssertionError("no tool is called here")

    def search(self) -> Any:
        raise AssertionError("no tool is called here")

    principals: Any = None
    access: Any = None
    budgets: Any = None

    def administering(self) -> Any:
        raise AssertionError("nobody is administered here")

    def configuration(self) -> Any:
        raise AssertionError("nothing is configured here")

    def branches(self) -> dict[str, str]:
        raise AssertionError("nobody is granted anything here")

    def overview(self, scope: Scope, *, whole: bool) -> dict[str, Any]:
        raise AssertionError("nothing is looked over here")

    def repository(self, name: str, within: Scope = EVERYTHING) -> Any:
        raise AssertionError("nothing is indexed here")

    @property
    def threads(self) -> Any:
        raise AssertionError("no conversation is read here")

    @property
    def jobs(self) -> Any:
        raise StoreUnavailable("no jobs here")

    @property
    def connections(self) -> Any:
        raise StoreUnavailable("no connections here")

    def payer_for(self, context: Context) -> Any:
        raise AssertionError("nobody pays here")

    def open_ledger(self) -> Any:
        raise AssertionError("there is no Ledger here")

    def open_usage(self) -> Any:
        raise AssertionError("there is no Ledger here")

    def verify_ledger(self, ledger: Any) -> Any:
        raise AssertionError("there is no Ledger here")

    handover_token = ""
    dense: DenseSearch | None = None

    def live_hosts(self) -> list[dict[str, Any]]:
        return [{"url": "http://gpu", "breaker": "closed"}]

    def own_dense(self) -> DenseSearch | None:
        return self.dense

    def background(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()


class Judged:
    """Takes what people say of answers, and remembers it."""

    def __init__(self) -> None:
        self.said: list[tuple[str, bool]] = []

    def accept(self, _scope: Scope, run_id: str, *, by: str, at: float) -> Any:
        if run_id == "changed-since":
            raise InputError("a file that this answer cites has changed since", next_step="ask again, and accept that")
        assert by and at
        self.said.append((run_id, True))
        return SimpleNamespace(id=run_id)

    def reject(self, _scope: Scope, run_id: str) -> bool:
        self.said.append((run_id, False))
        return run_id != "never-kept"


Send = Callable[..., httpx.Response]


@pytest.fixture
def assistant() -> Scripted:
    return Scripted()


@pytest.fixture
def send(tmp_path: Path, assistant: Scripted) -> Send:
    return sender(Composition(tmp_path, assistant))


def sender(composition: Composition) -> Send:
    """Return a function that sends one request to the application in this process."""
    return at(create_app(composition))


def at(app: FastAPI) -> Send:
    def one(method: str, path: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
                return await client.request(method, path, **options)

        return asyncio.run(call())

    return one


def chat(text: str = "who calls a.run?", **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **more}


def events_of(response: httpx.Response) -> list[dict[str, Any]]:
    """Return the events of a stream, checking that it ends as it must."""
    assert response.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in response.text.split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def test_a_completion_has_openais_shape_and_clews_record(send: Send) -> None:
    response = send("POST", "/v1/chat/completions", json=chat())
    body = response.json()
    assert response.status_code == 200
    assert {"id", "object", "created", "model", "choices", "usage", "clew"} == set(body)
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": ANSWER.answer}
    assert body["choices"][0]["finish_reason"] == "stop"
    assert body["usage"] == {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    assert body["clew"] == {**ANSWER.to_json(), "verdict": "found"}
    assert "größe" in response.text


ASKED_BACK = AskedBack(
    "clarification",
    "`run` means 2 things here. Which one?",
    (
        {"label": "`a.run` (function)", "place": "a.py:3", "value": "shop:a.py#run"},
        {"label": "`b.run` (function)", "place": "b.py:9", "value": "shop:b.py#run"},
        {"label": "all of them", "place": "", "value": ""},
    ),
    "`run` means 2 things here. Which one?\n\n1. `a.run` (function) — `a.py:3`\n2. `b.run` (function) — `b.py:9`\n"
    "3. all of them\n\nAnswer with a number.",
    "thread-1",
)


def test_what_is_asked_back_is_a_message_with_its_choices(tmp_path: Path) -> None:
    assistant = Scripted((NodeStarted("planner", 0), ASKED_BACK))
    send = sender(Composition(tmp_path, assistant))
    body = send("POST", "/v1/chat/completions", json=chat(clew={"clarify": True})).json()
    assert assistant.asked[-1].may_ask
    assert body["choices"][0]["message"]["content"] == ASKED_BACK.text
    assert body["clew"]["event"] == "asked_back"
    assert [choice["place"] for choice in body["clew"]["choices"]] == ["a.py:3", "b.py:9", ""]
    events = events_of(send("POST", "/v1/chat/completions", json=chat(stream=True, clew={"clarify": True})))
    assert "".join(event["choices"][0]["delta"].get("content", "") for event in events) == ASKED_BACK.text
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["clew"]["thread_id"] == "thread-1"


def test_nobody_is_asked_back_who_did_not_say_that_they_may_be(send: Send, assistant: Scripted) -> None:
    send("POST", "/v1/chat/completions", json=chat())
    assert not assistant.asked[-1].may_ask


@pytest.mark.parametrize(
    ("said", "question", "reply"),
    [
        ("2", "who calls run?", "2"),
        ("b.run", "who calls run?", "b.run"),
        ("and who tests a.run?", "and who tests a.run?", None),
        ("7", "7", None),
    ],
)
def test_a_client_without_threads_answers_in_the_next_message(
    send: Send, assistant: Scripted, said: str, question: str, reply: str | None
) -> None:
    messages = [
        {"role": "user", "content": "Explain a"},
        {"role": "assistant", "content": "It is a module."},
        {"role": "user", "content": "who calls run?"},
        {"role": "assistant", "content": ASKED_BACK.text},
        {"role": "user", "content": said},
    ]
    assert send("POST", "/v1/chat/completions", json={"messages": messages}).status_code == 200
    asked = assistant.asked[-1]
    assert (asked.question, asked.replies) == (question, (reply,) if reply else ())
    assert len(asked.earlier) == (2 if reply else 4)


def test_a_stream_sends_progress_then_the_checked_answer_then_done(send: Send) -> None:
    events = events_of(send("POST", "/v1/chat/completions", json=chat(stream=True)))
    assert {event["object"] for event in events} == {"chat.completion.chunk"}
    assert len({event["id"] for event in events}) == 1
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    told = [event["clew"]["event"] for event in events if "event" in event.get("clew", {})]
    assert told == ["node_started", "node_finished", "evidence", "queued", "draft", "segment", "draft"]
    assert all(event["choices"][0]["delta"] == {} for event in events if "clew" in event)
    text = "".join(event["choices"][0]["delta"].get("content", "") for event in events)
    assert text == ANSWER.answer, "a draft is not content"
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["clew"]["citations"] == [CITATION]


def test_usage_is_streamed_when_asked_for(send: Send) -> None:
    events = events_of(
        send("POST", "/v1/chat/completions", json=chat(stream=True, stream_options={"include_usage": True}))
    )
    assert events[-1]["choices"] == []
    assert events[-1]["usage"]["total_tokens"] == 12


def test_an_error_in_a_stream_is_an_event_and_the_stream_ends(tmp_path: Path) -> None:
    failing = Scripted(EVENTS[:2], ModelUnavailable("no model 'x'", next_step="ollama pull x"))
    events = events_of(sender(Composition(tmp_path, failing))("POST", "/v1/chat/completions", json=chat(stream=True)))
    assert events[-1]["error"]["code"] == "model_unavailable"
    assert events[-1]["error"]["next_step"] == "ollama pull x"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(ModelUnavailable("gone"), 503, "model_unavailable"), (RuntimeError("secret detail"), 500, "internal")],
)
def test_an_error_without_a_stream_has_its_status(tmp_path: Path, error: Exception, status: int, code: str) -> None:
    response = sender(Composition(tmp_path, Scripted((), error)))("POST", "/v1/chat/completions", json=chat())
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert "secret detail" not in response.text


def test_the_request_is_handed_on(send: Send, assistant: Scripted) -> None:
    messages = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "where is a.run?"},
        {"role": "assistant", "content": "a.py:3"},
        {"role": "user", "content": [{"type": "text", "text": "who calls"}, {"type": "text", "text": "it?"}]},
    ]
    body = {
        "model": "extractive",
        "messages": messages,
        "temperature": 0.2,
        "clew": {"repositories": ["shop"], "thread_id": "t"},
    }
    assert send("POST", "/v1/chat/completions", json=body).status_code == 200
    asked = assistant.asked[-1]
    assert asked.question == "who calls\nit?"
    assert asked.earlier == (("user", "where is a.run?"), ("assistant", "a.py:3"))
    assert (asked.repositories, asked.model, asked.thread_id) == (("shop",), "extractive", "t")


def test_reranking_is_off_unless_the_request_or_the_server_asks_for_it(send: Send, assistant: Scripted) -> None:
    send("POST", "/v1/chat/completions", json=chat())
    assert not assistant.asked[-1].rerank
    send("POST", "/v1/chat/completions", json=chat(clew={"rerank": True}))
    assert assistant.asked[-1].rerank


def test_the_model_named_clew_is_the_servers_own(send: Send, assistant: Scripted) -> None:
    send("POST", "/v1/chat/completions", json=chat(model="clew"))
    assert assistant.asked[-1].model == "auto"
    ids = [row["id"] for row in send("GET", "/v1/models").json()["data"]]
    assert ids == ["clew", "auto", "extractive", "qwen"]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "messages"),
        ({"messages": []}, 400, "messages"),
        ({"messages": "who?"}, 400, "messages"),
        (chat(n=2), 400, "n"),
        (chat(clew={"repository": "shop"}), 400, "clew.repository"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "messages"),
        (chat("   "), 400, "empty"),
        ({"messages": [{"role": "assistant", "content": "hello"}]}, 400, "empty"),
        (chat(clew={"repositories": ["nope"]}), 404, "nope"),
        (chat("x" * 6_000), 413, "larger"),
    ],
)
def test_bad_requests_are_told_what_is_wrong(send: Send, body: dict[str, Any], status: int, said: str) -> None:
    response = send("POST", "/v1/chat/completions", json=body)
    assert response.status_code == status
    error = response.json()["error"]
    assert said in error["message"]
    assert {"message", "type", "param", "code"} <= set(error)


def test_broken_json_unknown_routes_and_methods(send: Send) -> None:
    headers = {"content-type": "application/json"}
    assert send("POST", "/v1/chat/completions", content=b"{", headers=headers).status_code == 400
    assert send("GET", "/v1/nothing").json()["error"]["code"] == "no_such_route"
    assert send("GET", "/v1/chat/completions").status_code == 405


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "192.168.0.4", "[::ffff]", "", "127.0.0.1.evil.example"]
)
def test_a_name_rebound_to_loopback_is_refused(send: Send, host: str) -> None:
    response = send("POST", "/v1/chat/completions", json=chat(), headers={"host": host})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "host_refused"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_loopback_names_are_served(send: Send, host: str) -> None:
    assert send("GET", "/healthz", headers={"host": host}).json() == {"status": "ok"}


def test_foreign_pages_are_refused_and_local_ones_served(send: Send) -> None:
    foreign = send("POST", "/v1/chat/completions", json=chat(), headers={"origin": "https://evil.example"})
    assert foreign.json()["error"]["code"] == "origin_refused"
    assert send("POST", "/v1/chat/completions", json=chat(), headers={"origin": "null"}).status_code == 403
    local = send("POST", "/v1/chat/completions", json=chat(), headers={"origin": "http://localhost:3000"})
    assert local.status_code == 200


def test_a_simple_form_post_of_a_page_is_refused(send: Send) -> None:
    response = send("POST", "/v1/chat/completions", content=json.dumps(chat()), headers={"content-type": "text/plain"})
    assert response.status_code == 415


def test_a_body_without_declared_length_is_bounded_too(send: Send) -> None:
    async def endless() -> AsyncGenerator[bytes, None]:
        while True:
            yield b" " * 1_000

    response = send("POST", "/v1/chat/completions", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413


def test_readiness_follows_the_store(tmp_path: Path, send: Send) -> None:
    assert send("GET", "/readyz").json() == {"status": "ready", "repositories": ["shop"]}
    empty = sender(Composition(tmp_path, Scripted(), StoreUnavailable("nothing is indexed", next_step="clew index .")))
    assert empty("GET", "/readyz").status_code == 503
    assert empty("GET", "/healthz").status_code == 200, "alive, though not ready"
    assert empty("POST", "/v1/chat/completions", json=chat()).json()["error"]["next_step"] == "clew index ."


class Endless(Scripted):
    """Never ends by itself; knows whether its run was ended."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.ended = asyncio.Event(), asyncio.Event()

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        try:
            yield NodeStarted("planner", 0)
            self.started.set()
            await asyncio.Event().wait()
        finally:
            self.ended.set()


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_ends_its_run(tmp_path: Path, stream: bool) -> None:
    async def main() -> None:
        endless = Endless()
        app = create_app(Composition(tmp_path, endless))
        body = json.dumps(chat(stream=stream)).encode()
        pending = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if pending:
                return pending.pop()
            await endless.started.wait()
            return {"type": "http.disconnect"}

        async def send(_: Any) -> None: ...

        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers}
        scope |= {"query_string": b"", "http_version": "1.1", "asgi": {"version": "3.0"}, "scheme": "http"}
        await asyncio.wait_for(app(scope, receive, send), timeout=5)
        await asyncio.wait_for(endless.ended.wait(), timeout=5)

    asyncio.run(main())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(PolicyError, match="no authentication"):
        bound_socket(host, 0)


def test_a_taken_port_is_said() -> None:
    with bound_socket("127.0.0.1", 0) as first, pytest.raises(ConfigError, match="cannot listen"):
        bound_socket("127.0.0.1", first.getsockname()[1])


def test_ipv6_loopback_can_be_listened_on() -> None:
    with bound_socket("::1", 0) as listening:
        assert listening.getsockname()[0] == "::1"


class Near:
    """Answers with one hit and remembers the question."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        self.asked.append((scope, query, top_k, candidates))
        return [DenseHit("shop", "a.py", "shop:a.py#one", 0.5)]


def test_dense_candidates_are_for_who_holds_the_token(tmp_path: Path, assistant: Scripted) -> None:
    composition = Composition(tmp_path, assistant)
    send, body = (
        at(internal_app(composition)),
        {"query": "what", "repositories": ["shop"], "top_k": 3, "candidates": ["x"]},
    )
    for headers in ({}, {"authorization": "Bearer "}, {"authorization": "Bearer wrong"}):
        assert send("POST", "/internal/dense", json=body, headers=headers).status_code == 401
    composition.handover_token = "right"
    composition.dense = near = Near()
    assert send("POST", "/internal/dense", json=body).status_code == 401
    answered = send("POST", "/internal/dense", json=body, headers={"authorization": "Bearer right"})
    assert answered.json() == {"hits": [["shop", "a.py", "shop:a.py#one", 0.5]]}
    assert near.asked == [(Scope(frozenset({"shop"})), "what", 3, ["x"])]
    composition.dense = None
    assert send("POST", "/internal/dense", json=body, headers={"authorization": "Bearer right"}).json() == {"hits": []}
    wrong = send("POST", "/internal/dense", json={**body, "top_k": 0}, headers={"authorization": "Bearer right"})
    assert wrong.status_code == 422
    assert send("POST", "/internal/dense", json=body, headers={"host": "evil.example"}).status_code == 403
    assert sender(composition)("POST", "/internal/dense", json=body).status_code == 404, "not at the server's own door"


def test_how_model_hosts_fare_is_for_who_holds_the_token(tmp_path: Path, assistant: Scripted) -> None:
    composition = Composition(tmp_path, assistant)
    send = at(internal_app(composition))
    assert send("POST", "/internal/models", json={}, headers={"authorization": "Bearer "}).status_code == 401
    composition.handover_token = "right"
    told = send("POST", "/internal/models", json={}, headers={"authorization": "Bearer right"})
    assert told.json() == {"hosts": [{"url": "http://gpu", "breaker": "closed"}]}


def test_background_work_waits_while_a_question_is_answered(tmp_path: Path) -> None:
    pace = Pace()
    running: list[int] = []

    class Watching(Scripted):
        async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
            running.append(pace._running)
            async for event in super().stream(asked):
                yield event

    app = create_app(Composition(tmp_path, Watching()))
    app.state.pace = pace

    async def call() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            await client.post("/v1/chat/completions", json=chat())
            await client.get("/healthz")

    asyncio.run(call())
    assert running == [1]
    assert pace._running == 0


def test_an_answer_is_accepted_or_erased_by_its_run(tmp_path: Path, assistant: Scripted) -> None:
    composition = Composition(tmp_path, assistant)
    composition.judged = Judged()
    send = sender(composition)
    for accepted in (True, False):
        reply = send("POST", "/v1/feedback", json={"run_id": "0123456789ab", "accepted": accepted})
        assert (reply.status_code, reply.json()) == (200, {"run_id": "0123456789ab", "accepted": accepted})
    assert composition.judged.said == [("0123456789ab", True), ("0123456789ab", False)]
    for body in (
        {"run_id": "changed-since", "accepted": True},
        {"run_id": "never-kept", "accepted": False},
        {"run_id": "short", "accepted": True},
        {"run_id": "0123456789ab"},
        {"run_id": "0123456789ab", "accepted": True, "extra": 1},
    ):
        assert send("POST", "/v1/feedback", json=body).status_code == 400, body


def test_every_route_that_reads_takes_its_scope_from_one_place(tmp_path: Path, assistant: Scripted) -> None:
    app = create_app(Composition(tmp_path, assistant))
    app.dependency_overrides[scope_of] = lambda: Scope(frozenset({"shop"}))

    async def call() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return (await client.post("/v1/chat/completions", json=chat())).status_code

    assert asyncio.run(call()) == 200
    assert assistant.asked[-1].repositories == ("shop",)


def test_a_segment_that_begins_anew_is_marked_with_its_model_and_reason(send: Send) -> None:
    told = [
        event["clew"]
        for event in events_of(send("POST", "/v1/chat/completions", json=chat(stream=True)))
        if "clew" in event
    ]
    marked = next(one for one in told if one.get("event") == "segment")
    assert marked == {"event": "segment", "segment": 1, "model": "small:7b", "reason": "h broke off"}
    assert [one["segment"] for one in told if one.get("event") == "draft"] == [0, 1]
    assert next(one for one in told if one.get("event") == "queued") == {"event": "queued", "host": "h", "place": 2}
