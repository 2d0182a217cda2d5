"""The questions about Java's types, asked by turns: what an expression is, what a call means, what a lambda implements.

Each layer above answers some of them and asks the others through here; the answers are kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from indexers.facts import ScopeKind
from indexers.languages.java.answers import Answer, Member, Value, composed
from indexers.languages.java.classes import Classes
from indexers.languages.java.conversions import JavaConversions
from indexers.languages.java.links import CallLinks
from indexers.languages.java.terms import JavaClass, Type, bindings_of, bound_of
from indexers.resolution.program import Program

MAX_DEPTH = 40


class Questions(ABC):
    def __init__(self, program: Program) -> None:
        self.program = program
        self.classes = Classes(program)
        self.library = self.classes.library
        self.conversions = JavaConversions(self.library)
        self._links: dict[int, CallLinks] = {}
        self._answers: dict[tuple[int, int], Answer | None] = {}
        self._assigned: dict[tuple[int, int], Type | None] = {}
        self._parameters: dict[tuple[int, int, int], Type | None] = {}
        self._returned: dict[int, dict[int, list[tuple[int, str]]]] = {}
        self._call_types: dict[tuple[int, int], Type | None] = {}
        self._depth = 0

    def links(self, file: int) -> CallLinks:
        found = self._links.get(file)
        if found is None:
            found = self._links[file] = CallLinks(self.program.files[file].facts)
        return found

    @abstractmethod
    def call(self, file: int, index: int) -> Answer | None:
        """Return what a call means, None when that is not known."""

    @abstractmethod
    def result(self, file: int, index: int) -> Type | None:
        """Return the type of a call, None when it is not known."""

    @abstractmethod
    def value(self, scope: int, path: str, file: int, linked: int, line: int) -> Value:
        """Return what an access path written in `scope` is. linked: the call that it ends in, -1: to be looked for."""

    @abstractmethod
    def function_at(self, file: int, index: int, position: int) -> Member | None:
        """Return the method of the functional interface that a call takes at a position, with its bindings."""

    def _function(self, type_: Type | None) -> Member | None:
        """Return the abstract method of a functional interface type in terms of its arguments."""
        known = bound_of(type_)
        if known is None or not isinstance(known[0], JavaClass):
            return None
        found = self.conversions.function_of(known[0])
        return (found[0], composed(found[1], bindings_of(known))) if found is not None else None

    def _declared_result(self, scope: int) -> Type | None:
        """Return the declared result of the method whose body, or a block of it, the scope is."""
        while self.program.scope_kind(scope) == ScopeKind.BLOCK:
            scope = self.program.parent_scope(scope)
        symbol = self.program.opener(scope)
        definition = self.program.definition(symbol)
        if definition is None or not definition.type or self.program.body_scope(symbol) != scope:
            return None
        return self.classes.type(scope, definition.type)
