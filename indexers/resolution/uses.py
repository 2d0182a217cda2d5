"""References -> REFERENCES, READS and WRITES; calls of tests -> TESTS."""

from __future__ import annotations

from collections.abc import Iterator

from indexers.facts import Call, Flag, Reference
from indexers.resolution.implicit import ImplicitCalls
from indexers.resolution.program import Bind, Binding, ProgramFile
from indexers.resolution.values import (
    SYMBOL,
    kind_of,
    payload_of,
)
from knowledge.ports.graph import RelationRow
from knowledge.schema import RelationKind, Tier

_TEST = int(Flag.TEST)
_WRITE = int(Flag.WRITE)


class Uses(ImplicitCalls):
    """What is used besides being called."""

    def _tests(self, calls: Iterator[RelationRow]) -> Iterator[RelationRow]:
        """Pass the calls of a file on; after each first one from a test to what it exercises, say so (TESTS)."""
        seen: set[tuple[int, int]] = set()
        for row in calls:
            yield row
            source, target = row[4], row[5]
            if target < 0 or row[2] is Tier.AMBIGUOUS or (source, target) in seen:
                continue
            if self._is_test(source) and not self.symbols[target - self.first_index].is_test:
                seen.add((source, target))
                yield (RelationKind.TESTS, *row[1:])

    def _is_test(self, index: int) -> bool:
        """Whether a symbol of the repository is a test itself, not only something in a file of tests."""
        symbol = index - self.first_index
        definition = self.program.definition(symbol)
        if definition is None:
            return False
        path = self._path_of(symbol)
        return bool(definition.flags & _TEST) or self.profile.is_test(path, definition)

    def _references(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        program, evaluator, macros = self.program, self.evaluator, self.macros
        base = program.scope_base[number]
        for reference in file.facts.references:
            scope = base + reference.scope
            if reference.flags & _WRITE:
                continue
            bindings = program.scope_names[scope].get(reference.path)
            if bindings and all(map(self._is_plain_value, bindings)):
                continue
            source = program.opener(scope)
            values, strategy = evaluator.path(scope, reference.path)
            for value in values:
                if macros is not None and payload_of(value) in macros.symbols and macros.holds_calls(payload_of(value)):
                    used, _, least = macros.told_apart((value,), number, reference.line)
                    how = max(strategy, least)
                    yield from self._expansions(scope, used, how, file.path, reference, ())
                if kind_of(value) == SYMBOL and payload_of(value) != source:
                    yield self._row(
                        RelationKind.REFERENCES,
                        strategy,
                        source,
                        payload_of(value),
                        file.path,
                        reference.line,
                        reference.column,
                    )

    def _accesses(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        """READS and WRITES of variables of modules and classes; a definition's own first value is no write."""
        base, named = self.program.scope_base[number], self.variables.named
        for reference in file.facts.references:
            kind = RelationKind.WRITES if reference.flags & _WRITE else RelationKind.READS
            if named(base + reference.scope, reference.path)[0]:
                yield from self._access(kind, base + reference.scope, reference.path, file.path, reference)
        for call in file.facts.calls:
            holder = call.callee.rpartition(".")[0]
            if holder and "(" not in holder and "[" not in holder and named(base + call.scope, holder)[0]:
                yield from self._access(RelationKind.READS, base + call.scope, holder, file.path, call)

    def _access(
        self, kind: RelationKind, scope: int, path: str, file_path: str, site: Reference | Call
    ) -> Iterator[RelationRow]:
        symbols, strategy = self.variables.named(scope, path)
        source = self.program.opener(scope)
        for symbol in symbols:
            definition = self.program.definition(symbol)
            defined_here = definition is not None and definition.line == site.line
            if symbol != source and not (defined_here and self._path_of(symbol) == file_path):
                yield self._row(kind, strategy, source, symbol, file_path, site.line, site.column)

    def _is_plain_value(self, binding: Binding) -> bool:
        """Whether a local name holds what a parameter, a literal or a call gave: an object, not a symbol by its name.

        Most arguments are such names; not asking what they mean saves half of the time that references take.
        """
        kind, file, index = binding
        if kind == Bind.ASSIGNMENT:
            value = self.program.files[file].facts.assignments[index].value
            return value.endswith((")", "]")) or value.startswith("#")
        return kind in (Bind.PARAMETER, Bind.IN_PLACE)
