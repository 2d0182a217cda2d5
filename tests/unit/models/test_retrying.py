"""The retry budget: trouble never multiplies itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.retrying import RetryBudget
from tests.clock import Clock


@given(st.lists(st.sampled_from(["call", "further", "wait"]), max_size=2_000))
def test_further_calls_stay_within_their_share_whatever_happens(steps: list[str]) -> None:
    clock = Clock()
    budget = RetryBudget(share=0.08, reserve=2, earned_every_s=30, clock=clock)
    for step in steps:
        if step == "call":
            budget.earn()
        elif step == "further":
            budget.spend()
        else:
            clock.now += 3
        assert budget.extra <= 0.08 * budget.calls + 2 + clock.now / 30 + 1e-6


def test_a_hundred_calls_that_all_fail_cost_a_tenth_more() -> None:
    budget = RetryBudget(clock=Clock())
    for _ in range(100):
        budget.earn()
        while budget.spend():
            pass
    assert (budget.calls, budget.extra) == (100, 9)


def test_one_call_alone_may_be_tried_again() -> None:
    budget = RetryBudget(clock=Clock())
    budget.earn()
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_on_a_quiet_machine_there_is_always_one_and_never_a_heap_of_them() -> None:
    clock = Clock()
    budget = RetryBudget(clock=clock)
    while budget.spend():
        pass
    clock.now = 30
    assert [budget.spend(), budget.spend()] == [True, False]
    clock.now = 10_000
    assert [budget.spend() for _ in range(3)] == [True, True, False]


def test_a_long_calm_does_not_pay_for_a_storm() -> None:
    budget = RetryBudget(clock=Clock())
    for _ in range(10_000):
        budget.earn()
    assert sum(budget.spend() for _ in range(100)) == 10


def test_what_is_worth_more_elsewhere_can_be_kept() -> None:
    budget = RetryBudget(clock=Clock())
    assert [budget.spend(keep=1), budget.spend(keep=1), budget.spend()] == [True, False, True]
