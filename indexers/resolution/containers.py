"""What is in a container: the entries of its literal, what is put into it later, and the rest of a call's arguments.

A CONTAINER value is a literal seen as one kind of thing: `{...}.values()` is the same literal seen as a list. Elements
under literal keys are kept apart; where a key is not known all elements are meant. What a name or an attribute that holds
the literal is given by key (`d['k'] = f`, `xs.append(f)`) belongs to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexers.resolution.bindings import Bindings
from indexers.resolution.questions import CLASS_SCOPE, CLASSES
from indexers.resolution.type_values import MAPPINGS, Types, split_arguments
from indexers.resolution.values import (
    BRANCHES,
    CONTAINED,
    CONTAINER,
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

_REST = -1
"""In place of a file: the container is what a variadic parameter collects."""
MAX_OUTSIDE = 60
"""Places that put something into an attribute of one name, from outside its class, that are looked at."""
_MAPPING_MARKS = ("dict", "keywords")


class Containers(Bindings, Types):
    """Elements of values."""

    def element(self, outcome: Outcome, key: str) -> Outcome:
        """Return what a subscript gives (its key as in an access path; empty: unknown), or iteration (`*`)."""
        values, strategy = outcome
        found: set[int] = set()
        for value in values:
            elements, how = self._held(value, key)
            found.update(elements)
            strategy = max(strategy, how) if elements else strategy
        return (tuple(sorted(found)), strategy) if len(found) <= MAX_VALUES else UNKNOWN

    def _held(self, value: int, key: str) -> Outcome:
        kind, payload = kind_of(value), payload_of(value)
        if kind == CONTAINER:
            if key.endswith(":"):
                return (self._slice(value, key[:-1]),), SCOPE
            known = self._elements.get((payload, key))
            if known is None:
                return self._solve(self._elements, (payload, key), self._contained, (payload, key))
            return known if isinstance(known, tuple) else self._reuse(known)
        if kind == TYPED:
            return self._typed_element(value, key)
        if kind == INSTANCE:
            if key == "*":
                return self.iterated(payload)
            return self.called(self.class_member(payload, "__getitem__"), "__getitem__")
        if kind == SYMBOL and key != "*":
            definition = self.program.definition(payload)
            if definition is not None and definition.kind in CLASSES:
                return (value,), RETURN_TYPE
        return UNKNOWN

    def _slice(self, value: int, start: str) -> int:
        """Return a part of a literal: the same one, seen from a position on; `?`: from one that is not known."""
        file, index, mark = self._containers[payload_of(value)]
        if not start:
            return value
        mark, _, before = mark.partition("+")
        known = start.isdigit() and before != "?"
        return self._literal_container(file, index, f"{mark}+{int(start) + int(before or 0) if known else '?'}")

    def iterated(self, symbol: int) -> Outcome:
        """Return what iterating over an object of a class gives."""
        iterator = self.called(self.class_member(symbol, "__iter__"), "__iter__")
        values = [value for value in iterator[0] if kind_of(value) in (CONTAINER, TYPED)]
        if values:
            return self.element((tuple(values), iterator[1]), "*")
        return self.called(self.member(iterator, "__next__"), "__next__")

    def _typed_element(self, value: int, key: str) -> Outcome:
        scope, expression = self._typed[payload_of(value)]
        if key.endswith(":"):
            return (value,), RETURN_TYPE
        if expression.startswith("[]"):
            element = expression[2:]
        else:
            head, _, rest = expression.partition("[")
            arguments = split_arguments(rest[:-1])
            element = _type_of_element(head.rpartition(".")[2], arguments, key) if arguments else ""
        values = self.type_values(scope, element)[0] if element else ()
        return values, RETURN_TYPE

    # literals

    def _contained(self, number: int, key: str) -> Outcome:
        file, index, mark = self._containers[number]
        mark, _, cut = mark.partition("+")
        first = int(cut) if cut.isdigit() else 0
        if cut and key.isdigit():
            key = str(int(key) + first) if cut != "?" else ""
        if file == _REST:
            return self._rest(index, mark, key)
        if self.recorder is not None:
            self.recorder.note(("containers", file))
        if mark == "pairs":
            return self._paired(number, key)
        if mark == "pair" and key == "0":
            return UNKNOWN
        key = "" if mark == "pair" else key
        if mark in _MAPPING_MARKS and key == "*":
            return UNKNOWN  # the keys
        facts = self.program.files[file].facts.containers[index]
        scope = self.program.scope(file, facts.scope)
        found: set[int] = set()
        strategy = CONTAINED
        for path in _matching(facts.entries, key, first):
            if path.startswith("*") and self.profile.keys_are_members and key[:1] == "'":
                values, how = self.member(self.path(scope, path.lstrip("*")), key[1:-1])
            elif path.startswith("*"):
                values, how = self.element(self.path(scope, path.lstrip("*")), "" if mark in _MAPPING_MARKS else "*")
            else:
                values, how = self.path(scope, path)
            found.update(values)
            strategy = max(strategy, how) if values else strategy
        for assignment in self._put_in(file, index, key):
            values, how = self._assigned(*assignment)
            found.update(values)
            strategy = max(strategy, how) if values else strategy
        if len(found) > MAX_VALUES:
            return UNKNOWN
        if len(found) > 1:
            strategy = max(strategy, BRANCHES)
        return tuple(sorted(found)), strategy

    def _paired(self, number: int, key: str) -> Outcome:
        """`d.items()`: iteration gives pairs of a key, which is not followed, and a value."""
        file, index, _ = self._containers[number]
        if key == "*":
            return (self._literal_container(file, index, "pair"),), CONTAINED
        return UNKNOWN

    def _put_in(self, file: int, index: int, key: str) -> list[tuple[int, int]]:
        """Return (file, assignment) of what is put under `key`, or under an unknown one, into a literal that has a name."""
        program = self.program
        home = program.container_homes.get((file, index))
        if home is None:
            return []
        scope, base = home
        found: list[tuple[int, int]] = []
        if scope < 0:
            return self._put_in_attribute(-1 - scope, base, key)
        head = base.partition("[")[0]
        for at, name, item in program.element_stores.get((file, base), ()):
            if _agree(name, key) and self._binding_scope(at, head) == scope:
                found.append((file, item))
        if program.scope_kind(scope) == CLASS_SCOPE:
            found += self._put_in_attribute(program.opener(scope), base, key)
        return found

    def _put_in_attribute(self, owner: int, attribute: str, key: str) -> list[tuple[int, int]]:
        """Return what is put into the container that an attribute of a class holds: by its methods, or from outside."""
        stores = self.program.attribute_stores.get((owner, attribute), ())
        found = [(file, item) for file, name, item in stores if _agree(name, key)]
        outside = self.program.outside_stores.get(attribute, ())
        for scope, holder, file, name, item in outside if len(outside) <= MAX_OUTSIDE else ():
            if _agree(name, key) and self._is_of(self.path(scope, holder)[0], owner):
                found.append((file, item))
        return found

    def _is_of(self, values: tuple[int, ...], owner: int) -> bool:
        own = owner << 3 | INSTANCE
        return any(kind_of(value) == INSTANCE and own in self.mro(payload_of(value)) for value in values)

    def _binding_scope(self, scope: int, name: str) -> int:
        """Return the innermost scope around that binds `name`, -1 when none does."""
        while scope >= 0 and name not in self.program.scope_names[scope]:
            scope = self.program.parent_scope(scope)
        return scope

    # what a variadic parameter collects

    def _rest(self, index: int, mark: str, key: str) -> Outcome:
        scope, position = divmod(index, 256)
        self.depend_on(scope)
        names: Sequence[int | str]
        if mark == "keywords":
            if key == "*":
                return UNKNOWN
            names = [key[1:-1]] if key.startswith("'") else self.extra_names.get(scope, ())
        elif key.isdigit():
            names = [position + int(key)]
        else:
            names = [each for each in self.extra_names.get(scope, ()) if isinstance(each, int) and each >= position]
        found: set[int] = set()
        strategy = SCOPE
        for name in names:
            values, how = self.received.get((scope, name), UNKNOWN)
            found.update(values)
            strategy = max(strategy, how)
        return (tuple(sorted(found)), strategy) if len(found) <= MAX_VALUES else UNKNOWN

    # methods of containers

    def content_call(self, outcome: Outcome, gives: str) -> Outcome:
        """Return what a method of a container gives: `element`, `same`, `values`, or `pairs` of key and value."""
        values, strategy = outcome
        if self.profile.keys_are_members:
            # An object has no methods but what it holds.
            values = tuple(v for v in values if kind_of(v) != CONTAINER or self.container_mark(v) != "dict")
        if gives == "element":
            return self.element((tuple(v for v in values if kind_of(v) in (CONTAINER, TYPED)), strategy), "")
        found: set[int] = set()
        for value in values:
            if kind_of(value) == CONTAINER:
                file, index, mark = self._containers[payload_of(value)]
                seen_as = mark if gives == "same" else "list" if gives == "values" else gives
                if gives == "same" or (mark in _MAPPING_MARKS and file != _REST):
                    found.add(self._literal_container(file, index, seen_as))
            elif kind_of(value) == TYPED:
                found.update(self._typed_content(value, gives))
        return tuple(sorted(found)), strategy

    def _typed_content(self, value: int, gives: str) -> tuple[int, ...]:
        scope, expression = self._typed[payload_of(value)]
        if gives == "same":
            return (value,)
        head, _, rest = expression.partition("[")
        arguments = split_arguments(rest[:-1])
        if head.startswith("[]") or len(arguments) != 2:
            return ()
        if gives == "values":
            return (self._typed_value(scope, f"list[{arguments[1]}]"),)
        return (self._typed_value(scope, f"list[tuple[{rest[:-1]}]]"),)


def _agree(name: str, key: str) -> bool:
    """Whether what is stored under `name` may be read under `key`; empty: not known."""
    return not name or key in ("", "*") or name == key


def _matching(entries: list[str], key: str, first: int = 0) -> list[str]:
    """Return the paths of the entries that a key may mean; those without a key stand at their position.

    first: where a slice starts.
    """
    if first and not any("=" in entry or entry[0] == "*" for entry in entries):
        entries = ["#?"] * min(first, len(entries)) + entries[first:]
    if key in ("", "*"):
        return [path if path[0] == "*" else _path_of(path) for path in entries]
    exact: list[str] = []
    others: list[str] = []
    moved = False
    count = len(entries)
    for position, entry in enumerate(entries):
        if entry[0] == "*":
            moved = True
            others.append(entry)
            continue
        name, equals, path = entry.partition("=")
        if not equals:
            if moved:
                others.append(entry)
            elif key in (str(position), str(position - count)):
                exact.append(entry)
        elif not name:
            others.append(path)
        elif name == key:
            exact.append(path)
    return exact or others


def _path_of(entry: str) -> str:
    return entry.partition("=")[2] if "=" in entry else entry


def _type_of_element(head: str, arguments: list[str], key: str) -> str:
    """Return the type of an element of a generic type: of a tuple by its position, of a mapping its value."""
    if head in ("tuple", "Tuple"):
        if key.isdigit() and int(key) < len(arguments) and arguments[-1] != "...":
            return arguments[int(key)]
        return arguments[0]
    if head in MAPPINGS:
        return arguments[0] if key == "*" else arguments[-1]
    return arguments[0]
