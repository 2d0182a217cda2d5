"""One file of a resolution edited: which files may own other rows now?

The answer is sure, or it is None: then a fresh resolution has to tell. Sure it is because every row is made of what
answers and tables say, and all of these know who read them (`tracking`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

from indexers.facts import FileFacts
from indexers.resolution.aligning import Aligned, aligned, as_it_stands
from indexers.resolution.exchanging import concerned, exchange, shown
from indexers.resolution.following import followed
from indexers.resolution.program import Binding
from indexers.resolution.relations import Resolution
from indexers.resolution.tabling import TooMuch
from indexers.resolution.tracking import Node, Recorder, reached

MAX_ANSWERS = 50_000
"""An edit that concerns more answers than this is resolved from scratch."""
_TYPES = ("class", "interface", "method")


class _NotSure(Exception):
    """A fresh resolution has to tell."""


class Editing:
    """Edits of one resolution, one after the other. After a None it is of no use any more, and `why` says what was not sure."""

    def __init__(self, resolution: Resolution) -> None:
        assert resolution.recorder is not None
        self.resolution = resolution
        self.recorder: Recorder = resolution.recorder
        self.why = ""
        self._held: dict[int, Aligned] = {}

    def edit(self, path: str, facts: FileFacts) -> set[str] | None:
        """Put other facts of a file in place; return the paths of the files whose rows may differ from now on."""
        try:
            return self._edit(path, facts)
        except _NotSure as unsure:
            self.why = str(unsure)
            return None
        except TooMuch:
            self.why = "too much has to be asked again"
            return None

    def _edit(self, path: str, facts: FileFacts) -> set[str]:
        resolution, program, evaluator = self.resolution, self.resolution.program, self.resolution.evaluator
        number = resolution.file_number(path)
        if resolution.overlay is not None:
            raise _NotSure("a compiler's index is laid over the calls")
        former = program.files[number].facts
        held = self._held.get(number) or as_it_stands(former)
        before = shown(program, evaluator, number, held)
        types = _types(held)
        held = self._held[number] = aligned(held, facts)
        if not exchange(program, evaluator, number, held):
            raise _NotSure("there is no room for so much that is new")
        after = shown(program, evaluator, number, held)
        if before.fixed != after.fixed:
            raise _NotSure(f"another {before.differs(after)}")
        sees: Iterable[Node] = ()
        if before.keys.get(("includes",)) != after.keys.get(("includes",)):
            sees = evaluator.sees_anew(number)
        program.note_disorder(number)
        if resolution.macros is not None:
            resolution.macros.exchanged(number)
        readers = self._drop(chain(sees, concerned(program, evaluator, number, before, after)))
        readers |= self._methods(number, readers, before.other_methods(after))
        readers |= self._patches(number, readers, former)
        readers |= self._arguments(number, readers)
        numbers = {number} | {reader.which for reader in readers if reader.kind == "rows"}
        if types != _types(held) or any(reader.kind == "implementations" for reader in readers):
            numbers |= self._implementations()
        if not self.recorder.is_sure:
            raise _NotSure("the order of what was asked, or of the source, may matter")
        return {program.files[each].path for each in numbers}

    def _drop(self, roots: Iterable[Node]) -> set[Node]:
        """Drop the answers that rest on what changed; return the other readers."""
        found = reached(roots, MAX_ANSWERS)
        if found is None:
            raise _NotSure("too much rests on it")
        for answer in found[1]:
            answer.drop()
        return found[0]

    def _methods(self, number: int, readers: set[Node], changed: AbstractSet[int]) -> set[Node]:
        """Follow methods that stand outside their types; return who sees them, if they are others now."""
        program, evaluator = self.resolution.program, self.resolution.evaluator
        fixed = program.profile.patches_objects
        self._refuse(readers, number, ("method",) if fixed else ())
        self._refuse(readers, number, ("method",), beside=True)
        if fixed or not (changed or any(reader.kind == "method" for reader in readers)):
            return set()
        roots = evaluator.reattach(number, changed)
        if roots is None:
            raise _NotSure("a method outside its type may belong to another one")
        more = self._drop(roots)
        self._refuse(more, number, ("method",), beside=True)
        return more

    def _patches(self, number: int, readers: set[Node], former: FileFacts) -> set[Node]:
        """Follow members that objects get from outside; return who sees those that are others now."""
        evaluator = self.resolution.evaluator
        if not self.resolution.program.profile.patches_objects:
            return set()

        def before(binding: Binding) -> object:
            if binding[1] != number:
                return evaluator.said(binding)
            item = former.assignments[binding[2]]
            return number, item.scope, item.target, item.value, item.home

        numbers = {number} | {reader.which for reader in readers if reader.kind == "patch"}
        return self._drop(evaluator.patch_anew(numbers, before))

    def _refuse(self, readers: set[Node], number: int, kinds: Sequence[str], *, beside: bool = False) -> None:
        """Refuse what concerns readers of these kinds; `beside`: those of the edited file are no matter."""
        files = self.resolution.program.symbol_file
        for reader in readers:
            if reader.kind in kinds and not (beside and files[reader.which] == number):
                raise _NotSure(f"a {reader.kind} of another type may be meant")

    def _arguments(self, number: int, readers: set[Node]) -> set[Node]:
        """Follow what flows into parameters; return who reads those that hold something else now."""
        arguments = self.resolution.arguments
        if arguments is None:
            return set()
        roots = followed(arguments, number, readers)
        if roots is None:
            raise _NotSure("too many arguments flow otherwise")
        return self._drop(roots)

    def _implementations(self) -> set[int]:
        """Find again which types implement interfaces without saying so; return the files of those that do so otherwise."""
        resolution = self.resolution
        before = set(resolution.implementations)
        del resolution.implementations
        return {resolution.program.symbol_file[pair[0]] for pair in before ^ set(resolution.implementations)}


def _types(held: Aligned) -> list[object]:
    """Return what structural implementation looks at."""
    definitions = held.facts.definitions
    return [
        (
            index,
            definitions[index].name,
            definitions[index].receiver,
            definitions[index].bases,
            len(definitions[index].parameters),
        )
        for index in held.order
        if definitions[index].kind in _TYPES
    ]
