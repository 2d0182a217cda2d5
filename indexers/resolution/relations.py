"""Facts of one language family -> symbols and relations.

`Resolution.symbols` gives every symbol once, parents first; `relations` and `unresolved` stream rows file by file, so
that relations are never all in memory. Each relation carries the strategy that made it and the tier that follows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from indexers.facts import Call, Definition, FileFacts, Flag, Reference
from indexers.naming import symbol_id
from indexers.resolution.arguments import Arguments
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.interfaces import structural_implementations
from indexers.resolution.macros import Macros
from indexers.resolution.profile import Profile
from indexers.resolution.program import CONSTRUCTOR_NAME, Bind, Binding, Program, ProgramFile
from indexers.resolution.values import (
    BRANCHES,
    EXTERNAL,
    FUNCTION,
    IMPORT,
    INHERITANCE,
    INSTANCE,
    MEMBER,
    NAME,
    NAMESPACE,
    ORDER,
    SCOPE,
    SUPER,
    SYMBOL,
    TYPED,
    UNIQUE_NAME,
    kind_of,
    payload_of,
)
from indexers.resolution.variables import Variables
from knowledge.ports import RelationRow, UnresolvedRow
from knowledge.schema import STRATEGY_CONFIDENCE, STRATEGY_TIER, RelationKind, Symbol, SymbolKind, Tier

# Plain ints: an IntFlag costs a Python call at every `&`.
_CONSTRUCTION = int(Flag.CONSTRUCTION)
_DEFAULT = int(Flag.DEFAULT)
_IMPLICIT = int(Flag.IMPLICIT)
_POINTER = int(Flag.POINTER)
_MACRO = int(Flag.MACRO)
_TEST = int(Flag.TEST)
_VARIADIC = int(Flag.VARIADIC)
_WRITE = int(Flag.WRITE)

MAX_INFERRED = 12
"""More targets than this of one call, by what flows there, are candidates and no more than that: ambiguous."""
MAX_CANDIDATES = 5
"""A bare name with more definitions than this says nothing: its call site stays unresolved."""

_KINDS = {kind.value: kind for kind in SymbolKind}
_TIERS = [STRATEGY_TIER[strategy] for strategy in ORDER]
_CONFIDENCES = [STRATEGY_CONFIDENCE[strategy] for strategy in ORDER]


Overlay = Callable[[str, Iterator[RelationRow], list[UnresolvedRow]], Iterator[RelationRow]]
"""(path, rows of its calls, unresolved calls so far) -> the rows to keep; takes what it resolves out of the list."""


class Resolution:
    """Symbols and relations of one family. `first_index` is where its symbols start among those of the repository."""

    def __init__(self, repository: str, files: Sequence[ProgramFile], profile: Profile, first_index: int = 0) -> None:
        self.repository = repository
        self.program = Program(files, profile)
        self.profile = profile
        self.evaluator = Evaluator(self.program)
        self.variables = Variables(self.evaluator)
        self.macros = Macros(self.evaluator) if profile.textual_macros else None
        self.static_calls = profile.static_calls(self.program)
        self.overloads = profile.overload_choice(self.evaluator)
        self.first_index = first_index
        self.package_symbols: dict[int, int] = {}
        """Namespace -> index of its package symbol, counted after the program's own symbols."""
        self._constructor_names = (
            (CONSTRUCTOR_NAME,) if profile.constructor_is_class_name else profile.constructor_names
        )
        self._called_memo: dict[tuple[tuple[int, ...], int, int], tuple[list[int], list[str], int]] = {}
        self._file_numbers = {file.path: number for number, file in enumerate(files)}
        if profile.follows_arguments:
            Arguments(self.evaluator, self._constructor_names).flow()
        self.symbols = self._symbols()
        self.unresolved_rows: list[UnresolvedRow] = []
        self.overlay: Overlay | None = None
        """Says what a compiler knows about the calls of a file; see `indexers/scip/merging.py`."""

    # symbols

    def _symbols(self) -> list[Symbol]:
        symbols: list[Symbol] = []
        for number, file in enumerate(self.program.files):
            symbols.extend(self._file_symbols(number, file))
        if self.profile.shared_namespaces:
            symbols.extend(self._packages(len(symbols)))
        return symbols

    def _file_symbols(self, number: int, file: ProgramFile) -> Iterator[Symbol]:
        facts, profile = file.facts, self.profile
        prefix = profile.display_name(file.path, facts)
        name = file.path.rpartition("/")[2].rpartition(".")[0] or file.path
        shared = profile.shared_namespaces or not prefix
        module_id = symbol_id(self.repository, file.path, "")
        yield Symbol(
            module_id,
            self.repository,
            SymbolKind.MODULE,
            file.path.rpartition("/")[2] if shared else prefix.rpartition(profile.separator)[2] or name,
            "",
            file.path if shared else prefix,
            file.path,
            1,
            1,
            1,
            max(facts.line_count, 1),
            facts.language,
            docstring=facts.docstring,
            is_test=file.is_test,
        )
        separator = self.profile.separator
        locals_ = self.program.local_names[number]
        for definition, local in zip(facts.definitions, locals_, strict=True):
            plain = local.rpartition("~")[0] if "~" in local and local.rpartition("~")[2].isdigit() else local
            inner = plain.replace(".", separator) if separator != "." else plain
            opener = self._parent_local(facts, definition, locals_)
            yield Symbol(
                symbol_id(self.repository, file.path, local),
                self.repository,
                _KINDS[definition.kind],
                definition.name,
                local,
                f"{prefix}{separator}{inner}" if prefix else inner,
                file.path,
                definition.line,
                definition.column,
                definition.start_line,
                definition.end_line,
                facts.language,
                definition.signature,
                definition.docstring,
                bool(definition.flags & _TEST) or profile.is_test(file.path, definition) or file.is_test,
                symbol_id(self.repository, file.path, opener),
            )

    @staticmethod
    def _parent_local(facts: FileFacts, definition: Definition, locals_: list[str]) -> str:
        scope = definition.scope
        while scope >= 0:
            if facts.scopes[scope].definition >= 0:
                return locals_[facts.scopes[scope].definition]
            scope = facts.scopes[scope].parent
        return ""

    def _packages(self, count: int) -> Iterator[Symbol]:
        """One symbol a namespace that several files share, shown at the first of its files."""
        program = self.program
        for namespace, numbers in enumerate(program.namespace_files):
            files = sorted({program.files[number].path: number for number in numbers}.items())
            if not files or not program.namespace_keys[namespace]:
                continue
            path, number = next((item for item in files if not program.files[item[1]].is_test), files[0])
            key = program.namespace_keys[namespace]
            self.package_symbols[namespace] = count + len(self.package_symbols)
            yield Symbol(
                symbol_id(self.repository, path, f"package {key}"),
                self.repository,
                SymbolKind.PACKAGE,
                key.rpartition("/")[2].rpartition(".")[2] or key,
                f"package {key}",
                key,
                path,
                1,
                1,
                1,
                1,
                program.files[number].facts.language,
                docstring=next(
                    (program.files[n].facts.docstring for _, n in files if program.files[n].facts.docstring), ""
                ),
                is_test=all(program.files[n].is_test for _, n in files),
                parent_id=symbol_id(self.repository, path, ""),
            )

    # relations

    def relations(self) -> Iterator[RelationRow]:
        """Yield every relation row; call sites without any target are collected in `unresolved_rows` meanwhile."""
        for number, file in enumerate(self.program.files):
            yield from self._file_relations(number, file)
        yield from self._structural(self.implementations)

    def _file_relations(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        yield from self._imports(number, file)
        yield from self._inheritance(number, file)
        calls = self._calls(number, file)
        if self.overlay is not None:
            calls = self.overlay(file.path, calls, self.unresolved_rows)
        yield from self._tests(calls)
        yield from self._references(number, file)
        yield from self._accesses(number, file)

    @cached_property
    def implementations(self) -> list[tuple[int, int]]:
        """Type and interface symbols, where types implement interfaces without saying so."""
        if not self.profile.structural_interfaces:
            return []
        return list(structural_implementations(self.program, self.evaluator))

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

    def exchange(self, path: str, facts: FileFacts) -> list[Symbol]:
        """Put other facts of a file in place, which other files see alike (`indexers.affected`); return its symbols."""
        number = self._file_numbers[path]
        file = self.program.files[number] = replace(self.program.files[number], facts=facts)
        symbols = list(self._file_symbols(number, file))
        first = self.program.symbol_base[number]
        self.symbols[first : first + len(symbols)] = symbols
        return symbols

    def file_rows(self, path: str) -> tuple[list[RelationRow], list[UnresolvedRow]]:
        """Return the relations and unresolved calls of one file, as `relations` yields them."""
        number = self._file_numbers[path]
        self.unresolved_rows.clear()
        relations = list(self._file_relations(number, self.program.files[number]))
        files = self.program.symbol_file
        relations += self._structural(pair for pair in self.implementations if files[pair[0]] == number)
        return relations, list(self.unresolved_rows)

    def _row(
        self,
        kind: RelationKind,
        strategy: int,
        source: int,
        target: int,
        path: str,
        line: int,
        column: int,
        tier: Tier | None = None,
    ) -> RelationRow:
        first = self.first_index
        return (
            kind,
            ORDER[strategy],
            tier or _TIERS[strategy],
            _CONFIDENCES[strategy],
            source + first,
            target + first,
            None,
            path,
            line,
            column,
        )

    def _external_row(
        self, kind: RelationKind, strategy: int, source: int, name: str, path: str, line: int, column: int
    ) -> RelationRow:
        return (
            kind,
            ORDER[strategy],
            Tier.EXTERNAL,
            _CONFIDENCES[strategy],
            source + self.first_index,
            -1,
            name,
            path,
            line,
            column,
        )

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
                    yield from self._type_rows(kind, values, strategy, symbol, definition, file.path)

    def _type_rows(
        self, kind: RelationKind, values: tuple[int, ...], strategy: int, symbol: int, definition: Definition, path: str
    ) -> Iterator[RelationRow]:
        for value in values:
            if kind_of(value) == INSTANCE and payload_of(value) != symbol:
                yield self._row(kind, strategy, symbol, payload_of(value), path, definition.line, definition.column)
            elif kind_of(value) == EXTERNAL:
                name = self.evaluator.external_name(value)
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

    def _methods(self, owner: int, name: str) -> list[int]:
        """Return the methods of this name that the class itself defines."""
        values, _ = self.evaluator.own_methods(owner, name)
        return [payload_of(value) for value in values]

    def _calls(self, number: int, file: ProgramFile) -> Iterator[RelationRow]:
        program, callee, first, path = self.program, self.evaluator.callee, self.first_index, file.path
        base, macros = program.scope_base[number], self.macros
        all_called = not self.profile.calls_functions_only
        for index, call in enumerate(file.facts.calls):
            scope = base + call.scope
            source = program.opener(scope)
            if self.static_calls is not None:
                typed = self.static_calls.targets(number, index)
                if typed is not None:
                    yield from self._call_rows(*typed, source, path, call)
                    continue
            values, strategy = callee(scope, call.callee)
            if values and self.profile.has_impl_blocks:
                values, strategy = self.evaluator.chosen(scope, (values, strategy), call)
                for target in self.evaluator.dereferences(scope, call):
                    yield self._row(
                        RelationKind.CALLS, max(strategy, MEMBER), source, target, path, call.line, call.column
                    )
            if macros is not None:
                if macros.is_body(source):
                    yield from self._quoted(source, values, strategy, path, call)
                    continue
                used, values = macros.told_apart(values, number, call.line)
                if used:
                    yield from self._expansions(scope, used, strategy, path, call, call.arguments)
                    if not values:
                        continue
            is_implicit = call.flags & _IMPLICIT
            if self.overloads is not None:
                if is_implicit and not self._works_on_object(scope, call):
                    continue
                found_by_arguments = not values and call.argument_count > 0
                if found_by_arguments:
                    values, strategy = self.overloads.by_arguments(scope, call)
            if values:
                targets, externals, least = self._called(values, call)
                if is_implicit:
                    externals = []
                if self.overloads is not None and targets:
                    if not (is_implicit and found_by_arguments):  # a free operator: its operands have been compared
                        targets, least = self._overloaded(scope, targets, least, call)
                    for target in self.overloads.conversions(scope, targets, call):
                        yield self._row(RelationKind.CALLS, BRANCHES, source, target, path, call.line, call.column)
                strategy = max(strategy, least)
                if len(targets) > MAX_INFERRED and self.profile.follows_arguments:
                    strategy = NAME
                how, confidence = ORDER[strategy], _CONFIDENCES[strategy]
                for target in targets:
                    kind = RelationKind.CALLS if all_called or self._is_called(target) else RelationKind.REFERENCES
                    yield (
                        kind, how, _TIERS[strategy], confidence, source + first, target + first, None,
                        path, call.line, call.column,
                    )  # fmt: skip
                for name in externals:
                    yield (
                        RelationKind.CALLS, how, Tier.EXTERNAL, confidence, source + first, -1, name,
                        path, call.line, call.column,
                    )  # fmt: skip
                if targets or externals or self._is_in_place(values):
                    continue
            if is_implicit:
                continue
            guesses = list(self._by_name(call, source, path))
            if not guesses and not call.callee.startswith("#lambda"):
                self.unresolved_rows.append((source + first, call.callee, path, call.line, call.column))
            yield from guesses

    def _works_on_object(self, scope: int, call: Call) -> bool:
        """Whether what an operator or a construction without a written name works on may be an object, not a pointer."""
        path = call.callee if call.flags & _CONSTRUCTION else call.callee.rpartition(".")[0]
        definitions = (self.program.definition(symbol) for symbol in self.variables.named(scope, path)[0])
        return not any(each is not None and each.flags & _POINTER for each in definitions)

    def _is_in_place(self, values: tuple[int, ...]) -> bool:
        """Whether only functions in place are called: known, but no symbols."""
        return all(kind_of(value) == FUNCTION for value in values)

    def _is_called(self, symbol: int) -> bool:
        """Whether something runs there: writing a value of a type or expanding a macro calls nothing."""
        definition = self.program.definition(symbol)
        return definition is None or not (definition.kind in ("class", "interface") or definition.flags & _MACRO)

    def _quoted(
        self, source: int, values: tuple[int, ...], strategy: int, path: str, call: Call
    ) -> Iterator[RelationRow]:
        """The body of a macro calls nothing by itself: it names what its uses call."""
        for value in values:
            if kind_of(value) == SYMBOL and payload_of(value) != source:
                yield self._row(
                    RelationKind.REFERENCES, strategy, source, payload_of(value), path, call.line, call.column
                )

    def _expansions(
        self, scope: int, used: list[int], strategy: int, path: str, site: Call | Reference, arguments: Sequence[str]
    ) -> Iterator[RelationRow]:
        """The use of a macro: a reference to it, and calls of what it expands to; its variants may differ in that."""
        assert self.macros is not None
        source = self.program.opener(scope)
        made: dict[int, int] = {}
        uses: dict[int, int] = {}
        for macro in used:
            if isinstance(site, Call):
                yield self._row(RelationKind.REFERENCES, strategy, source, macro, path, site.line, site.column)
            reached: set[int] = set()
            for values, how, call in self.macros.expanded(scope, macro, site.line, arguments):
                targets, _, least = self._called(values, call)
                if self.overloads is not None and len(targets) > 1:
                    targets, least = self._overloaded(scope, targets, least, call)
                for target in targets:
                    made[target] = max(made.get(target, 0), strategy, how, least)
                    reached.add(target)
            for target in reached:
                uses[target] = uses.get(target, 0) + 1
        for target in sorted(made):
            how = made[target] if uses[target] == len(used) else max(made[target], BRANCHES)
            kind = RelationKind.CALLS if self._is_called(target) else RelationKind.REFERENCES
            yield self._row(kind, how, source, target, path, site.line, site.column)

    def _call_rows(
        self, targets: list[int], externals: list[str], strategy: int, source: int, path: str, call: Call
    ) -> Iterator[RelationRow]:
        for target in targets:
            yield self._row(RelationKind.CALLS, strategy, source, target, path, call.line, call.column)
        for name in externals:
            yield self._external_row(RelationKind.CALLS, strategy, source, name, path, call.line, call.column)

    def _overloaded(self, scope: int, targets: list[int], least: int, call: Call) -> tuple[list[int], int]:
        """Choose by argument types. Several that are left are candidates, and no more than that."""
        callables = [target for target in targets if self._is_called(target)]
        if self.overloads is None or not callables or (len(callables) < 2 and not call.flags & _IMPLICIT):
            return targets, least
        kept, certain = self.overloads.chosen(scope, callables, call)
        if len(kept) == 1:
            others = [target for target in targets if target not in callables]
            return sorted([*kept, *others]), SCOPE if certain else BRANCHES
        if not kept and call.flags & _IMPLICIT:
            return [], least
        return kept or callables, NAME

    def _called(self, values: tuple[int, ...], call: Call) -> tuple[list[int], list[str], int]:
        """Return the targets inside and outside the project, sorted, and the strategy they are worth at least."""
        key = (values, call.argument_count if self.profile.overloads_by_arity else -1, call.flags & _CONSTRUCTION)
        known = self._called_memo.get(key)
        if known is None:
            known = self._called_memo[key] = self._find_called(values, call)
        return known

    def _find_called(self, values: tuple[int, ...], call: Call) -> tuple[list[int], list[str], int]:
        targets: set[int] = set()
        externals: set[str] = set()
        strategy = 0
        if len(values) > 1 and self.profile.follows_arguments:
            values = self._without_overrides(values)
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            if kind == SYMBOL:
                found, how = self._symbol_targets(payload, call)
                targets.update(found)
                strategy = max(strategy, how)
            elif kind == NAMESPACE:
                whole, how = self.evaluator.whole(payload)
                symbols = [payload_of(each) for each in whole if kind_of(each) == SYMBOL]
                targets.update(target for symbol in symbols for target in self._callable_targets(symbol, call))
                strategy = max(strategy, how) if whole else strategy
            elif kind == INSTANCE and call.flags & _CONSTRUCTION:
                targets.update(self._callable_targets(payload, call))  # of a member, in the head of a constructor
            elif kind == INSTANCE:
                called, how = self.evaluator.class_member(payload, self.profile.call_member)
                targets.update(payload_of(each) for each in called if kind_of(each) == SYMBOL)
                strategy = max(strategy, how)
            elif kind == EXTERNAL:
                externals.add(self.evaluator.external_name(value))
            elif kind == FUNCTION and not self.evaluator.is_in_place(payload):
                targets.add(self.program.opener(payload))
            elif kind == TYPED and self.evaluator.method_name(value):
                externals.add(self.evaluator.method_name(value))
            elif kind == SUPER and self.profile.super_calls_constructor:
                targets.update(self._parent_constructors(payload))
            elif kind == SUPER:
                externals.update(self.profile.super_names)
        targets = self._by_arity(targets, call)
        if self.profile.overloads_by_arity and len(targets) > 1 and self._are_overloads(targets):
            strategy = max(strategy, BRANCHES)  # they differ in parameter types, which are not compared
        return sorted(targets), sorted(externals), strategy

    def _without_overrides(self, values: tuple[int, ...]) -> tuple[int, ...]:
        """Of methods that objects of several classes have, keep those that override no other: dispatch is not stored."""
        owners: dict[int, int] = {}
        for value in values:
            definition = self.program.definition(payload_of(value)) if kind_of(value) == SYMBOL else None
            if definition is not None and definition.kind == "method":
                owners[value] = self.evaluator.owner(payload_of(value)) << 3 | INSTANCE
        if len(owners) < 2:
            return values
        own = set(owners.values())
        return tuple(
            value
            for value in values
            if value not in owners
            or own.isdisjoint(each for each in self.evaluator.mro(payload_of(owners[value])) if each != owners[value])
        )

    def _callable_targets(self, symbol: int, call: Call) -> Iterator[int]:
        """A function is its own target; a class is called together with the constructor that it defines or inherits."""
        definition = self.program.definition(symbol)
        if definition is None or definition.kind == "variable":
            return
        yield symbol
        if definition.kind not in ("class", "interface"):
            return
        for name in self._constructor_names:
            values, _ = self.evaluator.class_member(symbol, name, of_class=True)
            found = [payload_of(value) for value in values if kind_of(value) == SYMBOL and payload_of(value) != symbol]
            constructors = [target for target in found if self.program.definition(target) is not None]
            if constructors:
                yield from self._by_arity(set(constructors), call)
                return

    def _symbol_targets(self, symbol: int, call: Call) -> tuple[Sequence[int], int]:
        """What a name calls: the symbol itself, or what its decorators made of it, with the strategy which that is worth."""
        definition = self.program.definition(symbol)
        own = symbol << 3 | SYMBOL
        values: tuple[int, ...] = (own,)
        strategy = 0
        if definition is not None and definition.decorators and definition.kind not in ("class", "interface"):
            values, strategy = self.evaluator.decorated(symbol, definition)
        if values == (own,):
            return list(self._callable_targets(symbol, call)), 0
        # In a circle of decorators the name stands for its own function.
        found, _, least = self._find_called(tuple(value for value in values if value != own), call)
        return [*found, *([symbol] if own in values else ())], max(strategy, least)

    def _parent_constructors(self, symbol: int) -> Iterator[int]:
        for value in self.evaluator.mro(symbol)[1:2]:
            if kind_of(value) == INSTANCE:
                for name in self._constructor_names:
                    values, _ = self.evaluator.class_member(payload_of(value), name, of_class=True)
                    yield from (payload_of(found) for found in values if kind_of(found) == SYMBOL)

    def _by_arity(self, targets: set[int], call: Call) -> set[int]:
        """Among overloads keep those that accept the number of arguments; all of them when none fits."""
        if not targets or not self.profile.overloads_by_arity:
            return targets
        fitting = {target for target in targets if self._accepts(target, call.argument_count)}
        return fitting or self._inherited_overloads(targets, call) or targets

    def _inherited_overloads(self, targets: set[int], call: Call) -> set[int]:
        """An overload of another arity does not hide the one that fits further up."""
        for target in sorted(targets):
            definition, owner = self.program.definition(target), self.evaluator.owner(target)
            for value in self.evaluator.mro(owner)[1:] if definition and owner >= 0 else ():
                if definition is not None and kind_of(value) == INSTANCE:
                    found = self._methods(payload_of(value), definition.name)
                    fitting = {method for method in found if self._accepts(method, call.argument_count)}
                    if fitting:
                        return fitting
        return set()

    def _are_overloads(self, targets: set[int]) -> bool:
        definitions = (self.program.definition(target) for target in targets)
        callables = [d.name for d in definitions if d is not None and d.kind not in ("class", "interface")]
        return len(callables) > 1

    def _accepts(self, symbol: int, count: int) -> bool:
        definition = self.program.definition(symbol)
        if definition is None or definition.kind in ("class", "interface"):
            return True
        parameters = definition.parameters
        required = sum(1 for p in parameters if not p.flags & (_DEFAULT | _VARIADIC))
        variadic = any(p.flags & _VARIADIC for p in parameters)
        return required <= count and (variadic or count <= len(parameters))

    def _by_name(self, call: Call, source: int, path: str) -> Iterator[RelationRow]:
        """The last resort: definitions of this name anywhere in the family, all of them, marked ambiguous."""
        base, dot, name = call.callee.rpartition(".")
        if name in self.profile.common_members or name in self.profile.builtins or name.endswith((")", "]")):
            return
        if base.startswith("#") and base not in ("#?",):
            return
        candidates = [s for s in self.program.by_name.get(name, ()) if self._may_be(s, bool(dot))]
        if 0 < len(candidates) <= MAX_CANDIDATES:
            strategy = UNIQUE_NAME if len(candidates) == 1 else NAME
            for candidate in candidates:
                yield self._row(RelationKind.CALLS, strategy, source, candidate, path, call.line, call.column)

    def _may_be(self, symbol: int, as_member: bool) -> bool:
        definition = self.program.definition(symbol)
        if definition is None:
            return False
        is_member = definition.kind == "method" or bool(definition.receiver)
        return is_member if as_member else not is_member

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
            bindings = program.scope_names[scope].get(reference.path)
            if reference.flags & _WRITE or (bindings and all(self._is_plain_value(binding) for binding in bindings)):
                continue
            source = program.opener(scope)
            values, strategy = evaluator.path(scope, reference.path)
            for value in values:
                if macros is not None and payload_of(value) in macros.symbols and macros.holds_calls(payload_of(value)):
                    used, _ = macros.told_apart((value,), number, reference.line)
                    yield from self._expansions(scope, used, strategy, file.path, reference, ())
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
        base = self.program.scope_base[number]
        for reference in file.facts.references:
            kind = RelationKind.WRITES if reference.flags & _WRITE else RelationKind.READS
            yield from self._access(kind, base + reference.scope, reference.path, file.path, reference)
            if kind is RelationKind.READS and self.profile.reading_runs_getters and "." in reference.path:
                yield from self._getters(base + reference.scope, reference.path, file.path, reference)
        for call in file.facts.calls:
            holder = call.callee.rpartition(".")[0]
            if holder and "(" not in holder and "[" not in holder:
                yield from self._access(RelationKind.READS, base + call.scope, holder, file.path, call)
                if self.profile.reading_runs_getters and "." in holder:
                    yield from self._getters(base + call.scope, holder, file.path, call)

    def _getters(self, scope: int, path: str, file_path: str, site: Reference | Call) -> Iterator[RelationRow]:
        """Reading a property runs its getter: a reference to it, for no call is written there."""
        getters, strategy = self.evaluator.properties(scope, path)
        for getter in getters:
            source = self.program.opener(scope)
            yield self._row(RelationKind.REFERENCES, strategy, source, getter, file_path, site.line, site.column)

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

    def _path_of(self, symbol: int) -> str:
        return self.program.files[self.program.symbol_file[symbol]].path

    def _is_plain_value(self, binding: Binding) -> bool:
        """Whether a local name holds what a parameter, a literal or a call gave: an object, not a symbol by its name.

        Most arguments are such names; not asking what they mean saves half of the time that references take.
        """
        kind, file, index = binding
        if kind == Bind.ASSIGNMENT:
            value = self.program.files[file].facts.assignments[index].value
            return value.endswith((")", "]")) or value.startswith("#")
        return kind in (Bind.PARAMETER, Bind.IN_PLACE)
