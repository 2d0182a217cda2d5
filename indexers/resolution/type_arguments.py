"""What the type parameters of a method, a function or a class stand for where it is called: its receiver and its arguments say it.

`Wrapper::new(x)` is a `Wrapper` of what x is; `list.map(|x| f(x))` a list of what the closure gives back. What is declared is
unified with what is given; what several calls of one name in one scope are given is not told apart, and then not used.
"""

from __future__ import annotations

from collections.abc import Iterable

from indexers.facts import Call, Definition, Flag, ScopeKind
from indexers.resolution.function_types import FUNCTION_TYPE, GIVES, IN_PLACE, FunctionTypes
from indexers.resolution.generics import PARAMETER, VALUE, Generics, Meaning
from indexers.resolution.questions import CLASSES
from indexers.resolution.type_values import split_alternatives, split_arguments
from indexers.resolution.values import (
    EXTERNAL,
    FUNCTION,
    INSTANCE,
    MAX_VALUES,
    RETURN_TYPE,
    SCOPE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)
from indexers.resolution.wrappers import CONTENT
from indexers.resolution.wrappers import GIVES as STANDARD_GIVES

MAX_STEPS = 6
"""Wrappers and dereferences between a value and what has the method that is called on it."""
MAX_DEPTH = 6
"""Types within types that are unified."""

_STATIC = int(Flag.STATIC)


