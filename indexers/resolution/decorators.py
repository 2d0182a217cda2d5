"""What does a decorated name mean? What its decorators return; the function itself where that cannot be said otherwise.

A decorator that returns its argument, that wraps it by a profile's `wrapping_decorators` (`functools.wraps`), that is
external, or of which anything is unknown leaves the name as it is: the call is one of the function that is written there.
"""

from __future__ import annotations

from collections.abc import Iterator

from indexers.facts import Definition
from indexers.resolution.containers import Containers
from indexers.resolution.members import Members
from indexers.resolution.questions import CLASSES
from indexers.resolution.values import (
    DECORATED,
    EXTERNAL,
    FUNCTION,
    INSTANCE,
    SCOPE,
    SYMBOL,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)


class Decorators(Containers, Members):
    """Decorated definitions."""

    def decorated(self, symbol: int, definition: Definition) -> Outcome:
        """Return what is called by the name of a decorated function: its own symbol when the decorators do not matter."""
        known = self._decorated.get(symbol)
        if known is None:
            return self._solve(self._decorated, symbol, self._decorate, (symbol, definition))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _decorate(self, symbol: int, definition: Definition) -> Outcome:
        body = self.program.body_scope(symbol)
        own: Outcome = ((symbol << 3 | SYMBOL,), SCOPE)
        if body < 0 or definition.kind in CLASSES:
            return own
        raw = body << 3 | FUNCTION
        outcome: Outcome = ((raw,), SCOPE)
        for decorator, _ in self.applications(symbol, definition):
            outcome = self._applied(decorator, outcome)
        return own if raw in outcome[0] else (outcome[0], max(outcome[1], DECORATED))

    def applications(self, symbol: int, definition: Definition) -> Iterator[tuple[Outcome, Outcome]]:
        """Yield what each decorator means and what it is given, the innermost first."""
        scope, body = self.program.home_scope(symbol), self.program.body_scope(symbol)
        is_class = definition.kind in CLASSES
        outcome: Outcome = ((symbol << 3 | SYMBOL if is_class else body << 3 | FUNCTION,), SCOPE)
        for path in reversed(definition.decorators):
            decorator = self.path(scope, path)
            yield decorator, outcome
            if not is_class:
                outcome = self._applied(decorator, outcome)

    def _applied(self, decorator: Outcome, given: Outcome) -> Outcome:
        """Return what the decorator makes of `given`; `given` itself when in doubt."""
        found: set[int] = set()
        strategy = decorator[1]
        for value in decorator[0]:
            values, how = self._applied_value(value)
            if not values:
                return given
            found.update(values)
            strategy = max(strategy, how)
        return (tuple(sorted(found)), strategy) if found else given

    def _applied_value(self, value: int) -> Outcome:
        """Return what one decorator gives, nothing when that is its argument or not known."""
        kind, payload = kind_of(value), payload_of(value)
        definition = self.program.definition(payload) if kind in (SYMBOL, INSTANCE) else None
        if kind == FUNCTION:
            return self._made_by(payload)
        if definition is None:
            return UNKNOWN
        if kind == INSTANCE:
            called = self.class_member(payload, "__call__")
            bodies = [self.program.body_scope(payload_of(each)) for each in called[0] if kind_of(each) == SYMBOL]
            return self._made_by(bodies[0]) if len(bodies) == 1 and bodies[0] >= 0 else UNKNOWN
        if definition.kind not in CLASSES:
            body = self.program.body_scope(payload)
            return self._made_by(body) if body >= 0 else UNKNOWN
        if any(kind_of(each) == SYMBOL for each in self.class_member(payload, "__get__", of_class=True)[0]):
            return UNKNOWN
        if any(kind_of(each) == SYMBOL for each in self.class_member(payload, "__call__", of_class=True)[0]):
            return (payload << 3 | INSTANCE,), DECORATED
        return UNKNOWN

    def _made_by(self, body: int) -> Outcome:
        """Return what a decorator function gives back besides its argument; nothing when that cannot be told."""
        found: set[int] = set()
        strategy = DECORATED
        self._looks_into(body)
        own_names = self.parameter_names(body)
        for path in self.returned_paths(body):
            if path in own_names:
                return UNKNOWN
            values, how = self.path(body, path)
            if not values or any(kind_of(value) == EXTERNAL or self._wraps(value) for value in values):
                return UNKNOWN
            found.update(values)
            strategy = max(strategy, how)
        return tuple(sorted(found)), strategy

    def _wraps(self, value: int) -> bool:
        definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
        if definition is None:
            return False
        wrapping = self.profile.wrapping_decorators
        return any(path.removesuffix("()").rpartition(".")[2] in wrapping for path in definition.decorators)
