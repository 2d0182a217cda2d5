"""One question with choices, and what people say to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.questions.clarifying import Asking, answered_each, as_text, clarification, clarified, in_text, picked
from agents.services import Services
from agents.state import Plan, Step
from configs.release import Releases
from knowledge.scope import EVERYTHING
from tests.bookshop import open_services
from tests.unit.indexers.bench import write


def plan(*names: str, operation: str = "callers") -> Plan:
    steps = [
        Step(intent=operation, operation=operation, names=[name], query=f"who calls {name}", certainty=0.9)
        for name in names
    ]
    return Plan(question="?", steps=steps, subject=names[-1], words=[])


def asked(services: Services, given: Plan) -> Asking | None:
    return clarification(given, services.graph, EVERYTHING, services)


def test_a_name_of_several_symbols_is_asked_about_with_their_places(bookshop: Services) -> None:
    asking = asked(bookshop, plan("total"))
    assert asking is not None
    assert [choice["label"] for choice in asking["choices"]] == [
        "`shop.orders.Order.total` (method)",
        "`shop.orders.GiftOrder.total` (method)",
        "all of them",
    ]
    assert asking["choices"][0]["place"] == "shop/orders.py:14"


def test_of_what_is_overridden_only_the_methods_that_override_no_other_are_meanings(bookshop: Services) -> None:
    assert asked(bookshop, plan("total", operation="overrides")) is None


@pytest.mark.parametrize("name", ["discount", "Order.total", "nothing_of_the_kind"])
def test_a_name_of_one_or_no_symbol_is_not(bookshop: Services, name: str) -> None:
    assert asked(bookshop, plan(name)) is None


@pytest.mark.parametrize("operation", ["define", "locate", "docs"])
def test_where_each_place_is_the_answer_nothing_is_asked(bookshop: Services, operation: str) -> None:
    assert asked(bookshop, plan("total", operation=operation)) is None


def test_a_question_about_a_repository_is_not_about_what_else_bears_its_name(tmp_path: Path) -> None:
    root = write(tmp_path / "bookshop", {"a/bookshop.py": "x = 1\n", "b/bookshop.py": "y = 2\n"})
    services = open_services(tmp_path, root)
    for operation in ("central", "unused", "history"):
        assert asked(services, plan("bookshop", operation=operation)) is None
    assert asked(services, plan("bookshop", operation="importers")) is not None
    services.graph.close()


def test_one_question_serves_every_part_with_that_name(bookshop: Services) -> None:
    given = plan("total", "discount", "total")
    asking = asked(bookshop, given)
    assert asking is not None
    chosen = clarified(given, asking, "2")
    gift = "bookshop:shop/orders.py#GiftOrder.total"
    assert [step["names"] for step in chosen["steps"]] == [[gift], ["discount"], [gift]]
    assert chosen["subject"] == gift


def test_all_of_them_is_a_step_for_each(bookshop: Services) -> None:
    given = plan("total")
    asking = asked(bookshop, given)
    assert asking is not None
    assert [step["names"][0].rpartition("#")[2] for step in clarified(given, asking, 3)["steps"]] == [
        "Order.total",
        "GiftOrder.total",
    ]
    assert clarified(given, asking, "no idea") == given


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        (1, 1),
        ("2", 2),
        (" 2. ", 2),
        ("no 2", 2),
        ("number 1)", 1),
        ("shop.orders.GiftOrder.total", 2),
        ("`GiftOrder.total`", 2),
        ("shop/orders.py:14", 1),
        ("all of them", 3),
        ({"choice": 2}, 2),
        ({"answer": "1"}, 1),
        ("0", None),
        ("4", None),
        (True, None),
        (None, None),
        ("total", None),
        ("who calls discount in line 2", None),
        ("What breaks if I change with_tax?", None),
        ("", None),
        ([2], None),
    ],
)
def test_what_people_say_is_understood_or_left_alone(bookshop: Services, reply: Any, number: int | None) -> None:
    asking = asked(bookshop, plan("total"))
    assert asking is not None
    assert picked(asking, reply) == (None if number is None else asking["choices"][number - 1])


def test_the_text_of_a_question_can_be_read_back(bookshop: Services) -> None:
    asking = asked(bookshop, plan("total"))
    assert asking is not None
    read = in_text(as_text(asking))
    assert read is not None
    assert [(one["label"], one["place"]) for one in read["choices"]] == [
        (one["label"], one["place"]) for one in asking["choices"]
    ]
    assert in_text("1. a list\n2. of mine") is None
    assert in_text("Answer with a number.") is None


def test_names_that_two_repositories_share_say_which(bookshop: Services) -> None:
    class Doubled:
        """A graph in which every symbol stands in a second repository too."""

        def __getattr__(self, name: str) -> Any:
            return getattr(bookshop.graph, name)

        def find(self, *arguments: Any, **options: Any) -> Any:
            found = bookshop.graph.find(*arguments, **options)
            return [*found, *(replace(one, repository="fork", id=f"fork:{one.id}") for one in found)]

    asking = clarification(plan("discount"), Doubled(), EVERYTHING, bookshop)
    assert asking is not None
    assert [one["label"] for one in asking["choices"][:2]] == [
        "`shop.pricing.discount` (function in bookshop)",
        "`shop.pricing.discount` (function in fork)",
    ]


RELEASE = Releases().get("default")


def test_where_nobody_can_choose_each_of_a_few_meanings_has_its_steps(bookshop: Services) -> None:
    given = plan("total")
    found = answered_each(given, bookshop.graph, EVERYTHING, bookshop, RELEASE)
    assert [step["names"][0].rpartition("#")[2] for step in found["steps"]] == ["Order.total", "GiftOrder.total"]
    assert (found["each"], found["subject"]) == ("total", "total")


@pytest.mark.parametrize(
    "given",
    [
        plan("discount"),
        plan("total", operation="path"),
        plan(*["total"] * (RELEASE.limits.max_tasks // 2 + 1)),
        {**plan("total"), "steps": [{**plan("total")["steps"][0], "after": ["s0"]}]},
    ],
)
def test_what_is_plain_a_way_or_too_much_is_left_as_it_is(given: Plan, bookshop: Services) -> None:
    assert answered_each(given, bookshop.graph, EVERYTHING, bookshop, RELEASE) is given
