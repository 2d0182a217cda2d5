"""Letting a model write, through the whole graph: the ladder, marked segments, findings, notes, and code that stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import stamina
from pydantic import SecretStr

from agents.context import Context
from agents.events import Answer, AnswerReady, Progress, Queued, SegmentStarted, Token
from agents.services import Services
from configs.errors import ModelForbidden
from graph.runtime import compile_assistant, stream_answer
from guardrails.output import LINK_GONE
from knowledge.backends.sqlite_memory import SqliteMemory
from knowledge.scope import EVERYTHING
from models.gateway import Gateway
from models.ollama import OllamaHost
from models.openai_api import OpenAIProvider
from models.privacy import Privacy
from models.provider import Provider, place_of
from tests.bookshop import NAME
from tests.servers.fake_ollama import FakeModel, FakeOllama, Fault, running
from tests.servers.openai_stub import running_openai
from tests.servers.streaming_stub import KEY, Stub

BIG, SMALL = FakeModel("qwen2.5-coder:14b", parameter_size="14B"), FakeModel("qwen2.5-coder:3b", parameter_size="3B")


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=10):
        yield


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(models=[BIG, SMALL], reply=good_words)) as served:
        yield served


def good_words(prompt: str) -> str:
    number = next(n for n in range(1, 30) if f'<evidence number="{n}"' in prompt and "def total" in prompt)
    return f"`Order.total` sums the lines and adds the tax [{number}]."


def over(bookshop: Services, *providers: Provider, **changes: Any) -> Services:
    return replace(bookshop, gateway=Gateway(*providers, **changes))


def ask(services: Services, context: Context | None = None) -> tuple[list[Progress], Answer]:
    async def collect() -> list[Progress]:
        assistant = compile_assistant(services)
        return [one async for one in stream_answer(assistant, "Explain Order.total", context or Context())]

    events = asyncio.run(collect())
    assert isinstance(events[-1], AnswerReady)
    return events, events[-1].answer


def test_a_stream_that_breaks_goes_on_with_the_smaller_model_as_a_marked_segment(
    bookshop: Services, host: FakeOllama
) -> None:
    host.faults = ["cut_stream"]
    events, answer = ask(over(bookshop, OllamaHost(host.url)))
    segments: dict[int, str] = {}
    for event in events:
        if isinstance(event, Token):
            segments[event.segment] = segments.get(event.segment, "") + event.text
    (marked,) = [event for event in events if isinstance(event, SegmentStarted)]
    assert (marked.segment, marked.model) == (1, SMALL.name)
    assert "broke off" in marked.reason
    assert segments[1] == good_words(host.prompts()[0])
    assert set(segments) <= {0, 1}, "what broke off may have been held back as unfinished"
    assert (answer.level, answer.model, answer.verdict) == ("fallback_model", SMALL.name, "found")
    assert f"{SMALL.name} wrote this instead of {BIG.name}: Ollama at" in answer.answer
    attempts = [finding["message"] for finding in answer.findings if finding["kind"] == "attempt"]
    assert [f"{BIG.name} at Ollama at {place_of(host.url)}: " in attempts[0], "answered" in attempts[1]] == [True, True]


def test_when_no_model_answers_the_facts_do_and_the_stream_says_so(bookshop: Services, host: FakeOllama) -> None:
    host.fault = "cut_stream"
    events, answer = ask(over(bookshop, OllamaHost(host.url)))
    marked = [event for event in events if isinstance(event, SegmentStarted)]
    assert [event.model for event in marked] == [SMALL.name]
    assert (answer.level, answer.model, answer.verdict) == ("extractive", None, "found")
    assert "No model wrote this: 2 calls failed" in answer.answer
    assert {claim["status"] for claim in answer.claims} == {"verified"}


def test_words_that_were_shown_and_no_longer_count_are_taken_back(bookshop: Services, host: FakeOllama) -> None:
    host.fault = "cut_stream"
    host.reply = lambda _prompt: "Certainly.\n\nIt sums the lines."
    events, answer = ask(over(bookshop, OllamaHost(host.url)))
    told = [event for event in events if isinstance(event, Token | SegmentStarted)]
    assert [type(event).__name__ for event in told] == ["Token", "SegmentStarted", "Token", "SegmentStarted"]
    assert [event.segment for event in told] == [0, 1, 1, 2]
    last = told[-1]
    assert isinstance(last, SegmentStarted)
    assert last.model is None
    assert answer.level == "extractive"


def test_segments_are_numbered_on_through_rounds(bookshop: Services, host: FakeOllama) -> None:
    host.reply = lambda prompt: good_words(prompt) if "rejected" in prompt else "It runs `brew_coffee` [1]."
    host.faults = ["cut_stream"]
    events, answer = ask(over(bookshop, OllamaHost(host.url)))
    numbers = [event.segment for event in events if isinstance(event, Token | SegmentStarted)]
    assert numbers == sorted(numbers)
    texts = {n: "".join(e.text for e in events if isinstance(e, Token) and e.segment == n) for n in set(numbers)}
    assert "brew_coffee" not in texts[max(numbers)]
    assert len([text for text in texts.values() if text]) == 2, "one with the invention, one that holds"
    assert answer.level == "model"


def test_a_model_asked_for_by_name_is_not_replaced(bookshop: Services, host: FakeOllama) -> None:
    host.fault = "cut_stream"
    _, answer = ask(over(bookshop, OllamaHost(host.url)), Context(model=BIG.name))
    assert answer.level == "extractive"
    assert {body["model"] for path, body in host.requests if path == "/api/chat"} == {BIG.name}


def test_what_stood_in_for_the_chosen_model_is_not_remembered(
    bookshop: Services, host: FakeOllama, tmp_path: Any
) -> None:
    def current_hash(repository: str, path: str) -> str:
        return bookshop.graph.paths(EVERYTHING, repository)[path][0]

    memory = SqliteMemory(tmp_path / "memory.db", current_hash)
    host.faults = ["cut_stream"]
    services = replace(over(bookshop, OllamaHost(host.url)), memory=memory)
    assert ask(services)[1].model == SMALL.name
    assert ask(services)[1].model == BIG.name
    assert "from memory" in ask(services)[1].route
    memory.close()


def test_the_place_in_the_line_is_told(bookshop: Services, host: FakeOllama) -> None:
    services = over(bookshop, OllamaHost(host.url), slots=1)

    async def collect() -> list[Progress]:
        assistant = compile_assistant(services)
        events: list[Progress] = []
        async with services.gateway.hosts[0].slots.taken(_unheard):
            stream = stream_answer(assistant, "Explain Order.total", Context())
            async for event in stream:
                events.append(event)
                if isinstance(event, Queued):
                    break
        return events + [event async for event in stream]

    events = asyncio.run(collect())
    assert [(event.host, event.place) for event in events if isinstance(event, Queued)] == [
        (f"Ollama at {place_of(host.url)}", 1)
    ]
    assert isinstance(events[-1], AnswerReady)
    assert events[-1].answer.level == "model"


async def _unheard(_place: int) -> None:
    """Hear nothing."""


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_openai(Stub(reply="`Order.total` sums the lines [1].", models=("gpt-big",))) as served:
        yield served


def elsewhere(stub: Stub) -> OpenAIProvider:
    return OpenAIProvider(stub.url, SecretStr(KEY), ["gpt-big"], inside=False)


def test_code_that_may_not_leave_is_never_sent_elsewhere(bookshop: Services, stub: Stub) -> None:
    services = over(bookshop, elsewhere(stub))
    _, answer = ask(services)
    assert (answer.level, stub.requests) == ("extractive", [])
    assert f"is not asked: the code of {NAME!r} may not leave" in answer.route
    with pytest.raises(ModelForbidden):
        ask(services, Context(model="gpt-big"))
    assert stub.requests == []


def test_code_that_may_leave_is_written_about_elsewhere_when_nobody_inside_can(
    bookshop: Services, host: FakeOllama, stub: Stub
) -> None:
    host.fault = "cut_stream"
    privacy = Privacy(repositories={NAME: "remote"})
    services = replace(over(bookshop, OllamaHost(host.url), elsewhere(stub)), privacy=privacy)
    _, answer = ask(services)
    assert answer.model == "gpt-big"
    assert "instead of" in answer.answer
    assert {body["model"] for _, _, body in stub.requests} == {"gpt-big"}


@pytest.mark.parametrize("fault", ["refuse", "busy", "loading", "missing", "error"])
def test_every_fault_ends_in_an_answer(bookshop: Services, host: FakeOllama, fault: Fault) -> None:
    host.fault = fault
    _, answer = ask(over(bookshop, OllamaHost(host.url)))
    assert (answer.level, answer.verdict) == ("extractive", "found")
    assert "No model wrote this" in answer.answer
    assert f"Ollama at {place_of(host.url)} " in answer.answer
    assert LINK_GONE not in answer.answer
