"""Gives the facts of an edited file the numbers that they had: other files know its definitions and scopes by number.

What stands in the same place under the same name keeps its number, what is new gets one behind all others, and what is gone
leaves a blank, which it takes again when it comes back: a file that cannot be parsed for a while needs no more numbers each
time. Definitions that keep their numbers stand in the same order as before, so that new ones alone may be out of
order. Access paths name scopes, containers and definitions by number too (`#lambda@3`, `#dict@2`) and are rewritten.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import msgspec

from indexers.facts import Container, Definition, FileFacts, Scope, ScopeKind
from indexers.naming import local_names

BLANK_DEFINITION = Definition("", "variable", 0, -1, 0, 0, 0, 0)
BLANK_SCOPE = Scope(ScopeKind.BLOCK, 0, -1)
_NUMBERED = re.compile(r"#([a-z]+)@(\d+)")
_PATHS = ("callee", "target", "value", "path", "type")


@dataclass(frozen=True, slots=True)
class Aligned:
    """Facts with their old numbers. order: the definitions as they stand in the source. locals: their names, by number."""

    facts: FileFacts
    order: list[int]
    locals: list[str]
    scopes: list[int]
    """The numbers of the scopes that are there."""
    gone: Gone = field(default_factory=lambda: Gone({}, {}))


@dataclass(frozen=True, slots=True)
class Gone:
    """What the blanks stood for: number -> what it was known by, of definitions and of scopes."""

    definitions: dict[int, tuple[Any, ...]]
    scopes: dict[int, tuple[Any, ...]]


def aligned(before: Aligned, after: FileFacts) -> Aligned:
    """Return `after` with the numbers of `before` wherever something is in both."""
    numbers = _Numbers(before, after)
    facts = numbers.renumbered()
    names = [""] * len(facts.definitions)
    for index, name in zip(numbers.definitions, local_names(after), strict=True):
        names[index] = name
    return Aligned(facts, numbers.definitions, names, numbers.scopes, numbers.gone())


def as_it_stands(facts: FileFacts) -> Aligned:
    return Aligned(facts, list(range(len(facts.definitions))), local_names(facts), list(range(len(facts.scopes))))


class _Numbers:
    """Old or new numbers of what is in the new facts, by position."""

    def __init__(self, before: Aligned, after: FileFacts) -> None:
        self._aligned, self._before, self._after = before, before.facts, after
        self._number_all(frozenset())
        moved = _out_of_order(self.definitions, set(before.order))
        if moved:
            self._number_all(moved)
        self.containers = self._number_containers()

    def _number_all(self, moved: frozenset[int]) -> None:
        """Number scopes and definitions; those among `moved` get new numbers."""
        before, after = self._aligned, self._after
        self._moved_definitions = moved
        self._free_definition = len(self._before.definitions)
        self._free_scope = len(self._before.scopes)
        self._old_definitions = _grouped(
            {number: self._definition_key(number) for number in before.order}, before.gone.definitions
        )
        self._old_scopes = _grouped(
            {number: self._scope_key(number) for number in before.scopes[1:]}, before.gone.scopes
        )
        self.scopes = [0] + [-1] * (len(after.scopes) - 1)
        self.definitions = [-1] * len(after.definitions)
        for index in range(1, len(after.scopes)):
            self._number_scope(index)
        for index in range(len(after.definitions)):
            self._number_definition(index)

    def gone(self) -> Gone:
        """Return what is behind the blanks from now on."""
        before = self._aligned
        definitions = {number: self._definition_key(number) for number in before.order} | before.gone.definitions
        scopes = {number: self._scope_key(number) for number in before.scopes[1:]} | before.gone.scopes
        for number in self.definitions:
            definitions.pop(number, None)
        for number in self.scopes:
            scopes.pop(number, None)
        return Gone(definitions, scopes)

    def _definition_key(self, index: int) -> tuple[Any, ...]:
        item = self._before.definitions[index]
        return item.scope, item.name, item.kind, item.receiver, item.opens >= 0

    def _scope_key(self, index: int) -> tuple[Any, ...]:
        item = self._before.scopes[index]
        return item.parent, int(item.kind), item.definition, _shape(item)

    def _number_definition(self, index: int) -> int:
        if self.definitions[index] < 0:
            item = self._after.definitions[index]
            key = (self._number_scope(item.scope), item.name, item.kind, item.receiver, item.opens >= 0)
            old = self._old_definitions.get(key)
            if old and index not in self._moved_definitions:
                self.definitions[index] = old.pop(0)
            else:
                self.definitions[index] = self._free_definition
                self._free_definition += 1
        return self.definitions[index]

    def _number_scope(self, index: int) -> int:
        """Return the number of a scope; what is around it, and what opens it, is numbered before."""
        if self.scopes[index] < 0:
            item = self._after.scopes[index]
            definition = self._number_definition(item.definition) if item.definition >= 0 else -1
            key = (self._number_scope(item.parent), int(item.kind), definition, _shape(item))
            old = self._old_scopes.get(key)
            if old:
                self.scopes[index] = old.pop(0)
            else:
                self.scopes[index] = self._free_scope
                self._free_scope += 1
        return self.scopes[index]

    def _number_containers(self) -> list[int]:
        old: dict[int, list[int]] = {}
        for index, item in enumerate(self._before.containers):
            old.setdefault(item.scope, []).append(index)
        free = len(self._before.containers)
        numbers: list[int] = []
        for item in self._after.containers:
            known = old.get(self.scopes[item.scope])
            if known:
                numbers.append(known.pop(0))
            else:
                numbers.append(free)
                free += 1
        return numbers

    # the facts with these numbers

    def renumbered(self) -> FileFacts:
        after, scopes = self._after, self.scopes
        if self._are_as_written():
            return after
        definitions = [BLANK_DEFINITION] * max(len(self._before.definitions), self._free_definition)
        for index, item in zip(self.definitions, after.definitions, strict=True):
            definitions[index] = msgspec.structs.replace(
                item,
                scope=scopes[item.scope],
                opens=scopes[item.opens] if item.opens >= 0 else -1,
                type=self._path(item.type),
                receiver=self._path(item.receiver),
                bases=self._paths(item.bases),
                implements=self._paths(item.implements),
                decorators=self._paths(item.decorators),
                results=self._paths(item.results),
                parameters=[self._parameter(each) for each in item.parameters],
                type_parameters=[self._parameter(each) for each in item.type_parameters],
            )
        placed = [BLANK_SCOPE] * max(len(self._before.scopes), self._free_scope)
        for index, scope in zip(scopes, after.scopes, strict=True):
            placed[index] = msgspec.structs.replace(
                scope,
                parent=scopes[scope.parent] if scope.parent >= 0 else -1,
                definition=self.definitions[scope.definition] if scope.definition >= 0 else -1,
                parameters=[self._parameter(each) for each in scope.parameters],
            )
        containers = [Container(0, [])] * max(len(self._before.containers), len(after.containers))
        containers += [Container(0, [])] * (max(self.containers, default=-1) + 1 - len(containers))
        for index, container in zip(self.containers, after.containers, strict=True):
            containers[index] = Container(scopes[container.scope], self._paths(container.entries))
        return msgspec.structs.replace(
            after,
            scopes=placed,
            definitions=definitions,
            containers=containers,
            imports=[self._moved(item) for item in after.imports],
            assignments=[self._moved(item) for item in after.assignments],
            calls=[self._moved(item) for item in after.calls],
            references=[self._moved(item) for item in after.references],
            returns=[self._moved(item) for item in after.returns],
        )

    def _are_as_written(self) -> bool:
        return all(
            numbers == list(range(len(numbers))) for numbers in (self.scopes, self.definitions, self.containers)
        ) and (len(self._before.definitions), len(self._before.scopes)) <= (
            len(self._after.definitions),
            len(self._after.scopes),
        )

    def _moved(self, item: Any) -> Any:
        changed: dict[str, Any] = {"scope": self.scopes[item.scope]}
        for part in _PATHS:
            text = getattr(item, part, "")
            if "@" in text:
                changed[part] = self._path(text)
        if getattr(item, "home", -1) >= 0:
            changed["home"] = self.scopes[item.home]
        if getattr(item, "arguments", None):
            changed["arguments"] = self._paths(item.arguments)
        return msgspec.structs.replace(item, **changed)

    def _parameter(self, item: Any) -> Any:
        if "@" not in item.default and "@" not in item.type:
            return item
        return msgspec.structs.replace(item, type=self._path(item.type), default=self._path(item.default))

    def _paths(self, paths: list[str]) -> list[str]:
        return [self._path(path) for path in paths]

    def _path(self, path: str) -> str:
        return _NUMBERED.sub(self._renumber, path) if "@" in path else path

    def _renumber(self, match: re.Match[str]) -> str:
        kind, index = match[1], int(match[2])
        if kind in ("array", "class"):
            return match[0]
        numbers: Sequence[int] = (
            self.scopes if kind == "lambda" else self.definitions if kind == "anonymous" else self.containers
        )
        return f"#{kind}@{numbers[index]}" if index < len(numbers) else match[0]


def _out_of_order(numbers: Sequence[int], old_numbers: AbstractSet[int]) -> frozenset[int]:
    """Return the positions of old numbers that are not in a longest increasing row of them."""
    old = [(position, number) for position, number in enumerate(numbers) if number in old_numbers]
    tails: list[int] = []
    lengths: list[int] = []
    for _, number in old:
        at = bisect_left(tails, number)
        tails[at : at + 1] = [number]
        lengths.append(at + 1)
    wanted = len(tails)
    moved: set[int] = set()
    for (position, _), length in zip(reversed(old), reversed(lengths), strict=True):
        if length == wanted:
            wanted -= 1
        else:
            moved.add(position)
    return frozenset(moved)


def _shape(item: Scope) -> tuple[Any, ...]:
    return (item.macro, *((each.name, each.type, each.flags) for each in item.parameters))


def _grouped(*known: dict[int, tuple[Any, ...]]) -> dict[Any, list[int]]:
    """Return key -> the numbers known by it, those of the first table first."""
    found: dict[Any, list[int]] = {}
    for table in known:
        for number, key in table.items():
            found.setdefault(key, []).append(number)
    return found
