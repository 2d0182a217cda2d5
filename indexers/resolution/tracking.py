"""Who reads what: answers remember who read them, tables who looked a name up, found or not.

Only a program that stays in memory records this (`indexers.live`). When something in it changes, everything that was
derived from what changed is reached from reader to reader; whatever is not reached was derived from what is as it was,
so it is what a fresh program would answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias


class Reader:
    """Someone who reads and is no answer: the rows of a file, what flows into a parameter, the owner of a method."""

    __slots__ = ("kind", "which")

    def __init__(self, kind: str, which: Any) -> None:
        self.kind = kind
        self.which = which


Node: TypeAlias = Any
"""A `Reader`, or an answer, which has `readers` of its own and can be dropped (`tabling.Tracked`)."""
Readers: TypeAlias = Any
"""None, one node, or a list of them: most answers have one reader."""


def joined(readers: Readers, reader: Node) -> Readers:
    """Return the readers with one more."""
    if readers is None:
        return reader
    if type(readers) is list:
        if readers[-1] is not reader:
            readers.append(reader)
        return readers
    return readers if readers is reader else [readers, reader]


def each(readers: Readers) -> Iterable[Node]:
    if readers is None:
        return ()
    return readers if type(readers) is list else (readers,)


class Recorder:
    """Notes what the `reader` of the moment reads. Not for several threads."""

    def __init__(self) -> None:
        self.reader: Node = Reader("nobody", None)
        self.keys: dict[Any, Readers] = {}
        """What is read besides answers and tables, by a key of the reader's choice -> who did."""
        self.disordered: set[int] = set()
        """Symbols whose numbers are not in the order of their source, since they came later."""
        self.is_sure = True
        """False once an answer was given that no reading explains."""

    def read(self, answer: Node) -> None:
        answer.readers = joined(answer.readers, self.reader)

    def note(self, key: Any) -> None:
        self.keys[key] = joined(self.keys.get(key), self.reader)


EVERY_NAME = object()


class Table(dict[Any, Any]):
    """A table that notes who looks a name up. What fills it (`setdefault`, assignment) reads nothing."""

    __slots__ = ("readers", "recorder")

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.readers: dict[Any, Readers] = {}

    def _note(self, name: Any) -> None:
        self.readers[name] = joined(self.readers.get(name), self.recorder.reader)

    def get(self, name: Any, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def __getitem__(self, name: Any) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def __iter__(self) -> Iterator[Any]:
        self._note(EVERY_NAME)
        return super().__iter__()

    def items(self) -> Any:
        self._note(EVERY_NAME)
        return super().items()

    def readers_of(self, name: Any) -> list[Node]:
        """Return who looked this name up, or all of them."""
        return [*each(self.readers.get(name)), *each(self.readers.get(EVERY_NAME))]


def reached(roots: Iterable[Node], limit: int) -> tuple[set[Node], list[Node]] | None:
    """Return the readers that are reached from `roots`, and the answers on the way; None: more than `limit`."""
    stack = list(roots)
    seen: set[int] = set()
    readers: set[Node] = set()
    answers: list[Node] = []
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Reader):
            readers.add(node)
            continue
        answers.append(node)
        if len(answers) > limit:
            return None
        stack.extend(each(node.readers))
    return readers, answers
