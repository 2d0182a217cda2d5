"""How fast a model reads and writes: bounded steps, waits as bounds, and what is low rises again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.speed import Pace, Speeds
from tests.clock import Clock

M = "m"


def reads(speeds: Speeds) -> float:
    pace = speeds.of(M).reads
    assert pace is not None
    return pace


def read(speeds: Speeds, tokens_s: float) -> None:
    speeds.count(M, read=1_000, read_s=1_000 / tokens_s, written=0, write_s=0.0)


def test_nothing_is_known_before_a_call_nor_by_one_that_tells_nothing() -> None:
    speeds = Speeds(clock=Clock())
    assert speeds.of(M) == Pace()
    speeds.count(M, read=900, read_s=0.0, written=90, write_s=0.0)
    assert speeds.of(M) == Pace()


def test_few_tokens_tell_nothing_unless_they_took_long() -> None:
    speeds = Speeds(clock=Clock())
    speeds.count(M, read=9, read_s=0.3, written=2, write_s=0.2)
    assert speeds.of(M) == Pace()
    speeds.count(M, read=9, read_s=3.0, written=2, write_s=2.0)
    pace = speeds.of(M)
    assert (pace.reads, pace.writes, pace.measured) == (3.0, 1.0, True)


def test_one_call_moves_what_was_measured_by_a_factor_of_two_at_most() -> None:
    speeds = Speeds(clock=Clock())
    read(speeds, 100)
    read(speeds, 100_000)  # the host had kept the beginning of this prompt
    assert reads(speeds) == pytest.approx(200)
    read(speeds, 1)
    assert reads(speeds) == pytest.approx(100)


def test_a_wait_in_vain_bounds_the_pace_and_a_measurement_takes_its_place() -> None:
    speeds = Speeds(clock=Clock())
    speeds.count_unread(M, tokens=2_000, waited_s=20.0)
    assert speeds.of(M) == Pace(50.0, surely_reads=50.0)
    speeds.count_unread(M, tokens=2_000, waited_s=10.0)
    assert reads(speeds) == 50.0, "that it reads less than 200 is no news from a call that began before"
    read(speeds, 800)
    assert speeds.of(M) == Pace(800.0, measured=True, surely_reads=800.0)
    speeds.count_unread(M, tokens=2_000, waited_s=10.0)
    assert speeds.of(M) == Pace(100.0, measured=True, surely_reads=100.0)


def test_a_wait_in_vain_that_was_not_expected_halves_what_is_believed() -> None:
    clock = Clock()
    speeds = Speeds(clock=clock)
    for expected in (50.0, 25.0, 12.5):
        clock.now += 20.0
        speeds.count_unread(M, tokens=2_000, waited_s=20.0)
        assert reads(speeds) == pytest.approx(expected, rel=0.15), "it rose a little meanwhile"


def test_calls_that_waited_side_by_side_bound_the_pace_of_all_together() -> None:
    speeds = Speeds(clock=Clock())
    speeds.count_unread(M, tokens=2_000, waited_s=20.0, calls=3)
    assert reads(speeds) == 150.0


def test_what_is_low_rises_again_up_to_the_fastest_that_was_measured() -> None:
    clock = Clock()
    speeds = Speeds(clock=clock)
    speeds.count_unread(M, tokens=2_000, waited_s=20.0)
    clock.now = 600.0
    assert reads(speeds) == pytest.approx(200)
    read(speeds, 90)
    read(speeds, 30)
    assert reads(speeds) < 60
    clock.now = 100_000.0
    assert reads(speeds) == 90


def test_what_is_counted_on_is_less_on_a_host_whose_calls_differ() -> None:
    even, uneven = Speeds(clock=Clock()), Speeds(clock=Clock())
    for tokens_s in (100, 50, 150, 40, 140, 45):
        read(uneven, tokens_s)
        read(even, 80)
    assert even.of(M).surely_reads == reads(even)
    surely = uneven.of(M).surely_reads
    assert surely is not None and 0.3 < surely / reads(uneven) < 0.75
    for _ in range(12):
        read(uneven, 60)
    surely = uneven.of(M).surely_reads
    assert surely is not None and surely == pytest.approx(reads(uneven), rel=0.02), "it has become even"


def test_what_one_process_believes_another_can_take_over() -> None:
    first, later = Clock(5.0), Clock(70_000.0)
    speeds = Speeds(clock=first)
    for tokens_s in (100, 50, 80):
        read(speeds, tokens_s)
    speeds.count(M, read=0, read_s=0.0, written=30, write_s=3.0, most=90)
    kept = speeds.kept("http://gpu", M, at=1_000.0)
    other = Speeds(clock=later)
    other.believe(kept, at=1_000.0)
    assert (other.of(M), other.usual_tokens(M, 90)) == (speeds.of(M), 30)
    first.now += 120.0
    aged = Speeds(clock=later)
    aged.believe(kept, at=1_120.0)
    assert aged.of(M).reads == pytest.approx(speeds.of(M).reads)
    read(other, 10_000)
    before = other.of(M)
    other.believe(kept, at=1_000.0)
    assert other.of(M) == before, "what this process saw itself counts for more"


def test_models_are_told_apart_and_only_so_many_are_remembered() -> None:
    speeds = Speeds(clock=Clock())
    for number in range(100):
        speeds.count(f"m{number}", read=100, read_s=1.0, written=10, write_s=1.0)
    assert len(speeds.known()) == 64
    assert speeds.of("m0") == Pace()
    assert speeds.of("m99").reads == 100


_STEPS = st.one_of(
    st.tuples(st.just("count"), st.integers(1, 9_000), st.floats(0.001, 1e4)),
    st.tuples(st.just("unread"), st.integers(1, 9_000), st.floats(0.0, 1e4)),
    st.tuples(st.just("wait"), st.just(1), st.floats(0.0, 1e5)),
)


@given(st.lists(_STEPS, max_size=60))
def test_whatever_is_counted_the_pace_stays_between_what_was_seen(steps: list[tuple[str, int, float]]) -> None:
    clock = Clock()
    speeds = Speeds(clock=clock)
    fastest = 0.0
    for what, tokens, seconds in steps:
        if what == "wait":
            clock.now += seconds
        elif what == "unread":
            speeds.count_unread(M, tokens=tokens, waited_s=seconds)
        else:
            fastest = max(fastest, tokens / seconds)
            speeds.count(M, read=tokens, read_s=seconds, written=0, write_s=0.0)
        pace = speeds.of(M)
        assert pace.reads is None or pace.reads > 0
        assert not pace.measured or (pace.reads is not None and pace.reads <= fastest * 1.000001)
