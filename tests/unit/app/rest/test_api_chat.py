"""`POST /api/v1/chat`: whole answers, typed events, reading on after a break, stopping, and what is bounded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.events import AnswerReady, NodeStarted, Planned, Progress, Token
from app.asking import Asked
from app.rest.api import run as run_module
from app.rest.api import runs as runs_module
from app.rest.api.run import Run
from app.rest.api.runs import Runs
from app.rest.server import create_app
from configs.errors import ModelUnavailable, StoreBusy, UnknownRun
from knowledge.scope import EVERYTHING, Scope
from tests.unit.app.rest.test_server import ANSWER, ASKED_BACK, EVENTS, Composition, Endless, Scripted, sender

URL = "/api/v1/chat"


def question(text: str = "who calls a.run?", **more: Any) -> dict[str, Any]:
    return {"question": text, **more}


def events_of(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (id, name, data) of each event."""
    found = []
    for block in text.strip().split("\n\n"):
        if block.startswith(":"):
            continue
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return found


@pytest.fixture
def assistant() -> Scripted:
    return Scripted((Planned(({"intent": "callers", "names": ["a.run"]},)), *EVENTS))


@pytest.fixture
def send(tmp_path: Path, assistant: Scripted) -> Any:
    return sender(Composition(tmp_path, assistant))


def test_an_answer_has_the_shape_of_the_command_line(send: Any, assistant: Scripted) -> None:
    response = send("POST", URL, json=question(model="extractive", repositories=["shop"], depth="deep"))
    assert response.json() == {**ANSWER.to_json(), "verdict": "found"}
    asked = assistant.asked[-1]
    assert (asked.question, asked.model, asked.repositories, asked.depth) == (
        "who calls a.run?",
        "extractive",
        ("shop",),
        "deep",
    )


def test_events_are_typed_and_numbered(send: Any) -> None:
    response = send("POST", URL, json=question(stream=True))
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response.text)
    names = [name for _, name, _ in events]
    assert names == [
        "started", "plan", "node_started", "node_finished", "evidence", "queued", "draft", "segment", "draft", "claim", "final",
    ]  # fmt: skip
    stream_id = response.headers["x-clew-stream-id"]
    assert [identity for identity, _, _ in events] == [f"{stream_id}.{n}" for n in range(1, len(events) + 1)]
    assert events[0][2] == {"stream_id": stream_id}
    assert events[1][2] == {"steps": [{"intent": "callers", "names": ["a.run"]}]}
    assert events[-2][2]["status"] == "verified"
    assert events[-1][2] == {**ANSWER.to_json(), "verdict": "found"}


def test_claims_and_findings_are_events_before_the_answer(tmp_path: Path) -> None:
    finding = {"gate": "prose", "kind": "unnamed", "severity": "warning", "message": "m", "path": "a.py", "line": 3}
    answer = replace(ANSWER, findings=(finding,), claims=ANSWER.claims * 2)
    send = sender(Composition(tmp_path, Scripted((AnswerReady(answer),))))
    _, *told = events_of(send("POST", URL, json=question(stream=True)).text)
    assert [name for _, name, _ in told] == ["claim", "claim", "finding", "final"]
    assert [data["number"] for _, name, data in told if name == "claim"] == [1, 2]
    assert told[2][2] == finding
    assert told[3][2]["findings"] == [finding]


def test_earlier_turns_and_replies_are_handed_on(send: Any, assistant: Scripted) -> None:
    earlier = [{"role": "user", "content": "where is a?"}, {"role": "assistant", "content": "a.py"}]
    send("POST", URL, json=question(earlier=earlier, replies=["2"], clarify=True, thread_id="t"))
    asked = assistant.asked[-1]
    assert asked.earlier == (("user", "where is a?"), ("assistant", "a.py"))
    assert (asked.replies, asked.may_ask, asked.thread_id) == (("2",), True, "t")


def test_what_is_asked_back_is_said_so(tmp_path: Path) -> None:
    send = sender(Composition(tmp_path, Scripted((NodeStarted("planner", 0), ASKED_BACK))))
    whole = send("POST", URL, json=question(clarify=True)).json()
    assert (whole["event"], len(whole["choices"])) == ("asked_back", 3)
    streamed = events_of(send("POST", URL, json=question(clarify=True, stream=True)).text)
    assert streamed[-1][1] == "asked_back"
    assert streamed[-1][2]["choices"] == whole["choices"]


@pytest.mark.parametrize(
    ("error", "code"),
    [(ModelUnavailable("no x", next_step="pull it"), "model_unavailable"), (KeyError("k"), "internal")],
)
def test_an_error_in_a_stream_is_a_problem_and_the_last_event(tmp_path: Path, error: Exception, code: str) -> None:
    send = sender(Composition(tmp_path, Scripted(EVENTS[:2], error)))
    *_, (_, name, problem) = events_of(send("POST", URL, json=question(stream=True)).text)
    assert (name, problem["code"]) == ("error", code)
    assert problem["request_id"]


