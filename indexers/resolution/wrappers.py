"""Types that stand for what they hold: `Option<T>`, `Box<T>`, `&[T]`, guards, and classes that dereference to another.

A wrapper's own methods come first (`Option::take` is not the content's `take`), by a table of the profile: method ->
what it gives, written as a type expression in which `{0}` is the wrapper's first argument and `=` the wrapper itself.
Whatever else is asked of a wrapper is asked of its content. A method of such a table is a TYPED value whose expression
is `Option.take->Option[Foo]`.
Three forms of access paths belong here: `x.?` (the content of `x`), `Shape.Circle#radius` (what a pattern takes out of a
variant or a structure) and `f{0:1}` (what `f` gives to the second parameter of the closure that is its first argument).
"""

from __future__ import annotations

from indexers.facts import ScopeKind
from indexers.resolution.implementations import Implementations
from indexers.resolution.questions import CLASSES
from indexers.resolution.type_values import Types, split_arguments
from indexers.resolution.values import (
    EXTERNAL,
    INSTANCE,
    MAX_VALUES,
    MEMBER,
    RETURN_TYPE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

CONTENT = "?"
BEHIND = "*"
"""`x.*`: what a field that is no reference dereferences to, where its type is of the project."""
GIVES = "->"


class Wrappers(Implementations, Types):
    # types

    def _type_values(self, scope: int, expression: str) -> Outcome:
        if self.profile.wrappers and not expression.startswith("[]"):
            head, bracket, rest = expression.partition("[")
            wrapper = self._wrapper_named(scope, head) if bracket else ""
            if wrapper:
                return ((self._typed_value(scope, f"{wrapper}[{rest}"),), MEMBER)
        return super()._type_values(scope, expression)

    def _wrapper_named(self, scope: int, head: str) -> str:
        """Return the name of the standard wrapper that a type head means; empty for a type of the project."""
        if "|" in head:
            return ""
        values, _ = self.path(scope, head)
        name = head.rpartition(".")[2]
        for value in values:
            name = self.external_name(value).rpartition(".")[2] if kind_of(value) == EXTERNAL else ""
        return name if name in self.profile.wrappers else ""

    def _content(self, number: int) -> Outcome:
        """Return what a wrapper holds; for anything else the value itself."""
        scope, expression = self._typed[number]
        head, _, rest = expression.partition("[")
        position = self.profile.wrapper_content.get(head)
        arguments = split_arguments(rest[:-1]) if position is not None else []
        if position is None or position >= len(arguments):
            return ((number << 3 | TYPED,), MEMBER)
        return self.type_values(scope, arguments[position])

    def _element(self, number: int, key: str) -> Outcome:
        """Return what a subscript (`key`, empty when it is not known) or an iteration (`*`) of a typed value gives."""
        scope, expression = self._typed[number]
        head, _, rest = expression.partition("[")
        if head in self.profile.wrapper_content:
            held = self._content(number)
            return (
                held if key == "*" and head in ("Option", "Result", "Poll", "LocalKey") else self.subscript(held, key)
            )
        arguments = split_arguments(rest[:-1])
        if head == "tuple":
            return (
                self.type_values(scope, arguments[int(key)]) if key.isdigit() and int(key) < len(arguments) else UNKNOWN
            )
        if not head:
            return self.type_values(scope, expression[2:])
        is_mapping = self.profile.wrappers.get(head, {}).get("values") is not None and len(arguments) > 1
        if is_mapping and key == "*":
            return ((self._typed_value(scope, f"tuple[{arguments[0]},{arguments[1]}]"),), RETURN_TYPE)
        return self.type_values(scope, arguments[-1 if is_mapping else 0]) if arguments else UNKNOWN

    def subscript(self, outcome: Outcome, key: str) -> Outcome:
        """Return what `[key]` gives on the values of an outcome, where the profile knows wrappers."""
        values, strategy = outcome
        found: set[int] = set()
        for value in values:
            payload = payload_of(value)
            if kind_of(value) == TYPED:
                found.update(self._element(payload, key)[0])
            elif kind_of(value) == INSTANCE:
                named = self.class_member(payload, self.profile.yields if key == "*" else "Output", of_class=True)[0]
                found.update(item for item in named if kind_of(item) != SYMBOL)
                if not named and key == "*":
                    found.add(value)
        return (tuple(sorted(found)), max(strategy, RETURN_TYPE)) if len(found) <= MAX_VALUES else UNKNOWN

    # members

    def holds_pointer(self, scope: int, path: str) -> bool:  # noqa: ARG002
        """Whether a path ends in a field that holds a reference or a pointer."""
        return False

    def _member(self, value: int, name: str, as_field: bool) -> Outcome:
        if not self.profile.wrappers:
            return super()._member(value, name, as_field)
        if name == CONTENT:
            return self._content(payload_of(value)) if kind_of(value) == TYPED else ((value,), MEMBER)
        if "#" in name:
            return self._taken_out(value, name)
        found = super()._member(value, name, as_field)
        if not found[0] and name in self.profile.derived_constructors and kind_of(value) == SYMBOL:
            definition = self.program.definition(payload_of(value))
            if definition is not None and definition.kind == "class":
                return ((payload_of(value) << 3 | INSTANCE,), MEMBER)
        if kind_of(value) == INSTANCE and (not found[0] or found[0] == (value,)):
            target = self.class_member(payload_of(value), self.profile.dereferences, of_class=True)
            behind = tuple(item for item in target[0] if kind_of(item) != SYMBOL and item != value)
            beyond = self.member((behind, MEMBER), name, as_field=as_field) if behind else UNKNOWN
            return beyond if beyond[0] else found
        return found

    def _typed_member(self, number: int, name: str) -> Outcome:
        if not self.profile.wrappers:
            return super()._typed_member(number, name)
        scope, expression = self._typed[number]
        if GIVES in expression:
            return UNKNOWN
        head, _, rest = expression.partition("[")
        rules = self.profile.wrappers.get(head)
        if rules is None:
            return super()._typed_member(number, name)
        if head == "tuple" and name.isdigit():
            return self._element(number, name)
        rule = rules.get(name)
        if rule is not None:
            result = (
                expression if rule == "=" else _filled(rule, [rest[1:]] if not head else split_arguments(rest[:-1]))
            )
            return ((self._typed_value(scope, f"{head or 'slice'}.{name}{GIVES}{result}"),), MEMBER)
        if head in self.profile.wrapper_content:
            held = self._content(number)
            found = self.member(held, name) if held[0] and held[0] != (number << 3 | TYPED,) else UNKNOWN
            if found[0] or held[0]:
                return found
        return ((self.external(f"{head or 'slice'}.{name}"),), MEMBER)

    def method_name(self, value: int) -> str:
        """Return the name of the standard method that a value is, empty when it is none."""
        if kind_of(value) != TYPED:
            return ""
        name, gives, _ = self._typed[payload_of(value)][1].partition(GIVES)
        return name if gives else ""

    def _method_result(self, number: int) -> Outcome:
        scope, expression = self._typed[number]
        result = expression.partition(GIVES)[2]
        return self.type_values(scope, result) if result else UNKNOWN

    def _taken_out(self, value: int, name: str) -> Outcome:
        """Return what a pattern takes out: `Circle#radius` of an enum, `Point#x` of the structure in a module."""
        head, _, field = name.partition("#")
        if kind_of(value) == SYMBOL:
            taken = self._field_of_variant(payload_of(value), name)
            if taken[0]:
                return taken
        return self.taken_from(super()._member(value, head, False), head, field)

    def taken_from(self, outcome: Outcome, head: str, field: str) -> Outcome:
        """Return the field of a structure, or of the variant `head` that the values are instances of."""
        found: set[int] = set()
        for value in outcome[0]:
            definition = self.program.definition(payload_of(value)) if kind_of(value) in (SYMBOL, INSTANCE) else None
            if definition is None or definition.kind not in CLASSES:
                continue
            if kind_of(value) == SYMBOL:
                found.update(self.class_member(payload_of(value), field, as_field=True)[0])
            else:
                found.update(self._field_of_variant(payload_of(value), f"{head}#{field}")[0])
        return tuple(sorted(found)), MEMBER

    def _field_of_variant(self, symbol: int, name: str) -> Outcome:
        body = self.program.body_scope(symbol)
        if body < 0 or self.program.scope_kind(body) != ScopeKind.CLASS:
            return UNKNOWN
        bindings = self.program.scope_names[body].get(name)
        return self.bound(bindings) if bindings else UNKNOWN

    # closures

    def _given(self, scope: int, path: str) -> Outcome:
        """Return what a callee gives to a parameter of a closure that it is called with: `callee{argument:parameter}`."""
        head, _, positions = path[:-1].rpartition("{")
        argument, _, parameter = positions.partition(":")
        values, _ = self.path(scope, head)
        found: set[int] = set()
        for value in values:
            definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
            if definition is not None and int(argument) < len(definition.parameters):
                home = self.program.home_scope(payload_of(value))
                declared, bracket, rest = definition.parameters[int(argument)].type.partition("[")
                given = split_arguments(rest[:-1]) if bracket and declared == "func" else []
                if int(parameter) < len(given):
                    found.update(self.type_values(home, given[int(parameter)])[0])
        if found or any(kind_of(value) == SYMBOL for value in values):
            return (tuple(sorted(found)), RETURN_TYPE) if len(found) <= MAX_VALUES else UNKNOWN
        receiver, _, method = head.rpartition(".")
        if receiver and method in self.profile.elementwise:
            return self.subscript(self.path(scope, receiver), "*")
        if receiver and method in self.profile.errorwise:
            return self.path(scope, f"{receiver}.unwrap_err()")
        return UNKNOWN


def _filled(rule: str, arguments: list[str]) -> str:
    """Put the arguments of a wrapper into a rule; one that is not there stays unknown."""
    for position in (0, 1):
        rule = rule.replace(f"{{{position}}}", arguments[position] if position < len(arguments) else CONTENT)
    return rule
