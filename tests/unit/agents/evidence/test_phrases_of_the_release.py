"""What questions say of a thing, a time and a revision is read by phrases of the Release."""

from __future__ import annotations

import pytest

from agents.evidence.past import revisions_in, since_in
from configs.release import Releases
from configs.triage import Seeking

SEEKING = Releases().get("default").seeking


def thing_in(question: str, seeking: Seeking = SEEKING) -> str:
    return next((found["thing"] for one in seeking.compiled_things if (found := one.search(question))), "")


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("Does it use Redis?", "Redis"),
        ("does this project depend on @scope/pkg under the hood?", "@scope/pkg"),
        ("Is C++ supported anywhere?", "C++"),
        ("is `numpy` used here", "numpy"),
        ("Do we talk to Kafka at all?", "Kafka"),
    ],
)
def test_the_thing_that_is_looked_for(question: str, thing: str) -> None:
    assert thing_in(question) == thing
    assert thing_in(question, Seeking()) == ""


@pytest.mark.parametrize(
    ("question", "since"),
    [
        ("what changed in the last 3 weeks?", "3 weeks ago"),
        ("What changed this month?", "1 month ago"),
        ("what changed Today", "1 day ago"),
        ("who changed it yesterday?", "2 days ago"),
        ("what changed?", ""),
    ],
)
def test_how_far_back_a_question_looks(question: str, since: str) -> None:
    assert since_in(question, SEEKING) == since
    assert since_in(question, Seeking()) == ""


@pytest.mark.parametrize(
    ("question", "revisions"),
    [
        ("review main..HEAD", "main..HEAD"),
        ("review my changes against `origin/main`", "origin/main"),
        ("is it safe compared with v1.2?", "v1.2"),
        ("review abc1234", "abc1234~1..abc1234"),
        ("review my changes", ""),
    ],
)
def test_what_a_change_is_compared_with(question: str, revisions: str) -> None:
    assert revisions_in(question, SEEKING) == revisions
