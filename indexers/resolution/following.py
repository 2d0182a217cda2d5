"""Arguments that flow once more after an edit: the rounds of `arguments` are repeated for what the edit concerns.

Who gave what to whom, and what parameters held, is known round by round. Calls and parameters that read what changed are
asked again in each round, in the state that the program had by then: what varies with parameters and is not in that state
what it is in the end is asked for that round alone (`tabling.OtherState`). Where a parameter holds something else in a
round than it used to, whoever read it joins from that round on. So the end is what a fresh program's rounds would give.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from indexers.resolution.arguments import MAX_ROUNDS, NO_ENTRIES, Arguments, Given, Sender, Sink, touched
from indexers.resolution.tabling import EVERYTHING, NOTHING, OtherState, TooMuch
from indexers.resolution.tracking import Node, Readers, each, reached
from indexers.resolution.values import UNKNOWN, Outcome

MAX_QUESTIONS = 100_000
"""An edit for which more has to be asked again, all rounds together, is resolved from scratch."""
History = list[tuple[int, Outcome]]


def followed(arguments: Arguments, number: int, readers: Iterable[Node]) -> list[Node] | None:
    """Let the file of this number, and those senders and parameters among the readers, flow again.

    Returns who read parameters that hold something else now; None: too many are concerned.
    """
    try:
        return _Following(arguments, number).again(readers)
    except TooMuch:
        return None


class _Received(dict[Sink, Outcome]):
    """What parameters hold after a round, looked up in their history."""

    def __init__(self, history: dict[Sink, History], round_: int) -> None:
        super().__init__()
        self._history = history
        self._round = round_

    def get(self, sink: Sink, default: Any = None) -> Any:
        return held(self._history.get(sink), self._round, default)


def held(history: History | None, round_: int, default: Any = UNKNOWN) -> Any:
    """Return what a parameter held after a round."""
    for since, outcome in reversed(history or ()):
        if since <= round_:
            return outcome
    return default


class _Following:
    def __init__(self, arguments: Arguments, number: int) -> None:
        self.arguments = arguments
        self.evaluator = arguments.evaluator
        self.number = number
        self._senders: dict[Sender, dict[Given, int]] = {}
        """Who is asked again -> what it gave before, and that has not come again."""
        self._due: set[Sender] = set()
        self._sinks: dict[Sink, History] = {}
        """The parameters that are joined again -> what they held before the edit."""
        self._due_sinks: set[Sink] = set()
        self._come: set[Given] = set()
        """What is given in this round, and was not before."""
        self._told: set[int] = set()
        """The functions whose readers know already that a parameter holds something else."""
        self._last = self.evaluator.received
        self._left = MAX_QUESTIONS
        self._beside: dict[tuple[str, int], list[Sender]] = {}

    def again(self, readers: Iterable[Node]) -> list[Node]:
        arguments, program = self.arguments, self.arguments.program
        for scope in range(program.scope_base[self.number], program.end_of_scopes(self.number)):
            arguments.open_types.pop(scope, None)
        new, removed = self._exchanged()
        self._join(readers, 0)
        for sender in (*new, *removed):
            self._join_sender(sender, 0)
        for round_ in range(MAX_ROUNDS):
            self._repeat(round_)
        self.evaluator.received = self._last
        return self._settled()

    def _exchanged(self) -> tuple[list[Sender], list[Sender]]:
        """Take up the senders of the edited file; return new ones and those that are gone. Who says what it said is kept."""
        arguments = self.arguments
        known: dict[Any, list[Sender]] = {}
        for sender in arguments.senders.pop(self.number, ()):
            known.setdefault(_said(sender), []).append(sender)
        kept: list[Sender] = []
        new: list[Sender] = []
        for sender in (*arguments.calls_of(self.number), *arguments.decorated_of(self.number)):
            same = known.get(_said(sender))
            if same:
                same[0].item = sender.item
                kept.append(same.pop(0))
            else:
                new.append(sender)
                kept.append(sender)
        arguments.senders[self.number] = kept
        removed = [sender for left in known.values() for sender in left]
        for sender in removed:
            sender.item = None
        return new, removed

    # who is concerned

    def _join(self, readers: Iterable[Node], round_: int) -> None:
        for reader in readers:
            if isinstance(reader, Sender):
                self._join_sender(reader, round_)
            elif reader.kind == "sink":
                self._join_sink(reader.which, round_)

    def _join_sender(self, sender: Sender, round_: int) -> None:
        """From this round on a sender is asked again; one that is gone gives nothing."""
        if sender.item is not None:
            self._due.add(sender)
        if sender not in self._senders:
            self._senders[sender] = {given: came for given, came in sender.sent.items() if came >= round_}
            sender.sent = {given: came for given, came in sender.sent.items() if came < round_}

    def _join_sink(self, sink: Sink, round_: int) -> None:
        """From this round on a parameter is joined again."""
        self._due_sinks.add(sink)
        if sink not in self._sinks:
            before = self._sinks[sink] = self.arguments.history.get(sink, [])
            self.arguments.history[sink] = [(since, outcome) for since, outcome in before if since <= round_]

    # a round

    def _repeat(self, round_: int) -> None:
        """Send and receive in the state that the program had after a round; what is received is that of the next."""
        arguments = self.arguments
        if round_:
            changed = arguments.changes[round_]
            self._due.update(s for s in self._senders if s.item is not None and touched(s.reads, changed))
            self._due_sinks.update(
                sink for sink in self._sinks if touched(arguments.depends.get(sink, NOTHING), changed)
            )
        self.evaluator.received = _Received(arguments.history, round_)
        state = OtherState(lambda depends: self._holds(depends, round_), self._left)
        with self.evaluator.in_state(state):
            self._come = set()
            for sender in self._due:
                self._ask(sender, round_)
            self._move(round_)
            self._due_sinks.update(sink for sink in self._sinks if round_ in self._rounds_of(sink))
            received = {sink: self._joined(sink, round_) for sink in self._due_sinks}
        self._left = state.left
        self._due.clear()
        self._due_sinks.clear()
        for sink, outcome in received.items():
            if outcome != held(arguments.history[sink], round_):
                arguments.history[sink].append((round_ + 1, outcome))
                self.evaluator.name_received(sink)
        self._tell(round_ + 1)

    def _holds(self, depends: frozenset[int], round_: int) -> bool:
        """Whether these functions have in this state what they had in the last one before the edit."""
        later = self.arguments.changes[round_ + 1 :]
        if depends is EVERYTHING:
            return not self._told and not any(later)
        for body in depends:
            if body in self._told:
                if not self._is_as_in_the_end(body, round_):
                    return False
            elif any(body in changed for changed in later):
                return False
        return True

    def _is_as_in_the_end(self, body: int, round_: int) -> bool:
        history = self.arguments.history
        return all(
            held(history.get((body, name)), round_) == self._last.get((body, name), UNKNOWN)
            for name in self.evaluator.extra_names.get(body, ())
        )

    def _ask(self, sender: Sender, round_: int) -> None:
        before = self._senders[sender]
        self.arguments.send(sender, round_)
        for given, came in sender.sent.items():
            if came == round_ and before.pop(given, None) != round_:
                self._come.add(given)

    def _move(self, round_: int) -> None:
        """Bring the table of arguments up to date: what came in this round, and what did but does no more."""
        gone = {given for before in self._senders.values() for given, came in before.items() if came == round_}
        for given in gone | self._come:
            sink, entry = given
            table = self.arguments.sinks if isinstance(entry[1], str) else self.arguments.given
            came = self._round_of(given)
            if came is None:
                table[sink].pop(entry, None)
            else:
                table[sink][entry] = came
            self._join_sink(sink, round_)

    def _round_of(self, given: Given) -> int | None:
        """Return the first round in which anyone gives something."""
        arguments, program = self.arguments, self.arguments.program
        place, what = given[1]
        kind = "call" if isinstance(what, str) else "decorated"
        beside = self._beside.get((kind, place))
        if beside is None:
            number = (program.scope_file if kind == "call" else program.symbol_file)[place]
            for sender in arguments.senders.get(number, ()):
                self._beside.setdefault((sender.kind, sender.which), []).append(sender)
            beside = self._beside.setdefault((kind, place), [])
        return min((sender.sent[given] for sender in beside if given in sender.sent), default=None)

    def _rounds_of(self, sink: Sink) -> set[int]:
        """Return the rounds in which a parameter is given something that it was not given before."""
        tables = self.arguments.sinks, self.arguments.given
        return {came for table in tables for came in table.get(sink, NO_ENTRIES).values()}

    def _joined(self, sink: Sink, round_: int) -> Outcome:
        if min(self._rounds_of(sink), default=MAX_ROUNDS) <= round_:
            return self.arguments.joined(sink, round_)
        self.arguments.depends.pop(sink, None)
        return UNKNOWN

    def _tell(self, round_: int) -> None:
        """Let those who read a parameter that holds something else after this round than it used to, join."""
        history, changed = self.arguments.history, self.arguments.changes[round_]
        bodies: set[int] = set()
        for sink, before in list(self._sinks.items()):
            body = sink[0]
            names = self.evaluator.extra_names.get(body, ())
            if any(since == round_ for name in names for since, _ in history.get((body, name), ())):
                changed.add(body)
            else:
                changed.discard(body)
            if held(history[sink], round_) != held(before, round_):
                bodies.add(body)
        for body in bodies - self._told:
            self._told.add(body)
            found = reached(each(self._readers_of(body)), self._left)
            if found is None:
                raise TooMuch
            self._join(found[0], round_)

    def _readers_of(self, body: int) -> Readers:
        recorder = self.evaluator.recorder
        assert recorder is not None
        return recorder.keys.get(("received", body))

    def _settled(self) -> list[Node]:
        """Hand over what parameters hold in the end; return who reads those that hold something else."""
        arguments = self.arguments
        arguments.forget_grown()
        bodies: set[int] = set()
        for sink in self._sinks:
            history = arguments.history[sink]
            outcome = held(history, MAX_ROUNDS)
            if outcome != self._last.get(sink, UNKNOWN):
                bodies.add(sink[0])
            if history:
                self._last[sink] = outcome
            else:
                self._last.pop(sink, None)
                del arguments.history[sink]
        return [node for body in bodies for node in each(self._readers_of(body))]


def _said(sender: Sender) -> tuple[Any, ...]:
    """Return what a sender says, without where it stands."""
    if sender.kind == "decorated":
        return "decorated", sender.which, tuple(sender.item.decorators), sender.item.kind
    return "call", sender.which, sender.item.callee, tuple(sender.item.arguments)
