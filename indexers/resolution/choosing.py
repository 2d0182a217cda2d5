"""Profiles of languages that choose what a call means by static types, beyond what values say (overloads, argument-dependent lookup)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Protocol

from indexers.facts import Call
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.profile import Profile
from indexers.resolution.program import Program
from indexers.resolution.values import Outcome


class OverloadChoice(Protocol):
    """Chooses among several callables of one name, once values have said which they are."""

    def chosen(self, scope: int, targets: Iterable[int], call: Call) -> tuple[list[int], bool]:
        """Return the symbols that a call in `scope` may mean, and whether the choice is certain; none: none fits."""

    def forget(self) -> None:
        """Drop what is kept between calls."""

    def by_arguments(self, scope: int, call: Call) -> Outcome:
        """Return what a name that nothing in scope explains means by the types of the arguments (C++ ADL)."""

    def makers(self, scope: int, constructors: Sequence[int], call: Call) -> list[int]:
        """Return the constructor that makes an object of the one argument, a copy or a conversion; none where none is known."""

    def conversions(self, scope: int, targets: Sequence[int], call: Call) -> list[int]:
        """Return the constructors that convert arguments for the one target of a call."""


class StaticCalls(Protocol):
    """What calls mean by the static types of a language; asked before the values that expressions may have."""

    def forget(self) -> None:
        """Drop what is kept between calls."""

    def targets(self, file: int, call: int) -> tuple[list[int], list[str], int] | None:
        """Return symbols and external names that a call (by its index) means, and the strategy (a number of
        `values.ORDER`); several symbols: candidates. None: the types do not say."""


class OverloadingProfile(Profile, ABC):
    """A language that chooses among overloads by the types of arguments."""

    @abstractmethod
    def overload_choice(self, evaluator: Evaluator) -> OverloadChoice:
        """Return what chooses."""


class StaticProfile(Profile, ABC):
    """A language whose static types say what calls mean."""

    @abstractmethod
    def static_calls(self, program: Program) -> StaticCalls:
        """Return what answers for calls."""