def test_a_run_that_ends_without_an_answer_says_so(tmp_path: Path) -> None:
    send = sender(Composition(tmp_path, Scripted(EVENTS[:2])))
    assert events_of(send("POST", URL, json=question(stream=True)).text)[-1][2]["code"] == "clew"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": "  "},
        question(depth="abyss"),
        question(extra=1),
        question(earlier=[{"role": "cat"}]),
        [],
    ],
)
def test_bad_questions_are_told_what_is_wrong(send: Any, body: Any) -> None:
    response = send("POST", URL, json=body)
    assert response.status_code == 400
    assert response.json()["code"] in ("invalid_request", "input")


def within(app: Any, work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, None]]) -> None:
    """Run several requests in one event loop, so that runs outlive a request."""

    async def main() -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            await asyncio.wait_for(work(client), timeout=20)

    asyncio.run(main())


def test_a_client_that_comes_back_reads_on_where_it_stopped(tmp_path: Path, assistant: Scripted) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        first = await client.post(URL, json=question(stream=True))
        events = events_of(first.text)
        stream_id = first.headers["x-clew-stream-id"]
        for last, expected in (
            (events[3][0], events[4:]),
            ("4", events[4:]),
            ("nonsense", events),
            (events[-1][0], []),
        ):
            again = await client.get(f"{URL}/{stream_id}/events", headers={"last-event-id": last})
            assert (events_of(again.text) if again.text else []) == expected
        state = (await client.get(f"{URL}/{stream_id}")).json()
        assert (state["state"], state["answer"]["verdict"]) == ("finished", "found")
        assert (await client.delete(f"{URL}/{stream_id}")).status_code == 204
        assert (await client.get(f"{URL}/{stream_id}")).json()["state"] == "finished"
        assert (await client.get(f"{URL}/{'0' * 32}/events")).json()["code"] == "unknown_run"

    within(create_app(Composition(tmp_path, assistant)), work)


def test_a_stopped_run_ends_and_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        endless, runs = Endless(), Runs(reconnect_s=60)
        run = runs.begin(endless.stream(Asked("", None, "", "")), EVERYTHING, "r")
        await endless.started.wait()
        await runs.stop(run)
        assert endless.ended.is_set()
        told = events_of(b"".join([part async for part in runs.follow(run)]).decode())
        assert [name for _, name, _ in told] == ["started", "node_started", "stopped"]
        assert run.state == "stopped"
        await runs.close()

    asyncio.run(main())


def test_a_run_that_nobody_reads_is_ended_after_a_while_and_one_that_is_read_goes_on() -> None:
    async def main() -> None:
        for reading in (False, True):
            endless, runs = Endless(), Runs(reconnect_s=0)
            run = runs.begin(endless.stream(Asked("", None, "", "")), EVERYTHING, "r")
            follower = runs.follow(run)
            if reading:
                await anext(follower)
                await endless.started.wait()
                assert run.abandoned is None
                await follower.aclose()  # type: ignore[attr-defined]
            await asyncio.wait_for(asyncio.gather(run.task, return_exceptions=True), 5)  # type: ignore[arg-type]
            assert run.state == "stopped"
            await runs.close()

    asyncio.run(main())


def test_a_run_is_not_there_for_who_may_see_less() -> None:
    async def main() -> None:
        runs = Runs(reconnect_s=60)
        run = runs.begin(Scripted().stream(Asked("", None, "", "")), Scope(frozenset({"shop"})), "r")
        assert await runs.get(run.id, EVERYTHING) is run
        assert await runs.get(run.id, Scope(frozenset({"shop", "desk"}))) is run
        for scope in (Scope(frozenset()), Scope(frozenset({"desk"}))):
            with pytest.raises(UnknownRun):
                await runs.get(run.id, scope)
        await runs.close()

    asyncio.run(main())


class Talking(Scripted):
    """Writes a long draft."""

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        for number in range(200):
            yield Token("x" * 100, number)
        for event in self.events[-1:]:
            yield event


def test_memory_is_bounded_by_dropping_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "MAX_RUN_BYTES", 5_000)

    async def main() -> None:
        runs = Runs(reconnect_s=60)
        run = runs.begin(Talking().stream(Asked("", None, "", "")), EVERYTHING, "r")
        await asyncio.wait_for(run.task, 5)  # type: ignore[arg-type]
        assert run.size < 10_000
        names = [one.name for one in run.told]
        assert (names[0], names[-1]) == ("started", "final")
        await runs.close()

    asyncio.run(main())


def test_runs_are_bounded_in_number_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "KEPT_ENDED", 2)
    monkeypatch.setattr(runs_module, "MAX_RUNNING", 1)

    async def main() -> None:
        runs = Runs(reconnect_s=60)
        ended: list[Run] = []
        for _ in range(4):
            run = runs.begin(Scripted().stream(Asked("", None, "", "")), EVERYTHING, "r")
            await asyncio.wait_for(run.task, 5)  # type: ignore[arg-type]
            ended.append(run)
        assert await runs.get(ended[-1].id, EVERYTHING)
        with pytest.raises(UnknownRun):
            await runs.get(ended[0].id, EVERYTHING)
        endless = Endless()
        runs.begin(endless.stream(Asked("", None, "", "")), EVERYTHING, "r")
        with pytest.raises(StoreBusy):
            runs.begin(endless.stream(Asked("", None, "", "")), EVERYTHING, "r")
        await runs.close()

    asyncio.run(main())
