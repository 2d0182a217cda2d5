"""What counts as the same question in other words, and for how long it is looked for."""

from __future__ import annotations

import pytest

from ops.ledger.rephrasing import KEPT, WITHIN_S, Rephrasings, is_rephrased
from tests.clock import Clock

ME = ("ann", "rest", "t")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("who calls Task.retry?", "who is calling Task.retry?"),
        ("where are retries handled", "Where is the retry handling code?"),
        ("How is the price computed?", "how does the price get computed"),
        ("what breaks if apply_async changes", "what would break if I change apply_async?"),
    ],
)
def test_the_same_in_other_words(earlier: str, later: str) -> None:
    assert is_rephrased(earlier, later)
    assert is_rephrased(later, earlier)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("who calls Task.retry?", "who calls Task.retry?"),
        ("who calls Task.retry?", "who  calls   Task.retry?"),
        ("who calls celery.app.task.Task.retry?", "who calls celery.app.task.Task.delay?"),
        ("who calls main?", "who calls run?"),
        ("who calls Task.retry?", "what does Task.retry call?"),
        ("who calls apply_async?", "who calls applyAsync?"),
        ("where are retries handled?", "and who tests that?"),
        ("", "who calls main?"),
        ("???", "!!!"),
    ],
)
def test_another_question_and_the_very_same_one(earlier: str, later: str) -> None:
    assert not is_rephrased(earlier, later)


def test_it_is_told_once_within_a_minute_in_the_same_conversation() -> None:
    clock = Clock(1.0)
    found = Rephrasings(clock)
    found.answered(ME, "who calls Task.retry?", "r1", "release")
    assert found.rephrased(("bob", "rest", "t"), "who is calling Task.retry?") is None
    assert found.rephrased(ME, "who tests Task.retry?") is None
    clock.now += WITHIN_S
    earlier = found.rephrased(ME, "who is calling Task.retry?")
    assert earlier is not None
    assert (earlier.run, earlier.release) == ("r1", "release")
    assert found.rephrased(ME, "who is calling Task.retry?") is None
    found.answered(ME, "who calls Task.retry?", "r2", "release")
    clock.now += WITHIN_S + 1
    assert found.rephrased(ME, "who is calling Task.retry?") is None


def test_what_is_kept_is_bounded() -> None:
    found = Rephrasings(Clock(1.0))
    for number in range(KEPT + 1):
        found.answered((str(number),), "who calls Task.retry?", str(number), "")
    assert found.rephrased(("0",), "who is calling Task.retry?") is None
    assert found.rephrased(("1",), "who is calling Task.retry?") is not None
