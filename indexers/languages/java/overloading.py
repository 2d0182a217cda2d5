"""Which overload a call or a method reference means, and the functional interface that a lambda is passed as.

Source: The Java Language Specification, 15.12, 15.13, 15.27.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexers.facts import Call
from indexers.languages.java.answers import Answer, Member, composed, parameter_met
from indexers.languages.java.conversions import MAYBE, same_name
from indexers.languages.java.inference import Inference
from indexers.languages.java.terms import (
    ARRAY,
    JavaClass,
    Method,
    Type,
    TypeVariable,
    bound_of,
    substitute,
)
from indexers.resolution.overloads import Candidate, Choice, accepts, choose, parameter_at


class Overloading(Inference):
    def _choose(
        self, members: Sequence[Member], file: int, index: int, call: Call, *, receiver: Type | None = None
    ) -> Answer | None:
        """Return the members that the arguments choose. receiver: the type that a method reference is written on."""
        if call.argument_count < 0:
            choice = self._choose_reference(members, file, index, receiver)
        elif len(members) == 1:
            choice = Choice((0,), certain=True)
        else:
            arguments = self.arguments(file, index, call)
            candidates = _candidates(members, arguments)
            choice = choose(candidates, arguments, self.conversions)
            if len(choice.targets) == 1 and any(map(is_half_known, arguments)):
                choice = self._doubted(choice, candidates, arguments)
            if not choice.targets:
                fitting = [
                    position for position, (method, _) in enumerate(members) if _takes(method, call.argument_count)
                ]
                choice = Choice(tuple(fitting or range(len(members))), certain=False)
            if len(choice.targets) > 1:
                choice = self._supposing(candidates, arguments, file, call) or choice
        chosen = tuple(members[position] for position in choice.targets)
        outside = next((f"{method.owner.name}.{method.name}" for method, _ in chosen if method.symbol < 0), "")
        return Answer(chosen, None, outside, choice.certain)

    def _supposing(
        self, candidates: Sequence[Candidate[Type]], arguments: Sequence[Type | None], file: int, call: Call
    ) -> Choice | None:
        """Return the one overload that takes what foreign constants among the arguments most likely are; None: there is none."""
        supposed = self._foreign_constants(file, call)
        fitting = {
            each.target
            for each in candidates
            if accepts(each, len(arguments))
            and all(is_same_type(type_, parameter_at(each, position)) for position, type_ in supposed.items())
            and not any(
                argument is not None
                and (wanted := parameter_at(each, position)) is not None
                and self.conversions.level(argument, wanted) == -1
                for position, argument in enumerate(arguments)
            )
        }
        return Choice(tuple(fitting), certain=False) if supposed and len(fitting) == 1 else None

    def _foreign_constants(self, file: int, call: Call) -> dict[int, Type]:
        """Return position -> class of the arguments `Foreign.CONSTANT`: most often such a constant is one of an enum."""
        scope = self.program.scope(file, call.scope)
        found: dict[int, Type] = {}
        for position, path in enumerate(call.arguments):
            owner, _, name = path.rpartition(".")
            if owner and name.isupper() and path[0] != "#" and "(" not in path and "[" not in path:
                head = self.classes.find(scope, owner)
                if head is None and owner[:1].isupper() and not owner.isupper():
                    head = self.classes.head(scope, owner)  # of a package that is imported whole
                if isinstance(head, JavaClass) and head.is_opaque:
                    found[position] = (head, ())
        return found

    def _takes_others(self, members: Sequence[Member], file: int, call: Call) -> bool:
        """Whether every one of the methods takes another class where a foreign constant is passed."""
        supposed = self._foreign_constants(file, call)
        return bool(supposed) and all(
            any(
                (wanted := parameter_met(method, position)) is not None
                and isinstance(wanted[0], JavaClass)
                and not wanted[0].is_root
                and not is_same_type(type_, wanted)
                for position, type_ in supposed.items()
            )
            for method, _ in members
        )

    def _doubted(
        self, choice: Choice, candidates: Sequence[Candidate[Type]], arguments: Sequence[Type | None]
    ) -> Choice:
        """Add the candidates that an argument known by its class's name only may fit as well as the chosen one."""
        kept = list(choice.targets)
        chosen = next(each for each in candidates if each.target == choice.targets[0])
        for other in candidates:
            if other.target in kept or not accepts(other, len(arguments)):
                continue
            levels = [
                self.conversions.level(argument, wanted)
                for position, argument in enumerate(arguments)
                if argument is not None and (wanted := parameter_at(other, position)) is not None
            ]
            if -1 in levels or MAYBE not in levels:
                continue
            if any(
                argument is not None
                and is_half_known(argument)
                and not is_same_type(argument, parameter_at(chosen, position))
                and parameter_at(other, position) != parameter_at(chosen, position)
                for position, argument in enumerate(arguments)
            ):
                kept.append(other.target)
        return Choice(tuple(sorted(kept)), choice.certain) if len(kept) > 1 else choice

    def _choose_reference(self, members: Sequence[Member], file: int, index: int, receiver: Type | None) -> Choice:
        """Choose for `a::m` or `T::m` by what the functional interface passes, as far as that is known."""
        if len(members) == 1:
            return Choice((0,), certain=True)
        wanted = self._wanted_function(file, index)
        if wanted is None:
            return Choice(tuple(range(len(members))), certain=False)
        method, bindings = wanted
        passed = [substitute(item, bindings) for item in method.parameters]
        passed = [None if item is not None and isinstance(item[0], TypeVariable) else item for item in passed]
        bound = [(position, item) for position, item in enumerate(members) if receiver is None or item[0].static]
        choices = [(bound, passed)]
        if receiver is not None and passed:
            choices.append(([item for item in enumerate(members) if not item[1][0].static], passed[1:]))
        found: list[int] = []
        certain = True
        for positions, arguments in choices:
            candidates = _candidates([item for _, item in positions], arguments)
            choice = choose(candidates, arguments, self.conversions)
            found.extend(positions[each][0] for each in choice.targets)
            certain = certain and choice.certain
        return Choice(tuple(found) or tuple(range(len(members))), certain=certain and len(found) == 1)

    def _wanted_function(self, file: int, index: int) -> Member | None:
        """Return the abstract method of the functional interface that a method reference is passed as."""
        place = self.links(file).parents.get(index)
        return self.function_at(file, *place) if place is not None else None

    def function_at(self, file: int, index: int, position: int) -> Member | None:
        """Return the method of the functional interface that a call takes at a position, with its bindings."""
        answer = self.call(file, index)
        if answer is None:
            return None
        call = self.program.files[file].facts.calls[index]
        found: list[Member] = []
        for method, bindings in answer.methods:
            wanted = parameter_met(method, position)
            if wanted is None:
                return None
            function = self._function(substitute(wanted, bindings))
            if function is None:
                return None
            if method.variables or (method.name == method.owner.name and not bindings):
                variables = (*method.variables, *(method.owner.variables if method.name == method.owner.name else ()))
                inferred = self._inferred(method, bindings, file, index, call, variables, apart=position)
                function = function[0], composed(function[1], inferred)
            found.append(function)
        if not found or any(
            [substitute(p, item[1]) for p in item[0].parameters]
            != [substitute(p, found[0][1]) for p in found[0][0].parameters]
            for item in found
        ):
            return None
        return found[0]


