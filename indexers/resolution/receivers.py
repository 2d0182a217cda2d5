"""Methods that give back what they are called on: an object of the receiver's class, not only of the class that wrote it."""

from __future__ import annotations

from indexers.facts import Definition, Flag
from indexers.resolution.members import Members
from indexers.resolution.program import Bind
from indexers.resolution.questions import CLASSES
from indexers.resolution.values import INSTANCE, SUPER, SYMBOL, Outcome, kind_of, payload_of

_STATIC = int(Flag.STATIC)
MAX_STEPS = 4
"""Assignments and methods between a `return` and the receiver."""


class Receivers(Members):
    """`this` and `self` as results."""

    def _on_receiver(self, scope: int, base: str, called: tuple[int, ...], outcome: Outcome) -> Outcome:
        """A method that gives back `this` gives back what it was called on, not only an object of its own class."""
        owners = {
            self.owner(payload_of(value)) << 3 | INSTANCE
            for value in called
            if kind_of(value) == SYMBOL and self._gives_receiver(payload_of(value))
        }
        if not owners.intersection(outcome[0]):
            return outcome
        receivers = {self._object_of(value) for value in self.path(scope, base)[0]}
        narrowed = {value for value in receivers if value >= 0 and not owners.isdisjoint(self.mro(payload_of(value)))}
        if not narrowed:
            return outcome
        return tuple(sorted(narrowed | (set(outcome[0]) - owners))), outcome[1]

    def _object_of(self, value: int) -> int:
        """Return the object that a method called on `value` works on, -1 when that is none of the project."""
        if kind_of(value) == INSTANCE:
            return value
        if kind_of(value) == SUPER:
            return payload_of(value) << 3 | INSTANCE
        definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
        is_class = definition is not None and definition.kind in CLASSES
        return payload_of(value) << 3 | INSTANCE if is_class else -1

    def _gives_receiver(self, symbol: int, steps: int = MAX_STEPS) -> bool:
        definition = self.program.definition(symbol)
        if definition is None or definition.kind != "method":
            return False
        if definition.type:
            return definition.type in self.profile.own_type_names or self.gives_own_type(symbol, definition)
        self._looks_into(self.program.body_scope(symbol))
        returned = self._returned.get(symbol, ())
        if any(value in self.profile.receiver_names for value in returned):
            return True
        if not self.profile.receiver_parameter or definition.flags & _STATIC or not definition.parameters:
            return False
        return any(self._is_receiver(symbol, definition, path, steps) for path in returned)

    def gives_own_type(self, symbol: int, definition: Definition) -> bool:
        """`def copy(self: T) -> T`, `def make(cls: type[T]) -> T`: whether the result is declared as the receiver is, by a type
        variable."""
        parameters, type_name = definition.parameters, definition.type
        if not self.profile.receiver_parameter or definition.kind != "method" or not parameters:
            return False
        if parameters[0].type not in (type_name, f"type[{type_name}]", f"Type[{type_name}]") or not type_name:
            return False
        values = self.type_values(self.program.home_scope(symbol), type_name)[0]
        return not any(kind_of(value) == INSTANCE for value in values)

    def _is_receiver(self, symbol: int, definition: Definition, path: str, steps: int) -> bool:
        """Whether a path inside a method is an object of the receiver's class: `self`, `cls()`, what is made from them."""
        receiver = definition.parameters[0].name
        if path in (receiver, f"{receiver}()", f"{receiver}.{self.profile.class_attribute}()"):
            return True
        if steps <= 0:
            return False
        base, _, name = path.removesuffix("()").rpartition(".")
        if path.endswith("()") and base.removesuffix("()") in (receiver, *self.profile.super_names):
            methods = self.class_member(self.owner(symbol), name)[0]
            if base != receiver:
                methods = self._super_member(self.owner(symbol), name)[0]
            return any(
                kind_of(each) == SYMBOL and self._gives_receiver(payload_of(each), steps - 1) for each in methods
            )
        bindings = self.program.scope_names[self.program.body_scope(symbol)].get(path, ())
        values = [
            self.program.files[file].facts.assignments[index].value
            for kind, file, index in bindings
            if kind == Bind.ASSIGNMENT
        ]
        return any(value != path and self._is_receiver(symbol, definition, value, steps - 1) for value in values)
