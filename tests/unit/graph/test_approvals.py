"""A call of a model that may take more than a threshold needs a yes; where nobody can be asked it is not made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from agents.events import Answer, AnswerReady, AskedBack, Progress
from agents.services import Services
from app.asking import Asked
from app.assistant import GraphAssistant
from models.gateway import Gateway
from models.ollama import OllamaHost
from tests.servers.fake_ollama import FakeOllama, running

EXPLAIN = Asked("Explain Order.total", None, "auto", "default", ask_before_tokens=10)


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(reply=lambda prompt: "`Order.total` sums the lines [1].")) as served:
        yield served


def ended(services: Services, host: FakeOllama, asked: Asked) -> Answer | AskedBack:
    def no_threads() -> None:
        raise AssertionError("no thread is named")

    assistant = GraphAssistant(replace(services, gateway=Gateway(OllamaHost(host.url))), no_threads)  # type: ignore[arg-type]

    async def run() -> Progress:
        return [event async for event in assistant.stream(asked)][-1]

    last = asyncio.run(run())
    assert isinstance(last, AnswerReady | AskedBack)
    return last.answer if isinstance(last, AnswerReady) else last


def test_by_default_nobody_is_asked(bookshop: Services, host: FakeOllama) -> None:
    answer = ended(bookshop, host, replace(EXPLAIN, ask_before_tokens=None, may_ask=True))
    assert isinstance(answer, Answer)
    assert answer.level == "model"


def test_a_cheap_call_needs_no_yes(bookshop: Services, host: FakeOllama) -> None:
    answer = ended(bookshop, host, replace(EXPLAIN, ask_before_tokens=1_000_000, may_ask=True))
    assert isinstance(answer, Answer)
    assert answer.level == "model"


def test_a_dear_call_waits_for_a_yes(bookshop: Services, host: FakeOllama) -> None:
    asked = ended(bookshop, host, replace(EXPLAIN, may_ask=True))
    assert isinstance(asked, AskedBack)
    assert asked.kind == "approval"
    assert "tokens" in asked.question
    assert host.prompts() == []
    yes = ended(bookshop, host, replace(EXPLAIN, may_ask=True, replies=("yes",)))
    assert isinstance(yes, Answer)
    assert yes.level == "model"
    assert len(host.prompts()) == 1


def test_a_no_is_answered_from_the_facts(bookshop: Services, host: FakeOllama) -> None:
    answer = ended(bookshop, host, replace(EXPLAIN, may_ask=True, replies=("2",)))
    assert isinstance(answer, Answer)
    assert (answer.level, answer.verdict) == ("extractive", "found")
    assert "nobody approved" in answer.answer
    assert host.prompts() == []


def test_where_nobody_can_be_asked_nothing_is_spent(bookshop: Services, host: FakeOllama) -> None:
    answer = ended(bookshop, host, EXPLAIN)
    assert isinstance(answer, Answer)
    assert answer.level == "extractive"
    assert "nobody approved" in answer.answer
    assert host.prompts() == []


def test_a_meaning_and_then_a_yes(bookshop: Services, host: FakeOllama) -> None:
    """Two questions of one run, answered in order."""
    both = replace(EXPLAIN, question="Explain total", may_ask=True)
    first = ended(bookshop, host, both)
    assert isinstance(first, AskedBack)
    assert first.kind == "clarification"
    second = ended(bookshop, host, replace(both, replies=("1",)))
    assert isinstance(second, AskedBack)
    assert second.kind == "approval"
    third = ended(bookshop, host, replace(both, replies=("1", "1")))
    assert isinstance(third, Answer)
    assert third.level == "model"


def test_a_person_may_take_their_time(bookshop: Services, host: FakeOllama) -> None:
    """The deadline of the run does not pass while it stands still: it begins anew with the yes."""
    now = [1_000.0]

    def clock() -> float:
        now[0] += 40.0
        return now[0]

    answer = ended(replace(bookshop, clock=clock), host, replace(EXPLAIN, may_ask=True, replies=("yes",)))
    assert isinstance(answer, Answer)
    assert answer.answer
