"""What the evaluator keeps of one file besides answers, and how it follows when other facts of the file are put in place."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import chain

from indexers.facts import FileFacts
from indexers.resolution.members import Members
from indexers.resolution.tabling import Tracked
from indexers.resolution.tracking import Node, Reader, Table, each


class Exchanges(Members):
    def exchanged(self, number: int, before: FileFacts, after: FileFacts) -> None:
        """Take out what the former facts of a file said, and take in what those say that are in place now."""
        self._leave(number, before)
        self._count_properties(after, 1)
        self._note_returns(number, after)
        self._facts_of[self.program.files[number].path] = after

    def _leave(self, number: int, facts: FileFacts) -> None:
        program = self.program
        self._count_properties(facts, -1)
        for symbol in range(program.symbol_base[number], program.end_of_symbols(number)):
            self._returned.pop(symbol, None)
        for scope in range(program.scope_base[number], program.end_of_scopes(number)):
            self._returned_in_place.pop(scope, None)
        for key in [(number, index) for index in range(len(facts.imports))]:
            self._imports.pop(key, None)
        self._sites.pop(number, None)
        self._arguments_in.pop(number, None)
        self._condition_macros.pop(number, None)

    def sees_anew(self, number: int) -> Iterator[Node]:
        """Look again at what a file includes; yield who, in files that see through it, asked for names that come or go."""
        path, recorder = self.program.files[number].path, self.recorder
        assert recorder is not None
        self.profile.includes_anew(path)
        through = {file: seen for file, seen in self._visible_sets.items() if seen and path in seen}
        names: dict[str, set[str]] = {}
        numbers = {file.path: at for at, file in enumerate(self.program.files)}
        for file, before in through.items():
            del self._visible_sets[file]
            for other in before ^ (self._visible_paths(file) or frozenset()):
                if other in numbers and other not in names:
                    names[other] = _bound_names(self.program.files[numbers[other]].facts)
                for name in names.get(other, ()):
                    yield from each(recorder.keys.get(("visible", file, name)))

    # answers

    def answers_about(self, symbol: int) -> Iterator[Node]:
        """Yield the answers that are kept by a symbol's number."""
        for memo in (self._mro, self._returns, self._decorated):
            known = memo.get(symbol)
            if isinstance(known, Tracked):
                yield known

    def answers_in(self, scope: int) -> Iterator[Node]:
        """Yield what is known of everything written in a scope."""
        known = self._returns.get(-1 - scope)
        for answer in chain(self._paths[scope].values(), [known]):
            if isinstance(answer, Tracked):
                yield answer

    def forget_choices(self) -> None:
        """Drop what is kept besides answers: it does not say who read for it."""
        self._declared_defaults.clear()

    # methods written outside their type

    def reattach(self, number: int, others: AbstractSet[int]) -> list[Node] | None:
        """Find the types of the methods that a file writes outside them; return who looked at members that changed.

        others: those of them that say something else now, other parameters for example, by which one of a name is chosen.
        None: it is not sure that a fresh program, which asks before any such method is known, would find the same.
        """
        program = self.program
        first, end = program.symbol_base[number], program.end_of_symbols(number)
        before = {
            key: methods for key, methods in dict.items(self._methods_of) if any(first <= m < end for m in methods)
        }
        after = {key: [m for m in methods if not first <= m < end] for key, methods in before.items()}
        outside = {
            definition.name
            for each in program.receiver_methods
            if (definition := program.definition(each)) and definition.name != _last(definition.receiver)
        }
        for method in program.receiver_methods:
            if not first <= method < end:
                continue
            definition = program.definition(method)
            assert definition is not None
            assert self.recorder is not None
            self.recorder.reader = Reader("method", method)
            owners = self._receivers(method, definition)
            parts = definition.receiver.partition("[")[0].split(".")
            if any(part in outside for part in parts):
                return None
            if not all(self._is_named(owner, _last(definition.receiver)) for owner in owners):
                return None
            for key in self._member_keys(owners, method, definition):
                after.setdefault(key, list(dict.get(self._methods_of, key, ()))).append(method)
        found: list[Node] = []
        for key, methods in after.items():
            if sorted(methods) != before.get(key) or not others.isdisjoint(methods):
                if isinstance(self._methods_of, Table):
                    found += self._methods_of.readers_of(key)
                self._methods_of[key] = sorted(methods)
            if not methods:
                del self._methods_of[key]
        return found

    def _is_named(self, symbol: int, name: str) -> bool:
        if symbol < 0:  # a type of another library, which has no symbol
            return True
        definition = self.program.definition(symbol)
        return definition is not None and definition.name == name


def _bound_names(facts: FileFacts) -> set[str]:
    return {
        *(item.name for item in facts.definitions),
        *(item.alias for item in facts.imports),
        *(item.target for item in facts.assignments),
    }


def _last(receiver: str) -> str:
    """Return the last name of a type expression."""
    return receiver.partition("[")[0].rpartition(".")[2]
