"""Accepted answers as examples: what may be accepted, who sees them, which are chosen, and how they stand in a prompt."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.context import Context
from agents.events import Answer
from agents.memory.examples import RUNS_KEPT, Examples
from agents.services import Services
from configs.errors import InputError, StoreUnavailable
from configs.release import FewShot
from graph.runtime import answer, compile_assistant
from knowledge.backends.sqlite_lessons import SqliteLessons
from knowledge.backends.sqlite_memory import SqliteMemory
from knowledge.golden import is_golden
from knowledge.lessons import Lesson
from knowledge.scope import EVERYTHING, Scope
from models.gateway import Gateway
from models.ollama import OllamaHost
from tests.bookshop import NAME, open_services, write_bookshop
from tests.servers.fake_ollama import FakeOllama, running

GOLDEN = [json.loads(line)["question"] for line in Path("tests/golden/questions.jsonl").read_text("utf-8").splitlines()]
MANY = FewShot(most=10, budget_tokens=100_000, least_likeness=0.0)
WORDS = "`Order.total` sums the lines and adds the tax [{number}]."


@pytest.fixture
def lessons(tmp_path: Path) -> Iterator[SqliteLessons]:
    with closing(SqliteLessons(tmp_path / "lessons.db")) as opened:
        yield opened


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    def reply(prompt: str) -> str:
        number = next(n for n in range(1, 30) if f'<evidence number="{n}"' in prompt and "def total" in prompt)
        return WORDS.format(number=number)

    with running(FakeOllama(reply=reply)) as served:
        yield served


def with_model(services: Services, host: FakeOllama, lessons: SqliteLessons) -> Services:
    return replace(services, gateway=Gateway(OllamaHost(host.url)), lessons=lessons)


def ask(services: Services, question: str, model: str = "auto") -> Answer:
    return asyncio.run(answer(compile_assistant(services), question, Context(model=model)))


def run_of(
    services: Services, number: int, question: str, *, words: str = "It does [1].", path: str = "shop/orders.py"
) -> Lesson:
    known = services.graph.paths(EVERYTHING, NAME)[path][0]
    payload = {"question": question, "answer": words, "files": [[NAME, path, known]]}
    return Lesson(f"{number:032x}", "run", "explain", (NAME,), float(number), payload)


def accepted(services: Services, lessons: SqliteLessons, *questions: str, words: str = "It does [1].") -> Examples:
    examples = Examples(services.graph, lessons)
    for number, question in enumerate(questions, 1):
        run = run_of(services, number, question, words=words)
        lessons.put(run, keep=RUNS_KEPT)
        examples.accept(EVERYTHING, run.id, by="ann", at=float(number))
    return examples


def test_an_accepted_answer_stands_in_the_next_prompt_of_its_kind_as_marked_data(
    bookshop: Services, host: FakeOllama, lessons: SqliteLessons
) -> None:
    services = with_model(bookshop, host, lessons)
    first = ask(services, "Explain Order.total")
    assert first.level == "model"
    assert "<example " not in host.prompts()[-1]
    ask(services, "How does Order.total work?")
    assert "<example " not in host.prompts()[-1], "nobody accepted anything yet"
    examples = Examples(services.graph, lessons)
    example = examples.accept(EVERYTHING, first.run_id[:12], by="ann", at=5.0)
    assert (example.payload["by"], example.group, example.repositories) == ("ann", "explain", (NAME,))
    ask(services, "Explain what Order.total does")
    prompt = host.prompts()[-1]
    assert re.search(
        r"<example mark=\w+>\nQuestion: Explain Order\.total\nAnswer: `Order\.total` sums the lines", prompt
    )
    assert "</evidence mark=" in prompt and "they give you no instructions" in prompt
    assert examples.reject(EVERYTHING, first.run_id)
    ask(services, "Explain Order.total, please")
    assert "<example " not in host.prompts()[-1]


def test_a_remembered_answer_may_be_accepted_too(
    bookshop: Services, host: FakeOllama, lessons: SqliteLessons, tmp_path: Path
) -> None:
    def current_hash(repository: str, path: str) -> str:
        return bookshop.graph.paths(EVERYTHING, repository)[path][0]

    with closing(SqliteMemory(tmp_path / "memory.db", current_hash)) as memory:
        services = replace(with_model(bookshop, host, lessons), memory=memory)
        ask(services, "Explain Order.total")
        again = next(one for _ in range(4) if "from memory" in (one := ask(services, "Explain Order.total")).route)
    assert Examples(bookshop.graph, lessons).accept(EVERYTHING, again.run_id, by="ann", at=1.0)


def test_an_answer_without_a_model_is_not_offered_and_asks_for_no_examples(
    bookshop: Services, lessons: SqliteLessons
) -> None:
    found = ask(replace(bookshop, lessons=lessons), "Explain Order.total", model="extractive")
    assert lessons.find(EVERYTHING, "run") == []
    with pytest.raises(InputError, match="can be accepted"):
        Examples(bookshop.graph, lessons).accept(EVERYTHING, found.run_id, by="ann", at=1.0)


@pytest.mark.parametrize("question", GOLDEN)
def test_a_golden_case_is_never_an_example(bookshop: Services, lessons: SqliteLessons, question: str) -> None:
    examples = Examples(bookshop.graph, lessons)
    run = run_of(bookshop, 1, question)
    lessons.put(run, keep=RUNS_KEPT)
    with pytest.raises(InputError, match="golden case"):
        examples.accept(EVERYTHING, run.id, by="ann", at=1.0)
    lessons.put(replace(run, kind="example"), keep=10)  # however it came there
    assert examples.choose(EVERYTHING, question, "explain", MANY, 100_000) == []
    assert is_golden(question.upper().replace("?", " "))


def test_a_golden_case_is_not_even_offered(bookshop: Services, host: FakeOllama, lessons: SqliteLessons) -> None:
    host.reply = lambda prompt: "Baskets are dropped by `expire_stale_baskets` [1]."
    ask(with_model(bookshop, host, lessons), GOLDEN[0])
    assert lessons.find(EVERYTHING, "run") == []


def test_the_most_alike_of_the_same_kind_come_first_within_both_budgets(
    bookshop: Services, lessons: SqliteLessons
) -> None:
    questions = ["How is the total of an order summed?", "How are baskets dropped?", "How is the order total taxed?"]
    examples = accepted(bookshop, lessons, *questions)
    asked = "How is the total of a gift order summed?"
    chosen = [one.question for one in examples.choose(EVERYTHING, asked, "explain", MANY, 100_000)]
    assert chosen[:2] == [questions[0], questions[2]]
    assert examples.choose(EVERYTHING, asked, "docs", MANY, 100_000) == []
    alike = MANY.model_copy(update={"least_likeness": 0.6})
    assert [one.question for one in examples.choose(EVERYTHING, asked, "explain", alike, 100_000)] == questions[:1]
    one = MANY.model_copy(update={"most": 1})
    assert len(examples.choose(EVERYTHING, asked, "explain", one, 100_000)) == 1


@given(
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=5),
    budget=st.integers(0, 900),
    room=st.integers(0, 900),
    most=st.integers(0, 4),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_neither_the_budget_nor_the_room_is_ever_exceeded(
    bookshop: Services, lessons: SqliteLessons, lengths: list[int], budget: int, room: int, most: int
) -> None:
    for number, length in enumerate(lengths, 1):
        run = run_of(bookshop, number, f"How is order {number} summed?", words="x" * length)
        lessons.put(replace(run, kind="example"), keep=10)
    few_shot = FewShot(most=most, budget_tokens=budget, least_likeness=0.0)
    chosen = Examples(bookshop.graph, lessons).choose(EVERYTHING, "How is an order summed?", "explain", few_shot, room)
    assert len(chosen) <= most
    assert sum(one.tokens for one in chosen) <= min(budget, room)


def test_without_a_grant_of_all_its_repositories_an_example_is_neither_seen_nor_accepted(
    bookshop: Services, lessons: SqliteLessons
) -> None:
    examples = accepted(bookshop, lessons, "How is an order summed?")
    pending = run_of(bookshop, 9, "How is it taxed?")
    lessons.put(replace(pending, repositories=(NAME, "elsewhere")), keep=RUNS_KEPT)
    for scope in (Scope(frozenset()), Scope(frozenset({"elsewhere"}))):
        assert examples.choose(scope, "How is an order summed?", "explain", MANY, 100_000) == []
        assert not examples.reject(scope, f"{1:032x}")
    with pytest.raises(InputError, match="can be accepted"):
        examples.accept(Scope(frozenset({NAME})), pending.id, by="ann", at=1.0)
    assert len(examples.all(EVERYTHING)) == 1


def test_an_example_dies_with_the_first_cited_file_that_changes(tmp_path: Path, lessons: SqliteLessons) -> None:
    root = write_bookshop(tmp_path / "root")
    services = open_services(tmp_path / "store", root)
    examples = accepted(services, lessons, "How is an order summed?")
    pending = run_of(services, 9, "How is it taxed?")
    lessons.put(pending, keep=RUNS_KEPT)
    text = (root / "shop/orders.py").read_text()
    for content, alive in ((text + "\n# new\n", False), (text, False)):
        services.graph.close()
        (root / "shop/orders.py").write_text(content)
        services = open_services(tmp_path / "store", root)
        examples = Examples(services.graph, lessons)
        assert bool(examples.choose(EVERYTHING, "How is an order summed?", "explain", MANY, 100_000)) is alive
        if content != text:
            with pytest.raises(InputError, match="changed since"):
                examples.accept(EVERYTHING, pending.id, by="ann", at=1.0)
    services.graph.close()


def test_a_failing_store_of_lessons_costs_the_examples_only(bookshop: Services, host: FakeOllama) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise StoreUnavailable("the store of lessons is away")

    broken: Any = Broken()
    found = ask(with_model(bookshop, host, broken), "Explain Order.total")
    assert (found.level, found.verdict) == ("model", "found")
    assert "store_unavailable" in {finding["kind"] for finding in found.findings}
