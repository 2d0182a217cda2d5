"""What may an access path mean? Demand-driven, memoised evaluation over the tables of a program.

Every answer is memoised by scope and path, so the whole program costs linear time in its distinct paths; circles are
left to `tabling`.
"""

from __future__ import annotations

from indexers.facts import Definition
from indexers.resolution.decorators import Decorators
from indexers.resolution.exchanges import Exchanges
from indexers.resolution.function_types import FunctionTypes
from indexers.resolution.macro_conditions import MacroConditions
from indexers.resolution.names import Names
from indexers.resolution.patches import Patches
from indexers.resolution.program import Bind, Binding, Program, unversioned
from indexers.resolution.questions import CLASSES
from indexers.resolution.receivers import Receivers
from indexers.resolution.values import (
    CONSTRUCTOR,
    EXTERNAL,
    FUNCTION,
    INHERITANCE,
    INSTANCE,
    MAX_VALUES,
    NAMESPACE,
    RETURN_TYPE,
    SCOPE,
    SUPER,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)
from indexers.resolution.wrappers import BEHIND, Wrappers

_OPERATOR_ENDS = ("operator()", "operator[]")
"""Names of members that look like a call and a subscript (C++)."""
_ENDS = frozenset(")]}")
"""How a path ends that is a call, a subscript, or what a callee gives to a function in place."""


