"""What does `.name` mean on a value: an instance, a class, a module, something external, the parent's proxy?"""

from __future__ import annotations

from collections.abc import Iterator

from indexers.facts import Definition, Flag
from indexers.resolution.bindings import Bindings
from indexers.resolution.inheritance import Inheritance
from indexers.resolution.program import CONSTRUCTOR_NAME, Bind, Binding
from indexers.resolution.questions import CLASSES
from indexers.resolution.tabling import PATCHES
from indexers.resolution.tracking import Reader
from indexers.resolution.type_values import split_arguments
from indexers.resolution.values import (
    ANNOTATION,
    ATTRIBUTE_TYPE,
    BRANCHES,
    CONTAINER,
    EXTERNAL,
    FUNCTION,
    IMPORT,
    INHERITANCE,
    INSTANCE,
    MAX_VALUES,
    MEMBER,
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

BEGINS = "…"
"""Behind the beginning of a name that is put together at run time."""
MAX_HEIRS = 40
"""Classes below a class that are asked for what it has not."""
_DECLARATION = int(Flag.DECLARATION)
_DEFAULT = int(Flag.DEFAULT)
_PROPERTY = int(Flag.PROPERTY)


class Members(Inheritance, Bindings):
    def member(self, outcome: Outcome, name: str, *, as_field: bool = False) -> Outcome:
        """Return what `.name` may mean on the values of `outcome`; `as_field`: a field before a method of that name."""
        values, strategy = outcome
        if not values:
            return UNKNOWN
        if name.endswith(BEGINS):
            return self._members_beginning(values, name[:-1])
        found: set[int] = set()
        unknown = False
        for value in values:
            member_values, how = self._member(value, name, as_field)
            if member_values:
                found.update(member_values)
                if how > strategy:
                    strategy = how
            elif value & 7 != NAMESPACE:
                unknown = True
        if len(values) > 1 and self.profile.primitives:
            found = self._without_primitives(found)
        if len(found) > MAX_VALUES * 4:
            return UNKNOWN
        if unknown and found and len(values) > 1:
            strategy = max(strategy, BRANCHES)
        return tuple(sorted(found)), strategy

    def _members_beginning(self, values: tuple[int, ...], beginning: str) -> Outcome:
        """Return the methods and functions whose names begin so: `getattr(self, f"visit_{kind}")` means one of them."""
        program, found = self.program, set[int]()
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            if kind == NAMESPACE:
                tables = [program.namespace_names[payload]]
            elif kind in (INSTANCE, SYMBOL):
                order = [payload_of(each) for each in self.mro(payload) if kind_of(each) == INSTANCE]
                bodies = [program.body_scope(each) for each in order]
                tables = [program.scope_names[body] for body in bodies if body >= 0]
            else:
                continue
            for name in sorted({name for table in tables for name in table if name.startswith(beginning)}):
                meant = self._member(value, name, as_field=False)[0]
                found.update(each for each in meant if kind_of(each) in (SYMBOL, FUNCTION))
        return (tuple(sorted(found)), BRANCHES) if len(found) <= MAX_VALUES else UNKNOWN

    def _without_primitives(self, found: set[int]) -> set[int]:
        """Of `Table | string` it is the Table that has the member, when it has it."""
        if all(kind_of(value) == EXTERNAL for value in found):
            return found
        primitives = self.profile.primitives
        return {
            value
            for value in found
            if kind_of(value) != EXTERNAL or self.external_name(value).partition(".")[0] not in primitives
        }

    def _member(self, value: int, name: str, as_field: bool) -> Outcome:
        kind, payload = value & 7, value >> 3
        if kind == EXTERNAL:
            return ((self.external(_external_member(self.externals[payload], name)),), IMPORT)
        if kind == NAMESPACE:
            found = self.namespace_member(payload, name)
            return found if found[0] or name == self.profile.module_value else self.whole_member(payload, name)
        if kind == INSTANCE:
            if name == self.profile.class_attribute:
                return ((payload << 3 | SYMBOL,), MEMBER)
            found = self.class_member(payload, name, as_field=as_field)
            if not found[0] and name in self.profile.transparent_members:
                return ((value,), MEMBER)
            if not found[0] and self.profile.missing_member and name[:2] != "__":
                found = self.called(self.class_member(payload, self.profile.missing_member), name)
            return found
        if kind == SUPER:
            return self._super_member(payload, name)
        if kind == CONTAINER:
            if self.profile.keys_are_members:
                return self._entry_named(value, name)
            return ((self.external(f"{self.container_mark(value)}.{name}"),), IMPORT)
        if kind == FUNCTION:
            return ((value,), SCOPE) if name in self.profile.calling_members else UNKNOWN
        if kind == TYPED:
            return self._typed_member(payload, name)
        definition = self.program.definition(payload)
        if definition is None:
            return UNKNOWN
        if definition.kind in CLASSES:
            if name in self.profile.receiver_names:
                return ((payload << 3 | INSTANCE,), SCOPE)
            return self.class_member(payload, name, of_class=True)
        if self.is_object(payload):
            return self.class_member(payload, name)
        bindings = self._receiver_bindings(payload, name) + self._patches_of(payload, name)
        if not bindings and name in self.profile.calling_members:
            return ((value,), SCOPE)
        return self.bound(bindings) if bindings else UNKNOWN

    def member_of_heirs(self, outcome: Outcome, name: str) -> Outcome:
        """Return the methods that the nearest classes below have, where a class asks its own objects for what it has not.

        For the call itself only: nothing flows from there, since any of the classes may be meant."""
        found: set[int] = set()
        if name not in self.program.by_name or name[:2] == "__":
            return UNKNOWN
        for value in outcome[0]:
            if kind_of(value) in (INSTANCE, SYMBOL):
                found.update(self._in_heirs(payload_of(value), name))
        return (tuple(sorted(found)), BRANCHES) if len(found) <= MAX_VALUES else UNKNOWN

    def _in_heirs(self, symbol: int, name: str) -> set[int]:
        found: set[int] = set()
        own, pending, seen = symbol << 3 | INSTANCE, [symbol], {symbol}
        while pending and len(seen) <= MAX_HEIRS:
            definition = self.program.definition(pending.pop())
            for heir in self.program.heirs.get(definition.name, ()) if definition is not None else ():
                if heir in seen or own not in self.mro(heir):
                    continue
                seen.add(heir)
                values = [value for value in self.class_member(heir, name)[0] if kind_of(value) == SYMBOL]
                found.update(values)
                if not values:
                    pending.append(heir)
        return found

    def _entry_named(self, value: int, name: str) -> Outcome:
        """Return what a literal holds under a name, or the language's own member of a list."""
        mark = self.container_mark(value)
        if mark != "dict":
            return ((self.external(f"{mark}.{name}"),), IMPORT)
        return self.element(((value,), SCOPE), f"'{name}'")

    def _typed_member(self, number: int, name: str) -> Outcome:
        scope, expression = self._typed[number]
        if name in self.profile.transparent_members:
            return ((number << 3 | TYPED,), MEMBER)
        if expression.startswith("[]"):
            return ((self.external(f"list.{name}"),), MEMBER)
        head, _, rest = expression.partition("[")
        if head == "Record" and rest and self.profile.keys_are_members:
            values, strategy = self.type_values(scope, split_arguments(rest[:-1])[-1])
            return values, max(strategy, MEMBER)
        key = (number, name)
        if key in self._typed_pending:  # a type that is written in terms of itself adds nothing
            return UNKNOWN
        self._typed_pending.add(key)
        try:
            return self.member(self.path(scope, head), name)
        finally:
            self._typed_pending.discard(key)

    def class_member(self, symbol: int, name: str, *, of_class: bool = False, as_field: bool = False) -> Outcome:
        """Return what `name` means as a member of a class, along its linearised bases."""
        key = (symbol * 4 + of_class * 2 + as_field, name)
        known = self._members.get(key)
        if known is None:
            return self._solve(self._members, key, self._class_member_of, (symbol, name, of_class, as_field))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _class_member_of(self, symbol: int, name: str, of_class: bool, as_field: bool) -> Outcome:
        return self._class_member(self.mro(symbol), name, of_class, as_field)

    def _class_member(self, order: tuple[int, ...], name: str, of_class: bool, as_field: bool) -> Outcome:
        beyond: Outcome | None = None
        for position, value in enumerate(order):
            if kind_of(value) == EXTERNAL:
                base = self.external_name(value)
                known = self.profile.external_members.get(base)
                if not self.profile.external_bases_answer or (known is not None and name not in known):
                    continue
                beyond = beyond or ((self.external(f"{base}.{name}"),), INHERITANCE)
                continue
            values, strategy = self._own_member(payload_of(value), name, of_class, as_field)
            if values:
                # An external base that comes first might have it too; we cannot look.
                found_how = BRANCHES if beyond else MEMBER if position == 0 else INHERITANCE
                return values, max(strategy, found_how)
        if beyond:
            return beyond
        return UNKNOWN

    def _own_member(self, symbol: int, name: str, of_class: bool, as_field: bool) -> Outcome:
        program = self.program
        body = program.body_scope(symbol)
        inside = program.scope_names[body].get(name) if body >= 0 else None
        written_outside = self._receiver_bindings(symbol, name) if program.receiver_methods else None
        attributes = program.attributes[symbol].get(name, []) if symbol in program.attributes else []
        if patches := self._patches_of(symbol, name):
            attributes = [*attributes, *patches]
        if not (inside or written_outside or attributes):
            return UNKNOWN
        bindings = [*(inside or ()), *(written_outside or ())]
        methods = [b for b in bindings if b[0] == Bind.DEFINITION and self._definition_of(b).kind != "variable"]
        if as_field and methods and len(methods) < len(bindings):
            fields = [binding for binding in bindings if binding not in methods]
            outcome = self.bound(fields)
            return outcome[0], max(outcome[1], MEMBER if outcome[1] == ANNOTATION else ATTRIBUTE_TYPE)
        if methods:
            values, strategy = self._definition_values(methods) or UNKNOWN
            definition = self._definition_of(methods[0])
            if definition.flags & _PROPERTY and not of_class and values:
                return self._property(values, strategy)
            return values, strategy
        outcome = self.bound(bindings + attributes) if bindings or attributes else UNKNOWN
        if outcome[0] and (attributes or not of_class):
            return outcome[0], max(outcome[1], MEMBER if outcome[1] == ANNOTATION else ATTRIBUTE_TYPE)
        return outcome

    def properties(self, scope: int, path: str, *, written: bool = False) -> Outcome:
        """Return the getters that reading the attribute `path` runs, or the setters that setting it runs, as symbols."""
        base, _, name = path.rpartition(".")
        if name not in self.property_names:
            return UNKNOWN
        values, strategy = self.path(scope, base)
        asked = self._setter if written else self._getter
        found = {asked(payload_of(value), name) for value in values if kind_of(value) == INSTANCE}
        found.discard(-1)
        return tuple(sorted(found)), max(strategy, MEMBER)

    def _getter(self, symbol: int, name: str) -> int:
        """Return the getter of this name that an object of the class has, -1 when another member hides it or none is there."""
        for value in self.mro(symbol):
            body = self.program.body_scope(payload_of(value)) if kind_of(value) == INSTANCE else -1
            for binding in self.program.scope_names[body].get(name, ()) if body >= 0 else ():
                if binding[0] == Bind.DEFINITION:
                    is_getter = self._definition_of(binding).flags & (_PROPERTY | _DECLARATION) == _PROPERTY
                    return self._symbol_of(binding) if is_getter else -1
        return -1

    def _setter(self, symbol: int, name: str) -> int:
        """Return the setter of this name that an object of the class has, -1 when there is none."""
        for value in self.mro(symbol):
            body = self.program.body_scope(payload_of(value)) if kind_of(value) == INSTANCE else -1
            bindings = self.program.scope_names[body].get(name, ()) if body >= 0 else ()
            definitions = [binding for binding in bindings if binding[0] == Bind.DEFINITION]
            for binding in definitions:
                if any(decorator.endswith(".setter") for decorator in self._definition_of(binding).decorators):
                    return self._symbol_of(binding)
            if definitions:
                return -1
        return -1

    def own_methods(self, symbol: int, name: str) -> Outcome:
        """Return the methods of this name that the class itself defines, without its bases."""
        body = self.program.body_scope(symbol)
        bindings = list(self.program.scope_names[body].get(name, ())) if body >= 0 else []
        bindings += self._receiver_bindings(symbol, name)
        methods = [b for b in bindings if b[0] == Bind.DEFINITION and self._definition_of(b).kind == "method"]
        return (self._definition_values(methods) or UNKNOWN) if methods else UNKNOWN

    def _property(self, values: tuple[int, ...], strategy: int) -> Outcome:
        returned, how = self.called((values, strategy), "")
        return returned, max(how, RETURN_TYPE)

    def declared_defaults(self, symbol: int) -> int:
        """Return how many default arguments the declaration of a function has which its body, written elsewhere, lacks."""
        known = self._declared_defaults.get(symbol)
        if known is None:
            known = self._declared_defaults[symbol] = self._find_defaults(symbol)
        return known

    def _find_defaults(self, symbol: int) -> int:
        definition = self.program.definition(symbol)
        if definition is None or not definition.parameters or definition.flags & _DECLARATION:
            return 0
        owner = self.owner(symbol) if definition.receiver else -1
        if owner >= 0:
            body, around = self.program.body_scope(owner), self.program.definition(owner)
            named = CONSTRUCTOR_NAME if around is not None and around.name == definition.name else definition.name
            bindings = self.program.scope_names[body].get(named, ()) if body >= 0 else ()
        else:
            namespace = self.program.scope_namespace[self.program.home_scope(symbol)]
            bindings = self.program.namespace_names[namespace].get(definition.name, ()) if namespace >= 0 else ()
        types = [parameter.type.rpartition(".")[2] for parameter in definition.parameters]
        for binding in bindings:
            if binding[0] != Bind.DEFINITION:
                continue
            declared = self._definition_of(binding)
            if declared.flags & _DECLARATION and types == [one.type.rpartition(".")[2] for one in declared.parameters]:
                count = sum(1 for parameter in declared.parameters if parameter.flags & _DEFAULT)
                if count:
                    return count
        return 0

    def _receiver_bindings(self, symbol: int, name: str) -> list[Binding]:
        """Return the methods of this name written outside the type."""
        program = self.program
        return [
            (Bind.DEFINITION, file := program.symbol_file[method], method - program.symbol_base[file] - 1)
            for method in self._methods_of.get((symbol, name), ())
        ]

    def _patches_of(self, symbol: int, name: str) -> list[Binding]:
        """Return the assignments from outside of a member."""
        if self.recorder is not None and self.profile.patches_objects:
            self.vary_with(PATCHES)
            self.recorder.note(("patched", symbol, name))
        return self._patched[symbol].get(name, []) if symbol in self._patched else []

    def _attach_outside_methods(self) -> None:
        """Find the type of every method written outside it; asked before anything else, for members depend on it."""
        program = self.program
        found: dict[tuple[int, str], list[int]] = {}
        pending = program.receiver_methods
        while pending:
            # The class of a member may be written outside another one itself (`class A::B`): a round for each such step.
            left: list[int] = []
            for method in pending:
                definition = program.definition(method)
                assert definition is not None
                if self.recorder is not None:
                    self.recorder.reader = Reader("method", method)
                owners = self._receivers(method, definition)
                for key in self._member_keys(owners, method, definition):
                    found.setdefault(key, []).append(method)
                if not owners and "." in definition.receiver:
                    left.append(method)
            self._forget()  # what was asked on the way did not see these methods
            self._methods_of = program.table()
            self._methods_of.update({key: sorted(methods) for key, methods in found.items()})
            if len(left) == len(pending):
                return
            pending = left

    def _member_keys(self, owners: list[int], method: int, definition: Definition) -> Iterator[tuple[int, str]]:
        """Yield (type, name) under which a method written outside is a member."""
        for owner in owners:
            if self._only_patches(owner, method, definition):
                continue
            around = self.program.definition(owner) if self.profile.constructor_is_class_name else None
            constructs = around is not None and around.name == definition.name
            yield owner, CONSTRUCTOR_NAME if constructs else definition.name

    def _only_patches(self, owner: int, method: int, definition: Definition) -> bool:
        """Whether a function is put into one object in place of what its class says (`app.mount = () => {}`)."""
        if not self.profile.patches_objects:
            return False
        values = self.path(self.program.home_scope(method), definition.receiver)[0]
        if not values or any(kind_of(value) != INSTANCE for value in values):
            return False
        return self._is_typed(method) or self._class_has(owner, definition.name)

    def _is_typed(self, symbol: int) -> bool:
        """Whether a symbol stands where types are declared: there a class has the members that it says."""
        return self.program.files[self.program.symbol_file[symbol]].facts.language != "javascript"

    def _class_has(self, symbol: int, name: str) -> bool:
        """Whether a class, or one that it inherits from, declares a member of this name."""
        bodies = (
            self.program.body_scope(payload_of(value)) for value in self.mro(symbol) if kind_of(value) == INSTANCE
        )
        return any(name in self.program.scope_names[body] for body in bodies if body >= 0)

    def _receivers(self, method: int, definition: Definition) -> list[int]:
        """The type that a method outside it belongs to; in JavaScript it may be a function or an object as well."""
        owner = self.owner(method)
        if owner >= 0:
            return [owner]
        values, _ = self.path(self.program.home_scope(method), definition.receiver)
        return [payload_of(value) for value in values if kind_of(value) == SYMBOL]

    def _super_member(self, symbol: int, name: str) -> Outcome:
        values, strategy = self._class_member(self.mro(symbol)[1:], name, of_class=False, as_field=False)
        return values, max(strategy, INHERITANCE)


def _external_member(holder: str, name: str) -> str:
    """Name a member of something external. What repeats itself is cut: `text = text.strip()` in a loop stays finite."""
    repeated = holder.find(f".{name}()")
    if repeated >= 0:
        return f"{holder[:repeated]}.{name}"
    return holder if holder.endswith(f".{name}") else f"{holder}.{name}"
