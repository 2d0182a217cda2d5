"""Which of the values of a name are left where a condition holds: `?is[x,kind,=a]` and the like, as TypeScript narrows unions.

| type expression | what is left of x |
|---|---|
| `?is[x,kind,=a,K.B]`, `?not[...]` | what may have, or may not have, a literal or constant in its field `kind` |
| `?has[x,name]`, `?lacks[x,name]` | what has a member of the name, or may lack it |
| `?notof[x,A]` | what is of no class A |
| `?guard[x,f]`, `?unguard[x,f]` | what the declared result of f says, `boolean[=>T]`, where it is true or false |

A literal type is `string[=a,=b]`. What is not understood is left as it is. Parts of an intersection are values like the members of a
union: what is left may lack a member that the name has, which is then asked of the name (`versions_narrow`).
"""

from __future__ import annotations

from indexers.facts import Definition
from indexers.resolution.program import Bind
from indexers.resolution.type_values import Types, split_arguments
from indexers.resolution.values import (
    EXTERNAL,
    INSTANCE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

_LITERALS = frozenset({"string", "number", "boolean"})

Tag = str | int
"""A literal as the source has it, or the symbol of a constant."""


class Narrowing(Types):
    def _narrowed(self, scope: int, operator: str, arguments: list[str]) -> Outcome:
        if len(arguments) < 2:
            return UNKNOWN
        values, strategy = self.path(scope, arguments[0])
        if not values:
            return UNKNOWN
        if operator in ("?is", "?not"):
            labels = self._labels(scope, arguments[2:])
            wanted = operator == "?is"
            kept = [value for value in values if not labels or self._may_be(value, arguments[1], labels, wanted)]
        elif operator in ("?has", "?lacks"):
            kept = [value for value in values if self._may_have(value, arguments[1], operator == "?has")]
        elif operator == "?notof":
            kept = self._other_than(values, self.path(scope, arguments[1])[0])
        else:
            said = self._said_by(scope, arguments[1])
            if operator == "?guard":
                return self._within((values, strategy), said)
            kept = self._other_than(values, said[0])
        return tuple(kept), strategy

    # discriminants

    def _labels(self, scope: int, written: list[str]) -> set[Tag]:
        """Return what a discriminant is compared with; nothing where one of them is not known."""
        found: set[Tag] = set()
        for label in written:
            tags: set[Tag] = {label[1:]} if label[0] == "=" else self._tags(self.path(scope, label)[0])
            if not tags:
                return set()
            found |= tags
        return found

    def _may_be(self, value: int, field: str, labels: set[Tag], wanted: bool) -> bool:
        own = self._tags_of(value, field)
        if not own:
            return True
        return not own.isdisjoint(labels) if wanted else not own <= labels

    def _tags_of(self, value: int, field: str) -> set[Tag]:
        """Return what the field of a value is declared to hold; nothing where that is not said."""
        found = self._declared_member(value, field)
        if found is None:
            return set()
        scope, definition = found
        literals = _literals(definition.type)
        if literals or not definition.type:
            return set(literals)
        return self._tags(self.type_values(scope, definition.type)[0] or self.path(scope, definition.type)[0])

    def _tags(self, values: tuple[int, ...]) -> set[Tag]:
        """Return the literals and constants that the values are; nothing where one of them is something else."""
        found: set[Tag] = set()
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            literals: list[str] = _literals(self._typed[payload][1]) if kind == TYPED else []
            if kind == SYMBOL:
                found.add(payload)
            elif literals:
                found.update(literals)
            else:
                return set()
        return found

    def _declared_member(self, value: int, name: str) -> tuple[int, Definition] | None:
        """Return the definition of a member of an object, with the scope that its type is read in."""
        if kind_of(value) != INSTANCE:
            return None
        program = self.program
        for each in self.mro(payload_of(value)):
            body = program.body_scope(payload_of(each)) if kind_of(each) == INSTANCE else -1
            for binding in program.scope_names[body].get(name, ()) if body >= 0 else ():
                if binding[0] == Bind.DEFINITION:
                    return body, self._definition_of(binding)
        return None

    def _may_have(self, value: int, name: str, wanted: bool) -> bool:
        if kind_of(value) != INSTANCE:
            return True
        found = self._declared_member(value, name)
        if found is not None:
            return wanted or f"{name}?" in found[1].signature
        if not wanted or any(kind_of(each) == EXTERNAL for each in self.mro(payload_of(value))):
            return True
        return bool(self.class_member(payload_of(value), name)[0])

    # classes

    def _other_than(self, values: tuple[int, ...], classes: tuple[int, ...]) -> list[int]:
        """Return the values that are of none of the classes."""
        barred = {payload_of(each) << 3 | INSTANCE for each in classes if kind_of(each) in (SYMBOL, INSTANCE)}
        return [each for each in values if kind_of(each) != INSTANCE or barred.isdisjoint(self.mro(payload_of(each)))]

    def _said_by(self, scope: int, callee: str) -> Outcome:
        """Return the values that the argument of a type guard has where it gives back true."""
        found: set[int] = set()
        for value in self.callee(scope, callee)[0]:
            kind, payload = kind_of(value), payload_of(value)
            home, declared = -1, ""
            if kind == SYMBOL:
                definition = self.program.definition(payload)
                home, declared = self.program.home_scope(payload), definition.type if definition is not None else ""
            elif kind == TYPED:
                home, expression = self._typed[payload]
                declared = split_arguments(expression.partition("[")[2][:-1] or "-")[-1].removeprefix("=>")
            said = _said(declared)
            if not said:
                return UNKNOWN
            found.update(self.type_values(home, said)[0])
        return tuple(sorted(found)), 0

    def _within(self, told: Outcome, said: Outcome) -> Outcome:
        """Return the values that are of what is said, below it, or have all that it declares; what is said where none is."""
        classes = set(said[0])
        if not classes:
            return told
        kept = tuple(each for each in told[0] if each in classes or any(self._is_a(each, one) for one in classes))
        return (kept, told[1]) if kept else said

    def _is_a(self, value: int, other: int) -> bool:
        """Whether an object of one class is one of another, by name or, where that is an interface, by its members."""
        if kind_of(value) != INSTANCE or kind_of(other) != INSTANCE:
            return False
        if other in self.mro(payload_of(value)):
            return True
        definition, body = self.program.definition(payload_of(other)), self.program.body_scope(payload_of(other))
        if definition is None or definition.kind != "interface" or body < 0:
            return False
        names = list(self.program.scope_names[body])
        return bool(names) and all(self._declared_member(value, name) is not None for name in names)


def _literals(declared: str) -> list[str]:
    """Return the literals of `string[=a,=b]`, none of any other type."""
    head, bracket, rest = declared.partition("[")
    if not bracket or head not in _LITERALS or rest[:1] != "=" or rest[:2] == "=>":
        return []
    return [part[1:] for part in rest[:-1].split(",")]


def _said(declared: str) -> str:
    """Return T of `boolean[=>T]`, the result of a type guard."""
    return declared[len("boolean[=>") : -1] if declared.startswith("boolean[=>") else ""
