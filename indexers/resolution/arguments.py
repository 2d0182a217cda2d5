"""What flows into parameters: the arguments of every call, by the function that is called.

Parameters without a declared type are unknown while the calls are resolved for the first time; that gives a table of
(function, parameter) -> arguments, linear in the calls. Then, in a few rounds, each parameter holds what its arguments
meant in the round before, and what depends on a parameter is asked again. All rounds read the same state, so the order of
files and calls does not matter. A parameter that more than `MAX_VALUES` values reach is unknown again.

Where the program stays in memory, it is remembered what came in which round, so that rounds can be repeated in part (`following`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from indexers.facts import Definition, Flag, Parameter
from indexers.resolution.bindings import FROM_CONTEXT
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.questions import CLASSES
from indexers.resolution.tabling import EVERYTHING, NOTHING
from indexers.resolution.tracking import Reader
from indexers.resolution.values import (
    BRANCHES,
    FUNCTION,
    INSTANCE,
    MAX_VALUES,
    PARAMETER,
    SUPER,
    SYMBOL,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

MAX_ROUNDS = 4
"""How many calls deep an argument is followed through parameters."""
MAX_ARGUMENTS = 200
"""A parameter with more distinct arguments than this is not worth asking."""

_CLASS_METHOD = int(Flag.CLASS_METHOD)
_KEYWORDS = int(Flag.KEYWORDS)
_STATIC = int(Flag.STATIC)
_VARIADIC = int(Flag.VARIADIC)

Name = int | str
"""A parameter: its position, or its name among those that `**options` collects."""
Sink = tuple[int, Name]
"""(body scope of a function, parameter)."""


Entry = tuple[int, Any]
"""(scope, access path) of an argument, or (decorated symbol, values that it is given for without their being written)."""
Given = tuple[Sink, Entry]


NO_ENTRIES: dict[Entry, int] = {}
NOTHING_SENT: dict[Given, int] = {}


class Sender(Reader):
    """A call (`which`: its scope) or a decorated definition (`which`: its symbol) that may give something to parameters."""

    __slots__ = ("item", "reads", "sent")

    def __init__(self, kind: str, which: int, item: Any) -> None:
        super().__init__(kind, which)
        self.item = item
        self.reads: frozenset[int] = NOTHING
        """The functions on whose parameters it depends what is given to whom."""
        self.sent: dict[Given, int] = NOTHING_SENT
        """What it ever gave, and the round in which it did first; only where the program stays in memory."""


class Arguments:
    """Fills `received` of an evaluator."""

    def __init__(self, evaluator: Evaluator, constructor_names: tuple[str, ...]) -> None:
        self.evaluator = evaluator
        self.program = evaluator.program
        self.profile = evaluator.profile
        self._constructor_names = constructor_names
        self.sinks: dict[Sink, dict[Entry, int]] = {}
        """Sink -> its arguments, as they came (the order of a set of strings is of one process), and the round they came in."""
        self.given: dict[Sink, dict[Entry, int]] = {}
        """Sink -> what is given without being written (what a decorator is applied to), and the round."""
        self.depends: dict[Sink, frozenset[int]] = {}
        """Sink -> the functions on whose parameters its arguments depend."""
        self.history: dict[Sink, list[tuple[int, Outcome]]] = {}
        """Sink -> what it held from which round on; only where the program stays in memory."""
        self.changes: list[set[int]] = []
        """By round, the functions whose parameters held something else than in the round before."""
        self._grown: dict[Sink, None] = {}
        """The sinks that got another argument in this round."""
        self.open_types: dict[int, bool] = {}
        self.senders: dict[int, list[Sender]] = {}
        """File -> what sends something, where the program stays in memory (`following`)."""
        self._readers: dict[Sink, Reader] = {}

    def flow(self) -> None:
        """Resolve all calls, then let the arguments flow."""
        evaluator = self.evaluator
        evaluator.watch()
        numbers = range(len(self.program.files))
        varying = [sender for number in numbers for sender in self._first(number, self.calls_of(number))]
        varying += [sender for number in numbers for sender in self._first(number, self.decorated_of(number))]
        self.changes = [set() for _ in range(MAX_ROUNDS + 1)]
        for round_ in range(1, MAX_ROUNDS + 1):
            changed = self.changes[round_] = self._receive(round_)
            if not changed:
                break
            evaluator.forget_varying(changed)
            if round_ == MAX_ROUNDS:
                break
            for sender in varying:
                if touched(sender.reads, changed):
                    self.send(sender, round_)
            self._grown.update((sink, None) for sink, depends in self.depends.items() if touched(depends, changed))
        evaluator.stop_watching()

    def _first(self, number: int, senders: Iterator[Sender]) -> Iterator[Sender]:
        """Let a file send; yield what may send otherwise once parameters hold something."""
        for sender in senders:
            self.send(sender, 0)
            if self.evaluator.recorder is not None:
                self.senders.setdefault(number, []).append(sender)
            if sender.reads:
                yield sender

    def calls_of(self, number: int) -> Iterator[Sender]:
        """Yield the calls of a file that may give something to parameters."""
        file, base = self.program.files[number], self.program.scope_base[number]
        for call in file.facts.calls:
            for path in call.arguments:
                if _may_flow(path):
                    yield Sender("call", base + call.scope, call)
                    break

    def decorated_of(self, number: int) -> Iterator[Sender]:
        """Yield the decorated definitions of a file."""
        file = self.program.files[number]
        for index in self.program.in_order(number):
            definition = file.facts.definitions[index]
            if definition.decorators:
                yield Sender("decorated", self.program.symbol(number, index), definition)

    def _receive(self, round_: int) -> set[int]:
        """Join the arguments of the sinks that may have changed, hand them over together; return the functions concerned."""
        received = {sink: self.joined(sink) for sink in self._grown}
        self._grown.clear()
        known = self.evaluator.received
        changed: set[int] = set()
        for sink, outcome in received.items():
            if known.get(sink, UNKNOWN) != outcome:
                changed.add(sink[0])
                self.evaluator.receive(sink, outcome)
                if self.evaluator.recorder is not None:
                    self.history.setdefault(sink, []).append((round_, outcome))
        return changed

    def forget_grown(self) -> None:
        self._grown.clear()

    # what is given

    def send(self, sender: Sender, round_: int) -> None:
        """Note what a sender gives to parameters, and the functions on whose parameters it depends."""
        keeps = self.evaluator.recorder is not None
        if self.evaluator.recorder is not None:
            self.evaluator.recorder.reader = sender
        self.evaluator.begin()
        table = self.given if sender.kind == "decorated" else self.sinks
        for sink, entry in self._given_by(sender) if sender.kind == "decorated" else self._sent_by(sender):
            known = table.setdefault(sink, {})
            if entry not in known:
                known[entry] = round_
                self._grown[sink] = None
            if keeps and (sink, entry) not in sender.sent:
                sender.sent = {**sender.sent, (sink, entry): round_}
        sender.reads = self.evaluator.dependencies()

    def _sent_by(self, sender: Sender) -> Iterator[Given]:
        scope, call = sender.which, sender.item
        outcome = self.evaluator.callee(scope, call.callee)
        for body, shift in self._bodies(outcome[0], scope, call.callee):
            for name, path in self._bound(body, shift, call.arguments):
                yield (body, name), (scope, path)

    def _given_by(self, sender: Sender) -> Iterator[Given]:
        """The decorators of a definition are given what they stand before."""
        evaluator = self.evaluator
        for decorator, given in evaluator.applications(sender.which, sender.item):
            for body, shift in self._bodies(decorator[0], -1, ""):
                if self._is_open(body) and shift < len(evaluator.parameters(body)):
                    yield (body, shift), (sender.which, given[0])

    def joined(self, sink: Sink, round_: int = MAX_ROUNDS) -> Outcome:
        """Return what all arguments of a parameter that came by some round mean together."""
        if self.evaluator.recorder is not None:
            reader = self._readers.get(sink)
            if reader is None:
                reader = self._readers[sink] = Reader("sink", sink)
            self.evaluator.recorder.reader = reader
        self.evaluator.begin()
        outcome = self._union(sink, round_)
        self.depends[sink] = self.evaluator.dependencies()
        return outcome

    def _union(self, sink: Sink, round_: int) -> Outcome:
        found: set[int] = set()
        for (_, values), came in self.given.get(sink, NO_ENTRIES).items():
            if came <= round_:
                found.update(values)
        paths = [entry for entry, came in self.sinks.get(sink, NO_ENTRIES).items() if came <= round_]
        strategy = PARAMETER
        if len(paths) > MAX_ARGUMENTS:
            return UNKNOWN
        for scope, path in paths:
            values, how = self.evaluator.path(scope, path)
            found.update(values)
            strategy = max(strategy, how) if values else strategy
            if len(found) > MAX_VALUES:
                return UNKNOWN
        if len(found) > 1:
            strategy = max(strategy, BRANCHES)
        return tuple(sorted(found)), strategy

    # who is called

    def _bodies(self, values: tuple[int, ...], scope: int, callee: str) -> Iterator[tuple[int, int]]:
        """Yield (body scope, number of parameters that the call does not write) of the functions among the values."""
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            if kind == FUNCTION:
                yield payload, 0
            elif kind == SYMBOL:
                yield from self._symbol_bodies(payload, scope, callee)
            elif kind == INSTANCE:
                yield from self._method_bodies(self.evaluator.class_member(payload, "__call__")[0])
            elif kind == SUPER and self.profile.super_calls_constructor:
                for name in self._constructor_names:
                    yield from self._method_bodies(self.evaluator.member(((value,), 0), name)[0])

    def _symbol_bodies(self, symbol: int, scope: int, callee: str) -> Iterator[tuple[int, int]]:
        definition = self.program.definition(symbol)
        if definition is None or definition.kind == "variable":
            return
        if definition.kind in CLASSES:
            for name in self._constructor_names:
                found = self.evaluator.class_member(symbol, name, of_class=True)[0]
                if any(kind_of(value) == SYMBOL for value in found):
                    yield from self._method_bodies(found)
                    return
            return
        if definition.decorators:
            meant = self.evaluator.decorated(symbol, definition)[0]
            if meant != (symbol << 3 | SYMBOL,):
                yield from self._bodies(tuple(each for each in meant if each != (symbol << 3 | SYMBOL)), -1, "")
                return
        body = self.program.body_scope(symbol)
        if body >= 0:
            yield body, self._unwritten(symbol, definition, scope, callee)

    def _method_bodies(self, values: tuple[int, ...]) -> Iterator[tuple[int, int]]:
        for value in values:
            if kind_of(value) == SYMBOL:
                body = self.program.body_scope(payload_of(value))
                if body >= 0:
                    yield body, int(self.profile.receiver_parameter)

    def _unwritten(self, symbol: int, definition: Definition, scope: int, callee: str) -> int:
        """Return 1 when the receiver is a parameter that the call does not write (`x.run(a)`, not `X.run(x, a)`)."""
        if not self.profile.receiver_parameter or definition.flags & _STATIC or self.evaluator.owner(symbol) < 0:
            return 0
        base, dot, _ = callee.rpartition(".")
        if not dot or definition.flags & _CLASS_METHOD or scope < 0:
            return 1
        for value in self.evaluator.path(scope, base)[0]:
            holder = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
            if holder is not None and holder.kind in CLASSES:
                return 0
        return 1

    # which parameter

    def _bound(self, body: int, shift: int, arguments: list[str]) -> Iterator[tuple[Name, str]]:
        """Yield (parameter, access path) of the arguments that flow into an open parameter of the function."""
        if not self._is_open(body):
            return
        parameters = self.evaluator.parameters(body)
        names = {parameter.name: position for position, parameter in enumerate(parameters)}
        rest = next(
            (p for p, each in enumerate(parameters) if each.flags & _VARIADIC and not each.flags & _KEYWORDS), -1
        )
        position = shift
        for argument in arguments:
            if argument.startswith("**"):
                yield from self._spread_by_name(parameters, argument[2:])
            elif argument.startswith("*"):
                yield from self._spread(parameters, position, rest, argument[1:])
                position = 256
            elif argument[0] != "'" and "=" in argument:
                name, _, path = argument.partition("=")
                at = names.get(name, -1)
                if at >= 0 and self._wants(parameters, at) and _may_flow(path):
                    yield at, path
                elif at < 0 and any(each.flags & _KEYWORDS for each in parameters) and _may_flow(path):
                    yield name, path
            else:
                taken = position < len(parameters) and not parameters[position].flags & _VARIADIC
                if _may_flow(argument) and (self._wants(parameters, position) if taken else rest >= 0):
                    yield position, argument
                position += 1

    def _spread(self, parameters: list[Parameter], start: int, rest: int, path: str) -> Iterator[tuple[Name, str]]:
        for position in range(start, min(len(parameters), 16)):
            if parameters[position].flags & _VARIADIC:
                break
            if self._wants(parameters, position):
                yield position, f"{path}[{position - start}]"
        if rest >= 0:
            for position in range(max(start, rest), rest + 4):
                yield position, f"{path}[{position - start}]"

    def _spread_by_name(self, parameters: list[Parameter], path: str) -> Iterator[tuple[Name, str]]:
        for position, parameter in enumerate(parameters):
            if not parameter.flags & _VARIADIC and self._wants(parameters, position):
                yield position, f"{path}['{parameter.name}']"

    def _wants(self, parameters: list[Parameter], position: int) -> bool:
        return position < len(parameters) and _is_undeclared(parameters[position])

    def _is_open(self, body: int) -> bool:
        """Whether a function has a parameter whose type is not declared."""
        known = self.open_types.get(body)
        if known is None:
            parameters = self.evaluator.parameters(body)
            known = self.open_types[body] = any(_is_undeclared(parameter) for parameter in parameters)
        return known


def _is_undeclared(parameter: Parameter) -> bool:
    return parameter.type in ("", "func") or parameter.type.startswith(FROM_CONTEXT)


def _may_flow(path: str) -> bool:
    """Whether an argument may mean something: not a plain literal, not an expression that we do not follow."""
    path = path.lstrip("*") if path[0] == "*" else path.partition("=")[2] if "=" in path else path
    return bool(path) and (path[0] != "#" or "@" in path)


def touched(depends: frozenset[int], changed: set[int]) -> bool:
    return depends is EVERYTHING or not changed.isdisjoint(depends)
