"""What follows a failure: another host, a pause, the next rung with a new segment; never more than the budget pays for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import stamina
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import NoModelAnswered
from configs.release import ModelChoice
from models.gateway import NO_BOUND, Gateway, Room
from models.provider import Completion
from models.retrying import RetryBudget
from models.tokens import tokens_of
from models.writing import Heard
from tests.clock import Clock
from tests.unit.models.scripted import WELL, Scripted, model

CLASS = ModelChoice(prefer=("big", "small"))
BIG, SMALL = model("big:32b", 32), model("small:7b", 7)
FAULTS = ["unreachable", "busy", "loading", "slow", "cut", "broken", "failed", "missing", "refused"]


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=10):
        yield


@dataclass
class Asked:
    """A gateway and what its caller heard."""

    gateway: Gateway
    tries: int = 3
    segments: list[str] = field(default_factory=lambda: [""])
    restarts: list[tuple[str, str]] = field(default_factory=list)

    def write(
        self, ladder: Sequence[str] = ("small:7b",), *, timeout_s: float = 60.0, kept: Sequence[str] = ("shop",)
    ) -> Completion:
        return asyncio.run(self._write(ladder, timeout_s, kept))

    async def _write(self, ladder: Sequence[str], timeout_s: float, kept: Sequence[str]) -> Completion:
        async def on_token(text: str) -> None:
            self.segments[-1] += text

        async def restarted(name: str, why: str) -> None:
            self.restarts.append((name, why))
            self.segments.append("")

        return await self.gateway.write(
            "big:32b",
            "Say it.",
            window_tokens=4096,
            max_tokens=50,
            timeout_s=timeout_s,
            on_token=on_token,
            tries=self.tries,
            ladder=ladder,
            kept=kept,
            heard=Heard(restarted=restarted),
        )


def hosts(count: int, **changes: object) -> tuple[Clock, list[Scripted]]:
    clock = Clock()
    return clock, [Scripted(f"h{n}", clock, [BIG, SMALL], **changes) for n in range(count)]  # type: ignore[arg-type]


def asked(clock: Clock, providers: Sequence[Scripted], tries: int = 3, **changes: object) -> Asked:
    return Asked(Gateway(*providers, clock=clock, seed=1, cache_s=1e9, **changes), tries)  # type: ignore[arg-type]


def models_called(*providers: Scripted) -> list[str]:
    return [call.model for provider in providers for call in provider.calls]


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_a_model_is_called_as_often_as_its_class_of_questions_may(tries: int) -> None:
    clock, (host,) = hosts(1, script=["failed"] * 9)
    with pytest.raises(NoModelAnswered) as nobody:
        asked(clock, [host], tries, budget=RetryBudget(reserve=9.0, clock=clock)).write(())
    assert [attempt.model for attempt in nobody.value.attempts] == ["big:32b"] * tries


def test_a_cut_stream_goes_on_with_the_next_rung_as_a_new_marked_segment() -> None:
    clock, (host,) = hosts(1, script=["cut"])
    one = asked(clock, [host])
    completion = one.write()
    assert (completion.model, completion.text) == ("small:7b", f"{WELL} ")
    assert models_called(host) == ["big:32b", "small:7b"], "the same host is not asked again for this model"
    assert one.segments == ["one two ", f"{WELL} "]
    assert one.restarts == [("small:7b", "h0 broke off")]
    assert [(a.model, a.fault, a.pieces) for a in completion.attempts] == [("big:32b", "cut", 2), ("small:7b", "", 4)]


def test_after_a_cut_another_host_with_the_same_model_comes_before_a_smaller_model() -> None:
    clock, both = hosts(2, script=["cut"])
    both[1].script = []
    one = asked(clock, both)
    one.gateway.hosts[1].note(5_000, well=True)  # so that the first is taken
    completion = one.write()
    assert (completion.model, completion.host) == ("big:32b", "h1")
    assert one.restarts == [("big:32b", "h0 broke off")]


@pytest.mark.parametrize("fault", ["busy", "loading", "failed"])
def test_what_may_pass_is_tried_again_on_the_only_host(fault: str) -> None:
    clock, (host,) = hosts(1, script=[fault])
    completion = asked(clock, [host]).write()
    assert models_called(host) == ["big:32b"] * 2
    assert completion.model == "big:32b"
    clock, (host,) = hosts(1, script=[fault, fault])
    assert asked(clock, [host]).write().model == "small:7b", "the last further call is kept for the next rung"


@pytest.mark.parametrize("fault", ["slow", "broken", "missing", "refused"])
def test_what_will_not_pass_is_not_tried_again_there(fault: str) -> None:
    clock, (host,) = hosts(1, script=[fault])
    one = asked(clock, [host])
    assert one.write().model == "small:7b"
    assert models_called(host) == ["big:32b", "small:7b"]
    assert one.restarts == [], "nothing had been written that no longer counts"


def test_a_host_out_of_reach_is_not_asked_for_smaller_models_either() -> None:
    clock, both = hosts(2)
    both[0].then = "unreachable"
    both[1].held = [SMALL]
    completion = asked(clock, both).write()
    assert completion.host == "h1"
    assert models_called(both[0]) == ["big:32b"]


def test_a_named_model_is_never_replaced() -> None:
    clock, (host,) = hosts(1, then="cut")
    with pytest.raises(NoModelAnswered, match="broke off") as failed:
        asked(clock, [host]).write(ladder=())
    assert models_called(host) == ["big:32b"]
    assert [attempt.fault for attempt in failed.value.attempts] == ["cut"]


def test_all_attempts_are_named_when_nobody_answers() -> None:
    clock, (host,) = hosts(1, script=["cut", "broken"])
    with pytest.raises(NoModelAnswered) as failed:
        asked(clock, [host]).write()
    assert "2 calls failed: big:32b: h0 broke off; small:7b: h0 is broken" in failed.value.message


def test_a_host_that_keeps_failing_rests_and_is_not_called() -> None:
    clock, (host,) = hosts(1, then="cut")
    one = asked(clock, [host], budget=RetryBudget(share=1, reserve=100))
    for _ in range(6):
        with pytest.raises(NoModelAnswered):
            one.write()
    assert len(host.calls) == 3
    with pytest.raises(NoModelAnswered, match="h0 failed before and rests for another 10 s"):
        one.write()
    choice = asyncio.run(one.gateway.choose("auto", CLASS, kept=["shop"]))
    assert (choice.model, choice.reason) == (None, "every host with a chat model rests after failures")


def test_while_a_model_rests_the_next_of_its_class_is_chosen_and_the_reason_says_so() -> None:
    clock, both = hosts(2)
    both[0].held, both[1].held, both[0].then = [BIG], [SMALL], "cut"
    one = asked(clock, both, budget=RetryBudget(share=1, reserve=100))
    for _ in range(3):
        assert one.write().model == "small:7b"
    choice = asyncio.run(one.gateway.choose("auto", CLASS, kept=["shop"]))
    assert (choice.model, choice.reason) == ("small:7b", "small:7b writes while big:32b rests after failures")


def test_one_probe_of_many_calls_asks_a_host_that_rested() -> None:
    clock, (host,) = hosts(1, then="cut", ms=0)
    one = asked(clock, [host], budget=RetryBudget(share=1, reserve=100))
    for _ in range(3):
        with pytest.raises(NoModelAnswered):
            one.write()
    before, clock.now = len(host.calls), clock.now + 10

    async def many() -> list[object]:
        return await asyncio.gather(*(one._write((), 60, ()) for _ in range(20)), return_exceptions=True)

    asyncio.run(many())
    assert len(host.calls) - before == 1


def test_a_wait_that_a_host_asks_for_is_kept_unless_it_is_too_long() -> None:
    clock, (host,) = hosts(1, script=["busy"], wait_s=30.0)
    assert asked(clock, [host]).write().model == "big:32b"
    clock, (host,) = hosts(1, script=["busy"], wait_s=30.0)
    assert asked(clock, [host]).write(timeout_s=20).model == "small:7b"


def test_no_call_begins_after_the_deadline() -> None:
    clock, (host,) = hosts(1, then="slow", ms=61_000)
    with pytest.raises(NoModelAnswered):
        asked(clock, [host]).write()
    assert len(host.calls) == 1


def test_the_wait_for_a_first_piece_leaves_time_for_what_comes_next() -> None:
    clock, (host,) = hosts(1, script=["slow"], ms=0)
    asked(clock, [host], first_token_s=50).write()
    assert [call.first_token_s for call in host.calls] == [30.0, 50.0]
    assert [call.timeout_s for call in host.calls] == [60.0, 60.0]


@given(
    scripts=st.lists(st.lists(st.sampled_from([*FAULTS, "well"]), max_size=8), min_size=1, max_size=3),
    calls=st.integers(1, 30),
)
@settings(max_examples=60, deadline=None)
def test_whatever_fails_the_extra_load_is_bounded_and_segments_are_whole(scripts: list[list[str]], calls: int) -> None:
    clock, all_hosts = hosts(len(scripts), then="cut")
    for host, script in zip(all_hosts, scripts, strict=True):
        host.script = list(script)
    one = asked(clock, all_hosts)
    for _ in range(calls):
        one.segments, one.restarts = [""], []
        before = [len(host.calls) for host in all_hosts]
        try:
            completion = one.write()
        except NoModelAnswered as failed:
            attempts = failed.attempts
        else:
            attempts = completion.attempts
            assert one.segments[-1] == completion.text, "the last segment is the whole answer"
        streamed = [(a.model, a.host) for a in attempts if a.pieces]
        assert len(streamed) == len(set(streamed)), "no host is asked again for a model once it had written"
        assert len(attempts) == sum(len(host.calls) for host in all_hosts) - sum(before)
    made = sum(len(host.calls) for host in all_hosts)
    assert made <= calls + 0.08 * calls + 3, "two in reserve, and less than one for the time it took"


def test_a_host_that_is_slow_and_up_does_not_rest_and_its_pace_is_learned() -> None:
    clock, (host,) = hosts(1, then="slow", ms=20_000)
    one = asked(clock, [host], budget=RetryBudget(share=1, reserve=100))
    for _ in range(4):
        with pytest.raises(NoModelAnswered):
            one.write(())
    (known,) = one.gateway.hosts
    assert (len(host.calls), known.breaker.state) == (2, "closed"), "what was learned keeps the others from waiting"
    pace, read = known.speeds.of("big:32b"), tokens_of("Say it.", "big:32b")
    assert pace.reads is not None and pace.reads < read / 20
    assert not pace.measured


@pytest.mark.parametrize(("tokens_s", "state"), [(1_000.0, "open"), (0.3, "closed")])
def test_a_host_that_was_to_begin_long_before_has_stopped(tokens_s: float, state: str) -> None:
    clock, (host,) = hosts(1, then="slow", ms=20_000)
    one = asked(clock, [host], budget=RetryBudget(share=1, reserve=100))
    reading(one.gateway, 0, "big:32b", tokens_s)
    for _ in range(3):
        with pytest.raises(NoModelAnswered):
            one.write(())
    (known,) = one.gateway.hosts
    assert known.breaker.state == state
    reads = known.speeds.of("big:32b").reads
    assert reads is not None and (reads == tokens_s) == (state == "open"), "what has stopped was not slow"


def test_a_host_that_is_slow_and_does_not_answer_a_short_question_rests() -> None:
    clock, (host,) = hosts(1, then="slow", ms=20_000)
    one = asked(clock, [host], budget=RetryBudget(share=1, reserve=100))
    asyncio.run(one.gateway.models())
    host.down = True
    for _ in range(4):
        with pytest.raises(NoModelAnswered):
            one.write(())
    (known,) = one.gateway.hosts
    assert (len(host.calls), known.breaker.state) == (3, "open")
    assert known.speeds.known() == {}, "what does not answer has no pace"


@pytest.mark.parametrize(("silent_s", "state"), [(0.5, "closed"), (16.0, "open")])
def test_a_deadline_while_a_host_writes_is_slowness_and_silence_on_the_way_is_not(silent_s: float, state: str) -> None:
    clock, (host,) = hosts(1, then="late", ms=0)
    host.silent_s = silent_s
    one = asked(clock, [host], budget=RetryBudget(share=1, reserve=100))
    for _ in range(3):
        with pytest.raises(NoModelAnswered):
            one.write(())
    (known,) = one.gateway.hosts
    assert known.breaker.state == state
    writes = known.speeds.of("big:32b").writes
    assert (writes is None) == (state == "open")
    assert writes is None or writes == pytest.approx(2 / 3.5, rel=0.01)


def test_the_pace_that_a_host_tells_is_learned_by_model() -> None:
    clock, (host,) = hosts(1, took=(200, 10.0, 40, 20.0))
    one = asked(clock, [host])
    one.write()
    pace = one.gateway.hosts[0].speeds.of("big:32b")
    assert (pace.reads, pace.writes, pace.measured) == (20.0, 2.0, True)
    assert one.gateway.hosts[0].speeds.of("small:7b").reads is None


def reading(gateway: Gateway, at: int, name: str, tokens_s: float) -> None:
    """Let a host be known to read so many tokens a second."""
    gateway.hosts[at].speeds.count(name, read=1_000, read_s=1_000 / tokens_s, written=0, write_s=0.0)


def test_a_host_that_would_not_read_the_prompt_in_time_is_not_called_and_the_next_rung_is_at_once() -> None:
    clock, (host,) = hosts(1)
    one = asked(clock, [host])
    reading(one.gateway, 0, "big:32b", 0.02)
    completion = one.write()
    assert (models_called(host), completion.model, clock.now) == (["small:7b"], "small:7b", 0.01)
    assert one.gateway.budget.extra == 0, "what was not called is not paid for"
    with pytest.raises(NoModelAnswered, match=r"^h0 reads 0\.02 tokens a second: a prompt of \d+ takes \d+ s"):
        one.write(())
    assert one.gateway.hosts[0].breaker.state == "closed"


def test_of_two_hosts_the_one_that_reads_in_time_is_called() -> None:
    clock, both = hosts(2)
    one = asked(clock, both)
    reading(one.gateway, 0, "big:32b", 0.02)
    reading(one.gateway, 1, "big:32b", 1_000)
    one.gateway.hosts[1].note(50_000, well=True)  # the busier one
    assert {one.write().host for _ in range(5)} == {"h1"}


def test_a_failed_call_is_told_rather_than_the_rung_that_was_not_called_after_it() -> None:
    clock, (host,) = hosts(1, then="cut")
    one = asked(clock, [host])
    reading(one.gateway, 0, "small:7b", 0.02)
    with pytest.raises(NoModelAnswered, match="broke off") as failed:
        one.write()
    assert [attempt.model for attempt in failed.value.attempts] == ["big:32b"]


def room(one: Asked, *, ladder: Sequence[str] = (), timeout_s: float = 60.0) -> Room:
    return asyncio.run(one.gateway.room("big:32b", max_tokens=900, timeout_s=timeout_s, ladder=ladder, kept=("shop",)))


def test_a_prompt_may_be_as_long_as_what_the_fastest_host_reads_before_its_first_word_is_due() -> None:
    clock, both = hosts(2)
    one = asked(clock, both, first_token_s=30)
    assert room(one) == NO_BOUND
    reading(one.gateway, 0, "big:32b", 10)
    assert room(one) == NO_BOUND, "nothing is known of the other host"
    reading(one.gateway, 1, "big:32b", 100)
    assert room(one).tokens == int(100 * 30 * 0.8)
    assert room(one).why == "h1 reads 100 tokens a second, with 60 s left"
    assert room(one, timeout_s=10).tokens == int(100 * 5 * 0.8), "half of the time, for there is another host"
    assert room(asked(clock, both)) == NO_BOUND


def test_what_the_answer_takes_is_no_time_for_reading() -> None:
    clock, (host,) = hosts(1)
    one = asked(clock, [host], first_token_s=60)
    known = one.gateway.hosts[0].speeds
    known.count("big:32b", read=1_000, read_s=10.0, written=100, write_s=10.0, most=50)
    assert room(one).tokens == int(100 * 30 * 0.8), "how long answers of this kind are is not known: half of the time"
    known.count("big:32b", read=0, read_s=0.0, written=200, write_s=20.0, most=900)
    assert room(one).tokens == int(100 * (60 - 25) * 0.8), "a quarter longer than usual"
    assert room(one).why == "h0 reads 100 tokens a second and writes 10, with 60 s left"
    known.count_unwritten("big:32b", tokens=700, took_s=70.0, most=900)
    assert room(one).tokens == 0


def test_a_resting_host_bounds_nothing() -> None:
    clock, (host,) = hosts(1, then="cut")
    one = asked(clock, [host], budget=RetryBudget(share=1, reserve=100))
    for _ in range(3):
        with pytest.raises(NoModelAnswered):
            one.write(())
    reading(one.gateway, 0, "big:32b", 1)
    assert room(one) == NO_BOUND
