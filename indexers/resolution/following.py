"""Arguments that flow once more after an edit: what a fresh program's rounds would give, as long as that is sure.

A round reads what the round before gave. What depends on no parameter that ever held anything is the same in every round,
so it can be asked again at the end: calls of that kind may come, go and mean something else, and so may what they give, as
long as nobody gives it on. Whenever it is not of that kind, a fresh program has to tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from indexers.resolution.arguments import Arguments, Entry, Sender, Sink
from indexers.resolution.tabling import EVERYTHING, NOTHING
from indexers.resolution.tracking import Node, each
from indexers.resolution.values import UNKNOWN


def followed(arguments: Arguments, number: int, readers: Iterable[Node]) -> list[Node] | None:
    """Let the file of this number, and those senders and parameters among the readers, flow again.

    Returns who read parameters that hold something else now; None: not sure.
    """
    return _Following(arguments, number).again(set(readers))


class _Following:
    def __init__(self, arguments: Arguments, number: int) -> None:
        self.arguments = arguments
        self.number = number
        self._gone: list[Entry] = []
        self._come: list[Entry] = []
        self._gone_given: list[Entry] = []
        self._come_given: list[Entry] = []
        self._files: set[int] = {number}

    def again(self, readers: set[Node]) -> list[Node] | None:
        arguments, program = self.arguments, self.arguments.program
        for scope in range(program.scope_base[self.number], program.end_of_scopes(self.number)):
            arguments.open_types.pop(scope, None)
        new, removed = self._exchanged()
        concerned = [reader for reader in readers if isinstance(reader, Sender) and reader in self._beside(reader)]
        sinks = {reader.which for reader in readers if reader.kind == "sink"}
        if not all(self._dismiss(sender) for sender in (*removed, *concerned)):
            return None
        if not all(self._ask(sender) for sender in (*concerned, *new)) or self._gone_given != self._come_given:
            return None
        sinks |= self._moved_entries()
        changed = {sink: self._receive(sink) for sink in sinks}
        if None in changed.values():
            return None
        recorder = arguments.evaluator.recorder
        assert recorder is not None
        bodies = {sink[0] for sink, differs in changed.items() if differs}
        return [node for body in bodies for node in each(recorder.keys.get(("received", body)))]

    def _beside(self, sender: Sender) -> list[Sender]:
        """Return the senders of the file that a sender stands in."""
        program = self.arguments.program
        owner = program.scope_file if sender.kind == "call" else program.symbol_file
        self._files.add(owner[sender.which])
        return self.arguments.senders.get(owner[sender.which], [])

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
        return new, [sender for left in known.values() for sender in left]

    def _varies(self, depends: frozenset[int]) -> bool:
        """Whether one of the functions has a parameter that ever held anything."""
        extra = self.arguments.evaluator.extra_names
        return depends is EVERYTHING or any(extra.get(body) for body in depends)

    def _dismiss(self, sender: Sender) -> bool:
        """Take back what a sender gave; False when that may have come round by round."""
        if sender.sent and self._varies(sender.reads):
            return False
        (self._gone_given if sender.kind == "decorated" else self._gone).extend(sender.sent)
        sender.sent = ()
        return True

    def _ask(self, sender: Sender) -> bool:
        self.arguments.send(sender)
        (self._come_given if sender.kind == "decorated" else self._come).extend(sender.sent)
        return not self._varies(sender.reads)

    def _moved_entries(self) -> set[Sink]:
        """Bring the table of arguments up to date; return the parameters that are given others than before."""
        arguments = self.arguments
        still = {entry for file in self._files for sender in arguments.senders.get(file, ()) for entry in sender.sent}
        moved: set[Sink] = set()
        for sink, entry in self._come:
            if (sink, entry) not in self._gone:
                moved.add(sink)
        for sink, entry in self._gone:
            if (sink, entry) not in still:
                moved.add(sink)
                arguments.sinks.get(sink, {}).pop(entry, None)
        return moved

    def _receive(self, sink: Sink) -> bool | None:
        """Join the arguments of a parameter again; return whether it holds something else now, None when not sure."""
        arguments, evaluator = self.arguments, self.arguments.evaluator
        if self._varies(arguments.depends.get(sink, NOTHING)):
            return None
        before = evaluator.received.get(sink)
        outcome = arguments.joined(sink) if arguments.sinks.get(sink) or arguments.given.get(sink) else UNKNOWN
        if self._varies(arguments.depends.get(sink, NOTHING)):
            return None
        if outcome == (before or UNKNOWN):
            return False
        body, name = sink
        evaluator.received.pop(sink, None)
        names = [each for each in evaluator.extra_names.get(body, ()) if each != name]
        if outcome != UNKNOWN:
            evaluator.received[sink] = outcome
            names.append(name)
        evaluator.extra_names[body] = names
        return True


def _said(sender: Sender) -> tuple[Any, ...]:
    """Return what a sender says, without where it stands."""
    if sender.kind == "decorated":
        return "decorated", sender.which, tuple(sender.item.decorators), sender.item.kind
    return "call", sender.which, sender.item.callee, tuple(sender.item.arguments)
