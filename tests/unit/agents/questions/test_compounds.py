"""Words of a question that are one name in code together."""

from __future__ import annotations

import pytest

from agents.questions.compounds import with_whole_names
from agents.questions.intents import classifier_of
from agents.questions.names import NameReader
from agents.questions.triage import read_question
from agents.services import Services
from configs.release import Releases
from knowledge.scope import EVERYTHING

RELEASE = Releases().get("default")


@pytest.fixture(scope="module")
def names(bookshop: Services) -> NameReader:
    return NameReader(bookshop.graph, EVERYTHING, RELEASE.triage)


@pytest.mark.parametrize(
    ("clause", "whole"),
    [
        ("who knows about the gift order best", "who knows about the `GiftOrder` best"),
        ("compare the gift order and the Order", "compare the `GiftOrder` and the Order"),
        ("what changed around the with tax function", "what changed around the with tax function"),  # `with` is a word
        ("who should gift order books", "who should gift order books"),  # no noun phrase
        ("explain the gift-order", "explain the gift-order"),
        ("who knows the gift of order", "who knows the gift of order"),
    ],
)
def test_a_noun_phrase_that_is_a_name_is_written_as_it(names: NameReader, clause: str, whole: str) -> None:
    assert with_whole_names(clause, names) == whole


@pytest.mark.parametrize(
    ("question", "operation", "asked"),
    [
        ("who should I ask about the gift order?", "history", ["GiftOrder"]),
        ("what changed lately around the gift order", "history", ["GiftOrder"]),
        ("what would break if I changed the gift order?", "impact", ["GiftOrder"]),
        ("which tests cover the gift order class?", "tests", ["GiftOrder"]),
        ("who knows the basket cleaning code best?", "subject", ["basket cleaning code"]),
        ("what changed in gift wrapping this year?", "subject", ["gift wrapping"]),
        ("who should I talk to about order totals and taxes?", "subject", ["order totals and taxes"]),
        ("what changed in the last month?", "history", []),
        ("what has changed in this repository lately?", "history", []),
        ("who wrote most of shop/pricing.py?", "history", ["bookshop:shop/pricing.py#"]),
        ("where is the gift order wrapped?", "locate", []),
    ],
)
def test_a_question_is_about_the_whole_name_or_the_subject(
    names: NameReader, question: str, operation: str, asked: list[str]
) -> None:
    step = read_question(question, RELEASE.triage, names, classifier=classifier_of(RELEASE))["steps"][0]
    assert (step["operation"], step["names"]) == (operation, asked)


def test_a_subject_in_words_is_nothing_that_a_pronoun_means(names: NameReader) -> None:
    plan = read_question("who knows the basket cleaning code best?", RELEASE.triage, names, subject="with_tax")
    assert plan["subject"] == "with_tax"