class Evaluator(FunctionTypes, Names, Decorators, Patches, Receivers, Wrappers, MacroConditions, Exchanges):
    """Answers questions about one program. Not thread-safe; one a program."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self._attach_outside_methods()
        self._attach_patches()

    def path(self, scope: int, path: str) -> Outcome:
        """Return what an access path written in `scope` may mean."""
        memo = self._paths[scope]
        known = memo.get(path)
        if known is None:
            return self._solve(memo, path, self._path, (scope, path))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _path(self, scope: int, path: str) -> Outcome:
        last = path[-1:]
        if last not in _ENDS:  # most of them
            return self._plain_path(scope, path)
        if path.endswith(_OPERATOR_ENDS):
            base, _, name = path.rpartition(".")
            return self.member(self.path(scope, base), name) if base else self.name(scope, path)
        if last == ")":
            head = path[:-2]
            if head in self.profile.super_names:
                return self._super(scope)
            if self.profile.content_methods:
                method = head.rpartition(".")[2]
                if method in self.profile.super_names:
                    return self._super_of(scope, head[: -len(method) - 1])
                gives = self.profile.content_methods.get(method)
                if gives is not None and method != head:
                    held = self.content_call(self.path(scope, head[: -len(method) - 1]), gives)
                    if held[0]:
                        return held
            called = self.callee(scope, head)
            if self.profile.has_impl_blocks:
                return self.called_at(scope, head, called)
            base, _, name = head.rpartition(".")
            outcome = self.called(called, name)
            return self._on_receiver(scope, base, called[0], outcome) if base and outcome[0] else outcome
        if last == "]":
            opening = path.rfind("[")
            if self.profile.wrappers:
                return self.subscript(self.path(scope, path[:opening]), path[opening + 1 : -1])
            key = path[opening + 1 : -1]
            if self.profile.content_methods:
                return self.element(self.path(scope, path[:opening]), key)
            if key.isdigit() and path[opening - 2 : opening] == "()":
                further = self._further_result(scope, path[: opening - 2], int(key))
                if further is not None:
                    return further
            return self._indexed(self.path(scope, path[:opening]), key)
        return self._given(scope, path)

    def _plain_path(self, scope: int, path: str) -> Outcome:
        """Return what a name, a member or a literal means."""
        base, dot, name = path.rpartition(".")
        if dot:
            if self.profile.links_globally:
                found = self._qualified(scope, self.path(scope, base), name)
                return found if found[0] else self._beyond_locals(scope, path)
            if name == BEHIND and self.holds_pointer(scope, base):
                return self.path(scope, base)
            found = self.member(self.path(scope, base), name, as_field=self.profile.fields_are_apart)
            if not found[0] and self.profile.versions_narrow and "~" in base:
                # What is left has no such member: it comes from another part of an intersection.
                return self.path(scope, unversioned(path))
            return found
        if path.startswith("#"):
            return self._literal(scope, path)
        if "#" in path:
            head, _, field = path.partition("#")
            return self.taken_from(self.name(scope, head), head, field)
        return self._name(scope, path)

    def _beyond_locals(self, scope: int, path: str) -> Outcome:
        """`log::Writer log(file)`: before `::` a local of that name is not meant."""
        head = path.partition(".")[0]
        program = self.program
        bindings = program.scope_names[scope].get(head) if program.scope_namespace[scope] < 0 else None
        if not bindings or any(binding[0] == Bind.DEFINITION for binding in bindings):
            return UNKNOWN
        outer = program.parent_scope(scope)
        return self.path(outer, path) if outer >= 0 else UNKNOWN

    def _qualified(self, scope: int, outcome: Outcome, name: str) -> Outcome:
        """Of what a namespace holds under a name, the file that asks means what it includes, where that is anything."""
        values, strategy = outcome
        if len(values) == 1 and kind_of(values[0]) == NAMESPACE:
            namespace = payload_of(values[0])
            bindings = self.program.namespace_names[namespace].get(name)
            if bindings and len(bindings) > 1:
                found, how = self.bound(self._visible(self.program.scope_file[scope], name, bindings))
                if found:
                    return found, max(strategy, how)
        return self.member(outcome, name)

    def callee(self, scope: int, path: str) -> Outcome:
        """Return what is called by `path(...)`: like `path`, but a bare name may not mean a variable where methods have
        names of their own."""
        base, dot, name = path.rpartition(".")
        if dot and self.profile.fields_are_apart:
            found = self.member(self.path(scope, base), name)
            return found if found[0] else self.path(scope, path)
        if dot or not self.profile.methods_apart or path in self.profile.super_names:
            found = self.path(scope, path)
            return self._values_only(found) if len(found[0]) > 1 and self.profile.aliases_are_types else found
        current = scope
        while current >= 0:
            bindings = [b for b in self.program.scope_names[current].get(path, ()) if self._is_callable(b)]
            outcome = self.bound(bindings) if bindings else UNKNOWN
            if not outcome[0]:
                outcome = self._inherited_name(current, self.program.scope_kind(current), path)
            if outcome[0]:
                return outcome
            current = self.program.parent_scope(current)
        found = self.path(self.program.scope_base[self.program.scope_file[scope]], path)
        return found if found[0] else self._external_inheritance(scope, path)

    def _values_only(self, outcome: Outcome) -> Outcome:
        """Where a name means an interface and something else too, what is called is the other."""
        values = tuple(value for value in outcome[0] if not self._is_interface(value))
        return (values, outcome[1]) if values else outcome

    def _is_interface(self, value: int) -> bool:
        definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
        return definition is not None and definition.kind == "interface"

    def _is_callable(self, binding: Binding) -> bool:
        if binding[0] == Bind.DEFINITION:
            return self._definition_of(binding).kind != "variable"
        return binding[0] == Bind.IMPORT

    def _literal(self, scope: int, mark: str) -> Outcome:
        type_name, at, number = mark[1:].partition("@")
        if at and number.isdigit():
            file = self.program.scope_file[scope]
            if type_name == "lambda":
                return ((self.program.scope(file, int(number)) << 3 | FUNCTION,), SCOPE)
            return ((self._literal_container(file, int(number), type_name),), SCOPE)
        if type_name == "module":
            return self.own_module(scope)
        return UNKNOWN if type_name in ("?", "none", "lambda", "") else ((self.external(type_name),), SCOPE)

    def _super(self, scope: int) -> Outcome:
        owner = self._receiver_class(scope)
        return ((owner << 3 | SUPER,), INHERITANCE) if owner >= 0 else UNKNOWN

    def _super_of(self, scope: int, path: str) -> Outcome:
        """`super(A, self)`, written `A.super()`: what comes after the class A."""
        values = [value for value in self.path(scope, path)[0] if kind_of(value) == SYMBOL]
        return tuple(payload_of(value) << 3 | SUPER for value in values[:1]), INHERITANCE

    def called(self, outcome: Outcome, name: str) -> Outcome:
        """Return what calling the values of `outcome` may give back."""
        values, strategy = outcome
        found: set[int] = set()
        for value in values:
            kind, payload = value & 7, value >> 3
            if kind == SYMBOL:
                returned, how = self._call_symbol(payload)
                found.update(returned)
                strategy = max(strategy, how)
            elif kind == NAMESPACE:
                returned, how = self.called(self.whole(payload), name)
                found.update(returned)
                strategy = max(strategy, how)
            elif kind == EXTERNAL:
                external = self.externals[payload]
                # What a builtin function gives back may well be an object of the project (`next`, `getattr`, `max`).
                if external not in self.profile.builtins or external in self.profile.builtin_types:
                    found.add(self.external(_called_external(external)))
            elif kind == FUNCTION:
                returned, how = self._call_body(payload)
                found.update(returned)
                strategy = max(strategy, how)
            elif kind == TYPED and self.method_name(value):
                found.update(self._method_result(payload)[0])
            elif kind in (INSTANCE, TYPED) and name in self.profile.transparent_members:
                found.add(value)
            elif kind == TYPED:
                returned, how = self._called_typed(payload)
                found.update(returned)
                strategy = max(strategy, how)
            elif kind == INSTANCE:
                returned, how = self.called(
                    self.class_member(payload, self.profile.call_member), self.profile.call_member
                )
                found.update(returned)
                strategy = max(strategy, how)
        if len(found) > MAX_VALUES:
            return UNKNOWN
        return tuple(sorted(found)), strategy

    def _further_result(self, scope: int, callee: str, position: int) -> Outcome | None:
        """Return what the second or a later result of a call may be; None where functions have one result."""
        values, strategy = self.callee(scope, callee)
        found: set[int] = set()
        known = False
        for value in values:
            definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
            if definition is not None and 0 < position <= len(definition.results):
                home, known = self.program.home_scope(payload_of(value)), True
                found.update(self.type_values(home, definition.results[position - 1])[0])
        if not known:
            return None
        return (tuple(sorted(found)), max(strategy, RETURN_TYPE)) if len(found) <= MAX_VALUES else UNKNOWN

    def _call_symbol(self, symbol: int) -> Outcome:
        definition = self.program.definition(symbol)
        if definition is None:
            return UNKNOWN
        if definition.kind in CLASSES:
            return ((symbol << 3 | INSTANCE,), CONSTRUCTOR)
        if definition.decorators:
            meant = self.decorated(symbol, definition)
            if meant[0] != (symbol << 3 | SYMBOL,):
                return self.called(meant, "")
        return self._call_function(symbol, definition)

    def _call_function(self, symbol: int, definition: Definition) -> Outcome:
        known = self._returns.get(symbol)
        if known is None:
            return self._solve(self._returns, symbol, self._returned_values, (symbol, definition))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _call_body(self, body: int) -> Outcome:
        """Return what a function gives that is known by its body: one in place, or one without its decorators."""
        symbol = self.program.opener(body)
        definition = self.program.definition(symbol)
        if definition is not None and self.program.body_scope(symbol) == body:
            return self._call_function(symbol, definition)
        known = self._returns.get(-1 - body)
        if known is None:
            return self._solve(self._returns, -1 - body, self._union, (body, self.returned_paths(body)))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _returned_values(self, symbol: int, definition: Definition) -> Outcome:
        program = self.program
        if definition.type:
            scope = program.home_scope(symbol)
            if definition.type in self.profile.own_type_names or self.gives_own_type(symbol, definition):
                owner = self.owner(symbol)
                return ((owner << 3 | INSTANCE,), RETURN_TYPE) if owner >= 0 else UNKNOWN
            values, strategy = self.type_values(scope, definition.type)
            return values, max(strategy, RETURN_TYPE)
        body = program.body_scope(symbol)
        return self._union(body, self._returned.get(symbol, [])) if body >= 0 else UNKNOWN

    def _union(self, body: int, paths: list[str]) -> Outcome:
        found: set[int] = set()
        strategy = RETURN_TYPE
        for path in paths:
            if path[:1] == "#" and "@" not in path:
                continue
            values, how = self.path(body, path)
            found.update(values)
            strategy = max(strategy, how)
        return (tuple(sorted(found)), strategy) if len(found) <= MAX_VALUES else UNKNOWN


def _called_external(name: str) -> str:
    """Name the result of calling something external: a class by itself, a function with its parentheses."""
    last = name.rpartition(".")[2]
    return name if last[:1].isupper() or name.endswith("()") or name == last else f"{name}()"
