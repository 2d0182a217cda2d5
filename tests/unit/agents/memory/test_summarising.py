"""Long conversations: what is kept word for word, what becomes a line, and that no turn goes unmentioned."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from agents.context import Context
from agents.events import Answer, AskedBack
from agents.memory.summarising import MAX_DIGESTS, digests_of, earlier_text, folded, last_subject, talked_about
from agents.services import Services
from agents.turns import MAX_TURNS, AboutTurn, Entity, Summary, Turn
from graph.runtime import answer, compile_assistant, stream_answer
from models.gateway import Gateway
from models.ollama import OllamaHost
from models.tokens import tokens_of
from tests.servers.fake_ollama import FakeOllama, running

QUIET = Context(model="extractive")


def pair(number: int, subject: str = "") -> list[Turn]:
    about = AboutTurn(
        intents=["callers"], subject=subject, verdict="found", places=["a.py:3"], entities=[], repositories=["shop"]
    )
    return [
        Turn(role="user", content=f"question {number}"),
        Turn(role="assistant", content=f"\n`f{number}` has **2 callers**.\n\n- `g` — `a.py:{number}`", about=about),
    ]


def test_a_short_conversation_stays_as_it_is() -> None:
    turns = pair(1) + pair(2)
    assert folded(None, turns) == (None, turns)


def test_the_oldest_turns_become_lines() -> None:
    turns = [turn for number in range(1, 13) for turn in pair(number, f"shop:a.py#f{number}")]
    summary, kept = folded(None, turns)
    assert summary is not None
    assert (summary["turns"], len(kept)) == (2, MAX_TURNS)
    assert kept[0]["content"] == "question 3"
    assert earlier_text(summary, [], ["shop"], 1_000) == (
        "- question 1 (callers): found [a.py:3]\n- question 2 (callers): found [a.py:3]"
    )
    assert earlier_text(None, kept[:2], ["shop"], 1_000) == (
        "- question 3 (callers): found: `f3` has **2 callers**. [a.py:3]"
    )
    assert last_subject(summary) == "shop:a.py#f2"
    assert last_subject(None) == ""


def test_what_is_told_of_a_conversation_fits_its_budget_the_last_turns_first() -> None:
    turns = [turn for number in range(1, 31) for turn in pair(number)]
    summary, kept = folded(None, turns)
    whole = earlier_text(summary, kept, ["shop"], 10_000).splitlines()
    assert [line.partition(" (")[0] for line in whole] == [f"- question {number}" for number in range(1, 31)]
    few = earlier_text(summary, kept, ["shop"], 100)
    assert tokens_of(few) <= 120
    assert few.splitlines()[0] == f"- {30 - len(few.splitlines()) + 1} turns not shown"
    assert few.splitlines()[-1].startswith("- question 30")
    assert earlier_text(summary, kept, ["shop"], 0) == earlier_text(None, [], ["shop"], 100) == ""


def test_nothing_is_told_of_repositories_out_of_sight_nor_of_answers_of_unknown_sources() -> None:
    turns = pair(1) + [Turn(role=turn["role"], content=turn["content"]) for turn in pair(2)]
    assert earlier_text(None, turns, ["shop", "other"], 1_000).splitlines()[0].endswith("[a.py:3]")
    assert earlier_text(None, turns, ["other"], 1_000) == "- 1 turn not shown\n- question 2"


def test_what_was_talked_about_is_what_was_named_or_found() -> None:
    named = Entity(kind="symbol", text="Order.total", symbol="shop:a.py#Order.total")
    error = Entity(kind="error", text="ValueError: no", symbol="")
    first, second = pair(1, "shop:a.py#f"), pair(2, "shop:a.py#g")
    first[1]["about"]["entities"] = [error, named]
    second[1]["about"]["verdict"] = "ambiguous"
    assert [entity["symbol"] for entity in talked_about(None, first + second)] == ["shop:a.py#f", named["symbol"]]


def test_answers_of_other_clients_give_what_their_text_says() -> None:
    (digest,) = digests_of([Turn(role=turn["role"], content=turn["content"]) for turn in pair(7)])
    assert (digest["found"], digest["places"]) == ("`f7` has **2 callers**.", ["a.py:7"])
    assert digest["intents"] == []


def test_long_words_are_cut_and_unanswered_questions_told() -> None:
    (digest,) = digests_of([Turn(role="user", content="why " * 200)])
    assert len(digest["question"]) <= 160
    assert digest["found"] == ""


@given(st.lists(st.sampled_from(["user", "assistant", "system"]), max_size=150), st.integers(1, 40))
def test_every_question_is_kept_summarised_or_counted(roles: list[str], step: int) -> None:
    """However the messages come in, one by one or by the dozen."""
    summary: Summary | None = None
    kept: list[Turn] = []
    for start in range(0, len(roles), step):
        arrived = [Turn(role=role, content=f"{start + at}") for at, role in enumerate(roles[start : start + step])]
        summary, kept = folded(summary, [*kept, *arrived])
        assert len(kept) <= MAX_TURNS
    told = 0 if summary is None else summary["turns"]
    assert told + sum(turn["role"] == "user" for turn in kept) == roles.count("user")
    assert summary is None or len(summary["digests"]) <= MAX_DIGESTS


def test_a_thread_of_many_turns_stays_small_and_knows_what_it_was_about(bookshop: Services) -> None:
    assistant = compile_assistant(bookshop, InMemorySaver())
    questions = ["Who calls discount?", "Explain Order", "What does checkout call?", "Where is with_tax defined?"]

    async def talk() -> dict[str, Any]:
        for turn in range(14):
            await answer(assistant, questions[turn % 4], QUIET, "t")
        snapshot = await assistant.graph.aget_state({"configurable": {"thread_id": "t"}})
        return dict(snapshot.values)

    values = asyncio.run(talk())
    assert json.loads(json.dumps(values)) == values
    assert MAX_TURNS <= len(values["messages"]) <= MAX_TURNS + 2
    summary = values["summary"]
    assert summary["turns"] + len(values["messages"]) // 2 == 14
    first = summary["digests"][0]
    assert (first["question"], first["intents"], first["verdict"]) == ("Who calls discount?", ["callers"], "found")
    assert first["subject"] == "bookshop:shop/pricing.py#discount"
    assert first["places"][0].startswith("shop/orders.py:")


def test_what_was_said_long_ago_reaches_the_model_as_marked_data(bookshop: Services) -> None:
    questions = ["Who calls discount?", *["What does checkout call?"] * 11, "Explain with_tax"]
    with running(FakeOllama(reply=lambda prompt: "`with_tax` adds the tax [1].")) as host:
        assistant = compile_assistant(replace(bookshop, gateway=Gateway(OllamaHost(host.url))), InMemorySaver())

        async def talk() -> None:
            for question in questions:
                await answer(assistant, question, Context(), "t")

        asyncio.run(talk())
        (prompt,) = host.prompts()
    _, _, marked = prompt.partition("<conversation mark=")
    said, _, _ = marked.partition("</conversation mark=")
    assert "- Who calls discount? (callers): found [" in said  # summarised: more than twenty messages ago
    assert "- What does checkout call? (callees): found:" in said  # kept word for word
    assert "Explain with_tax" not in said


def test_a_name_of_several_meanings_is_the_one_that_was_talked_about(bookshop: Services) -> None:
    assistant = compile_assistant(bookshop, InMemorySaver())

    async def ask(question: str, thread: str) -> Answer:
        return await answer(assistant, question, QUIET, thread)

    async def talk() -> None:
        open_first = await ask("Who calls total?", "a")
        assert open_first.verdict == "ambiguous"
        assert (await ask("Who calls total?", "a")).answer == open_first.answer  # a name alone tells nothing
        await ask("Explain GiftOrder.total", "b")
        await ask("What does checkout call?", "b")
        meant = await ask("Who calls total?", "b")
        assert meant.reading[0]["names"] == ["bookshop:shop/orders.py#GiftOrder.total"]
        assert "`total` is taken for `shop.orders.GiftOrder.total`" in meant.answer
        clarify = replace(QUIET, clarify=True)  # who is there is asked all the same
        events = [event async for event in stream_answer(assistant, "Who calls total?", clarify, "b")]
        assert isinstance(events[-1], AskedBack)

    asyncio.run(talk())


def test_what_is_typed_into_the_graph_itself_is_hidden(bookshop: Services) -> None:
    """As LangGraph Studio does it, past our doors."""
    mail = "ada.hopper@fernpost.de"
    graph = compile_assistant(bookshop).graph
    for given_input in (
        {"question": f"Who calls discount? says {mail}"},
        {"messages": [{"role": "user", "content": f"Who calls discount? says {mail}"}]},
    ):
        values = asyncio.run(graph.ainvoke(given_input))  # type: ignore[call-overload]
        table = values.pop("pseudonyms")
        assert table == {"[mail-address-1]": mail}
        assert mail not in json.dumps(values)
        assert "[mail-address-1]" in values["plan"]["question"]
