"""One answer from the rungs of a ladder: which host is asked, what is tried again, and where an answer begins anew.

A rung is a model with the hosts that hold it. Before the first piece of text a call that failed is tried again: on another host at
once, on the same one after a pause. After it the same host is not asked for this model again: another host, or the next rung,
starts a new segment, which is told. Every further call is paid from the retry budget.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from configs.errors import HostFailed, NoModelAnswered
from knowledge.breaker import Permit
from models.host import UNWELL, Host, Offer, less_loaded
from models.provider import Attempt, Call, Completion, OnToken, collected, failure
from models.retrying import BACKOFF, RetryBudget
from models.tokens import MARGIN, tokens_of

_LEAST_CALL_S = 0.001
_SHARE_OF_FIRST = 0.5
"""Of the time left, what a call may wait for its first piece while something else could still be tried."""
_LONG_BEFORE = 0.25
"""A host that was to begin before so much of a wait had passed, and did not, has stopped rather than become slow."""
_ASKED_AGAIN = frozenset({"busy", "loading", "failed"})
"""Faults that may have passed when the same host is asked again."""
_RESTING = "resting"
"""No call was made: every host rests."""
TOO_SLOW = "too_slow"
"""No call was made: no host would have read the prompt in time."""
_UNCALLED = frozenset({_RESTING, TOO_SLOW})


def first_piece_s(first_token_s: float | None, left_s: float, *, others: bool) -> float:
    """Return how long a call may wait for its first piece with `left_s` for everything. others: something else could be tried after it."""
    return min(first_token_s or left_s, left_s * _SHARE_OF_FIRST if others else left_s)


async def unheard(*_said: object) -> None:
    """Hear nothing."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a caller may hear besides text.

    restarted: what was written so far no longer counts; (the model that begins anew, why).
    waiting: (the host's name, place in the line before it; 1 is next).
    """

    restarted: Callable[[str, str], Awaitable[None]] = unheard
    waiting: Callable[[str, int], Awaitable[None]] = unheard


@dataclass(slots=True)
class Writing:
    """One prompt on its way. call: its model is that of each rung, its `timeout_s` is for everything together. tries: calls of one model."""

    call: Call
    rungs: Sequence[Offer]
    on_token: OnToken
    heard: Heard
    budget: RetryBudget
    random: Random
    tries: int
    clock: Callable[[], float] = time.monotonic
    attempts: list[Attempt] = field(default_factory=list)
    _deadline: float = 0.0
    _gone: set[Host] = field(default_factory=set)
    """Out of reach: not asked again for this answer."""
    _tried: set[Host] = field(default_factory=set)
    """Asked on this rung."""
    _spent: set[Host] = field(default_factory=set)
    """Not asked again on this rung."""
    _stale: bool = False
    """Text has been handed on that no longer counts."""

    async def run(self) -> Completion:
        """Return the answer of the first rung that gives one. Raises NoModelAnswered with every attempt."""
        self.budget.earn()
        self._deadline = self.clock() + self.call.timeout_s
        last: HostFailed | None = None
        for at, rung in enumerate(self.rungs):
            self._tried, self._spent = set(), set()
            if self.attempts and (self._time_left() < _LEAST_CALL_S or not self._open(rung) or not self.budget.spend()):
                continue
            try:
                return replace(await self._rung(rung, at), attempts=tuple(self.attempts))
            except HostFailed as exc:
                last = exc if last is None or exc.fault not in _UNCALLED else last
        raise self._nobody(last)

    async def _rung(self, rung: Offer, at: int) -> Completion:
        import stamina  # start-up time

        stamina.instrumentation.set_on_retry_hooks(())  # its own hooks write to stdout; `attempts` tells more
        async for again in stamina.retry_context(
            on=lambda error: self._again(error, rung), attempts=self.tries, timeout=None, **BACKOFF
        ):
            with again:
                return await self._ask(rung, at)
        raise AssertionError("the last try raises")

    def _again(self, error: Exception, rung: Offer) -> bool | float:
        """Return whether this model is asked again, and after how many seconds; True: after a pause that grows."""
        if not isinstance(error, HostFailed) or error.fault in ("refused", TOO_SLOW):
            return False
        if len(self._tried_calls) >= self.tries:
            return False
        usable = self._open(rung)
        fresh = [host for host in usable if host not in self._tried]
        wait_s = 0.0 if fresh else error.wait_s or BACKOFF["wait_initial"]
        if not usable or wait_s >= self._time_left():
            return False
        # The same host again leaves one for the next rung: in lasting trouble it is worth more there.
        if error.fault != _RESTING and not self.budget.spend(keep=0.0 if fresh else 1.0):
            return False
        return wait_s if fresh or error.wait_s else True

    @property
    def _tried_calls(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.model == self.call.model]

    def _open(self, rung: Offer) -> list[Host]:
        shut = self._gone | self._spent
        return [host for host in rung.hosts if host not in shut and host.breaker.would_pass()]

    async def _ask(self, rung: Offer, at: int) -> Completion:
        """Make one call. Raises HostFailed."""
        usable = self._open(rung)
        if not usable:
            raise _rests(rung)
        call = self._timed(rung, at)
        usable = self._in_time(usable, call)
        host = less_loaded([host for host in usable if host not in self._tried] or usable, self.random)
        self._tried.add(host)
        self.call = replace(self.call, model=rung.model.name)

        async def on_place(place: int) -> None:
            await self.heard.waiting(host.provider.name, place)

        try:
            async with asyncio.timeout(max(self._time_left(), _LEAST_CALL_S)) as line, host.slots.taken(on_place):
                line.reschedule(None)  # the time is the call's own from here
                permit = host.breaker.ask()
                if permit is None:
                    raise _rests(rung)
                return await self._call(host, permit, self._timed(rung, at))
        except TimeoutError as exc:
            self._spent.add(host)
            raise failure(host.provider, "busy", "had no free slot in time") from exc

    def _timed(self, rung: Offer, at: int) -> Call:
        """Return the call with its deadlines: one that waits for its first piece leaves time for what else could be tried."""
        left = max(self._time_left(), _LEAST_CALL_S)
        others = len(self._open(rung)) > 1 or any(self._open(later) for later in self.rungs[at + 1 :])
        first_s = first_piece_s(self.call.first_token_s, left, others=others)
        return replace(self.call, model=rung.model.name, timeout_s=left, first_token_s=first_s)

    def _in_time(self, hosts: Sequence[Host], call: Call) -> list[Host]:
        """Return the hosts that will have read the prompt before the wait for the first piece ends. Raises HostFailed: none will."""
        tokens = int(tokens_of(call.prompt, call.model) / MARGIN)
        in_time = [host for host in hosts if host.speeds.of(call.model).reading_s(tokens) <= (call.first_token_s or 0)]
        if in_time:
            return in_time
        host = min(hosts, key=lambda host: host.speeds.of(call.model).reading_s(tokens))
        takes = host.speeds.of(call.model).reading_s(tokens)
        said = f"{reads_said(host, call.model)}: a prompt of {tokens:,} takes {takes:,.0f} s, and {call.first_token_s:,.0f} may pass before it answers"
        step = "Allow more time (model.first_token_timeout_s, the deadline of the question), or ask with --model extractive."
        raise failure(host.provider, TOO_SLOW, said, next_step=step)

    async def _call(self, host: Host, permit: Permit, call: Call) -> Completion:
        pieces, well = 0, None
        started = first_at = last_at = self.clock()

        async def on_token(text: str) -> None:
            nonlocal pieces, first_at, last_at
            last_at = self.clock()
            first_at = last_at if pieces == 0 else first_at
            pieces += 1
            await self.on_token(text)

        try:
            if self._stale:
                self._stale = False
                await self.heard.restarted(call.model, self.attempts[-1].error)
            completion = await collected(host.provider, call, on_token)
            well = True
        except HostFailed as exc:
            self._stale = pieces > 0
            self._count(host, call, started, pieces, exc)
            self._set_aside(host, exc.fault, pieces)
            if exc.fault == "slow":
                well = await self._was_slow(host, call, started, pieces, first_at, last_at)
            else:
                well = exc.fault not in UNWELL
            raise
        finally:
            host.breaker.settle(permit, well=well)
        self._count(host, call, started, pieces, None, completion)
        host.speeds.count(
            call.model,
            read=completion.input_tokens,
            read_s=completion.read_s,
            written=completion.output_tokens,
            write_s=completion.write_s,
            most=call.max_tokens,
        )
        await host.keep_pace(call.model)
        return completion

    async def _was_slow(
        self, host: Host, call: Call, started: float, pieces: int, first_at: float, last_at: float
    ) -> bool | None:
        """Return what a deadline that passed says of the host's health, and learn its pace from it.

        A host that was still writing is well. One that has not begun is slow rather than ill, which is no verdict, as long as it answers a short question and was
        not to begin long before, by what is known of it.
        """
        now = self.clock()
        if pieces:
            if now - last_at >= call.stall_s:
                return False
            host.speeds.count_unwritten(call.model, tokens=pieces, took_s=now - first_at, most=call.max_tokens)
            await host.keep_pace(call.model)
            return True
        if not await host.provider.is_up():
            return False
        tokens = tokens_of(call.prompt, call.model)
        due_s = host.speeds.of(call.model).reading_s(tokens)
        if 0 < due_s < _LONG_BEFORE * (now - started):
            return False
        host.speeds.count_unread(call.model, tokens=tokens, waited_s=now - started, calls=host.slots.running)
        await host.keep_pace(call.model)
        return None

    def _set_aside(self, host: Host, fault: str, pieces: int) -> None:
        if fault == "unreachable":
            self._gone.add(host)
        if pieces or fault not in _ASKED_AGAIN:
            self._spent.add(host)
        if fault in ("unreachable", "missing", "broken"):
            host.look_anew()

    def _count(
        self,
        host: Host,
        call: Call,
        started: float,
        pieces: int,
        error: HostFailed | None,
        done: Completion | None = None,
    ) -> None:
        ms = (self.clock() - started) * 1000
        host.note(ms, well=error is None)
        self.attempts.append(
            Attempt(
                model=call.model,
                host=host.provider.name,
                fault="" if error is None else error.fault,
                error="" if error is None else error.message.rstrip("."),
                ms=round(ms, 1),
                pieces=pieces,
                input_tokens=done.input_tokens if done else 0,
                output_tokens=done.output_tokens if done else pieces,
            )
        )

    def _time_left(self) -> float:
        return self._deadline - self.clock()

    def _nobody(self, last: HostFailed | None) -> NoModelAnswered:
        if last is None:
            return NoModelAnswered("No model could be asked.", next_step="Ask with --model extractive.")
        if len(self.attempts) < 2:
            return NoModelAnswered(last.message, next_step=last.next_step, attempts=self.attempts)
        said = "; ".join(f"{one.model}: {one.error}" for one in self.attempts)
        return NoModelAnswered(
            f"{len(self.attempts)} calls failed: {said}.", next_step=last.next_step, attempts=self.attempts
        )


def reads_said(host: Host, model: str) -> str:
    """Return `reads 20 tokens a second`."""
    pace = host.speeds.of(model)
    reads = pace.reads or 0.0
    shown = f"{reads:,.0f}" if reads >= 10 else f"{reads:.1g}"
    return f"reads {'' if pace.measured else 'at most '}{shown} tokens a second"


def _rests(rung: Offer) -> HostFailed:
    """Return the error of a model whose hosts all rest after failures."""
    seconds = min((host.breaker.opens_in_s for host in rung.hosts), default=0.0)
    names = " and ".join(host.provider.name for host in rung.hosts)
    return HostFailed(
        f"{names} failed before and rests for another {seconds:.0f} s.",
        next_step="Wait, or ask with --model extractive.",
        fault=_RESTING,
    )
