"""A prompt is as long as its host can read in time, through the whole graph; a rung that would be too late is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.context import Context
from agents.events import Answer, AnswerReady
from agents.services import Services
from agents.writing.pacing import too_late
from configs.release import Releases
from graph.runtime import compile_assistant, stream_answer
from models.gateway import Gateway
from models.ollama import OllamaHost
from models.tokens import tokens_of
from tests.bookshop import open_services, write_bookshop
from tests.clock import Clock
from tests.servers.fake_ollama import FakeModel, FakeOllama, running

BIG, SMALL = FakeModel("qwen2.5-coder:14b", parameter_size="14B"), FakeModel("qwen2.5-coder:3b", parameter_size="3B")
QUESTION = "Explain Order.total"


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(models=[BIG, SMALL], reply=good_words)) as served:
        yield served


def good_words(prompt: str) -> str:
    shown = prompt.split('<evidence number="')[1:]
    number = next((one.partition('"')[0] for one in shown if "def total" in one), "1")
    return f"`Order.total` sums the lines and adds the tax [{number}]."


@pytest.fixture
def services(bookshop: Services, host: FakeOllama) -> Services:
    return replace(bookshop, gateway=Gateway(OllamaHost(host.url)))


def learned(services: Services, model: FakeModel, reads: float, writes: float = 0.0) -> None:
    """Let the host be known to read and write so many tokens a second."""
    written = int(writes * 10)
    services.gateway.hosts[0].speeds.count(
        model.name, read=int(reads * 100), read_s=100.0, written=written, write_s=10.0 if written else 0.0, most=900
    )


def ask(services: Services, context: Context | None = None, question: str = QUESTION) -> Answer:
    async def last() -> Answer:
        events = stream_answer(compile_assistant(services), question, context or Context())
        return [event.answer async for event in events if isinstance(event, AnswerReady)][-1]

    return asyncio.run(last())


def test_a_prompt_shrinks_to_what_its_host_reads_in_time(tmp_path: Path, host: FakeOllama) -> None:
    steps = [f"step_{number}" for number in range(20)]
    body = "\n".join(f"    total = {step}(total)  # the {step} of settling the order" for step in steps)
    helpers = "\n\n".join(f'def {step}(total):\n    """Do the {step}."""\n    return total' for step in steps)
    root = write_bookshop(tmp_path / "root")
    (root / "shop" / "settling.py").write_text(f"def settle(total):\n{body}\n    return total\n\n{helpers}\n")
    (tmp_path / "store").mkdir()
    large = open_services(tmp_path / "store", root)
    whole = prompt_about_settling(large, host, reads=None)
    read = tokens_of(whole, BIG.name)
    short = prompt_about_settling(large, host, reads=read / 30)  # half of the minute is left for the next rung
    assert 0.4 * read < tokens_of(short, BIG.name) <= 0.9 * read
    assert 0 < short.count("<evidence ") < whole.count("<evidence ")
    large.graph.close()


def prompt_about_settling(services: Services, host: FakeOllama, reads: float | None) -> str:
    """Return the prompt that a host which reads so fast is given; the answer has to say what was left out for that."""
    host.requests.clear()
    one = replace(services, gateway=Gateway(OllamaHost(host.url)))
    if reads is not None:
        learned(one, BIG, reads=reads)
    answer = ask(one, question="Explain settle")
    assert next(body["model"] for path, body in host.requests if path == "/api/chat") == BIG.name
    left_out = [finding["message"] for finding in answer.findings if finding["kind"] in ("left_out", "narrowed")]
    assert any("would not be read in time" in said for said in left_out) == (reads is not None)
    return host.prompts()[0]


def test_a_host_that_says_nothing_of_its_time_gets_what_fits_the_window(services: Services, host: FakeOllama) -> None:
    answer = ask(services)
    assert answer.level == "model"
    assert "in time" not in answer.answer


def test_a_model_that_cannot_read_what_is_needed_is_passed_over_and_the_answer_says_so(
    services: Services, host: FakeOllama
) -> None:
    learned(services, BIG, reads=3.0)
    answer = ask(services)
    assert {body["model"] for path, body in host.requests if path == "/api/chat"} == {SMALL.name}
    assert (answer.level, answer.model) == ("fallback_model", SMALL.name)
    said = f"{SMALL.name} wrote this instead of {BIG.name}: Ollama at "
    assert said in answer.answer
    assert f"reads 3 tokens a second, with 60 s left, too little for {BIG.name}" in answer.answer


def test_when_no_rung_could_read_it_in_time_none_is_asked_and_the_facts_answer(
    services: Services, host: FakeOllama
) -> None:
    for model in (BIG, SMALL):
        learned(services, model, reads=3.0)
    answer = ask(services)
    assert host.prompts() == []
    assert (answer.level, answer.model, answer.verdict) == ("extractive", None, "found")
    assert "No model was asked. Ollama at " in answer.answer
    assert "reads 3 tokens a second" in answer.answer


def test_a_longer_deadline_lets_the_same_host_answer(services: Services, host: FakeOllama) -> None:
    slow = replace(services, gateway=Gateway(OllamaHost(host.url), first_token_s=3_000))
    learned(slow, BIG, reads=12.0)
    host.models = [BIG]
    assert ask(slow, Context(deadline_s=20)).level == "extractive"
    assert ask(slow, Context(deadline_s=1_200)).level == "model"


def test_the_time_that_an_answer_takes_is_kept_for_it(services: Services, host: FakeOllama) -> None:
    host.models = [BIG]
    learned(services, BIG, reads=100.0, writes=50.0)  # 500 tokens are usual: 12.5 of the 60 seconds
    assert ask(services).level == "model"
    host.requests.clear()
    slow = replace(services, gateway=Gateway(OllamaHost(host.url)))
    learned(slow, BIG, reads=100.0, writes=0.0)
    slow.gateway.hosts[0].speeds.count(BIG.name, read=0, read_s=0.0, written=800, write_s=1_600.0, most=900)
    assert ask(slow).level == "extractive"
    assert host.prompts() == []


FALSE = "`Order.total` calls `expire_stale_baskets` [1]."


@pytest.mark.parametrize(("takes_s", "calls"), [(5.0, 3), (50.0, 1)])
def test_an_answer_that_failed_its_check_is_mended_only_while_there_is_time(
    services: Services, host: FakeOllama, takes_s: float, calls: int
) -> None:
    clock = Clock(1_000.0)
    host.models = [BIG]

    def reply(_prompt: str) -> str:
        clock.now += takes_s
        return FALSE

    host.reply, host.reads_per_second, host.tokens_per_second, host.seconds_take = reply, 45.0, 20.0, 0.0
    answer = ask(replace(services, clock=clock))
    assert len(host.prompts()) == calls
    assert answer.level == "extractive", "its words do not hold"
    late = [finding["message"] for finding in answer.findings if finding["kind"] == "too_late"]
    assert bool(late) == (calls == 1)
    assert all(said.startswith("another round would not end in time: Ollama at ") for said in late)


@pytest.mark.parametrize(("takes_s", "calls"), [(5.0, 2), (50.0, 1)])
def test_an_answer_that_cannot_be_read_is_asked_for_again_only_while_there_is_time(
    services: Services, host: FakeOllama, takes_s: float, calls: int
) -> None:
    clock = Clock(1_000.0)
    host.models = [BIG]

    def reply(prompt: str) -> str:
        clock.now += takes_s
        return '{"claims": [{"text": "It' if len(host.prompts()) < 2 else good_words(prompt)

    host.reply, host.reads_per_second, host.tokens_per_second, host.seconds_take = reply, 45.0, 20.0, 0.0
    answer = ask(replace(services, clock=clock))
    assert len(host.prompts()) == calls
    late = [finding["message"] for finding in answer.findings if finding["kind"] == "too_late"]
    assert bool(late) == (calls == 1)


def test_where_no_pace_is_known_the_last_answer_tells_how_long_the_next_one_takes(services: Services) -> None:
    release = Releases().get("default")

    def late(took_s: float, left_s: float) -> str:
        return asyncio.run(too_late(BIG.name, 1_000, took_s, left_s, services, release))

    assert late(took_s=10.0, left_s=20.0) == ""
    assert late(took_s=20.0, left_s=10.0) == "the last answer took 20 s, and 10 s are left"