class TypeArguments(FunctionTypes, Generics):
    def _operated(self, scope: int, head: str, arguments: list[str]) -> Outcome:
        if head == "member" and len(arguments) == 2:
            return self.associated(self.type_values(scope, arguments[1])[0], arguments[0])
        return super()._operated(scope, head, arguments)

    # what a parameter stands for

    def _unify(self, expression: str, scope: int, values: Iterable[int], meaning: Meaning, depth: int) -> None:
        """Note what the parameters in a declared type stand for, where something of that type is one of the values."""
        if PARAMETER not in expression or depth > MAX_DEPTH:
            return
        values = tuple(values)
        if expression[:1] == PARAMETER:
            name, _, rest = expression[1:].partition("[")
            kept = [self._as_object(value) for value in values if kind_of(value) in (INSTANCE, TYPED, EXTERNAL, SYMBOL)]
            meaning.setdefault(name, set()).update(kept)
            if rest:
                for bound in split_alternatives(rest[:-1]):
                    self._unify_bound(bound, scope, values, meaning, depth + 1)
            return
        head, _, rest = expression.partition("[")
        if expression.startswith("[]"):
            self._unify(expression[2:], scope, self.subscript((values, SCOPE), "*")[0], meaning, depth + 1)
            return
        if head == FUNCTION_TYPE:
            self._unify_bound(expression, scope, values, meaning, depth)
            return
        arguments = split_arguments(rest[:-1])
        for value in values:
            for argument, given in zip(arguments, self._arguments_of(value, head), strict=False):
                self._unify(argument, scope, given, meaning, depth + 1)

    def _as_object(self, value: int) -> int:
        """Return the value of a structure without fields, which is written as its name."""
        definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
        is_class = definition is not None and definition.kind == "class"
        return payload_of(value) << 3 | INSTANCE if is_class else value

    def _unify_bound(self, bound: str, scope: int, values: tuple[int, ...], meaning: Meaning, depth: int) -> None:
        """`F: Fn(A) -> R`: what a function in place gives back is an R. `I: Iterator<Item = A>`: what it gives is an A."""
        if PARAMETER not in bound:
            return
        if bound.startswith("[]"):
            self._unify(bound[2:], scope, self.subscript((values, SCOPE), "*")[0], meaning, depth)
            return
        head, _, rest = bound.partition("[")
        parts = split_arguments(rest[:-1]) if head == FUNCTION_TYPE else []
        if parts and parts[-1].startswith(GIVES):
            for value in values:
                if kind_of(value) in (FUNCTION, SYMBOL):
                    given = self.called(((value,), SCOPE), "")[0]
                    self._unify(parts[-1][len(GIVES) :], scope, given, meaning, depth)

    def _arguments_of(self, value: int, head: str) -> list[tuple[int, ...]]:
        """Return the type arguments of a value, when it is of the class or wrapper that `head` names."""
        if kind_of(value) != TYPED:
            return []
        scope, expression = self._typed[payload_of(value)]
        name, _, rest = expression.partition("[")
        last = head.rpartition(".")[2]
        if expression[:1] == VALUE:
            definition = self.program.definition(self.plain(value))
            if definition is None or definition.name != last:
                return []
        elif name != last:
            held = self._content(payload_of(value))[0] if name in self.profile.wrapper_content else ()
            return self._arguments_of(held[0], head) if len(held) == 1 and held[0] != value else []
        return [
            self.type_values(scope, argument)[0] if argument != CONTENT and "=" not in argument else ()
            for argument in split_arguments(rest[:-1])
        ]

    def _receiver_meaning(self, symbol: int, definition: Definition, values: Iterable[int]) -> Meaning:
        """Return what the type parameters around a method stand for where it is called on one of the values."""
        owner = self.owner(symbol)
        meaning: Meaning = {}
        pending = list(values)
        for _ in range(MAX_STEPS):
            further: list[int] = []
            for value in pending:
                own = self.plain(value)
                is_own = own == owner or (own >= 0 and any(payload_of(each) == owner for each in self.mro(own)))
                if is_own and own == owner and definition.receiver:
                    self._unify(definition.receiver, self.program.home_scope(symbol), (value,), meaning, 0)
                elif is_own and own == owner:
                    meaning |= self._meaning_of_class(owner, value)
                elif not is_own:
                    if self._is_bounded_by(value, owner):
                        is_own = True
                    else:
                        further += self._behind(value)
                if is_own:
                    meaning.setdefault("Self", set()).add(value)
            if meaning or not further:
                return meaning
            pending = further
        return meaning

    def _is_bounded_by(self, value: int, owner: int) -> bool:
        if kind_of(value) != TYPED:
            return False
        scope, expression = self._typed[payload_of(value)]
        bounds = self._bounds(scope, expression) if expression[:1] == PARAMETER else []
        return any(
            payload_of(each) == owner
            for bound in bounds
            if self.plain(bound) >= 0
            for each in self.mro(self.plain(bound))
        )

    def _behind(self, value: int) -> tuple[int, ...]:
        """Return what a method call looks at next: the content of a wrapper, what a class dereferences to."""
        if kind_of(value) == TYPED:
            scope, expression = self._typed[payload_of(value)]
            if expression[:1] == PARAMETER:
                return tuple(self._bounds(scope, expression))
            if expression[:1] != VALUE:
                held = self._content(payload_of(value))[0]
                return held if held != (value,) else ()
        return self.associated((value,), self.profile.dereferences)[0] if self.plain(value) >= 0 else ()

    # calls

    def called_at(self, scope: int, head: str, called: Outcome) -> Outcome:
        """Return what the call `head(...)` gives back, with what its receiver and its arguments say of the types."""
        base, _, name = head.rpartition(".")
        found: set[int] = set()
        strategy = called[1]
        for value in self._without_aliases(called[0]):
            outcome: Outcome | None = None
            if kind_of(value) == SYMBOL:
                outcome = self._called_with(scope, base, head, payload_of(value))
            elif self.method_name(value):
                outcome = self._standard_result(scope, head, payload_of(value))
            if outcome is None:
                outcome = self.called(((value,), SCOPE), name)
            found.update(outcome[0])
            strategy = max(strategy, outcome[1])
        return (tuple(sorted(found)), strategy) if len(found) <= MAX_VALUES else UNKNOWN

    def _called_with(self, scope: int, base: str, head: str, symbol: int) -> Outcome | None:
        definition = self.program.definition(symbol)
        if definition is None:
            return None
        if definition.kind in CLASSES:
            return self._constructed(scope, head, symbol, definition) if definition.type_parameters else None
        if PARAMETER not in definition.type:
            return None
        meaning = self._meaning_at(scope, base, head, symbol, definition, with_functions=True)
        values, strategy = self.type_values(self.program.home_scope(symbol), self.replaced(definition.type, meaning))
        return values, max(strategy, RETURN_TYPE)

    def _meaning_at(
        self, scope: int, base: str, head: str, symbol: int, definition: Definition, *, with_functions: bool
    ) -> Meaning:
        meaning: Meaning = {}
        is_method = definition.kind == "method"
        if is_method and base and not definition.flags & _STATIC:
            meaning = self._receiver_meaning(symbol, definition, self.path(scope, base)[0])
        elif is_method and base in self.profile.own_type_names:
            own = self._special(scope, "self") or UNKNOWN
            meaning = self._receiver_meaning(symbol, definition, own[0])
        home = self.program.home_scope(symbol)
        wanted = [parameter.type for parameter in definition.parameters]
        if any(PARAMETER in each for each in wanted):
            for expression, path in zip(wanted, self._given_at(scope, head), strict=False):
                if PARAMETER in expression and path[:2] != "#?" and (with_functions or not path.startswith(IN_PLACE)):
                    learnt: Meaning = {}
                    self._unify(expression, home, self.path(scope, path)[0], learnt, 0)
                    for name, values in learnt.items():
                        if name not in meaning:
                            meaning[name] = values
        return meaning

    def _constructed(self, scope: int, head: str, symbol: int, definition: Definition) -> Outcome | None:
        """Return the value of `Wrapper { inner: x }` and `Wrapper(x)`: its fields say what the parameters stand for."""
        if head in self.profile.own_type_names:
            own = self._special(scope, "self")
            if own is not None and any(self.plain(value) == symbol for value in own[0]):
                return own
        meaning: Meaning = {}
        body = self.program.body_scope(symbol)
        for position, path in enumerate(self._given_at(scope, head)):
            name, equals, value = path.partition("=")
            field = self._field(symbol, name if equals else str(position), as_field=True)
            if field is not None and PARAMETER in field.type:
                self._unify(field.type, body, self.path(scope, value if equals else path)[0], meaning, 0)
        if not meaning:
            return None
        return (self.applied(symbol, [meaning.get(each.name, ()) for each in definition.type_parameters]),), RETURN_TYPE

    def _given_at(self, scope: int, callee: str) -> list[str]:
        """Return the arguments of the call of `callee` in a scope; none where several calls of it differ."""
        program = self.program
        while scope >= 0:
            file = program.scope_file[scope]
            table = self._arguments_in.get(file)
            if table is None:
                table = self._arguments_in[file] = _calls_by_callee(program.files[file].facts.calls)
            found = table.get((scope - program.scope_base[file], callee))
            if found is not None:
                return found
            if program.scope_kind(scope) != ScopeKind.BLOCK:
                return []
            scope = program.parent_scope(scope)
        return []

    def _called_typed(self, number: int) -> Outcome:
        scope, expression = self._typed[number]
        if expression[:1] != PARAMETER:
            return super()._called_typed(number)
        for bound in self._bounds(scope, expression):
            if kind_of(bound) == TYPED and bound != number << 3 | TYPED:
                found = super()._called_typed(payload_of(bound))
                if found[0]:
                    return found
        return UNKNOWN

    def _standard_result(self, scope: int, head: str, number: int) -> Outcome | None:
        """Return what a method of the standard library gives whose result is what its function in place gives."""
        home, expression = self._typed[number]
        if "{>" not in expression:
            return None
        result = expression.partition(STANDARD_GIVES)[2]
        given: tuple[int, ...] = ()
        for path in self._given_at(scope, head)[-1:]:
            given = self.called(self.path(scope, path), "")[0]
        result = result.replace("{>?}", self._text(self.member((given, SCOPE), CONTENT)[0]))
        result = result.replace("{>*}", self._text(self.subscript((given, SCOPE), "*")[0]))
        return self.type_values(home, result.replace("{>}", self._text(given)))

    def _given(self, scope: int, path: str) -> Outcome:
        """Return what a callee gives to a parameter of a closure, with what is known of the type parameters there."""
        head, _, positions = path[:-1].rpartition("{")
        argument, _, parameter = positions.partition(":")
        found: set[int] = set()
        values = self.callee(scope, head)[0]
        for value in values:
            definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
            if definition is None or int(argument) >= len(definition.parameters):
                continue
            given = _function_arguments(definition.parameters[int(argument)].type)
            if int(parameter) < len(given):
                base = head.rpartition(".")[0]
                declared = given[int(parameter)]
                meaning: Meaning = {}
                if PARAMETER in declared:
                    meaning = self._meaning_at(scope, base, head, payload_of(value), definition, with_functions=False)
                home = self.program.home_scope(payload_of(value))
                found.update(self.type_values(home, self.replaced(declared, meaning))[0])
        if found:
            return (tuple(sorted(found)), RETURN_TYPE) if len(found) <= MAX_VALUES else UNKNOWN
        return super()._given(scope, path)


def _function_arguments(expression: str) -> list[str]:
    """Return what a function of a type is given: `func[A,=>R]`, or `'F[func[A,=>R]]`."""
    for each in split_alternatives(expression):
        if each[:1] == PARAMETER and each[-1:] == "]":
            found = _function_arguments(each.partition("[")[2][:-1])
            if found:
                return found
        head, bracket, rest = each.partition("[")
        if head == FUNCTION_TYPE and bracket:
            return [part for part in split_arguments(rest[:-1]) if not part.startswith(GIVES)]
    return []


def _calls_by_callee(calls: list[Call]) -> dict[tuple[int, str], list[str]]:
    """Return (scope, callee) -> arguments; none where calls of the same callee differ in them."""
    found: dict[tuple[int, str], list[str]] = {}
    for call in calls:
        key = (call.scope, call.callee)
        known = found.get(key)
        found[key] = call.arguments if known is None or known == call.arguments else []
    return found
