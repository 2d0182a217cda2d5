"""Which overload does a call mean? Choice by the number and the types of arguments, for any statically typed language.

The language says how its types convert (`Conversions`); what a type is stays its own business, `None` is an argument of
unknown type. Two ways of ranking are known: by phase (Java: no boxing before boxing before variadic, then the most
specific method) and by argument (C++: no argument worse, one better, then the more specialised).
A variadic parameter that also takes a whole array (Java) is given as two candidates with one target.
What cannot be decided is not guessed: every candidate left is returned, and `certain` says whether unknown arguments
might have changed the choice.
Sources: The Java Language Specification, 15.12.2; the C++ standard, [over.match.best].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

VARIADIC_LEVEL = 100
"""Level of a call that needs the open end of a parameter list; conversions stay below."""


@dataclass(frozen=True, slots=True)
class Candidate(Generic[T]):
    """A callable. `parameters`: types in order (None: unknown), of a variadic last one the element type.

    required: arguments it cannot do without. target: the caller's own number, handed back.
    """

    target: int
    parameters: tuple[T | None, ...]
    required: int
    variadic: bool = False


class Conversions(Protocol[T_contra]):
    """How the types of a language convert."""

    @property
    def by_phase(self) -> bool:
        """Whether the worst conversion of a call decides (Java) or each argument for itself (C++)."""

    def level(self, argument: T_contra, parameter: T_contra) -> int:
        """Return the cost of the conversion, 0 the best, below `VARIADIC_LEVEL`; -1 when there is none."""

    def narrower(self, one: T_contra, other: T_contra, argument: T_contra | None) -> bool:
        """Whether parameter type `one` is at least as specific as `other` for this argument."""


@dataclass(frozen=True, slots=True)
class Choice:
    """targets: of the chosen candidate, or of all that may be meant; empty when none fits. certain: see the module."""

    targets: tuple[int, ...]
    certain: bool


def choose(candidates: Sequence[Candidate[T]], arguments: Sequence[T | None], conversions: Conversions[T]) -> Choice:
    """Return the candidates that a call with these arguments may mean, in the order given; linear but for ties."""
    fitting = [each for each in candidates if accepts(each, len(arguments))]
    if len(fitting) < 2:
        return Choice(tuple(each.target for each in fitting), certain=True)
    ranked: list[tuple[Candidate[T], list[int]]] = []
    for candidate in fitting:
        levels = _levels(candidate, arguments, conversions)
        if levels is not None:
            ranked.append((candidate, levels))
    certain = not any(_matters(fitting, position) for position, item in enumerate(arguments) if item is None)
    if conversions.by_phase:
        ranked = _first_phase(ranked, certain=certain)
    kept = _best(ranked, arguments, conversions) if len(ranked) > 1 else [item[0] for item in ranked]
    return Choice(tuple(dict.fromkeys(each.target for each in kept)), certain)


def accepts(candidate: Candidate[T], count: int) -> bool:
    """Whether `count` arguments are enough and not too many."""
    return candidate.required <= count and (candidate.variadic or count <= len(candidate.parameters))


def parameter_at(candidate: Candidate[T], position: int) -> T | None:
    """Return the type that the argument at `position` meets."""
    parameters = candidate.parameters
    return parameters[min(position, len(parameters) - 1)] if parameters else None


def _levels(candidate: Candidate[T], arguments: Sequence[T | None], conversions: Conversions[T]) -> list[int] | None:
    """Return one level an argument, 0 for what is unknown; None when an argument cannot be passed."""
    levels: list[int] = []
    open_end = len(candidate.parameters) - 1 if candidate.variadic else len(arguments)
    for position, argument in enumerate(arguments):
        parameter = parameter_at(candidate, position)
        level = 0 if argument is None or parameter is None else conversions.level(argument, parameter)
        if level < 0:
            return None
        levels.append(max(level, VARIADIC_LEVEL) if position >= open_end else level)
    if candidate.variadic and conversions.by_phase:
        levels.append(VARIADIC_LEVEL)
    return levels


def _matters(candidates: Sequence[Candidate[T]], position: int) -> bool:
    first = parameter_at(candidates[0], position)
    return any(parameter_at(each, position) != first or each.variadic for each in candidates)


def _first_phase(
    ranked: list[tuple[Candidate[T], list[int]]], *, certain: bool
) -> list[tuple[Candidate[T], list[int]]]:
    """Keep the candidates of the first phase that has any; with unknown arguments only the open-ended ones come later."""
    if not ranked:
        return ranked
    step = 1 if certain else VARIADIC_LEVEL
    phases = [max(levels, default=0) // step for _, levels in ranked]
    first = min(phases)
    return [item for item, phase in zip(ranked, phases, strict=True) if phase == first]


def _best(
    ranked: list[tuple[Candidate[T], list[int]]], arguments: Sequence[T | None], conversions: Conversions[T]
) -> list[Candidate[T]]:
    """Return the candidates that no other one beats; the only one that beats all others, when there is one."""
    for candidate, levels in ranked:
        if all(
            other is candidate or _beats(candidate, levels, other, theirs, arguments, conversions)
            for other, theirs in ranked
        ):
            return [candidate]
    return [candidate for candidate, _ in ranked]


def _beats(
    one: Candidate[T],
    levels: list[int],
    other: Candidate[T],
    theirs: list[int],
    arguments: Sequence[T | None],
    conversions: Conversions[T],
) -> bool:
    if not conversions.by_phase:
        if any(mine > yours for mine, yours in zip(levels, theirs, strict=False)):
            return False
        if any(mine < yours for mine, yours in zip(levels, theirs, strict=False)):
            return True
    for position, argument in enumerate(arguments):
        mine, yours = parameter_at(one, position), parameter_at(other, position)
        if mine == yours or (argument is not None and mine is not None and yours is None and not conversions.by_phase):
            continue  # of two that fit equally well, the one that is no template is meant
        if argument is None or mine is None or yours is None or not conversions.narrower(mine, yours, argument):
            return False
    return True
