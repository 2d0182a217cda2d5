"""Questions that may mean two things: a model decides, or the person does, or the answer says how it was read."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agents.context import Context
from agents.events import Answer, AnswerReady, AskedBack
from agents.services import Services
from configs.release import RELEASES, Releases
from configs.triage import INTENTS
from graph.runtime import brief_checkpoints, compile_assistant, stream_answer
from knowledge.backends.sqlite_budgets import SqliteBudgets
from models.budgets import Budgets, Payer
from models.gateway import Gateway
from models.ollama import OllamaHost
from models.privacy import Privacy
from models.terms import Price, Terms
from tests.servers.fake_ollama import FakeOllama, Fault, running

QUESTION = "tell me more of Order.total"
"""No phrase of the release is sure of it."""
GUESSED = ("rule", "classifier")
"""What reads a question that nobody settled."""


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(reply=lambda prompt: json.dumps({"intent": "callers"}))) as served:
        yield served


def doubting(services: Services, folder: Path, *, ask_below: float = 0, close: float = 1) -> Services:
    """Return the services with the default release in a folder of its own, whose doubts are so far apart."""
    shutil.copytree(RELEASES, folder, dirs_exist_ok=True)
    text = (folder / "default.yaml").read_text("utf-8")
    changed = text.replace("ask_below: 0.7", f"ask_below: {ask_below}").replace("close: 0.5", f"close: {close}")
    assert changed != text
    (folder / "default.yaml").write_text(changed, "utf-8")
    return replace(services, releases=Releases(folder))


def at(services: Services, host: FakeOllama) -> Services:
    return replace(services, gateway=Gateway(OllamaHost(host.url)))


def ended(
    services: Services, question: str = QUESTION, *replies: str, context: Context | None = None
) -> Answer | AskedBack:
    assistant = compile_assistant(services, brief_checkpoints())

    async def run() -> Answer | AskedBack:
        last = None
        async for event in stream_answer(assistant, question, context or Context(), "t", None, replies):
            last = event
        assert isinstance(last, AnswerReady | AskedBack)
        return last.answer if isinstance(last, AnswerReady) else last

    return asyncio.run(run())


def answered(services: Services, question: str = QUESTION, context: Context | None = None) -> Answer:
    found = ended(services, question, context=context)
    assert isinstance(found, Answer)
    return found


def read_as(answer: Answer) -> tuple[str, str]:
    return answer.reading[0]["intent"], answer.reading[0]["decided_by"]


def test_a_model_says_what_an_unlikely_reading_means_and_is_paid(
    bookshop: Services, host: FakeOllama, tmp_path: Path
) -> None:
    with closing(SqliteBudgets(tmp_path / "budgets.db")) as kept:
        budgets = Budgets(kept, Terms(prices={"qwen": Price(input_usd=3, output_usd=15)}))
        served = replace(at(bookshop, host), budgets=budgets, payer_for=lambda _: Payer("ann"))
        answer = answered(doubting(served, tmp_path / "r", ask_below=1))
        assert read_as(answer) == ("callers", "model")
        assert answer.to_json()["reading"][0]["names"] == ["Order.total"]
        (body,) = [body for path, body in host.requests if path == "/api/chat"]
        assert body["format"]["properties"]["intent"]["enum"] == sorted(Releases().get("default").routes)
        assert QUESTION in body["messages"][-1]["content"]
        assert answer.model is None
        read, written = answer.usage["input_tokens"], answer.usage["output_tokens"]
        assert round(answer.cost_usd * 1e6) == read * 3 + written * 15 > 0
        _, rows = budgets.standings(Payer("ann"))
        assert {standing.used.tokens for standing, _ in rows} == {read + written}


def test_neither_tokens_nor_deadline_of_a_turn_bound_the_next_one(
    bookshop: Services, host: FakeOllama, tmp_path: Path
) -> None:
    now = [1_000.0]
    host.tokens_per_second = 400  # long enough for the watcher to look at it
    served = replace(at(bookshop, host), clock=lambda: now[0])
    assistant = compile_assistant(doubting(served, tmp_path / "r", ask_below=1), brief_checkpoints())

    async def asked() -> list[Answer]:
        found = []
        for _ in range(2):
            last = [event async for event in stream_answer(assistant, QUESTION, Context(), "t")][-1]
            assert isinstance(last, AnswerReady)
            found.append(last.answer)
            now[0] += 100_000
        return found

    first, second = asyncio.run(asked())
    assert read_as(first) == read_as(second) == ("callers", "model")
    assert first.usage["output_tokens"] == second.usage["output_tokens"] > 0


@pytest.mark.parametrize(
    "context",
    [Context(model="extractive"), Context(budget_tokens=50), Context(ask_before_tokens=50)],
    ids=["no model", "no tokens", "nobody to approve"],
)
def test_no_model_is_asked_where_none_may_be(
    bookshop: Services, host: FakeOllama, tmp_path: Path, context: Context
) -> None:
    answer = answered(doubting(at(bookshop, host), tmp_path / "r", ask_below=1), context=context)
    assert read_as(answer)[1] in GUESSED
    assert host.prompts() == []


@pytest.mark.parametrize("fault", ["error", "hang", "empty", "refuse"])
def test_a_host_that_fails_costs_the_second_opinion_only(
    bookshop: Services, host: FakeOllama, tmp_path: Path, fault: Fault
) -> None:
    host.fault = fault
    asked = doubting(at(bookshop, host), tmp_path / "r", ask_below=1)
    answer = answered(asked, context=Context(deadline_s=0.5))
    host.released.set()
    assert read_as(answer)[1] in GUESSED
    assert answer.answer
    assert {"intent_not_asked", "unreadable_intent"} & {finding["kind"] for finding in answer.findings}


@pytest.mark.parametrize("said", ["callers", '{"intent": "dance"}', '{"intent": 3}', "[]", '{"aim": "callers"}'])
def test_what_names_no_intent_is_passed_over_and_told(
    bookshop: Services, host: FakeOllama, tmp_path: Path, said: str
) -> None:
    host.reply = lambda prompt: said
    answer = answered(doubting(at(bookshop, host), tmp_path / "r", ask_below=1))
    assert read_as(answer)[1] in GUESSED
    assert "unreadable_intent" in {finding["kind"] for finding in answer.findings}


def test_a_question_about_code_that_may_not_leave_is_not_sent_elsewhere(
    bookshop: Services, host: FakeOllama, tmp_path: Path
) -> None:
    served = replace(bookshop, gateway=Gateway(OllamaHost(host.url, inside=False)))
    answer = answered(doubting(served, tmp_path / "r", ask_below=1))
    assert read_as(answer)[1] in GUESSED
    assert host.requests == []
    may_leave = replace(served, privacy=Privacy(default="remote"))
    assert read_as(answered(doubting(may_leave, tmp_path / "r", ask_below=1))) == ("callers", "model")


def test_a_sure_phrase_needs_no_model(bookshop: Services, host: FakeOllama, tmp_path: Path) -> None:
    answer = answered(doubting(at(bookshop, host), tmp_path / "r", ask_below=1), "Who calls discount?")
    assert read_as(answer) == ("callers", "rule")
    assert host.prompts() == []


def test_two_close_intents_are_asked_back_and_the_choice_is_answered(bookshop: Services, tmp_path: Path) -> None:
    services = doubting(bookshop, tmp_path / "r", close=0)
    asked = ended(services, context=Context(clarify=True))
    assert isinstance(asked, AskedBack)
    assert QUESTION in asked.question
    assert all("Order.total" in choice["label"] for choice in asked.choices)
    for number, choice in enumerate(asked.choices, 1):
        answer = ended(services, QUESTION, str(number), context=Context(clarify=True))
        assert isinstance(answer, Answer)
        assert read_as(answer) == (choice["value"], "person")
        assert "Read as:" not in answer.answer
    neither = ended(services, QUESTION, "no idea", context=Context(clarify=True))
    assert isinstance(neither, Answer)
    assert read_as(neither)[1] in GUESSED
    assert "Read as:" in neither.answer


def test_where_nobody_is_there_the_likelier_is_answered_and_told(bookshop: Services, tmp_path: Path) -> None:
    services = doubting(bookshop, tmp_path / "r", close=0)
    asked = ended(services, context=Context(clarify=True))
    assert isinstance(asked, AskedBack)
    answer = answered(services)
    assert read_as(answer)[0] == asked.choices[0]["value"]
    assert read_as(answer)[1] in GUESSED
    line = answer.answer.splitlines()[-1]
    assert all(choice["label"] in line for choice in asked.choices)
    assert "Read as:" not in answered(doubting(bookshop, tmp_path / "s", close=1)).answer


def test_nobody_is_asked_what_a_model_decided(bookshop: Services, host: FakeOllama, tmp_path: Path) -> None:
    served = doubting(at(bookshop, host), tmp_path / "r", ask_below=1, close=0)
    answer = ended(served, context=Context(clarify=True))
    assert isinstance(answer, Answer)
    assert read_as(answer) == ("callers", "model")


def test_a_pause_for_a_name_does_not_ask_the_model_again(bookshop: Services, host: FakeOllama, tmp_path: Path) -> None:
    served = doubting(at(bookshop, host), tmp_path / "r", ask_below=1)
    answer = ended(served, "tell me more of `total`", "2", context=Context(clarify=True))
    assert isinstance(answer, Answer)
    assert answer.reading[0]["decided_by"] == "model"
    assert answer.reading[0]["names"][0].endswith("GiftOrder.total")
    assert len(host.prompts()) == 1


def test_the_bounds_of_the_default_release_are_such_that_most_questions_need_nobody() -> None:
    doubts = Releases().get("default").triage.doubts
    assert 0 < doubts.ask_below < 0.9
    assert 0 < doubts.close < 1
    assert set(doubts.meant) == set(INTENTS)
