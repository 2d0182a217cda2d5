"""Questions whose second step asks about what the first one finds, run through the whole graph."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agents.context import Context
from agents.events import AnswerReady, EvidenceFound
from agents.services import Services
from graph.runtime import compile_assistant, stream_answer


def asked(services: Services, question: str) -> tuple[dict[str, Any], list[str]]:
    async def run() -> tuple[dict[str, Any], list[str]]:
        answer: dict[str, Any] = {}
        tasks: list[str] = []
        async for event in stream_answer(compile_assistant(services), question, Context(model="extractive"), None, []):
            if isinstance(event, EvidenceFound):
                tasks.append(event.task.split()[0])
            if isinstance(event, AnswerReady):
                answer = event.answer.to_json()
        return answer, tasks

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("question", "first", "then"),
    [
        ("Which tests cover the callers of with_tax?", "callers", "tests"),
        ("callees of the subclasses of Order", "subclasses", "callees"),
        ("Who calls the function that adds the tax?", "search", "callers"),
    ],
)
def test_the_second_step_asks_about_what_the_first_found(
    question: str, first: str, then: str, bookshop: Services
) -> None:
    answer, tasks = asked(bookshop, question)
    assert tasks[0] == first
    assert set(tasks[1:]) == {then}
    assert all(claim["status"] == "verified" for claim in answer["claims"])


def test_nothing_found_is_nothing_to_ask_further(bookshop: Services) -> None:
    answer, tasks = asked(bookshop, "Which tests cover the callees of nowhere_at_all?")
    assert "tests" not in tasks
    assert answer["unknowns"]


def test_a_compound_answer_is_not_remembered_as_the_simple_one(bookshop: Services) -> None:
    simple, _ = asked(bookshop, "Who calls with_tax?")
    compound, _ = asked(bookshop, "Which tests cover the callers of with_tax?")
    assert simple["answer"] != compound["answer"]
