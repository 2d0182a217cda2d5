"""What all that writes relations shares: the program, its evaluator, and how a row is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from indexers.facts import Call
from indexers.resolution.arguments import Arguments
from indexers.resolution.choosing import OverloadChoice, OverloadingProfile, StaticCalls, StaticProfile
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.evaluators import evaluator_of
from indexers.resolution.macros import Macros
from indexers.resolution.profile import Profile
from indexers.resolution.program import CONSTRUCTOR_NAME, Program, ProgramFile
from indexers.resolution.tracking import Reader, Recorder
from indexers.resolution.values import (
    ORDER,
    payload_of,
)
from indexers.resolution.variables import Variables
from knowledge.ports.graph import RelationRow, UnresolvedRow
from knowledge.schema import STRATEGY_CONFIDENCE, STRATEGY_TIER, RelationKind, Strategy, Symbol, Tier

TIERS = [STRATEGY_TIER[strategy] for strategy in ORDER]
CONFIDENCES = [STRATEGY_CONFIDENCE[strategy] for strategy in ORDER]


Overlay = Callable[[str, Iterator[RelationRow], list[UnresolvedRow]], Iterator[RelationRow]]
"""(path, rows of its calls, unresolved calls so far) -> the rows to keep; takes what it resolves out of the list."""


def place_of(file: ProgramFile, call: Call) -> tuple[str, int, int]:
    """Return where a call is written: in the file, or in the body of a macro of another one that is expanded there."""
    if call.written is None:
        return file.path, call.line, call.column
    text, line, column = call.written
    return file.facts.texts[text], line, column


class Rows:
    """The state of one resolution. `first_index` is where its symbols start among those of the repository.

    The program's tables are there at once, for symbols need no more; calls are resolved when `evaluator` is first asked for.
    """

    def __init__(
        self,
        repository: str,
        files: Sequence[ProgramFile],
        profile: Profile,
        first_index: int = 0,
        recorder: Recorder | None = None,
    ) -> None:
        self.repository = repository
        self.recorder = recorder
        self.program = Program(files, profile, recorder)
        self.profile = profile
        self.first_index = first_index
        self.arguments: Arguments | None = None
        self.package_symbols: dict[int, int] = {}
        """Namespace -> index of its package symbol, counted after the program's own symbols."""
        self._constructor_names = (
            (CONSTRUCTOR_NAME,) if profile.constructor_is_class_name else profile.constructor_names
        )
        self._called_memo: dict[tuple[tuple[int, ...], int, int], tuple[list[int], list[str], int]] = {}
        self._readers: dict[int, Reader] = {}
        self._file_numbers = {file.path: number for number, file in enumerate(files)}
        self.symbols: list[Symbol] = []
        self.unresolved_rows: list[UnresolvedRow] = []
        self.is_learnt = False
        """Whether all rows were made once, so that it is known what they are made of."""
        self.overlay: Overlay | None = None
        """Says what a compiler knows about the calls of a file; see `indexers/scip/merging.py`."""

    @cached_property
    def evaluator(self) -> Evaluator:
        evaluator = evaluator_of(self.program)
        if self.profile.follows_arguments:
            self.arguments = Arguments(evaluator, self._constructor_names)
            self.arguments.flow()
        return evaluator

    @cached_property
    def variables(self) -> Variables:
        return Variables(self.evaluator)

    @cached_property
    def macros(self) -> Macros | None:
        return Macros(self.evaluator) if self.profile.textual_macros else None

    @cached_property
    def static_calls(self) -> StaticCalls | None:
        return self.profile.static_calls(self.program) if isinstance(self.profile, StaticProfile) else None

    @cached_property
    def overloads(self) -> OverloadChoice | None:
        return self.profile.overload_choice(self.evaluator) if isinstance(self.profile, OverloadingProfile) else None

    def _read_for(self, number: int) -> None:
        """From here on the rows of this file read. What is kept besides answers does not say who read for it."""
        if self.recorder is None:
            return
        self.forget_choices()  # which may make the evaluator, and that reads too
        reader = self._readers.get(number)
        if reader is None:
            reader = self._readers[number] = Reader("rows", number)
        self.recorder.reader = reader

    def dissolve(self) -> None:
        """Let go of what is in memory, at the end: answers and those who read them hold on to each other."""
        if "evaluator" in self.__dict__:
            self.forget_choices()
            self.evaluator.dissolve()
        if self.recorder is not None:
            self.recorder.keys.clear()
        self._readers.clear()

    def forget_choices(self) -> None:
        self._called_memo.clear()
        self.evaluator.forget_choices()
        self.variables.forget()
        for choice in (self.overloads, self.static_calls):
            if choice is not None:
                choice.forget()

    def _row(
        self,
        kind: RelationKind,
        strategy: int,
        source: int,
        target: int,
        path: str,
        line: int,
        column: int,
        tier: Tier | None = None,
    ) -> RelationRow:
        first = self.first_index
        return (
            kind,
            ORDER[strategy],
            tier or TIERS[strategy],
            CONFIDENCES[strategy],
            source + first,
            target + first,
            None,
            path,
            line,
            column,
        )

    def _implicit_row(self, strategy: int, source: int, target: int, path: str, line: int, column: int) -> RelationRow:
        """A call that is not written, worth what is known of the object."""
        first = self.first_index
        return (
            RelationKind.CALLS,
            Strategy.IMPLICIT,
            TIERS[strategy],
            CONFIDENCES[strategy],
            source + first,
            target + first,
            None,
            path,
            line,
            column,
        )

    def _external_row(
        self, kind: RelationKind, strategy: int, source: int, name: str, path: str, line: int, column: int
    ) -> RelationRow:
        return (
            kind,
            ORDER[strategy],
            Tier.EXTERNAL,
            CONFIDENCES[strategy],
            source + self.first_index,
            -1,
            name,
            path,
            line,
            column,
        )

    def _path_of(self, symbol: int) -> str:
        return self.program.files[self.program.symbol_file[symbol]].path

    def _methods(self, owner: int, name: str) -> list[int]:
        """Return the methods of this name that the class itself defines."""
        values, _ = self.evaluator.own_methods(owner, name)
        return [payload_of(value) for value in values]
