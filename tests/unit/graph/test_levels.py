"""The rungs below the chosen model: every question is answered at some level, and the answer says which."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agents.context import Context
from agents.events import Answer
from agents.services import Services
from configs.release import RELEASES, Releases
from graph.runtime import answer, compile_assistant
from knowledge.backends.sqlite_memory import SqliteMemory
from knowledge.backends.sqlite_outcomes import SqliteOutcomes
from knowledge.scope import EVERYTHING
from models.gateway import Gateway
from models.ollama import OllamaHost
from tests.bookshop import NAME
from tests.servers.fake_ollama import FakeModel, FakeOllama, running

LEVELS = {"structural", "extractive", "handoff"}
BY_INTENT = {
    "locate": "Where are unpaid baskets dropped?",
    "define": "Where is discount defined?",
    "explain": "Explain Order.total",
    "callers": "Who calls discount?",
    "callees": "What does checkout call?",
    "impact": "What breaks if I change with_tax?",
    "path": "How does checkout reach with_tax?",
    "hierarchy": "Which classes inherit from Order?",
    "dependencies": "Which packages does this project depend on?",
    "docs": "What do the docs say about orders?",
    "overview": "Give me an overview of this codebase",
    "tests": "Which tests cover discount?",
    "debug": "Why might the checkout fail?",
    "configure": "How do I configure the tax?",
    "history": "What changed around discount?",
    "file": "Explain shop/orders.py to a newcomer",
    "review": "What is risky in this change?",
    "patch": "What would I have to change to add another tax?",
    "unknown symbol": "Who calls frobnicate_everything?",
    "nothing at all": "qwxz vbnm plok?",
    "compound": "How does Order.total work and who calls discount?",
}


def ask(services: Services, question: str, context: Context | None = None) -> Answer:
    return asyncio.run(answer(compile_assistant(services), question, context or Context()))


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama(reply=words)) as served:
        yield served


@pytest.fixture
def memory(tmp_path: Path, bookshop: Services) -> Iterator[SqliteMemory]:
    def content(repository: str, path: str) -> str | None:
        known = bookshop.graph.paths(EVERYTHING, repository).get(path)
        return known[0] if known else None

    with closing(SqliteMemory(tmp_path / "memory.db", content)) as memory:
        yield memory


def words(prompt: str) -> str:
    number = next((n for n in range(1, 30) if f'<evidence number="{n}"' in prompt and "def total" in prompt), 1)
    return f"`Order.total` sums the lines and adds the tax [{number}]."


@pytest.mark.parametrize("question", BY_INTENT.values(), ids=BY_INTENT)
def test_with_every_host_down_every_question_is_answered_at_some_level(bookshop: Services, question: str) -> None:
    found = ask(bookshop, question)  # its gateway leads to a port where nobody listens
    assert found.answer.strip()
    assert found.level in LEVELS
    assert found.to_json()["level"] == found.level
    assert found.model is None
    assert found.citations or found.level == "handoff" or found.verdict in ("none", "unknown", "ambiguous")


def test_every_intent_of_the_release_is_in_the_list() -> None:
    assert set(Releases().get("default").routes) <= set(BY_INTENT)


def test_an_earlier_answer_to_a_question_alike_stands_in_while_no_model_can_be_asked(
    bookshop: Services, host: FakeOllama, memory: SqliteMemory
) -> None:
    served = replace(bookshop, gateway=Gateway(OllamaHost(host.url)), memory=memory)
    assert ask(served, "How does Order.total compute the price of an order?").level == "model"
    down = replace(bookshop, memory=memory)
    found = ask(down, "How exactly does Order.total compute the price of the whole order?")
    assert (found.level, found.verdict, found.model) == ("cached", "found", None)
    assert found.answer.startswith("*No model could write this (")
    assert "“How does Order.total compute the price of an order?”" in found.answer
    assert "sums the lines and adds the tax" in found.answer
    assert {claim["status"] for claim in found.claims} == {"verified"}, "it is checked like any other"
    other = ask(down, "Which file formats can Order.total be written to?")
    assert other.level in LEVELS
    quiet = ask(down, "How exactly does Order.total compute the price of the whole order?", Context(model="extractive"))
    assert quiet.level in LEVELS, "nobody wanted a model"


def test_where_nothing_answers_a_ticket_says_what_was_tried(bookshop: Services) -> None:
    found = ask(bookshop, "Who calls frobnicate_everything?")
    assert found.level == "handoff"
    assert "## Question for a person\n\nWho calls frobnicate_everything?" in found.answer
    assert "### Understood as\n\n- callers (callers): frobnicate_everything" in found.answer
    assert "### Tried" in found.answer
    ticket = found.to_json()["handoff"]
    assert set(ticket) == {"question", "plan", "evidence", "tried", "unknowns"}
    assert any("no model" in line or "model none" in line for line in ticket["tried"])


def test_an_answer_has_its_ticket_when_it_is_asked_for(bookshop: Services) -> None:
    found = ask(bookshop, "Who calls discount?")
    assert "handoff" not in found.to_json()
    ticket = found.to_json(handoff=True)["handoff"]
    assert ticket["question"] == "Who calls discount?"
    assert any(line.startswith(f"`{NAME}:shop/orders.py:") for line in ticket["evidence"])


def two_models(host: FakeOllama) -> None:
    host.models[:] = [FakeModel("qwen2.5-coder:7b", "qwen2", "7B"), FakeModel("qwen2.5-coder:32b", "qwen2", "32B")]


def test_the_router_takes_the_small_model_for_easy_questions_and_the_large_one_for_hard_ones(
    bookshop: Services, host: FakeOllama, tmp_path: Path
) -> None:
    two_models(host)
    with closing(SqliteOutcomes(tmp_path / "outcomes.db")) as outcomes:
        served = replace(bookshop, gateway=Gateway(OllamaHost(host.url)), outcomes=outcomes)
        easy = ask(served, "Explain Order.total")
        host.reply = lambda prompt: f"{words(prompt)} It calls `discount` and `with_tax`."
        hard = ask(
            served,
            "Explain Order.total in detail, with every assumption that somebody has made about currencies, roundings and"
            " several warehouses, then describe how a bankruptcy of suppliers would be handled while payments are open,"
            " and who calls discount, and what breaks if I change with_tax?",
        )
        assert (easy.model, hard.model) == ("qwen2.5-coder:7b", "qwen2.5-coder:32b")
        assert "the large model is predicted right with" in hard.route
        assert next((row.choice, row.right) for row in outcomes.all()) == ("small", True)
        assert all("question" not in row.seen for row in outcomes.all())


def test_a_model_that_is_named_is_kept_whatever_the_router_thinks(bookshop: Services, host: FakeOllama) -> None:
    two_models(host)
    served = replace(bookshop, gateway=Gateway(OllamaHost(host.url)))
    assert ask(served, "Explain Order.total", Context(model="qwen2.5-coder:32b")).model == "qwen2.5-coder:32b"


def test_where_the_release_asks_for_the_large_model_it_is_not_swapped(bookshop: Services, host: FakeOllama) -> None:
    two_models(host)
    ask(
        replace(bookshop, gateway=Gateway(OllamaHost(host.url))), "Write a patch that adds a parameter rate to discount"
    )
    assert {body["model"] for path, body in host.requests if path == "/api/chat"} == {"qwen2.5-coder:32b"}


def test_a_route_bounds_how_long_its_model_may_write(bookshop: Services, host: FakeOllama, tmp_path: Path) -> None:
    releases = releases_with(tmp_path, "timeout_s: 45", "timeout_s: 0.2")
    host.fault = "slow_first_token"
    served = replace(bookshop, gateway=Gateway(OllamaHost(host.url)), releases=releases)
    found = ask(served, BY_INTENT["overview"])
    assert found.level in LEVELS and found.latency_ms < 5_000
    assert "within 0." in " ".join(finding["message"] for finding in found.findings)


def releases_with(folder: Path, old: str, new: str) -> Releases:
    """Return the default release with a text of its file replaced."""
    text = (RELEASES / "default.yaml").read_text("utf-8")
    assert old in text
    shutil.copytree(RELEASES, folder, dirs_exist_ok=True)
    (folder / "default.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return Releases(folder)


def test_what_a_failed_check_refuted_counts_against_the_model_and_a_dead_host_does_not(
    bookshop: Services, host: FakeOllama, tmp_path: Path
) -> None:
    with closing(SqliteOutcomes(tmp_path / "outcomes.db")) as outcomes:
        served = replace(bookshop, gateway=Gateway(OllamaHost(host.url)), outcomes=outcomes)
        host.reply = lambda prompt: "`with_tax` calls `Order.total` [1]."
        ask(served, "Explain Order.total")
        assert [row.right for row in outcomes.all()] == [False] * len(outcomes.all())
        assert outcomes.all()
        before = len(outcomes.all())
        host.fault = "error"
        ask(served, "Explain Order.total")
        assert len(outcomes.all()) == before
