"""Rate and remaining time of a stage, from the steps it reports."""

from __future__ import annotations

from ops.jobs.rates import Rate, StageClock
from tests.clock import Clock


def test_a_rate_is_told_once_enough_was_measured() -> None:
    clock = Clock()
    stages = StageClock(clock)
    assert stages.step("extract", 0, 100) is None
    clock.now = 0.1
    assert stages.step("extract", 50, 100) is None, "too early"
    clock.now = 2.0
    assert stages.step("extract", 50, 100) == Rate(25.0, 2.0)
    assert stages.step("extract", 1, 100) is None, "too little"


def test_what_came_from_a_cache_says_nothing_of_the_rate() -> None:
    clock = Clock()
    stages = StageClock(clock)
    stages.step("extract", 900, 1_000)
    clock.now = 1.0
    assert stages.step("extract", 950, 1_000) == Rate(50.0, 1.0)


def test_a_new_stage_is_measured_anew_and_one_without_a_total_has_no_end() -> None:
    clock = Clock()
    stages = StageClock(clock)
    stages.step("extract", 0, 10)
    clock.now = 5.0
    stages.step("store", 0, 0)
    clock.now = 7.0
    assert stages.step("store", 10, 0) == Rate(5.0, None)
