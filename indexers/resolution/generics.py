"""Classes with type arguments and type parameters as values, and what their members are.

A class with arguments is a TYPED value written `@7[@12,?]`: the INSTANCE value 7 with the value 12 for its first parameter. A
type parameter is `'T[Bound]`: where nothing says what it stands for it has the members of its bounds. What a field or an
associated type declares is read with the parameters replaced by what the receiver's type says (`type_arguments`: what the
arguments of a call say), so no parameter leaves the item that declares it.
Source: the Rust reference, "Type parameters" and "Associated items".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from indexers.facts import Definition, Flag
from indexers.resolution.foreign_types import BOUNDED, EXTENDS, ForeignTypes
from indexers.resolution.names import Names
from indexers.resolution.program import Bind
from indexers.resolution.questions import CLASSES
from indexers.resolution.type_values import split_alternatives, split_arguments
from indexers.resolution.values import (
    BRANCHES,
    EXTERNAL,
    INSTANCE,
    MAX_VALUES,
    MEMBER,
    RETURN_TYPE,
    SCOPE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)
from indexers.resolution.wrappers import BEHIND, CONTENT

VALUE = "@"
PARAMETER = "'"
ANY = "any"
"""`any[@1|@2]`: one of several values, as an argument."""
WHERE = "where"
"""`where[Item='_[Read]]`: what a clause demands of an associated type, among the bounds of its parameter."""
MAX_NESTING = 5
"""Type arguments within type arguments; deeper ones are dropped, so that types stay finite."""
MAX_ALTERNATIVES = 4

_POINTER = int(Flag.POINTER)
_STATIC = int(Flag.STATIC)
_TYPE_ONLY = int(Flag.TYPE_ONLY)
_NOTHING: Mapping[str, Iterable[int]] = {}
Meaning = dict[str, set[int]]
"""Type parameter -> the values that it stands for."""


class Generics(Names, ForeignTypes):
    # types

    def _type_values(self, scope: int, expression: str) -> Outcome:
        first = expression[:1]
        if first in (VALUE, PARAMETER) and ("|" not in expression or len(split_alternatives(expression)) == 1):
            if first == VALUE and expression[1:].isdigit():
                return (int(expression[1:]),), SCOPE
            return (self._typed_value(0 if first == VALUE else scope, expression),), SCOPE
        if expression.startswith("any[") and expression[-1] == "]":
            return self.type_values(scope, expression[len(ANY) + 1 : -1])
        return super()._type_values(scope, expression)

    def _instances(self, value: int, scope: int, generic: str) -> tuple[int, ...]:
        if not generic or kind_of(value) != SYMBOL:
            return super()._instances(value, scope, generic)
        definition = self.program.definition(payload_of(value))
        if definition is None or not (definition.type_parameters or definition.kind == "interface"):
            return super()._instances(value, scope, generic)
        written = split_arguments(generic.partition("[")[2][:-1])
        named = [argument for argument in written if "=" in argument.partition("[")[0]]
        arguments = [
            self.type_values(scope, argument)[0] if argument != CONTENT else ()
            for argument in written
            if argument not in named
        ]
        if definition.kind in CLASSES:
            given = {
                name: self.type_values(scope, typed)[0] for name, _, typed in (each.partition("=") for each in named)
            }
            return (self.applied(payload_of(value), arguments, given),)
        names = [parameter.name for parameter in definition.type_parameters]
        meaning = {name: set(values) for name, values in zip(names, arguments, strict=False)}
        home = self.program.home_scope(payload_of(value))
        return self.type_values(home, self.replaced(definition.type, meaning))[0] if definition.type else ()

    def applied(
        self, symbol: int, arguments: Iterable[Iterable[int]], named: Mapping[str, Iterable[int]] = _NOTHING
    ) -> int:
        """Return the value of a class with these type arguments; `named` are associated types (`Item = T`)."""
        texts = [self._text(values) for values in arguments]
        texts += [f"{name}={text}" for name, values in named.items() if (text := self._text(values)) != CONTENT]
        own = symbol << 3 | INSTANCE
        if all(text == CONTENT for text in texts):
            return own
        expression = f"{VALUE}{own}[{','.join(texts)}]"
        return own if self._nesting(expression) > MAX_NESTING else self._typed_value(0, expression)

    def _text(self, values: Iterable[int]) -> str:
        """Return values as an argument of a type."""
        found = sorted(set(values))
        if not found or len(found) > MAX_ALTERNATIVES:
            return CONTENT
        texts = [f"{VALUE}{value}" for value in found]
        return texts[0] if len(texts) == 1 else f"{ANY}[{'|'.join(texts)}]"

    def _nesting(self, expression: str) -> int:
        """Return how deep the arguments of a type are nested."""
        deepest, pending, seen = 0, [(expression, 1)], 0
        while pending and deepest <= MAX_NESTING and seen < 64:
            text, depth = pending.pop()
            seen += 1
            deepest = max(deepest, depth)
            for part in text.split(VALUE)[1:]:
                digits = part[: len(part) - len(part.lstrip("0123456789"))]
                if digits and kind_of(int(digits)) == TYPED:
                    pending.append((self._typed[payload_of(int(digits))][1], depth + 1))
        return deepest

    def replaced(self, expression: str, meaning: Meaning) -> str:
        """Return a type in which each parameter is what it stands for, or any of its bounds where that is not known."""
        if PARAMETER not in expression:
            return expression
        parts: list[str] = []
        at = 0
        while (found := expression.find(PARAMETER, at)) >= 0:
            parts.append(expression[at:found])
            at = found + 1
            while at < len(expression) and (expression[at].isalnum() or expression[at] == "_"):
                at += 1
            name, bounds = expression[found + 1 : at], ""
            if expression[at : at + 1] == "[":
                end = _closing(expression, at)
                bounds, at = expression[at + 1 : end], end + 1
            known = self._text(meaning[name]) if name in meaning else CONTENT
            if known == CONTENT and bounds:
                known = f"{PARAMETER}_[{self.replaced(bounds, meaning)}]"
            parts.append(known)
        return "".join([*parts, expression[at:]])

    def plain(self, value: int) -> int:
        """Return the class that a value is an object of, with or without type arguments; -1 for anything else."""
        if kind_of(value) == INSTANCE:
            return payload_of(value)
        if kind_of(value) == TYPED:
            expression = self._typed[payload_of(value)][1]
            if expression[:1] == VALUE:
                return payload_of(int(expression[1:].partition("[")[0]))
        return -1

    def bases(self, symbol: int) -> list[int]:
        definition = self.program.definition(symbol)
        if definition is None:
            return []
        scope, found = self.program.home_scope(symbol), []
        for expression in [*definition.bases, *definition.implements]:
            for value in self.type_values(scope, expression)[0]:
                base = self.plain(value)
                if base >= 0 and base != symbol:
                    found.append(base << 3 | INSTANCE)
                elif kind_of(value) == EXTERNAL:
                    found.append(value)
        return found

    def owner(self, symbol: int) -> int:
        definition = self.program.definition(symbol)
        if definition is None or not definition.receiver:
            return super().owner(symbol)
        head = definition.receiver.partition("[")[0]
        for value in self.type_values(self.program.home_scope(symbol), head)[0]:
            if self.plain(value) >= 0:
                return self.plain(value)
        return -1

    def _special(self, scope: int, name: str) -> Outcome | None:
        """`self` has the type arguments that its impl block writes, or is the parameter that a blanket one is for."""
        if name in self.profile.receiver_names:
            method = self.program.enclosing_method(scope)
            definition = self.program.definition(method) if method >= 0 else None
            if definition is not None and definition.receiver:
                values: tuple[int, ...] = ()
                if "[" in definition.receiver:
                    values = self.type_values(self.program.home_scope(method), definition.receiver)[0]
                elif bindings := self.program.scope_names[self.program.body_scope(method)].get(name):
                    values = self.bound(bindings)[0]
                if not values and not definition.flags & _STATIC and self.owner(method) < 0:
                    # In an impl block for a type of another library `self` is that, and never the module.
                    return self.type_values(self.program.home_scope(method), definition.receiver)[0], SCOPE
                if values:
                    return values, SCOPE
        return super()._special(scope, name)

    # members

    def _member(self, value: int, name: str, as_field: bool) -> Outcome:
        found = self._member_of(value, name, as_field)
        if as_field or name in self.profile.common_members or not self._may_be_extended(value, found[0]):
            return found
        extension = self.extension(name)
        extension = self._as_far_as_bounded(value, extension) if extension[0] else UNKNOWN
        return extension if extension[0] else found

    def _as_far_as_bounded(self, value: int, extension: Outcome, head: str = "") -> Outcome:
        trait = self.owner(payload_of(extension[0][0]))
        definition = self.program.definition(trait)
        if head and definition is not None and EXTENDS + head in definition.decorators:
            return extension
        bounds = [
            bound
            for mark in (definition.decorators if definition is not None else ())
            if mark.startswith(BOUNDED)
            for bound in split_alternatives(mark.removeprefix(BOUNDED))
        ]
        had = self._trait_names(value) if bounds else set()
        home = self.program.home_scope(trait)
        wanted = [self._trait_names_of(self.type_values(home, bound)[0]) for bound in bounds]
        if all(names and names <= had for names in wanted):
            return extension
        is_parameter = kind_of(value) == TYPED and any(not name.isdigit() for name in had) and self.plain(value) < 0
        if is_parameter or kind_of(value) == EXTERNAL:
            return UNKNOWN  # of a trait of another library, whose methods come first
        return extension[0], max(extension[1], BRANCHES)

    def _trait_names(self, value: int) -> set[str]:
        """Return the traits that a value is known to have: those of its class, or the bounds of its type parameter."""
        symbol = self.plain(value)
        if symbol >= 0:
            return self._trait_names_of(self.mro(symbol))
        scope, expression = self._typed[payload_of(value)] if kind_of(value) == TYPED else (0, "")
        if expression[:1] != PARAMETER:
            return set()
        found: set[str] = set()
        for bound in self._bounds(scope, expression):
            found |= self._trait_names_of(self.mro(self.plain(bound)) if self.plain(bound) >= 0 else (bound,))
        return found

    def _trait_names_of(self, values: Iterable[int]) -> set[str]:
        return {
            self.external_name(value).rpartition(".")[2] if kind_of(value) == EXTERNAL else str(self.plain(value))
            for value in values
        }

    def _may_be_extended(self, value: int, found: tuple[int, ...]) -> bool:
        """Whether a value is an object that has no such member of its own, as far as that is known."""
        if not found:
            return kind_of(value) in (INSTANCE, TYPED)
        if kind_of(value) == EXTERNAL:
            return self.external_name(value) in self.profile.builtins and kind_of(found[0]) == EXTERNAL
        return kind_of(value) == TYPED and all(kind_of(each) == EXTERNAL for each in found)

    def _member_of(self, value: int, name: str, as_field: bool) -> Outcome:
        if kind_of(value) == SYMBOL and self._is_alias(value):
            return self.member((self._aliased(payload_of(value)), SCOPE), name, as_field=as_field)
        if name == CONTENT or "#" in name:
            return super()._member(value, name, as_field)
        if name == BEHIND:
            symbol = self.plain(value)
            if symbol < 0 or not self.every_own_method(symbol, "deref"):
                return ((value,), MEMBER)
            return self.associated((value,), self.profile.dereferences)
        if kind_of(value) == EXTERNAL:
            written = self._methods_outside(value, name)
            return written if written[0] else super()._member(value, name, as_field)
        if kind_of(value) != TYPED:
            return super()._member(value, name, as_field)
        scope, expression = self._typed[payload_of(value)]
        if expression[:1] == PARAMETER:
            return self._bounded_member(value, scope, expression, name, as_field)
        if expression[:1] == VALUE:
            return self._applied_member(value, name, as_field)
        if expression.partition("[")[0] in self.profile.wrapper_content:
            # What it holds has the method, most often; the trait is written for the wrapper so that it has it too.
            found = super()._member(value, name, as_field)
            if any(kind_of(each) != EXTERNAL for each in found[0]):
                return found
            written = self._methods_outside(value, name)
            return (written[0], max(written[1], BRANCHES)) if written[0] else found
        written = self._methods_outside(value, name)
        return written if written[0] else super()._member(value, name, as_field)

    def _bounds(self, scope: int, expression: str) -> list[int]:
        """Return the values of the bounds of a type parameter, those of the project first."""
        found = self.type_values(scope, expression.partition("[")[2][:-1])[0] if expression[-1] == "]" else ()
        return sorted(found, key=lambda value: kind_of(value) == EXTERNAL)

    def _bounded_member(self, value: int, scope: int, expression: str, name: str, as_field: bool) -> Outcome:
        bounds = self._bounds(scope, expression)
        for bound in bounds:
            found = self._member(bound, name, as_field)
            if found[0] and found[0] != (bound,):
                return found
        return ((value,), MEMBER) if name in self.profile.transparent_members else UNKNOWN

    def _applied_member(self, value: int, name: str, as_field: bool) -> Outcome:
        symbol = self.plain(value)
        field = self._field(symbol, name, as_field)
        if field is not None:
            home = self.program.body_scope(symbol)
            values, strategy = self.type_values(home, self.replaced(field.type, self._meaning_of_class(symbol, value)))
            return values, max(strategy, MEMBER)
        found = self.class_member(symbol, name, as_field=as_field)
        if found[0]:
            return found
        return self._beyond(value, name, as_field) or (
            ((value,), MEMBER) if name in self.profile.transparent_members else UNKNOWN
        )

    def taken_out(self, outcome: Outcome, content: str) -> Outcome:
        """Return what a pattern takes out of values, `Circle#0`, with the type arguments that they have."""
        head, _, field = content.partition("#")
        found: set[int] = set()
        strategy = max(outcome[1], MEMBER)
        for value in outcome[0]:
            symbol = self.plain(value)
            if symbol < 0:
                continue
            definition = self.program.definition(symbol)
            if definition is not None and definition.name == head:
                values, how = self._member(value, field, as_field=True)
            else:
                values, how = self._content_of(symbol, value, content)
            found.update(values)
            strategy = max(strategy, how)
        return tuple(sorted(found)), strategy

    def _content_of(self, symbol: int, value: int, content: str) -> Outcome:
        """Return what a variant of an enumeration holds in a value of it."""
        body = self.program.body_scope(symbol)
        for kind, file, index in self.program.scope_names[body].get(content, ()) if body >= 0 else ():
            if kind == Bind.ASSIGNMENT:
                typed = self.program.files[file].facts.assignments[index].type
                return self.type_values(body, self.replaced(typed, self._meaning_of_class(symbol, value)))
        return UNKNOWN

    def _beyond(self, value: int, name: str, as_field: bool) -> Outcome | None:
        """Return a member of what a value dereferences to."""
        behind = tuple(each for each in self.associated((value,), self.profile.dereferences)[0] if each != value)
        found = self.member((behind, MEMBER), name, as_field=as_field) if behind else UNKNOWN
        return found if found[0] else None

    def _field(self, symbol: int, name: str, as_field: bool) -> Definition | None:
        """Return the field of this name that a class declares, unless a method of that name is meant."""
        body = self.program.body_scope(symbol)
        bindings = self.program.scope_names[body].get(name, ()) if body >= 0 else ()
        for binding in bindings:
            if binding[0] == Bind.DEFINITION:
                definition = self._definition_of(binding)
                if (
                    definition.kind == "variable"
                    and definition.type
                    and (as_field or not self._receiver_bindings(symbol, name))
                ):
                    return definition
        return None

    def holds_pointer(self, scope: int, path: str) -> bool:
        holder, _, name = path.rpartition(".")
        symbols = {self.plain(value) for value in self.path(scope, holder)[0]} - {-1} if holder else set()
        fields = [self._field(symbol, name, as_field=True) for symbol in symbols]
        return any(field is not None and field.flags & _POINTER for field in fields)

    def _meaning_of_class(self, symbol: int, value: int) -> Meaning:
        """Return what the type parameters of a class stand for in an object of it."""
        definition = self.program.definition(symbol)
        expression = self._typed[payload_of(value)][1] if kind_of(value) == TYPED else ""
        if definition is None or not expression:
            return {}
        arguments = split_arguments(expression.partition("[")[2][:-1])
        names = [parameter.name for parameter in definition.type_parameters]
        return {
            name: set(self.type_values(0, argument)[0])
            for name, argument in zip(names, arguments, strict=False)
            if argument != CONTENT and "=" not in argument
        }

    def associated(self, values: Iterable[int], name: str) -> Outcome:
        """Return what an associated type (`Item`, `Target`) of the types of values is."""
        found: set[int] = set()
        for value in values:
            found.update(self._associated_of(value, name))
        return (tuple(sorted(found)), MEMBER) if len(found) <= MAX_VALUES else UNKNOWN

    def _associated_of(self, value: int, name: str) -> tuple[int, ...]:
        if kind_of(value) == TYPED:
            scope, expression = self._typed[payload_of(value)]
            if expression[:1] == PARAMETER:
                told = self._told_in_bounds(scope, expression, name)
                for bound in self._bounds(scope, expression) if not told else ():
                    told = self._associated_of(bound, name)
                    if told:
                        break
                return told
            if expression[:1] != VALUE:
                head = expression.partition("[")[0]
                if name == self.profile.yields and (not head or head in self.profile.wrappers):
                    return self.subscript(((value,), SCOPE), "*")[0]
                if head in self.profile.wrapper_content:
                    held = self._content(payload_of(value))[0]
                    return self.associated(held, name)[0] if held != (value,) else ()
                return ()
        symbol = self.plain(value)
        if symbol < 0:
            return ()
        if kind_of(value) == TYPED and f"{name}=" in self._typed[payload_of(value)][1]:
            for argument in split_arguments(self._typed[payload_of(value)][1].partition("[")[2][:-1]):
                if argument.startswith(f"{name}="):
                    return self.type_values(0, argument.partition("=")[2])[0]
        for definition, home, is_inside in self._associated_types(symbol, name):
            meaning: Meaning = {}
            if is_inside:
                meaning = self._meaning_of_class(symbol, value)
            elif "[" in definition.receiver:
                self._unify(definition.receiver, home, (value,), meaning, 0)
            meaning.setdefault("Self", set()).add(value)
            found = self.type_values(home, self.replaced(definition.type, meaning))[0]
            kept = tuple(each for each in found if kind_of(each) != SYMBOL and each != value)
            if kept:
                return kept
        return ()

    def _told_in_bounds(self, scope: int, expression: str, name: str) -> tuple[int, ...]:
        """Return what `where T::Item: Bound` says of an associated type of a parameter."""
        if f"{WHERE}[{name}=" not in expression:
            return ()
        for bound in split_alternatives(expression.partition("[")[2][:-1]):
            if bound.startswith(f"{WHERE}[{name}="):
                return self.type_values(scope, bound.partition("=")[2][:-1])[0]
        return ()

    def _associated_types(self, symbol: int, name: str) -> Iterator[tuple[Definition, int, bool]]:
        """Yield the declarations of an associated type, those of the class's impl blocks before those of its traits."""
        for binding in self._receiver_bindings(symbol, name):
            definition = self._definition_of(binding)
            if definition.kind == "variable" and definition.type:
                yield definition, self.program.home_scope(self._symbol_of(binding)), False
        for value in self.mro(symbol):
            body = self.program.body_scope(payload_of(value)) if kind_of(value) == INSTANCE else -1
            for binding in self.program.scope_names[body].get(name, ()) if body >= 0 else ():
                if binding[0] != Bind.DEFINITION:
                    continue
                definition = self._definition_of(binding)
                if definition.kind == "variable" and definition.type and definition.flags & _TYPE_ONLY:
                    yield definition, body, True

    def subscript(self, outcome: Outcome, key: str) -> Outcome:
        rest: list[int] = []
        found: set[int] = set()
        for value in outcome[0]:
            expression = self._typed[payload_of(value)][1] if kind_of(value) == TYPED else ""
            if expression[:1] == PARAMETER:
                bounds = tuple(self._bounds(self._typed[payload_of(value)][0], expression))
                found.update(self.subscript((bounds, SCOPE), key)[0])
            elif kind_of(value) == INSTANCE or expression[:1] == VALUE:
                found.update(self._items(value, key))
            else:
                rest.append(value)
        others = super().subscript((tuple(rest), outcome[1]), key) if rest else ((), outcome[1])
        found.update(others[0])
        return (tuple(sorted(found)), max(others[1], RETURN_TYPE)) if len(found) <= MAX_VALUES else UNKNOWN

    def _items(self, value: int, key: str) -> tuple[int, ...]:
        """Return what iterating over an object of the project gives, or a subscript of it."""
        items = self.associated((value,), self.profile.yields if key == "*" else "Output")[0]
        if items:
            return items
        behind = tuple(each for each in self.associated((value,), self.profile.dereferences)[0] if each != value)
        if behind:
            return self.subscript((behind, SCOPE), key)[0]
        return (value,) if key == "*" else ()

    def _unify(self, expression: str, scope: int, values: Iterable[int], meaning: Meaning, depth: int) -> None:
        """Note what the parameters in a declared type stand for, where something of that type is one of the values."""
        raise NotImplementedError


def _closing(text: str, opening: int) -> int:
    depth = 0
    for index in range(opening, len(text)):
        depth += (text[index] == "[") - (text[index] == "]")
        if depth == 0:
            return index
    return len(text)