def _takes(method: Method, count: int) -> bool:
    required = len(method.parameters) - method.variadic
    return required <= count and (method.variadic or count == required)


def _candidates(members: Sequence[Member], arguments: Sequence[Type | None]) -> list[Candidate[Type]]:
    """Return the members as candidates; a variadic one twice: an array may stand for its open end."""
    found: list[Candidate[Type]] = []
    for position, (method, bindings) in enumerate(members):
        parameters = tuple(substitute(item, bindings) for item in method.parameters)
        if not method.variadic:
            found.append(Candidate(position, parameters, len(parameters)))
            continue
        last = arguments[-1] if arguments else None
        if len(arguments) == len(parameters) and last is not None:
            whole = (*parameters[:-1], (ARRAY, (parameters[-1],)))
            found.append(Candidate(position, whole, len(whole)))
        found.append(Candidate(position, parameters, len(parameters) - 1, variadic=True))
    return found


def is_half_known(type_: Type | None) -> bool:
    """Whether a type is of a class whose supertypes are not all known."""
    while type_ is not None and type_[0] == ARRAY:
        type_ = type_[1][0]
    known = bound_of(type_)
    return known is not None and isinstance(known[0], JavaClass) and known[0].has_unknown_ancestor()


def is_same_type(one: Type, other: Type | None) -> bool:
    """Whether two types are one by their classes, arguments left aside."""
    if other is None:
        return False
    if one[0] == ARRAY and other[0] == ARRAY and one[1][0] is not None:
        return is_same_type(one[1][0], other[1][0])
    if isinstance(one[0], JavaClass) and isinstance(other[0], JavaClass):
        return one[0] is other[0] or same_name(one[0], other[0])
    return one[0] == other[0]
