"""Memoised answers to questions that ask each other in circles, whatever question comes first.

A question that is being asked is *open*. Whoever reads an open question gets what is assumed of it (unknown at first) and
depends on it, and so does whoever reads that answer: such answers are provisional. When the outermost question of a
circle has its answer, and something assumed on the way turned out to be different, the circle is asked again with the
new assumptions, until nothing changes; only then are its answers kept. Answers outside circles cost one dictionary entry.

An answer may also *vary*: it looked at something that is going to change (what flows into the parameters of a function).
It remembers what that was; `forget_varying` drops the answers that looked at what has changed, all others stay.

Where a `recorder` is set, every answer is kept as `Tracked` and remembers who read it (see `tracking`).
Source: SCC-based tabling (Sagonas and Swift, 1998), with whole circles repeated instead of single consumers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from indexers.resolution.tracking import Readers, Recorder
from indexers.resolution.values import UNKNOWN, Outcome

MAX_DEPTH = 120
"""Nested questions; one below is asked first, by itself, and all are asked again: bounds the Python stack."""
MAX_GOALS = 400
"""Questions put aside for a deeper one; then that one stays unknown."""
MAX_ROUNDS = 12
"""How often a circle is asked; one that still changes then is unknown as a whole. Real code needs 2 or 3."""
_FRAMES_PER_QUESTION = 30
# Set once, when the module is loaded: a test harness, too, minds a limit that changes while it runs.
sys.setrecursionlimit(max(sys.getrecursionlimit(), MAX_DEPTH * _FRAMES_PER_QUESTION))
_NOTHING_OPEN = 1 << 30
MAX_DEPENDENCIES = 16
"""What depends on more than this depends on everything."""
NOTHING: frozenset[int] = frozenset()
EVERYTHING = frozenset({-1})
PATCHES = -2
"""What varies with the members that objects get from outside; noted only where the program stays in memory."""


class Open(msgspec.Struct, eq=False):
    """A question without a final answer: being asked, or answered under an assumption that is not yet confirmed.

    low: the outermost open question that the answer depends on, at first itself. outcome: what is assumed, then the answer.
    """

    low: int
    outcome: Outcome
    memo: Memo
    key: Any
    answered: bool = False
    was_assumed: bool = False
    tracked: Tracked | None = None


class Varying(msgspec.Struct, eq=False):
    """An answer that holds until one of what it depends on changes."""

    outcome: Outcome
    depends: frozenset[int]


class Tracked(Varying, eq=False):
    """An answer that knows who read it, where it is kept, and, where it varies, how to ask again."""

    memo: Memo
    key: Any
    readers: Readers
    compute: Callable[..., Outcome] | None = None
    arguments: tuple[Any, ...] = ()

    def drop(self) -> None:
        """Forget the answer, if it is the one that is kept."""
        if self.memo.get(self.key) is self:
            del self.memo[self.key]


Answer = Outcome | Open | Varying
Memo = dict[Any, Answer]
_Goal = tuple[Memo, Any, Callable[..., Outcome], tuple[Any, ...]]


class TooMuch(Exception):
    """So many questions had to be asked again that it is better to begin anew."""


class OtherState:
    """A state of what answers vary with that is not the last one: those that do not hold in it are asked again, for its time.

    holds: whether what depends on something is in this state what it is in the last one.
    """

    def __init__(self, holds: Callable[[frozenset[int]], bool], limit: int) -> None:
        self.holds = holds
        self.left = limit
        self.replaced: dict[tuple[int, Any], tuple[Memo, Any, Answer | None]] = {}
        """What stood in the memos before."""
        self.made: dict[int, Tracked] = {}

    def asks(self, memo: Memo, key: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooMuch
        self.replaced.setdefault((id(memo), key), (memo, key, memo.get(key)))

    def is_stale(self, answer: Tracked) -> bool:
        return id(answer) not in self.made and not self.holds(answer.depends)


class _TooDeep(Exception):
    def __init__(self, goal: _Goal) -> None:
        super().__init__()
        self.goal = goal


class Tabling:
    """Open questions and provisional answers of one program."""

    def __init__(self, recorder: Recorder | None = None) -> None:
        self.recorder = recorder
        self._open: list[Open] = []
        self._provisional: list[tuple[Memo, Any, Open, Outcome]] = []
        """(memo, key, entry, what was assumed of it)."""
        self._assumed: dict[tuple[int, Any], Outcome] = {}
        self._low = _NOTHING_OPEN
        """The outermost open question that what is being computed depends on."""
        self._varies = NOTHING
        self._keeps_varying = False
        self._varying: list[tuple[Memo, Any]] = []
        self._other: OtherState | None = None

    @contextmanager
    def in_state(self, state: OtherState) -> Iterator[None]:
        """Ask in another state. Answers that vary are put back at the end; after an exception nothing is as it was."""
        self._other = state
        yield
        self._other = None
        for memo, key, before in state.replaced.values():
            now = memo.get(key)
            if before is not None:
                memo[key] = before
            elif isinstance(now, Varying) and now.depends:
                del memo[key]

    def watch(self) -> None:
        """From now on remember which answers vary."""
        self._keeps_varying = True

    def forget_varying(self, changed: set[int]) -> None:
        """Drop the answers that depend on what has changed."""
        kept: list[tuple[Memo, Any]] = []
        for memo, key in self._varying:
            known = memo.get(key)
            if isinstance(known, Varying):
                if known.depends is EVERYTHING or not changed.isdisjoint(known.depends):
                    del memo[key]
                else:
                    kept.append((memo, key))
        self._varying = kept

    def stop_watching(self) -> None:
        """Nothing changes any more: keep all answers as they are."""
        for memo, key in self._varying:
            known = memo.get(key)
            if isinstance(known, Varying) and not isinstance(known, Tracked):
                memo[key] = known.outcome
        self._varying.clear()
        self._keeps_varying = False

    def depend_on(self, what: int) -> None:
        """What is being computed looks at something that may change."""
        self.vary_with(what)
        if self.recorder is not None:
            self.recorder.note(("received", what))

    def vary_with(self, what: int) -> None:
        if what not in self._varies:
            self._varies = _merged(self._varies, frozenset((what,)))

    def begin(self) -> None:
        """Start to watch whether what is asked from now on varies."""
        self._varies = NOTHING

    def dependencies(self) -> frozenset[int]:
        """Return what the answers given since `begin` depend on."""
        return self._varies

    def _in_circle(self) -> bool:
        """Whether what is being computed has read an answer that is not final: no time to conclude from nothing."""
        return self._low != _NOTHING_OPEN

    def _solve(self, memo: Memo, key: Any, compute: Callable[..., Outcome], arguments: tuple[Any, ...]) -> Outcome:
        """Answer a question that has no answer yet, and remember it."""
        if self._open:
            return self._answer(memo, key, compute, arguments)
        return self._answer_goals((memo, key, compute, arguments))

    def _answer_goals(self, goal: _Goal) -> Outcome:
        goals: list[_Goal] = [goal]
        reader = self.recorder.reader if self.recorder is not None else None
        while True:
            try:
                outcome = self._answer(*goals[-1])
            except _TooDeep as deeper:
                if self.recorder is not None and reader is not None:
                    self.recorder.reader = reader
                self._give_up_open()
                self._put_aside(goals, deeper.goal)
                continue
            goals.pop()
            if not goals:
                return outcome

    def _put_aside(self, goals: list[_Goal], goal: _Goal) -> None:
        memo, key = goal[0], goal[1]
        if len(goals) >= MAX_GOALS or any(known[0] is memo and known[1] == key for known in goals):
            memo[key] = UNKNOWN
            if self.recorder is not None:
                self.recorder.is_sure = False  # it depends on what was asked around it
        else:
            goals.append(goal)

    def _give_up_open(self) -> None:
        for entry in self._open:
            entry.memo.pop(entry.key, None)
        for memo, key, _, _ in self._provisional:
            memo.pop(key, None)
        self._open.clear()
        self._provisional.clear()
        self._assumed.clear()
        self._low, self._varies = _NOTHING_OPEN, NOTHING

    def _reuse(self, known: Open | Varying) -> Outcome:
        """Read an answer that is not final."""
        if isinstance(known, Varying):
            if known.depends:
                if self._other is not None and isinstance(known, Tracked) and self._other.is_stale(known):
                    assert known.compute is not None
                    return self._solve(known.memo, known.key, known.compute, known.arguments)
                self._varies = _merged(self._varies, known.depends)
            if isinstance(known, Tracked) and self.recorder is not None:
                self.recorder.read(known)
        else:
            if known.tracked is not None and self.recorder is not None:
                self.recorder.read(known.tracked)
            if known.low < self._low:
                self._low = known.low
            known.was_assumed |= not known.answered
        return known.outcome

    def _answer(self, memo: Memo, key: Any, compute: Callable[..., Outcome], arguments: tuple[Any, ...]) -> Outcome:
        index = len(self._open)
        if index > MAX_DEPTH:
            raise _TooDeep((memo, key, compute, arguments))
        if self._other is not None:
            self._other.asks(memo, key)
        assumed = self._assumed.get((id(memo), key), UNKNOWN) if self._assumed else UNKNOWN
        entry = memo[key] = Open(index, assumed, memo, key)
        self._open.append(entry)
        recorder = self.recorder
        if recorder is not None:
            reader = recorder.reader
            recorder.reader = entry.tracked = Tracked(UNKNOWN, NOTHING, memo, key, reader, compute, arguments)
        low_around, varies_around = self._low, self._varies
        first, rounds = len(self._provisional), 0
        while True:
            self._low, self._varies = _NOTHING_OPEN, NOTHING
            outcome = compute(*arguments)
            low = self._low
            if low != index:
                break
            rounds += 1
            stable = not entry.was_assumed or entry.outcome == outcome
            if stable and self._assumptions_held(first):
                low = _NOTHING_OPEN
                break
            if rounds >= MAX_ROUNDS:
                outcome, low = UNKNOWN, _NOTHING_OPEN
                for _, _, member, _ in self._provisional[first:]:
                    member.outcome = UNKNOWN
                break
            self._assume_anew(first)
            entry.outcome, entry.was_assumed = outcome, False
        self._open.pop()
        if recorder is not None:
            recorder.reader = reader
        if low == _NOTHING_OPEN:
            if self._varies or recorder is not None:
                self._keep(entry, outcome)
            else:
                memo[key] = outcome
            if rounds:
                self._keep_circle(first)
        else:
            self._provisional.append((memo, key, entry, entry.outcome))
            entry.outcome, entry.low, entry.answered = outcome, low, True
        if low_around < low:
            low = low_around
        self._low = low
        if varies_around:
            self._varies = _merged(varies_around, self._varies)
        return outcome

    def _is_in_order(self, values: tuple[int, ...]) -> bool:
        """Whether sorted values stand as they would in a fresh program."""
        raise NotImplementedError

    def _assumptions_held(self, first: int) -> bool:
        return all(
            not entry.was_assumed or entry.outcome == assumed for _, _, entry, assumed in self._provisional[first:]
        )

    def _assume_anew(self, first: int) -> None:
        """Take the answers of this round for the assumptions of the next."""
        for memo, key, entry, _ in self._provisional[first:]:
            self._assumed[id(memo), key] = entry.outcome
            memo.pop(key, None)
        del self._provisional[first:]

    def _keep(self, entry: Open, outcome: Outcome) -> None:
        memo, key = entry.memo, entry.key
        if entry.tracked is not None:
            if self.recorder is not None and self.recorder.disordered and len(outcome[0]) > 1:
                self.recorder.is_sure &= self._is_in_order(outcome[0])
            entry.tracked.outcome, entry.tracked.depends = outcome, self._varies
            if not self._varies:
                entry.tracked.compute, entry.tracked.arguments = None, ()
            elif self._other is not None:
                self._other.made[id(entry.tracked)] = entry.tracked
            memo[key] = entry.tracked
        else:
            memo[key] = Varying(outcome, self._varies) if self._varies and self._keeps_varying else outcome
        if self._varies and self._keeps_varying:
            self._varying.append((memo, key))

    def _keep_circle(self, first: int) -> None:
        for memo, key, entry, _ in self._provisional[first:]:
            self._keep(entry, entry.outcome)
            self._assumed.pop((id(memo), key), None)
        del self._provisional[first:]


def _merged(one: frozenset[int], other: frozenset[int]) -> frozenset[int]:
    if not one or one is other:
        return other
    if not other or one is EVERYTHING or other <= one:
        return one
    merged = one | other
    return merged if len(merged) <= MAX_DEPENDENCIES and other is not EVERYTHING else EVERYTHING
