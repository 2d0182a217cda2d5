"""Which questions share a remembered answer: wordings of one question do, anything that asks for something else does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents.memory.remembering import is_audited, memory_key, scope_key
from agents.questions.names import NameReader
from agents.questions.triage import read_question
from agents.services import Services
from benchmarks.memory.adversaries import adversaries
from configs.release import Releases
from knowledge.schema import RepositoryInfo
from knowledge.scope import EVERYTHING
from tests.bookshop import open_services, write_bookshop

RELEASE = Releases().get("default")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("remembering")
    opened = open_services(folder / "store", write_bookshop(folder / "root"))
    yield opened
    opened.graph.close()


def key(
    services: Services, question: str, model: str = "auto", repositories: list[RepositoryInfo] | None = None
) -> str:
    plan = read_question(question, RELEASE.triage, NameReader(services.graph, EVERYTHING, RELEASE.triage))
    known = services.graph.repositories(EVERYTHING) if repositories is None else repositories
    return memory_key(plan, model, known, RELEASE.remembering)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Who calls discount?", "What are the callers of `discount`?"),
        ("Who calls discount?", "show me all callers of discount"),
        ("What does checkout call?", "callees of checkout"),
        ("What breaks if Order.total changes?", "impact of changing Order.total"),
        ("Which classes inherit from Order?", "What are the subclasses of Order?"),
        ("Where are unpaid baskets dropped?", "where do we drop unpaid baskets"),
        ("Where are unpaid baskets dropped?", "which function drops unpaid baskets?"),
        ("Where is the total of the order computed?", "where do we calculate the order total?"),
        ("How are baskets expired?", "how does it expire baskets"),
        ("Where are the mails sent?", "where do we send mails"),
    ],
)
def test_wordings_of_one_question(services: Services, first: str, second: str) -> None:
    assert key(services, first) == key(services, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Who calls discount?", "What does discount call?"),
        ("Who calls discount?", "Who calls with_tax?"),
        ("Who calls discount?", "Who calls Discount?"),
        ("Who calls discount?", "Who doesn't call discount?"),
        ("Who calls discount?", "Who calls discount directly?"),
        ("Who calls discount?", "Who calls discount in tests?"),
        ("How does checkout reach discount?", "How does discount reach checkout?"),
        ("Where is the rate of 10 percent set?", "Where is the rate of 20 percent set?"),
        ("Which client does the server notify?", "Which server does the client notify?"),
        ("Where are baskets sent to orders?", "Where are orders sent to baskets?"),
        ("Where is x > y checked?", "Where is x < y checked?"),
        ("subclasses of Nowhere", "superclasses of Nowhere"),
        ("callers of nowhere_at_all", "callees of nowhere_at_all"),
        ("What is new in 5.3?", "What is new in 5.4?"),
        ("Where are unpaid baskets dropped?", "When are unpaid baskets dropped?"),
    ],
)
def test_questions_that_only_look_alike(services: Services, first: str, second: str) -> None:
    assert key(services, first) != key(services, second)


def test_operators_never_meet_what_they_were_made_from(services: Services) -> None:
    pairs = [
        ("Where are unpaid baskets sent to the shop?", "Who calls Order.total?"),
        ("Which tests cover with_tax?", "Where is json written?"),
    ]
    made = [(kind, first, second) for kind, first, second in adversaries(pairs) if kind != "by hand"]
    assert len(made) > 30
    assert [row for row in made if key(services, row[1]) == key(services, row[2])] == []


def test_revision_generation_grant_and_model_are_part_of_it(services: Services) -> None:
    (info,) = services.graph.repositories(EVERYTHING)
    question = "Who calls discount?"
    before = key(services, question)
    for other in (replace(info, generation=info.generation + 1), replace(info, revision="x"), replace(info, name="y")):
        assert key(services, question, repositories=[other]) != before
    assert key(services, question, model="large") != before
    assert scope_key([info]) != scope_key([info, replace(info, name="y")])


def test_the_paraphrases_are_two_hundred_pairs_of_different_wordings() -> None:
    lines = Path("benchmarks/memory/paraphrases.tsv").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    assert len(pairs) >= 200
    assert all(len(pair) == 2 and pair[0] != pair[1] for pair in pairs)


def test_about_the_share_is_audited() -> None:
    drawn = sum(is_audited(f"{number * 2_654_435_761 % 2**32:08x}" + "0" * 24, 0.015) for number in range(20_000))
    assert 250 < drawn < 350
    assert not is_audited("0" * 32, 0)
    assert is_audited("f" * 32, 1)


def test_an_upgrade_makes_every_answer_anew(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(services, "Who calls discount?")
    monkeypatch.setattr("agents.memory.remembering.code_id", lambda: "another")
    assert key(services, "Who calls discount?") != before
