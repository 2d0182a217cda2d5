"""Long conversations: what is kept word for word, what becomes a line, and that no turn goes unmentioned."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver

from agents.context import Context
from agents.services import Services
from agents.state import MAX_TURNS, AboutTurn, Summary, Turn
from agents.summarising import MAX_DIGESTS, digests_of, folded, last_subject, summary_text
from graph.runtime import answer, compile_assistant

QUIET = Context(model="extractive")


def pair(number: int, subject: str = "") -> list[Turn]:
    about = AboutTurn(intents=["callers"], subject=subject, verdict="found", places=["a.py:3"])
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
    assert summary_text(summary) == (
        "- question 1 (callers): found: `f1` has **2 callers**. [a.py:3]\n"
        "- question 2 (callers): found: `f2` has **2 callers**. [a.py:3]"
    )
    assert last_subject(summary) == "shop:a.py#f2"
    assert last_subject(None) == ""


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
