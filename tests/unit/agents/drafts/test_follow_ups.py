"""Each suggested question is understood as meant and has an answer."""

from __future__ import annotations

import asyncio

import pytest

from agents.context import Context
from agents.events import Answer
from agents.services import Services
from graph.runtime import answer, compile_assistant


def ask(services: Services, question: str) -> Answer:
    return asyncio.run(answer(compile_assistant(services), question, Context(model="extractive")))


@pytest.mark.parametrize(
    "question",
    ["Who calls discount?", "Explain `Order`", "Where are unpaid baskets dropped?", "What does checkout call?", "Which tests cover discount?"],
)  # fmt: skip
def test_what_is_suggested_can_be_answered(bookshop: Services, question: str) -> None:
    suggested = ask(bookshop, question).follow_ups
    assert len(suggested) <= 3
    for following in suggested:
        assert following != question
        assert ask(bookshop, following).verdict == "found", following


def test_the_neighbourhood_of_the_subject_is_what_is_suggested(bookshop: Services) -> None:
    assert ask(bookshop, "Who calls discount?").follow_ups == (
        "Explain `shop.orders.Order.total`",
        "Which tests cover `shop.pricing.discount`?",
        "What breaks if I change `shop.pricing.discount`?",
    )
    assert "Which classes inherit from `shop.orders.Order`?" in ask(bookshop, "Explain `Order`").follow_ups


def test_nothing_is_suggested_where_no_symbol_is_meant(bookshop: Services) -> None:
    assert ask(bookshop, "Give me an overview of this project").follow_ups == ()
