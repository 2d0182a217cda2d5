"""Which tasks a plan becomes."""

from __future__ import annotations

from typing import cast

import pytest

from agents.evidence.routing import tasks_of
from agents.state import Plan, Step
from configs.release import Releases

RELEASE = Releases().get("default")


def plan(intent: str, *names: str) -> Plan:
    step = Step(
        id="s1", intent=intent, operation=intent, names=list(names), query="where is it", certainty=1.0, after=[]
    )
    return cast(Plan, {"steps": [step]})


@pytest.mark.parametrize("names", [(), ("trustProxy",)])
def test_a_place_is_searched_for_even_where_the_question_has_a_name(names: tuple[str, ...]) -> None:
    """As an operation on that name it was told as one of another package that "10 files import"."""
    (task,) = tasks_of(plan("locate", *names), RELEASE, 0, [])
    assert (task["operation"], task["intent"], task["names"]) == ("search", "locate", list(names))


def test_a_symbol_is_asked_of_the_graph() -> None:
    (task,) = tasks_of(plan("callers", "retry"), RELEASE, 0, [])
    assert (task["operation"], task["rung"]) == ("callers", "structural")
