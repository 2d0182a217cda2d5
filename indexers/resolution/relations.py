"""Facts of one language family -> symbols and relations.

`Resolution.symbols` gives every symbol once, parents first; `relations` and `unresolved` stream rows file by file, so
that relations are never all in memory. Each relation carries the strategy that made it and the tier that follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain

from indexers.facts import Definition
from indexers.resolution.interfaces import structural_implementations
from indexers.resolution.program import ProgramFile, as_written
from indexers.resolution.symbols import NO_SYMBOL, Symbols
from indexers.resolution.tracking import Reader
from indexers.resolution.uses import Uses
from indexers.resolution.values import (
    EXTERNAL,
    IMPORT,
    INHERITANCE,
    INSTANCE,
    MEMBER,
    NAME,
    NAMESPACE,
    SYMBOL,
    kind_of,
    payload_of,
)
from knowledge.ports.graph import RelationRow, UnresolvedRow
from knowledge.schema import RelationKind, Symbol


class Resolution(Symbols, Uses):
    """Symbols and relations of one family. `first_index` is where its symbols start among those of the repository."""

    def relations(self) -> Iterator[RelationRow]:
        """Yield every relation row; call sites without any target are collected in `unresolved_rows` meanwhile."""
        for number, file in enumerate(self.program.files):
            yield from self._file_relations(number, file)
            # What its own rows asked for is a third of the memory of a large family, and hardly asked by other files.
            if self.recorder is None:
                self.evaluator.forget_paths_in_functions(number)
                self.variables.forget()
        yield from self._structural(self.implementations)
        self.is_learnt = True

    def _file_relations(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        self._read_for(number)
        yield from self._imports(number, file)
        yield from self._inheritance(number, file)
        calls = self._calls(number, file)
        if self.overlay is not None:
            calls = self.overlay(file.path, calls, self.unresolved_rows)
        yield from self._tests(chain(calls, self._implicit(number, file)))
        yield from self._references(number, file)
        yield from self._accesses(number, file)

    @cached_property
    def implementations(self) -> list[tuple[int, int]]:
        """Type and interface symbols, where types implement interfaces without saying so, and their methods."""
        if not self.profile.structural_interfaces:
            return []
        evaluator = self.evaluator
        if self.recorder is not None:
            self.recorder.reader = Reader("implementations", None)
        return list(structural_implementations(self.program, evaluator))

    def _structural(self, pairs: Iterable[tuple[int, int]]) -> Iterator[RelationRow]:
        for source, target in pairs:
            definition = self.program.definition(source)
            assert definition is not None
            path = self.program.files[self.program.symbol_file[source]].path
            yield self._row(RelationKind.IMPLEMENTS, MEMBER, source, target, path, definition.line, definition.column)

    # one file anew

    def file_number(self, path: str) -> int:
        """Return the number of a file of the family."""
        return self._file_numbers[path]

    def symbols_of(self, path: str) -> list[Symbol]:
        """Return the symbols of a file as its facts are now, as they stand in the source."""
        number = self._file_numbers[path]
        return list(self._file_symbols(number, self.program.files[number]))

    def room_of(self, path: str) -> range:
        """Return where the symbols of a file, and the room behind them, stand among those of the repository."""
        number, first = self._file_numbers[path], self.first_index
        return range(first + self.program.symbol_base[number], first + self.program.end_of_symbols(number))

    def place_symbols(self, path: str) -> list[Symbol]:
        """Put the symbols of a file in place as its facts are now; return what fills its room."""
        number, program = self._file_numbers[path], self.program
        first, end = program.symbol_base[number], program.end_of_symbols(number)
        placed = [NO_SYMBOL] * (end - first)
        placed[0], *symbols = self.symbols_of(path)
        for index, symbol in zip(program.in_order(number), symbols, strict=True):
            placed[1 + index] = symbol
        self.symbols[first:end] = placed
        return placed

    def file_rows(self, path: str) -> tuple[list[RelationRow], list[UnresolvedRow]]:
        """Return the relations and unresolved calls of one file, as `relations` yields them."""
        number = self._file_numbers[path]
        self.unresolved_rows.clear()
        relations = list(self._file_relations(number, self.program.files[number]))
        files = self.program.symbol_file
        relations += self._structural(pair for pair in self.implementations if files[pair[0]] == number)
        return relations, list(self.unresolved_rows)

    def _imports(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        program, evaluator = self.program, self.evaluator
        for index, item in enumerate(file.facts.imports):
            source = program.opener(program.scope(number, item.scope))
            module = program.module_symbol(number)
            namespaces = evaluator.imported_namespaces(number, index)
            targets = {target for namespace in namespaces for target in self._namespace_targets(namespace)}
            loaded = self._file_numbers.get(self.profile.imported_path(file.path, item), -1)
            if loaded >= 0:
                targets.add(program.module_symbol(loaded))
            if namespaces and item.name and item.name != "*":
                values, _ = evaluator.namespace_member(namespaces[0], item.name)
                for value in values:
                    if kind_of(value) == SYMBOL:
                        yield self._row(
                            RelationKind.REFERENCES,
                            IMPORT,
                            source,
                            payload_of(value),
                            file.path,
                            item.line,
                            item.column,
                        )
                    elif kind_of(value) == NAMESPACE:
                        targets.update(self._namespace_targets(payload_of(value)))
            for target in sorted(targets - {module}):
                yield self._row(RelationKind.IMPORTS, IMPORT, module, target, file.path, item.line, item.column)
            if not namespaces and loaded < 0:
                name = self.profile.external_name(item)
                if name:
                    yield self._external_row(
                        RelationKind.IMPORTS, IMPORT, module, name, file.path, item.line, item.column
                    )

    def _namespace_targets(self, namespace: int) -> list[int]:
        if not self.profile.namespaces_are_imported:
            return []
        package = self.package_symbols.get(namespace)
        if package is not None:
            return [package]
        return [self.program.module_symbol(number) for number in self.program.namespace_files[namespace]]

    def _inheritance(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        program, evaluator = self.program, self.evaluator
        for index, definition in enumerate(file.facts.definitions):
            symbol = program.symbol(number, index)
            if definition.kind == "method" or definition.receiver:
                yield from self._overrides(symbol, definition, file.path)
            if definition.kind == "variable":
                continue  # an object made of others has their members and is no heir
            for expressions, kind in (
                (definition.bases, RelationKind.INHERITS),
                (definition.implements, RelationKind.IMPLEMENTS),
            ):
                for expression in expressions:
                    values, strategy = evaluator.type_values(program.home_scope(symbol), expression)
                    known = list(self._type_rows(kind, values, strategy, symbol, definition, file.path))
                    if not known and symbol << 3 | INSTANCE not in values:
                        known = list(self._unseen_bases(kind, expression, symbol, definition, file.path))
                    yield from known

    def _type_rows(
        self, kind: RelationKind, values: tuple[int, ...], strategy: int, symbol: int, definition: Definition, path: str
    ) -> Iterator[RelationRow]:
        for value in values:
            if kind_of(value) == INSTANCE and payload_of(value) != symbol:
                yield self._row(kind, strategy, symbol, payload_of(value), path, definition.line, definition.column)
            elif kind_of(value) == EXTERNAL:
                name = self.evaluator.external_name(value)
                yield self._external_row(kind, strategy, symbol, name, path, definition.line, definition.column)

    def _unseen_bases(
        self, kind: RelationKind, expression: str, symbol: int, definition: Definition, path: str
    ) -> Iterator[RelationRow]:
        """A base without a row of its own: a generic type from outside by its name, one that means nothing we know as it is written."""
        head = expression.partition("[")[0]
        values, strategy = self.evaluator.path(self.program.home_scope(symbol), head) if head else ((), NAME)
        outside = [self.evaluator.external_name(value) for value in values if kind_of(value) == EXTERNAL]
        if not outside:
            outside, strategy = [as_written(head or expression)], NAME
        for name in outside:
            if name not in self.profile.idle_bases:
                yield self._external_row(kind, strategy, symbol, name, path, definition.line, definition.column)

    def _overrides(self, symbol: int, definition: Definition, path: str) -> Iterator[RelationRow]:
        owner = self.evaluator.owner(symbol)
        if owner < 0:
            return
        for value in self.evaluator.mro(owner)[1:]:
            if kind_of(value) != INSTANCE:
                return
            for target in self._methods(payload_of(value), definition.name):
                yield self._row(
                    RelationKind.OVERRIDES, INHERITANCE, symbol, target, path, definition.line, definition.column
                )
                return
