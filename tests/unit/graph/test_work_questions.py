"""Work questions through the whole graph over a repository with a history: what changed, what is risky, what a file is, settings."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.context import Context
from agents.events import Answer
from agents.services import Services
from graph.runtime import answer, compile_assistant
from knowledge.backends.sqlite_memory import SqliteMemory
from tests.bookshop import FILES, open_services, places, write_bookshop
from tests.unit.indexers.git_repositories import commit_all, write

SETTINGS = 'import os\n\nDISCOUNT_RATE = float(os.environ.get("SHOP_RATE", "0.1"))\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    root = write_bookshop(tmp_path_factory.mktemp("shop"))
    write(root, {"shop/settings.py": SETTINGS})
    commit_all(root, "Open the shop")
    text = FILES["shop/pricing.py"].replace("total * 1.2", "total * 1.19")
    write(root, {"shop/pricing.py": text})
    commit_all(root, "Lower the tax\n\nThe law has changed since the summer.")
    services = open_services(tmp_path_factory.mktemp("store"), root)
    write(
        root, {"shop/pricing.py": text.replace("def discount(total: float, rate: float)", "def discount(total: float)")}
    )
    yield services
    services.graph.close()


def ask(services: Services, question: str) -> Answer:
    found = asyncio.run(answer(compile_assistant(services), question, Context(model="extractive")))
    assert {claim["status"] for claim in found.claims} <= {"verified"}
    return found


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("Who changed `with_tax` and why?", "history"),
        ("what changed lately in shop/pricing.py", "history"),
        ("When was with_tax last changed?", "history"),
        ("git blame of with_tax", "history"),
        ("What changed around here recently?", "history"),
        ("show me the latest commits", "history"),
        ("Who should I ask about bookshop?", "history"),
        ("who is the expert on unpaid baskets?", "history"),
        ("What has changed lately around the tax rules?", "history"),
        ("What is risky in this change?", "review"),
        ("review my changes", "review"),
        ("is this branch safe to merge? review HEAD~1..HEAD", "review"),
        ("How do I configure the discount rate?", "configure"),
        ("Which environment variables are there?", "configure"),
        ("Explain shop/pricing.py to a newcomer", "file"),
        ("What is in `shop/orders.py`?", "file"),
        ("Change `discount` so that it refuses negative rates", "patch"),
        ("Give me a patch that makes with_tax round", "patch"),
        ("Who calls with_tax?", "callers"),
        ("What breaks if I change with_tax?", "impact"),
        ("Explain Order.total", "explain"),
        ("How do I install this?", "docs"),
        ("Where is the discount set?", "locate"),
    ],
)
def test_work_questions_are_told_from_others(shop: Services, question: str, intent: str) -> None:
    assert ask(shop, question).route.partition(" ")[0] == intent


def test_who_changed_what_and_why_with_the_lines_that_stand_now(shop: Services) -> None:
    found = ask(shop, "Who changed `with_tax` and why?")
    assert (found.verdict, found.level) == ("found", "structural")
    assert "by Ada in `commit:" in found.answer
    assert "Lower the tax \u2014 The law has changed since the summer." in found.answer
    assert ("shop/pricing.py", 16) in places(found.citations)


def test_who_knows_what_has_no_name_is_told_by_the_files_that_fit(shop: Services) -> None:
    found = ask(shop, "Who knows the tax and discount rules best?")
    assert (found.verdict, found.route.partition(" ")[0]) == ("found", "history")
    assert found.answer.startswith("What fits \u201ctax and discount rules\u201d best was last changed on ")
    assert "by Ada in `commit:" in found.answer
    assert "`shop/pricing.py`" in found.answer.partition("Files taken for it")[2]
    nothing = ask(shop, "Who should I ask about quantum teleportation of cargo?")
    assert nothing.verdict == "unknown"
    assert "Which files this is about cannot be told" in nothing.answer


def test_tests_of_what_is_told_in_words_are_tests_and_nothing_else(shop: Services) -> None:
    found = ask(shop, "which tests cover halving by a discount?")
    assert found.verdict == "found"
    assert {citation["path"].partition("/")[0] for citation in found.citations} == {"tests"}
    nothing = ask(shop, "are there any tests for the coffee machine?")
    assert nothing.verdict == "unknown"
    assert not nothing.citations
    assert "no test in the index fits these words well" in nothing.answer


def test_a_change_that_is_not_committed_is_reviewed(shop: Services) -> None:
    found = ask(shop, "What is risky in my changes?")
    assert "risk**" in found.answer
    assert "`discount`, function: declared differently" in found.answer
    assert "`Order.total` calls `discount`" in found.answer
    assert "test_discount_halves" in found.answer
    past = ask(shop, "review HEAD~1..HEAD")
    assert "`with_tax`, function: changed inside" in past.answer


def test_history_and_reviews_are_never_remembered(shop: Services, tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "memory.db", lambda *_: None)
    for question in ("What is risky in my changes?", "Who changed `with_tax`?"):
        for _ in range(2):
            assert "from memory" not in ask(replace(shop, memory=memory), question).route
    memory.close()


def test_settings_come_with_their_defaults(shop: Services) -> None:
    found = ask(shop, "How do I configure the discount rate?")
    assert '`SHOP_RATE`, default `"0.1"`' in found.answer
    assert ("shop/settings.py", 3) in places(found.citations)


def test_a_newcomer_is_shown_round_a_file(shop: Services) -> None:
    found = ask(shop, "Explain shop/pricing.py to a newcomer")
    for title in ("What matters in it", "Who uses it", "Tests that reach it", "Where to begin"):
        assert title in found.answer
    assert "1. Read `" in found.answer
    assert "2. See it used: " in found.answer


def test_code_that_is_asked_for_without_a_model_gets_its_places(shop: Services) -> None:
    found = ask(shop, "Change `with_tax` so that it rounds")
    assert "The change belongs in `shop.pricing.with_tax`" in found.answer
    assert "What has to follow" in found.answer


def test_a_tree_without_git_says_that_there_is_no_history(bookshop: Services) -> None:
    found = ask(bookshop, "Who changed `with_tax`?")
    assert found.verdict == "unknown"
    assert "not a git repository" in found.answer


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What are the most used functions?", {"Function", "Method"}),
        ("What are the most used classes of bookshop?", {"Class"}),
        ("What are the hotspots?", {"Function", "Class"}),
    ],
)
def test_the_most_used_are_of_the_sort_that_is_asked_for(question: str, kinds: set[str], shop: Services) -> None:
    found = {claim["text"].partition(" ")[0] for claim in ask(shop, question).claims}
    assert found and found <= kinds if "hotspots" not in question else kinds <= found
