from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.state import Plan, Step
from agents.writing.router import Seen, chosen, features_of, offset, predicted, seen_before_writing
from configs.release import Releases, Router
from knowledge.outcomes import Past
from tests.unit.agents.writing.test_packing import fact

EASY = Seen("explain", 1, 3, 1, 6, 2, 1.0, 300)
HARD = Seen("explain", 3, 30, 2, 9, 9, 0.2, 900)
ROUTER = Releases().get("default").router


def test_what_is_seen_is_that_of_the_plan_and_the_evidence() -> None:
    steps = [Step(intent="explain", operation="explain", names=["f"], query="", certainty=1.0)] * 2
    plan = Plan(question="How does retry handle a timeout?", steps=steps, subject="", words=[])
    facts = [fact("excerpt", "the retry loop", path="a.py"), fact("excerpt", "again", path="b.py")]
    seen = seen_before_writing(plan, facts)
    assert (seen.intent, seen.steps, seen.words, seen.names, seen.facts, seen.files) == ("explain", 2, 6, 2, 2, 2)
    assert 0 < seen.strength < 1
    assert seen.evidence_tokens > 0
    assert seen_before_writing({**plan, "steps": []}, []).steps == 1


def test_every_weight_of_the_release_is_of_a_feature() -> None:
    known = set(features_of(EASY)) | {f"intent.{name}" for name in Releases().get("default").routes}
    assert {name for weights in ROUTER.weights.values() for name in weights} <= known
    assert set(ROUTER.weights) == set(ROUTER.costs) == set(Releases().get("default").models)


def test_an_easy_question_goes_to_the_small_model_and_a_hard_one_to_the_large() -> None:
    assert chosen(ROUTER, ["small", "large"], EASY) == "small"
    assert chosen(ROUTER, ["small", "large"], HARD) == "large"
    assert chosen(ROUTER, ["small"], HARD) == "small"


def test_the_cheaper_of_two_alike_is_taken() -> None:
    even = Router(weights={"small": {"bias": 1.0}, "large": {"bias": 1.0}}, costs={"small": 1, "large": 2})
    assert chosen(even, ["large", "small"], EASY) == "small"


@pytest.mark.parametrize(
    ("past", "moved"),
    [
        (Past(), 0.0),
        (Past(10, 8, 8.0), 0.0),
        (Past(1000, 500, 800.0), math.log(1) - math.log(4)),
    ],
)
def test_the_past_moves_what_is_predicted_once_it_says_much(past: Past, moved: float) -> None:
    assert offset(past) == pytest.approx(moved, abs=0.05)


@given(
    st.integers(0, 500).flatmap(
        lambda tried: st.tuples(st.just(tried), st.integers(0, tried), st.floats(0, max(tried, 0)))
    )
)
def test_whatever_the_past_a_prediction_is_a_probability(past: tuple[int, int, float]) -> None:
    assert 0 <= predicted(ROUTER, "small", EASY, Past(*past)) <= 1


def test_a_model_that_fails_here_is_avoided() -> None:
    assert chosen(ROUTER, ["small", "large"], EASY, {"small": Past(150, 20, 140.0)}) == "large"
