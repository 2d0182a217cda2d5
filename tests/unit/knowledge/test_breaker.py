"""The breaker on a clock of its own: when it opens, and that exactly one probe passes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from knowledge.breaker import Breaker, Permit
from tests.clock import Clock


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        permit = breaker.ask()
        assert permit is not None
        breaker.settle(permit, well=False)


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(failures=3, rest_s=10, most_rest_s=40, clock=clock)
    fail(breaker, 3)
    return breaker


def test_it_opens_after_a_run_of_failures_and_a_success_ends_the_run() -> None:
    breaker = Breaker(failures=3, clock=Clock())
    fail(breaker, 2)
    permit = breaker.ask()
    assert permit is not None
    breaker.settle(permit, well=True)
    fail(breaker, 2)
    assert breaker.opens_in_s == 0
    fail(breaker, 1)
    assert breaker.state == "open"
    assert breaker.ask() is None
    assert not breaker.would_pass()


def test_half_open_passes_one_probe_whose_end_decides() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 9.9
    assert breaker.ask() is None
    assert round(breaker.opens_in_s, 1) == 0.1
    clock.now = 10.0
    assert (breaker.state, breaker.would_pass()) == ("half-open", True)
    probe = breaker.ask()
    assert probe is not None
    assert probe.probe
    assert breaker.ask() is None
    breaker.settle(probe, well=True)
    assert breaker.state == "closed"


def test_each_failed_probe_doubles_the_rest_up_to_a_limit_and_health_ends_that() -> None:
    clock = Clock()
    breaker = opened(clock)
    rests = []
    for _ in range(4):
        clock.now += breaker.opens_in_s
        probe = breaker.ask()
        assert probe is not None
        breaker.settle(probe, well=False)
        rests.append(breaker.opens_in_s)
    assert rests == [20, 40, 40, 40]
    clock.now += 40
    probe = breaker.ask()
    assert probe is not None
    breaker.settle(probe, well=True)
    fail(breaker, 3)
    assert breaker.opens_in_s == 10


def test_a_probe_whose_caller_went_away_leaves_the_place_to_another() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 10.0
    probe = breaker.ask()
    assert probe is not None
    breaker.settle(probe, well=None)
    again = breaker.ask()
    assert again is not None
    assert again.probe


def test_calls_from_before_it_opened_change_nothing() -> None:
    clock = Clock()
    breaker = Breaker(failures=1, rest_s=10, clock=clock)
    early, late = breaker.ask(), breaker.ask()
    assert early is not None
    assert late is not None
    breaker.settle(early, well=False)
    breaker.settle(late, well=True)
    assert breaker.state == "open", "a call that began before says nothing of now"


def test_many_threads_at_once_get_one_probe() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 10.0
    with ThreadPoolExecutor(16) as pool:
        permits = list(pool.map(lambda _: breaker.ask(), range(200)))
    assert sum(permit is not None for permit in permits) == 1


@given(st.lists(st.sampled_from(["ask", "well", "failed", "gone", "wait"]), max_size=60))
def test_never_more_than_one_probe_at_a_time_and_never_a_call_while_it_rests(steps: list[str]) -> None:
    clock = Clock()
    breaker = Breaker(failures=2, rest_s=10, clock=clock)
    held: list[Permit] = []
    for step in steps:
        if step == "wait":
            clock.now += 5
        elif step == "ask":
            rests = breaker.state == "open"
            permit = breaker.ask()
            assert permit is None or not rests
            held += [permit] if permit else []
        elif held:
            breaker.settle(held.pop(0), well={"well": True, "failed": False, "gone": None}[step])
        probes = [permit for permit in held if permit.probe and permit.era == breaker._era]
        assert len(probes) <= 1
