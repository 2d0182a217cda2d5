"""The retry budget: trouble never multiplies itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.retrying import RetryBudget


@given(st.lists(st.booleans(), max_size=2_000))
def test_further_calls_stay_within_their_share_whatever_happens(steps: list[bool]) -> None:
    budget = RetryBudget(share=0.09, reserve=3)
    for is_call in steps:
        if is_call:
            budget.earn()
        else:
            budget.spend()
        assert budget.extra <= 0.09 * budget.calls + 3


def test_three_hundred_calls_that_all_fail_cost_a_tenth_more() -> None:
    budget = RetryBudget()
    for _ in range(300):
        budget.earn()
        while budget.spend():
            pass
    assert (budget.calls, budget.extra) == (300, 29)


def test_one_call_alone_may_be_tried_again() -> None:
    budget = RetryBudget()
    budget.earn()
    assert [budget.spend() for _ in range(4)] == [True, True, True, False]
