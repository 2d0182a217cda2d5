"""Puts other facts of one file into a program that stays in memory, and says which readers that concerns.

What a file shows to others is a set of keys: the names of its modules, namespaces and classes, with what binds them; its
definitions; each outermost function as a whole; its containers. Keys whose content differs are looked up in what the
tables noted (`tracking`); who read them, and who read their answers, may answer otherwise now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from indexers.facts import Flag, ScopeKind
from indexers.resolution.aligning import Aligned
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.program import INNER, Bind, Binding, Program, base_names
from indexers.resolution.tracking import Node, Table, each

_INACTIVE = int(Flag.INACTIVE)
RECEIVER = 8
"""Where the receiver stands in what is shown of a definition."""
Keys = dict[tuple[Any, ...], Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """What one file shows. fixed: what cannot change without a fresh program; keys: what is looked up one by one."""

    fixed: dict[str, Any]
    keys: Keys

    def other_methods(self, other: Shown) -> set[int]:
        """Return the symbols of the methods outside their types of which the two do not say the same."""
        own, others = self._methods(), other._methods()
        return {symbol for symbol in own.keys() | others.keys() if own.get(symbol) != others.get(symbol)}

    def _methods(self) -> dict[int, Any]:
        return {key[1]: value for key, value in self.keys.items() if key[0] == "definition" and value[RECEIVER]}

    def differs(self, other: Shown) -> str:
        """Name what is fixed and yet another one."""
        return next(what for what, value in self.fixed.items() if other.fixed[what] != value)


def shown(program: Program, evaluator: Evaluator, number: int, held: Aligned) -> Shown:
    """Return what a file shows; linear in its facts."""
    facts = program.files[number].facts
    base = program.scope_base[number]
    units = _units(program, number, held)
    keys: Keys = {}
    for index in held.order:
        symbol = program.symbol(number, index)
        keys["definition", symbol] = _definition(program, number, index)
        keys.setdefault(("by name", facts.definitions[index].name), []).append((symbol, keys["definition", symbol]))
        for base_name in base_names(facts.definitions[index]):
            keys.setdefault(("heirs", base_name), []).append((symbol, keys["definition", symbol]))
    for index in held.scopes:
        scope = base + index
        if facts.scopes[index].kind not in INNER:
            for name, bindings in dict.items(program.scope_names[scope]):
                keys["name", scope, name] = [_binding(program, binding) for binding in bindings]
            stars = program.star_scopes.get(scope)
            if stars:
                keys["stars", scope] = [_import(program, number, item) for item in stars]
    for index in held.order:
        attributes = program.attributes.get(program.symbol(number, index))
        body = facts.definitions[index].opens
        for name, bindings in (attributes or {}).items():
            keys["attribute", base + body, name] = [_binding(program, binding) for binding in bindings]
    for index in held.scopes:
        keys["scope", units.get(index, index), index] = _scope(program, number, index)
    for part in (facts.assignments, facts.returns, facts.containers, facts.imports):
        for item in part:
            unit = units.get(item.scope, -1)
            if unit >= 0:
                keys.setdefault(("unit", unit), []).append(_content(item))
    for index in held.order:
        unit = units.get(facts.definitions[index].scope, units.get(facts.definitions[index].opens, -1))
        if unit >= 0:
            keys.setdefault(("unit", unit), []).append(keys["definition", program.symbol(number, index)])
    for call in facts.calls:
        for position, path in enumerate(call.arguments):
            if path.startswith("#lambda@") and path[8:].isdigit():
                unit = units.get(int(path[8:]), -1)
                if unit >= 0:
                    keys.setdefault(("unit", unit), []).append(
                        (call.scope, call.callee, position, path, tuple(call.arguments))
                    )
    keys["containers", number] = [
        [_content(item) for item in facts.containers],
        [_content(item) for item in facts.assignments if item.target.endswith("]") or "@" in item.value],
    ]
    for definition in facts.definitions:
        if definition.flags & Flag.PROPERTY:
            keys["property", definition.name] = True
    for item in facts.assignments:
        if item.target.endswith("]") and "." in item.target:
            keys.setdefault(("outside", item.target[:-1].rpartition("[")[0].rpartition(".")[2]), []).append(
                _content(item)
            )
    macros = {definition.opens for definition in facts.definitions if definition.flags & Flag.MACRO}
    for call in facts.calls:
        if call.scope in macros:
            keys.setdefault(("macro", base + call.scope), []).append(_content(call))
    fixed = _fixed(program, number, held)
    if program.profile.links_globally:
        keys["includes",] = [(item.module, item.flags) for item in facts.imports if not item.alias]
    fixed["namespace that a macro opens"] = [
        (item.name, item.signature, item.flags)
        for item in facts.definitions
        if item.flags & Flag.MACRO and ("namespace" in item.signature or item.name in program.profile.namespace_words)
    ]
    fixed["condition of an import"] = [
        (_content(item), evaluator.macros_around((Bind.IMPORT, number, index)))
        for index, item in enumerate(facts.imports)
        if item.flags & Flag.MACRO
    ]
    return Shown(fixed, keys)


def _units(program: Program, number: int, held: Aligned) -> dict[int, int]:
    """Return scope -> the outermost function or block around it, of all scopes inside one."""
    facts = program.files[number].facts
    found: dict[int, int] = {}
    for index in held.scopes:
        path: list[int] = []
        current = index
        while current >= 0 and current not in found:
            path.append(current)
            current = facts.scopes[current].parent
        unit = found.get(current, -1) if current >= 0 else -1
        for inner in reversed(path):
            if unit < 0 and facts.scopes[inner].kind in INNER:
                unit = inner
            if unit >= 0:
                found[inner] = unit
    return found


def _fixed(program: Program, number: int, held: Aligned) -> dict[str, Any]:
    facts, profile = program.files[number].facts, program.profile
    first = facts.definitions[held.order[0]].flags & _INACTIVE if held.order and profile.shared_namespaces else 0
    namespaces = [
        (index, scope.macro, facts.definitions[scope.definition].name if scope.definition >= 0 else "")
        for index in held.scopes
        if (scope := facts.scopes[index]).kind == ScopeKind.NAMESPACE
    ]
    receivers = [
        (program.symbol(number, index), facts.definitions[index].receiver, held.locals[index])
        for index in held.order
        if facts.definitions[index].receiver and profile.patches_objects
    ]
    docstring = facts.docstring if profile.shared_namespaces else ""
    return {
        "language": facts.language,
        "package": facts.package,
        "description of a package": docstring,
        "condition of the file": first,
        "namespace": namespaces,
        "method of an object": receivers,
    }


def _content(item: Any) -> tuple[Any, ...]:
    """Return all that a fact says but where it stands."""
    return tuple(getattr(item, part) for part in item.__struct_fields__ if part not in ("line", "column"))


def _definition(program: Program, number: int, index: int) -> tuple[Any, ...]:
    item = program.files[number].facts.definitions[index]
    return (
        index, program.local_names[number][index], item.name, item.kind, item.scope, item.opens, item.signature, item.type,
        item.receiver, item.bases, item.implements, item.decorators, item.parameters, item.flags, item.type_parameters,
        item.results,
    )  # fmt: skip


def _import(program: Program, number: int, index: int) -> tuple[Any, ...]:
    return _content(program.files[number].facts.imports[index])


def _scope(program: Program, number: int, index: int) -> tuple[Any, ...]:
    item = program.files[number].facts.scopes[index]
    return int(item.kind), item.parent, item.definition, item.parameters, item.macro


def _binding(program: Program, binding: Binding) -> tuple[Any, ...]:
    kind, file, index = binding
    if kind == Bind.DEFINITION:
        return kind, *_definition(program, file, index)
    facts = program.files[file].facts
    if kind == Bind.IMPORT:
        return kind, *_import(program, file, index)
    if kind == Bind.ASSIGNMENT:
        return kind, *_content(facts.assignments[index])
    return kind, index


# other facts


def exchange(program: Program, evaluator: Evaluator, number: int, held: Aligned) -> bool:
    """Put the facts in place; False, and nothing is as it was, when there is no room for them."""
    facts = held.facts
    base, first = program.scope_base[number], program.symbol_base[number]
    if first + 1 + len(facts.definitions) > program.end_of_symbols(number):
        return False
    if base + len(facts.scopes) > program.end_of_scopes(number):
        return False
    before = program.files[number].facts
    shared = _take_out(program, number)
    program.exchange(number, replace(program.files[number], facts=facts))
    program.orders[number] = held.order
    program.local_names[number] = held.locals
    for index in sorted(held.scopes, key=lambda index: _depth(facts, index)):
        _place_scope(program, number, index)
    program.bind_file(number, program.files[number])
    for entries, place in shared(program):
        entries.sort(key=place)
    evaluator.exchanged(number, before, facts)
    return True


def _depth(facts: Any, index: int) -> int:
    depth = 0
    while index > 0:
        depth, index = depth + 1, facts.scopes[index].parent
    return depth


def _place_scope(program: Program, number: int, index: int) -> None:
    """As `Program` numbers scopes, for one whose surroundings are in place."""
    facts, base = program.files[number].facts, program.scope_base[number]
    item, scope = facts.scopes[index], base + index
    around = program.opener(base + item.parent) if item.parent >= 0 else program.symbol_base[number]
    opener = program.symbol(number, item.definition) if item.definition >= 0 else around
    program.place_scope(scope, opener, base + item.parent if item.parent >= 0 else -1, int(item.kind))


def _take_out(program: Program, number: int) -> Any:
    """Take the names that a file binds out of the tables; return what gives the lists that files share."""
    facts, base = program.files[number].facts, program.scope_base[number]
    names: set[tuple[int, str]] = set()
    for scope in range(base, program.end_of_scopes(number)):
        namespace = program.scope_namespace[scope]
        if namespace >= 0:
            names.update((namespace, name) for name in dict.keys(program.scope_names[scope]))
            program.namespace_stars[namespace][:] = [
                each for each in program.namespace_stars[namespace] if each[0] != number
            ]
        program.scope_names[scope].clear()
        program.star_scopes.pop(scope, None)
    for namespace, name in names:
        _without(program.namespace_names[namespace], name, lambda binding: binding[1] == number)
    for name in {item.name for item in facts.definitions}:
        _without(program.by_name, name, lambda symbol: program.symbol_file[symbol] == number)
    for name in _bases(facts):
        _without(program.heirs, name, lambda symbol: program.symbol_file[symbol] == number)
    attributes = _outside_attributes(facts)
    for name in attributes:
        _without(program.outside_stores, name, lambda store: store[2] == number)
    first, end = program.symbol_base[number], program.end_of_symbols(number)
    for symbol in range(first, end):
        program.attributes.pop(symbol, None)
    tables: list[dict[Any, Any]] = [program.container_homes, program.element_stores]
    for table in tables:
        for key in [key for key in table if key[0] == number]:
            del table[key]
    for owned in [key for key in program.attribute_stores if first <= key[0] < end]:
        del program.attribute_stores[owned]
    program.receiver_methods[:] = [each for each in program.receiver_methods if not first <= each < end]

    def shared(program: Program) -> Iterator[tuple[list[Any], Any]]:
        now = program.files[number].facts
        bound = set(names)
        for scope in range(base, program.end_of_scopes(number)):
            namespace = program.scope_namespace[scope]
            if namespace >= 0:
                bound.update((namespace, name) for name in dict.keys(program.scope_names[scope]))
                yield program.namespace_stars[namespace], lambda star: star[0]
        for namespace, name in bound:
            yield dict.get(program.namespace_names[namespace], name, []), lambda binding: binding[1]
        for name in {item.name for item in now.definitions}:
            yield dict.get(program.by_name, name, []), lambda symbol: program.symbol_file[symbol]
        for name in _bases(now):
            yield dict.get(program.heirs, name, []), lambda symbol: program.symbol_file[symbol]
        for name in attributes | _outside_attributes(now):
            yield dict.get(program.outside_stores, name, []), lambda store: store[2]
        yield program.receiver_methods, lambda symbol: program.symbol_file[symbol]

    return shared


def _bases(facts: Any) -> set[str]:
    return {base for definition in facts.definitions if definition.bases for base in base_names(definition)}


def _outside_attributes(facts: Any) -> set[str]:
    return {
        item.target[:-1].rpartition("[")[0].rpartition(".")[2]
        for item in facts.assignments
        if item.target.endswith("]") and "." in item.target
    }


def _without(table: dict[str, list[Any]], name: str, is_gone: Any) -> None:
    kept = [entry for entry in dict.get(table, name, ()) if not is_gone(entry)]
    if kept:
        table[name] = kept
    else:
        table.pop(name, None)


# who is concerned


def concerned(program: Program, evaluator: Evaluator, number: int, before: Shown, after: Shown) -> Iterator[Node]:
    """Yield who read what differs between two states of a file; `before` must have been taken before the exchange."""
    recorder = program.recorder
    assert recorder is not None
    base = program.scope_base[number]
    changed = {key for key in before.keys.keys() | after.keys.keys() if before.keys.get(key) != after.keys.get(key)}
    bodies = {key[1] for key in changed if key[0] == "definition"}
    units = {key[1] for key in changed if key[0] in ("unit", "scope")}
    if ("includes",) in changed:
        for scope in range(base, program.end_of_scopes(number)):
            yield from evaluator.answers_in(scope)
    for key in changed:
        what, *rest = key
        if what in ("name", "attribute"):
            yield from _readers_of_name(program, *rest)
        elif what == "stars":
            yield from _readers_of_all(program, rest[0])
        elif what == "by name":
            yield from _noted(program.by_name, rest[0])
        elif what == "heirs":
            yield from _noted(program.heirs, rest[0])
        elif what == "property":
            yield from _noted(evaluator.property_names, rest[0])
        elif what == "outside":
            yield from _noted(program.outside_stores, rest[0])
        elif what == "containers":
            yield from each(recorder.keys.get(key))
        elif what == "macro":
            yield from each(recorder.keys.get(("body", rest[0])))
        elif what == "definition":
            yield from evaluator.answers_about(rest[0])
    for scope in range(base, program.end_of_scopes(number)):
        if any(program.opener(around) in bodies for around in _around(program, scope)):
            yield from _readers_of_all(program, scope)
            units.add(scope - base)
    inside = _inside(program, number, units)
    for scope in inside:
        yield from evaluator.answers_in(scope)
        yield from each(recorder.keys.get(("body", scope)))
    for symbol in range(program.symbol_base[number], program.end_of_symbols(number)):
        definition = program.definition(symbol)
        if (
            definition is not None
            and {program.scope(number, definition.scope), program.scope(number, definition.opens)} & inside
        ):
            yield from evaluator.answers_about(symbol)


def _around(program: Program, scope: int) -> Iterator[int]:
    while scope >= 0:
        yield scope
        scope = program.parent_scope(scope)


def _inside(program: Program, number: int, units: set[int]) -> set[int]:
    base = program.scope_base[number]
    return {
        scope
        for scope in range(base, program.end_of_scopes(number))
        if any(around - base in units for around in _around(program, scope))
    }


def _readers_of_name(program: Program, scope: int, name: str) -> Iterator[Node]:
    yield from _noted(program.scope_names[scope], name)
    namespace = program.scope_namespace[scope]
    if namespace >= 0:
        yield from _noted(program.namespace_names[namespace], name)


def _readers_of_all(program: Program, scope: int) -> Iterator[Node]:
    tables: list[Any] = [program.scope_names[scope]]
    if program.scope_namespace[scope] >= 0:
        tables.append(program.namespace_names[program.scope_namespace[scope]])
    for table in tables:
        if isinstance(table, Table):
            for readers in table.readers.values():
                yield from each(readers)


def _noted(table: Any, name: str) -> Iterator[Node]:
    if isinstance(table, Table):
        yield from table.readers_of(name)
