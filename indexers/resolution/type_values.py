"""What does something of a declared type mean, and an element of it?"""

from __future__ import annotations

from indexers.resolution.namespaces import Namespaces
from indexers.resolution.questions import CLASSES
from indexers.resolution.values import (
    EXTERNAL,
    INSTANCE,
    MAX_VALUES,
    NAMESPACE,
    RETURN_TYPE,
    SCOPE,
    SYMBOL,
    TYPED,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)

TYPE_OPERATORS = frozenset({"member", "param", "result", "typeof"})
NARROWS = "?"
"""Begins the name of an operator that narrows (`narrowing`)."""
MAPPINGS = frozenset(
    {
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "OrderedDict",
        "defaultdict",
        "Map",
        "HashMap",
        "BTreeMap",
        "map",
        "Record",
        "WeakMap",
    }
)


class Types(Namespaces):
    def type_values(self, scope: int, expression: str) -> Outcome:
        """Return the values that something of this type has; a type that names itself stays unknown."""
        memo, key = self._paths[scope], (expression,)  # a path is a string, a type a tuple
        known = memo.get(key)
        if known is None:
            return self._solve(memo, key, self._type_values, (scope, expression))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _type_values(self, scope: int, expression: str) -> Outcome:
        alternatives = split_alternatives(expression) if "|" in expression else ()
        if len(alternatives) > 1:
            values: set[int] = set()
            strategy = SCOPE
            for part in alternatives:
                found, how = self.type_values(scope, part)
                values.update(found)
                strategy = max(strategy, how)
            return tuple(sorted(values))[:MAX_VALUES], strategy
        if expression.startswith("[]"):
            return ((self._typed_value(scope, expression),), SCOPE)
        head, bracket, rest = expression.partition("[")
        if bracket:
            position = self.profile.transparent_types.get(head.rpartition(".")[2])
            if position is not None:
                arguments = split_arguments(rest[:-1])
                return self.type_values(scope, arguments[position]) if position < len(arguments) else UNKNOWN
            if head in TYPE_OPERATORS or head[:1] == NARROWS:
                return self._operated(scope, head, split_arguments(rest[:-1]))
        if head == "func":
            return ((self._typed_value(scope, expression),), SCOPE)
        if not head:
            return UNKNOWN
        values_of_head, strategy = self.path(scope, head)
        result: set[int] = set()
        if len(values_of_head) > 1 and self.profile.aliases_are_types:
            # A name that is a type and a variable too is the type here.
            values_of_head = tuple(v for v in values_of_head if kind_of(v) == SYMBOL) or values_of_head
        for value in values_of_head:
            result.update(self._instances(value, scope, expression if bracket else ""))
        return tuple(sorted(result)), strategy

    def _operated(self, scope: int, head: str, arguments: list[str]) -> Outcome:
        """Return what a type made of another one by an operator has."""
        raise NotImplementedError

    def _instances(self, value: int, scope: int, generic: str) -> tuple[int, ...]:
        kind, payload = kind_of(value), payload_of(value)
        if kind == SYMBOL:
            definition = self.program.definition(payload)
            if definition is None:
                return ()
            if definition.kind in CLASSES and definition.type and self.profile.aliases_are_types:
                home = definition.opens + self.program.scope_base[self.program.symbol_file[payload]]
                return self.type_values(home, definition.type)[0]
            if definition.kind in CLASSES or self.is_object(payload):
                return (payload << 3 | INSTANCE,)
            if definition.kind == "variable" and definition.type:
                return self.type_values(self.program.home_scope(payload), definition.type)[0]
            return ()
        if kind == NAMESPACE:
            whole = self.whole(payload)[0]
            return tuple(found for each in whole for found in self._instances(each, scope, generic))
        if kind == EXTERNAL:
            if self.external_name(value) in self.profile.any_types:
                return ()
            return (self._typed_value(scope, generic),) if generic else (value,)
        return (value,) if kind in (INSTANCE, TYPED) else ()

    def _indexed(self, outcome: Outcome, key: str = "") -> Outcome:
        """Return what a subscript gives; key `*`: what an iteration gives, which for a mapping is its keys."""
        values, strategy = outcome
        found: set[int] = set()
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            if kind == TYPED:
                scope, expression = self._typed[payload]
                element = expression[2:] if expression.startswith("[]") else _element_type(expression, key)
                if element:
                    found.update(self.type_values(scope, element)[0])
            elif kind == INSTANCE and self.profile.pointers_are_dropped:
                operator = self.class_member(payload, "operator[]")
                found.update(self.called(operator, "operator[]")[0] if operator[0] else (value,))
            elif kind == INSTANCE:
                found.update(self._indexed(self._underlying(payload), key)[0])
            elif kind == SYMBOL:
                definition = self.program.definition(payload)
                if definition is not None and definition.kind in CLASSES:
                    found.add(value)
        return tuple(sorted(found))[:MAX_VALUES], max(strategy, RETURN_TYPE)

    def _underlying(self, symbol: int) -> Outcome:
        """Return what a type defined as a container is (`type Rows []Row`)."""
        definition = self.program.definition(symbol)
        if definition is None or not definition.type.startswith(("[]", "map[")):
            return UNKNOWN
        return self.type_values(self.program.home_scope(symbol), definition.type)


def split_alternatives(expression: str) -> list[str]:
    """Split `A|dict[B,C|D]` at its top-level bars; `[]A|B` is a list of A, or a B."""
    if "[" not in expression:
        return expression.split("|")
    parts: list[str] = []
    depth = start = 0
    for index, character in enumerate(expression):
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == "|" and depth == 0:
            parts.append(expression[start:index])
            start = index + 1
    parts.append(expression[start:])
    return [part for part in parts if part]


def split_arguments(text: str) -> list[str]:
    """Split `A,dict[B,C]` at its top-level commas."""
    parts: list[str] = []
    depth = start = 0
    for index, character in enumerate(text):
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part for part in parts if part]


def _element_type(expression: str, key: str = "") -> str:
    """Return what a subscript or an iteration of a generic gives: the value of a mapping (its key under `*`), else the
    first argument."""
    head, _, rest = expression.partition("[")
    arguments = split_arguments(rest[:-1])
    if not arguments:
        return ""
    return arguments[-1] if head.rpartition(".")[2] in MAPPINGS and key != "*" else arguments[0]
