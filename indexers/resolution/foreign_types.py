"""Types of other libraries that the project's traits are written for, and `type` aliases of types with arguments.

`impl Shape for Vec<T>` gives a method to a type that has no symbol: it stands for itself under a number below -1. Only types of
the standard library answer: those of another crate may have such a method themselves.
"""

from __future__ import annotations

from indexers.facts import Definition, Flag, ScopeKind
from indexers.resolution.program import Bind, Binding
from indexers.resolution.values import (
    BRANCHES,
    EXTERNAL,
    MEMBER,
    SCOPE,
    SYMBOL,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)
from indexers.resolution.wrappers import Wrappers

_BEHIND = {"String": "str", "Vec": "slice"}
"""Types of the standard library -> what they dereference to."""
EXTENDS = "extends:"
BOUNDED = "bounded:"
"""Begins the mark with the traits that a type must have, `bounded:Read|Seek`."""
_WRITTEN = "impl:"
_EXTENSION = "Ext"
"""Ends the name of a trait that gives a type methods which it does not have, by convention."""
_PARAMETER = "'"
_ABSTRACT = int(Flag.ABSTRACT)
_TYPE_ONLY = int(Flag.TYPE_ONLY)


class ForeignTypes(Wrappers):
    # types of other libraries

    def _receivers(self, method: int, definition: Definition) -> list[int]:
        """A type of another library has the methods of the project's traits that are written for it; it is a number below -1."""
        owner = self.owner(method)
        if owner >= 0:
            return [owner]
        head = definition.receiver.partition("[")[0]
        values = self._without_aliases(self.path(self.program.home_scope(method), head)[0])
        found = [payload_of(value) for value in values if kind_of(value) == SYMBOL]
        if not found and (not values or any(kind_of(value) == EXTERNAL for value in values)):
            named = [self.external_name(value) for value in values if kind_of(value) == EXTERNAL]
            return [self._outside((named[0] if named else head).rpartition(".")[2])]
        return found

    def _outside(self, name: str) -> int:
        return -2 - self.external(name)

    def _methods_outside(self, value: int, name: str) -> Outcome:
        """Return the methods that the project's traits give to a type of another library."""
        if kind_of(value) == EXTERNAL:
            heads = [self.external_name(value)]
            if heads[0] not in self.profile.builtins:
                return self._extended(heads[0], name)
            own = self.profile.builtin_members.get(heads[0])
            if (
                name in (self.profile.common_members if own is None else own)
                or heads[0] in self.profile.wrapper_content
            ):
                return UNKNOWN
        else:
            heads = [self._typed[payload_of(value)][1].partition("[")[0] or "slice"]
            if name in self.profile.wrappers.get(heads[0] if heads[0] != "slice" else "", {}):
                return UNKNOWN
        for head in (*heads, _BEHIND.get(heads[0], "")):
            bindings = self._receiver_bindings(self._outside(head), name) if head else []
            if bindings:
                return self._definition_values(bindings) or UNKNOWN
            if name in self.profile.common_members:
                continue
            if head and (found := self.extension(name, head))[0]:
                return self._as_far_as_bounded(value, found, head)
        return UNKNOWN

    def _extended(self, dotted: str, name: str) -> Outcome:
        """Return a method that the project gives to a type of another library, which may have such a method itself."""
        bindings = self._receiver_bindings(self._outside(dotted.rpartition(".")[2]), name)
        traits = [mark for b in bindings for mark in self._definition_of(b).decorators if mark.startswith(_WRITTEN)]
        if name in self.profile.common_members and not all(
            mark.partition("[")[0].endswith(_EXTENSION) for mark in traits
        ):
            return UNKNOWN
        if not bindings or len(traits) != len(bindings):
            return UNKNOWN
        values, strategy = self._definition_values(bindings) or UNKNOWN
        # By convention `..Ext` adds what the type lacks; another trait may as well repeat a method that the type has.
        is_added = all(mark.partition("[")[0].endswith(_EXTENSION) for mark in traits)
        return values, strategy if is_added else max(strategy, BRANCHES)

    def extension(self, name: str, head: str = "") -> Outcome:
        """Return the one method with a body of this name in the traits that are written for a type, or for every type."""
        wanted = {EXTENDS, EXTENDS + head}
        found = [
            symbol
            for symbol in self.program.by_name.get(name, ())
            if (definition := self.program.definition(symbol)) is not None
            and definition.kind == "method"
            and not definition.flags & _ABSTRACT
            and self._is_written_for(wanted, self.owner(symbol), name)
        ]
        return ((found[0] << 3 | SYMBOL,), MEMBER) if len(found) == 1 else UNKNOWN

    def _as_far_as_bounded(self, value: int, extension: Outcome, head: str = "") -> Outcome:
        """A method that every type with some traits has: whether a value's type has those is not always known.

        Nothing where it is most likely another one. head: a type that the trait is written for by its name, perhaps; it needs no such
        traits then.
        """
        raise NotImplementedError

    def written_outside(self, value: int, name: str) -> list[int]:
        """Return the methods of impl blocks that the project has for the type of a value, a type of another library."""
        if kind_of(value) == EXTERNAL:
            head = self.external_name(value).rpartition(".")[2]
        else:
            head = self._typed[payload_of(value)][1].partition("[")[0] or "slice"
        bindings = self._receiver_bindings(self._outside(head), name) if head else []
        return [self._symbol_of(binding) for binding in bindings if self._definition_of(binding).kind == "method"]

    def extends_every_type(self, name: str) -> bool:
        found = self.extension(name)[0]
        trait = self.program.definition(self.owner(payload_of(found[0]))) if found else None
        return trait is not None and not any(mark.startswith(BOUNDED) for mark in trait.decorators)

    def _is_written_for(self, wanted: set[str], owner: int, name: str) -> bool:
        trait = self.program.definition(owner)
        if trait is None or trait.kind != "interface":
            return False
        # Whoever asks reads the trait: its marks may be others after an edit.
        self.program.scope_names[self.program.body_scope(owner)].get(name)
        return not wanted.isdisjoint(trait.decorators)

    def _binding(self, binding: Binding) -> Outcome:
        """A `type` with arguments is itself, until it is known what it is asked for; one of something external is that."""
        if binding[0] == Bind.DEFINITION and self._has_arguments(binding):
            symbol = self._symbol_of(binding)
            meant = self._aliased(symbol)
            is_external = any(kind_of(each) == EXTERNAL for each in meant)
            return (meant if is_external else (symbol << 3 | SYMBOL,)), SCOPE
        return super()._binding(binding)

    def _has_arguments(self, binding: Binding) -> bool:
        """Whether a definition is a `type` outside any trait or impl block with type arguments or parameters."""
        definition = self._definition_of(binding)
        if not definition.flags & _TYPE_ONLY or definition.receiver:
            return False
        if "[" not in definition.type and not definition.type_parameters:
            return False
        return self.program.scope_kind(self.program.scope(binding[1], definition.scope)) != ScopeKind.CLASS

    def _aliased(self, symbol: int) -> tuple[int, ...]:
        """Return what the head of a type alias is: a class, or something external."""
        definition = self.program.definition(symbol)
        assert definition is not None
        head = definition.type.partition("[")[0].partition("|")[0]
        return self.path(self.program.home_scope(symbol), head)[0] if head and head[:1] != _PARAMETER else ()

    def _is_alias(self, value: int) -> bool:
        definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
        return definition is not None and definition.kind == "variable" and bool(definition.flags & _TYPE_ONLY)

    def taken_from(self, outcome: Outcome, head: str, field: str) -> Outcome:
        return super().taken_from((self._without_aliases(outcome[0]), outcome[1]), head, field)

    def _without_aliases(self, values: tuple[int, ...]) -> tuple[int, ...]:
        if not any(self._is_alias(value) for value in values):
            return values
        return tuple(
            each
            for value in values
            for each in (self._aliased(payload_of(value)) if self._is_alias(value) else (value,))
        )
