"""Call sites -> CALLS: what the callee means, chosen among overloads, or what is known by name alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from indexers.facts import Call, Flag, Reference
from indexers.resolution.macros import counted
from indexers.resolution.program import ProgramFile, as_written
from indexers.resolution.rows import CONFIDENCES, TIERS, Rows, place_of
from indexers.resolution.values import (
    BRANCHES,
    EXTERNAL,
    FUNCTION,
    INSTANCE,
    MEMBER,
    NAME,
    NAMESPACE,
    ORDER,
    SCOPE,
    SUPER,
    SYMBOL,
    TYPED,
    UNIQUE_NAME,
    kind_of,
    payload_of,
)
from knowledge.ports.graph import RelationRow
from knowledge.schema import RelationKind, Strategy, Tier

_CONSTRUCTION = int(Flag.CONSTRUCTION)
_DEFAULT = int(Flag.DEFAULT)
_IMPLICIT = int(Flag.IMPLICIT)
_POINTER = int(Flag.POINTER)
_MACRO = int(Flag.MACRO)
_VARIADIC = int(Flag.VARIADIC)

MAX_INFERRED = 12
"""More targets than this of one call, by what flows there, are candidates and no more than that: ambiguous."""
MAX_CANDIDATES = 5
"""A bare name with more definitions than this says nothing: its call site stays unresolved."""


class Calls(Rows):
    """The calls of one family."""

    def _calls(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        program, callee, first, path = self.program, self.evaluator.callee, self.first_index, file.path
        base, macros = program.scope_base[number], self.macros
        all_called = not self.profile.calls_functions_only
        special = bool(self.profile.special_methods)
        for index, call in enumerate(file.facts.calls):
            scope = base + call.scope
            if special and call.flags & _IMPLICIT and call.callee[-2:] == "__":
                name = call.callee.rpartition(".")[2]
                yield from self._special(scope, call, name, path)
                continue
            source = program.opener(scope)
            at, line, column = place_of(file, call)
            if self.static_calls is not None:
                typed = self.static_calls.targets(number, index)
                if typed is not None:
                    yield from self._call_rows(*typed, source, path, call)
                    continue
            values, strategy = callee(scope, call.callee)
            if values and self.profile.has_impl_blocks:
                values, strategy = self.evaluator.chosen(scope, (values, strategy), call)
                name = call.callee.rpartition(".")[2]
                mutably = self.evaluator.changes_receiver(values, name)
                for target in self.evaluator.dereferences(scope, call.callee, as_field=False, mutably=mutably):
                    row = call.receiver_line or line
                    yield self._row(RelationKind.CALLS, max(strategy, MEMBER), source, target, at, row, column)
            if macros is not None:
                if macros.is_body(source):
                    yield from self._quoted(source, values, strategy, path, call)
                    continue
                used, values, least = macros.told_apart(values, number, call.line)
                strategy = max(strategy, least)
                if used:
                    yield from self._expansions(scope, used, strategy, path, call, call.arguments)
                    if not values:
                        continue
            is_implicit = call.flags & _IMPLICIT
            if self.overloads is not None:
                if is_implicit and not self._works_on_object(scope, call):
                    continue
                found_by_arguments = not values and call.argument_count > 0
                if found_by_arguments:
                    values, strategy = self.overloads.by_arguments(scope, call)
            if not values and self.profile.heirs_answer:
                holder, _, member = call.callee.rpartition(".")
                if holder.isidentifier():
                    values, strategy = self.evaluator.member_of_heirs(self.evaluator.path(scope, holder), member)
            if values:
                targets, externals, least = self._called(values, call)
                if is_implicit:
                    externals = []
                if self.overloads is not None and targets:
                    if not (is_implicit and found_by_arguments):  # a free operator: its operands have been compared
                        targets, least = self._overloaded(scope, targets, least, call)
                    for target in () if self._is_made_of(call) else self.overloads.conversions(scope, targets, call):
                        yield self._row(RelationKind.CALLS, BRANCHES, source, target, path, call.line, call.column)
                strategy = max(strategy, least)
                if len(targets) > MAX_INFERRED and self.profile.follows_arguments:
                    common = self._common(values, call)
                    for target in common:
                        yield self._row(RelationKind.CALLS, strategy, source, target, path, call.line, call.column)
                    targets = [target for target in targets if target not in common]
                    strategy = NAME
                how, confidence = Strategy.IMPLICIT if is_implicit else ORDER[strategy], CONFIDENCES[strategy]
                for target in targets:
                    kind = RelationKind.CALLS if all_called or self._is_called(target) else RelationKind.REFERENCES
                    yield (
                        kind, how, TIERS[strategy], confidence, source + first, target + first, None,
                        at, line, column,
                    )  # fmt: skip
                for name in externals:
                    yield (
                        RelationKind.CALLS, how, Tier.EXTERNAL, confidence, source + first, -1, name,
                        at, line, column,
                    )  # fmt: skip
                if targets or externals or self._is_in_place(values):
                    continue
            if is_implicit:
                continue
            guesses = list(self._by_name(call, source, at, line, column))
            if not guesses and not call.callee.startswith("#lambda"):
                self.unresolved_rows.append((source + first, as_written(call.callee), at, line, column))
            yield from guesses

    @staticmethod
    def _is_made_of(call: Call) -> bool:
        """Whether an object is made of another value where no constructor is written: `return x`, `T a = x`."""
        implicit = call.flags & (_IMPLICIT | _CONSTRUCTION) == _IMPLICIT | _CONSTRUCTION
        return implicit and not call.callee.startswith("this.")

    def _works_on_object(self, scope: int, call: Call) -> bool:
        """Whether what an operator or a construction without a written name works on may be an object, not a pointer."""
        if self._is_made_of(call):
            return True
        path = call.callee if call.flags & _CONSTRUCTION else call.callee.rpartition(".")[0]
        definitions = (self.program.definition(symbol) for symbol in self.variables.named(scope, path)[0])
        return not any(each is not None and each.flags & _POINTER for each in definitions)

    def _special(self, scope: int, call: Call, name: str, path: str) -> Iterator[RelationRow]:
        """Yield the calls of an operator or a statement: of a method that the class of an object has, or of what stands in for it."""
        holder = call.callee[: -len(name) - 1]
        names = self.profile.special_methods.get(name) or (name,)
        if not any(each in self.program.by_name for each in names):
            return
        targets, strategy = self._special_methods(scope, holder, names)
        for target in targets:
            yield self._implicit_row(strategy, self.program.opener(scope), target, path, call.line, call.column)

    def _special_methods(self, scope: int, holder: str, names: Sequence[str]) -> tuple[list[int], int]:
        """Return the first of these methods that each object at an access path has, and the strategy."""
        values, strategy = self.evaluator.path(scope, holder)
        targets: set[int] = set()
        for value in values:
            if kind_of(value) != INSTANCE:
                continue
            for name in names:
                found, how = self.evaluator.class_member(payload_of(value), name)
                inside = [payload_of(each) for each in found if kind_of(each) == SYMBOL]
                if inside:
                    targets.update(inside)
                    strategy = max(strategy, how)
                    break
        if len(targets) > MAX_INFERRED:
            strategy = NAME
        return sorted(targets), max(strategy, MEMBER)

    def _is_in_place(self, values: tuple[int, ...]) -> bool:
        """Whether only functions in place are called: known, but no symbols."""
        return all(kind_of(value) == FUNCTION for value in values)

    def _is_called(self, symbol: int) -> bool:
        """Whether something runs there: writing a value of a type or expanding a macro calls nothing."""
        definition = self.program.definition(symbol)
        return definition is None or not (definition.kind in ("class", "interface") or definition.flags & _MACRO)

    def _quoted(
        self, source: int, values: tuple[int, ...], strategy: int, path: str, call: Call
    ) -> Iterator[RelationRow]:
        """The body of a macro calls nothing by itself: it names what its uses call."""
        if call.flags & _IMPLICIT:
            return
        for value in values:
            if kind_of(value) == SYMBOL and payload_of(value) != source:
                yield self._row(
                    RelationKind.REFERENCES, strategy, source, payload_of(value), path, call.line, call.column
                )

    def _expansions(
        self, scope: int, used: list[int], strategy: int, path: str, site: Call | Reference, arguments: Sequence[str]
    ) -> Iterator[RelationRow]:
        """The use of a macro: a reference to it, and calls of what it expands to; its variants may differ in that."""
        assert self.macros is not None
        source = self.program.opener(scope)
        made: dict[int, int] = {}
        uses: dict[int, int] = {}
        given = counted(arguments, site.argument_count) if isinstance(site, Call) else arguments
        for macro in used:
            if isinstance(site, Call):
                yield self._row(RelationKind.REFERENCES, strategy, source, macro, path, site.line, site.column)
            reached: set[int] = set()
            for values, how, call in self.macros.expanded(scope, macro, site.line, given):
                targets, _, least = self._called(values, call)
                if self.overloads is not None and len(targets) > 1:
                    targets, least = self._overloaded(scope, targets, least, call)
                for target in targets:
                    made[target] = max(made.get(target, 0), strategy, how, least)
                    reached.add(target)
            for target in reached:
                uses[target] = uses.get(target, 0) + 1
        for target in sorted(made):
            how = made[target] if uses[target] == len(used) else max(made[target], BRANCHES)
            kind = RelationKind.CALLS if self._is_called(target) else RelationKind.REFERENCES
            yield self._row(kind, how, source, target, path, site.line, site.column)

    def _call_rows(
        self, targets: list[int], externals: list[str], strategy: int, source: int, path: str, call: Call
    ) -> Iterator[RelationRow]:
        for target in targets:
            yield self._row(RelationKind.CALLS, strategy, source, target, path, call.line, call.column)
        for name in externals:
            yield self._external_row(RelationKind.CALLS, strategy, source, name, path, call.line, call.column)

    def _overloaded(self, scope: int, targets: list[int], least: int, call: Call) -> tuple[list[int], int]:
        """Choose by argument types. Several that are left are candidates, and no more than that."""
        callables = [target for target in targets if self._is_called(target)]
        if self.overloads is not None and self._is_made_of(call):
            return self.overloads.makers(scope, callables, call), BRANCHES
        if self.overloads is None or not callables or (len(callables) < 2 and not call.flags & _IMPLICIT):
            return targets, least
        if len({self._name_of(target) for target in callables}) == len(callables) > 1:
            return targets, max(least, BRANCHES)  # no overloads: a build decides which of them a name means
        kept, certain = self.overloads.chosen(scope, callables, call)
        if len(kept) == 1:
            others = [target for target in targets if target not in callables]
            return sorted([*kept, *others]), SCOPE if certain else BRANCHES
        if not kept and call.flags & _IMPLICIT:
            return [], least
        return kept or callables, NAME

    def _name_of(self, symbol: int) -> str:
        definition = self.program.definition(symbol)
        return definition.name if definition is not None else ""

    def _called(self, values: tuple[int, ...], call: Call) -> tuple[list[int], list[str], int]:
        """Return the targets inside and outside the project, sorted, and the strategy they are worth at least."""
        key = (values, call.argument_count if self.profile.overloads_by_arity else -1, call.flags & _CONSTRUCTION)
        known = self._called_memo.get(key)
        if known is None:
            known = self._called_memo[key] = self._find_called(values, call)
        return known

    def _common(self, values: tuple[int, ...], call: Call) -> set[int]:
        """Return what is called whichever of the values it is: the constructor that many classes inherit."""
        each = (set(self._called((value,), call)[0]) for value in values)
        return set.intersection(*each)

    def _find_called(self, values: tuple[int, ...], call: Call) -> tuple[list[int], list[str], int]:
        targets: set[int] = set()
        externals: set[str] = set()
        strategy = 0
        if len(values) > 1 and self.profile.follows_arguments:
            values = self._without_overrides(values)
        for value in values:
            kind, payload = value & 7, value >> 3
            if kind == SYMBOL:
                found, how = self._symbol_targets(payload, call)
                targets.update(found)
                strategy = max(strategy, how)
                externals.update(self._external_constructor(payload))
            elif kind == NAMESPACE:
                whole, how = self.evaluator.whole(payload)
                symbols = [payload_of(each) for each in whole if kind_of(each) == SYMBOL]
                targets.update(target for symbol in symbols for target in self._callable_targets(symbol, call))
                strategy = max(strategy, how) if whole else strategy
            elif kind == INSTANCE and call.flags & _CONSTRUCTION:
                targets.update(self._callable_targets(payload, call))  # of a member, in the head of a constructor
            elif kind == INSTANCE:
                called, how = self.evaluator.class_member(payload, self.profile.call_member)
                targets.update(payload_of(each) for each in called if kind_of(each) == SYMBOL)
                strategy = max(strategy, how)
            elif kind == EXTERNAL:
                externals.add(self.evaluator.external_name(value))
            elif kind == FUNCTION and not self.evaluator.is_in_place(payload):
                targets.add(self.program.opener(payload))
            elif kind == TYPED and self.evaluator.method_name(value):
                externals.add(self.evaluator.method_name(value))
            elif kind == SUPER and self.profile.super_calls_constructor:
                targets.update(self._parent_constructors(payload))
            elif kind == SUPER:
                externals.update(self.profile.super_names)
        targets = self._by_arity(targets, call)
        if self.profile.overloads_by_arity and len(targets) > 1 and self._are_overloads(targets):
            strategy = max(strategy, BRANCHES)  # they differ in parameter types, which are not compared
        return sorted(targets), sorted(externals), strategy

    def _without_overrides(self, values: tuple[int, ...]) -> tuple[int, ...]:
        """Of methods that objects of several classes have, keep those that override no other: dispatch is not stored."""
        owners: dict[int, int] = {}
        for value in values:
            definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
            if definition is not None and definition.kind == "method":
                owners[value] = self.evaluator.owner(payload_of(value)) << 3 | INSTANCE
        if len(owners) < 2:
            return values
        own = set(owners.values())
        return tuple(
            value
            for value in values
            if value not in owners
            or own.isdisjoint(each for each in self.evaluator.mro(payload_of(owners[value])) if each != owners[value])
        )

    def _callable_targets(self, symbol: int, call: Call) -> Iterator[int]:
        """A function is its own target; a class is called together with the constructor that it defines or inherits."""
        definition = self.program.definition(symbol)
        if definition is None or definition.kind == "variable":
            return
        yield symbol
        if definition.kind not in ("class", "interface"):
            return
        for name in self._constructor_names:
            values, _ = self.evaluator.class_member(symbol, name, of_class=True)
            found = [payload_of(value) for value in values if kind_of(value) == SYMBOL and payload_of(value) != symbol]
            constructors = [target for target in found if self.program.definition(target) is not None]
            if constructors:
                yield from self._by_arity(set(constructors), call)
                return

    def _external_constructor(self, symbol: int) -> Iterator[str]:
        """The constructor that a class inherits from outside the project, other than from a builtin."""
        definition = self.program.definition(symbol)
        if definition is None or definition.kind != "class" or not definition.bases:
            return
        for name in self._constructor_names[:1] if self.profile.receiver_parameter else ():
            for value in self.evaluator.class_member(symbol, name, of_class=True)[0]:
                external = self.evaluator.external_name(value) if kind_of(value) == EXTERNAL else ""
                if external.count(".") > 1:
                    yield external

    def _symbol_targets(self, symbol: int, call: Call) -> tuple[Sequence[int], int]:
        """What a name calls: the symbol itself, or what its decorators made of it, with the strategy which that is worth."""
        definition = self.program.definition(symbol)
        own = symbol << 3 | SYMBOL
        values: tuple[int, ...] = (own,)
        strategy = 0
        if definition is not None and definition.decorators and definition.kind not in ("class", "interface"):
            values, strategy = self.evaluator.decorated(symbol, definition)
        if values == (own,):
            return list(self._callable_targets(symbol, call)), 0
        # In a circle of decorators the name stands for its own function.
        found, _, least = self._find_called(tuple(value for value in values if value != own), call)
        return [*found, *([symbol] if own in values else ())], max(strategy, least)

    def _parent_constructors(self, symbol: int) -> Iterator[int]:
        for value in self.evaluator.mro(symbol)[1:2]:
            if kind_of(value) == INSTANCE:
                for name in self._constructor_names:
                    values, _ = self.evaluator.class_member(payload_of(value), name, of_class=True)
                    yield from (payload_of(found) for found in values if kind_of(found) == SYMBOL)

    def _by_arity(self, targets: set[int], call: Call) -> set[int]:
        """Among overloads keep those that accept the number of arguments; all of them when none fits."""
        if not targets or not self.profile.overloads_by_arity:
            return targets
        fitting = {target for target in targets if self._accepts(target, call.argument_count)}
        return fitting or self._inherited_overloads(targets, call) or targets

    def _inherited_overloads(self, targets: set[int], call: Call) -> set[int]:
        """An overload of another arity does not hide the one that fits further up."""
        for target in sorted(targets):
            definition, owner = self.program.definition(target), self.evaluator.owner(target)
            for value in self.evaluator.mro(owner)[1:] if definition and owner >= 0 else ():
                if definition is not None and kind_of(value) == INSTANCE:
                    found = self._methods(payload_of(value), definition.name)
                    fitting = {method for method in found if self._accepts(method, call.argument_count)}
                    if fitting:
                        return fitting
        return set()

    def _are_overloads(self, targets: set[int]) -> bool:
        definitions = (self.program.definition(target) for target in targets)
        callables = [d.name for d in definitions if d is not None and d.kind not in ("class", "interface")]
        return len(callables) > 1

    def _accepts(self, symbol: int, count: int) -> bool:
        definition = self.program.definition(symbol)
        if definition is None or definition.kind in ("class", "interface"):
            return True
        parameters = definition.parameters
        required = sum(1 for p in parameters if not p.flags & (_DEFAULT | _VARIADIC))
        if count < required and self.profile.defaults_are_declared:
            required -= self.evaluator.declared_defaults(symbol)
        variadic = any(p.flags & _VARIADIC for p in parameters)
        return required <= count and (variadic or count <= len(parameters))

    def _by_name(self, call: Call, source: int, path: str, line: int, column: int) -> Iterator[RelationRow]:
        """The last resort: definitions of this name anywhere in the family, all of them, marked ambiguous."""
        base, dot, name = call.callee.rpartition(".")
        if name in self.profile.common_members or name in self.profile.builtins or name.endswith((")", "]")):
            return
        if base.startswith("#") and base not in ("#?",):
            return
        candidates = [s for s in self.program.by_name.get(name, ()) if self._may_be(s, bool(dot))]
        if 0 < len(candidates) <= MAX_CANDIDATES:
            strategy = UNIQUE_NAME if len(candidates) == 1 else NAME
            if strategy == UNIQUE_NAME and self.profile.has_impl_blocks and self.evaluator.extends_every_type(name):
                strategy = BRANCHES
            for candidate in candidates:
                yield self._row(RelationKind.CALLS, strategy, source, candidate, path, line, column)

    def _may_be(self, symbol: int, as_member: bool) -> bool:
        definition = self.program.definition(symbol)
        if definition is None:
            return False
        is_member = definition.kind == "method" or bool(definition.receiver)
        return is_member if as_member else not is_member
