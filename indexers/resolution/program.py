"""The tables that resolution reads: every file of one language family, its scopes, and who binds which name where.

Definitions are numbered across files: a file's module symbol first, then its definitions in order. Scopes are
numbered the same way. All tables are built in one pass over the facts, linear in their size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from indexers.facts import Assignment, Definition, FileFacts, Flag, Import, ScopeKind
from indexers.naming import local_names
from indexers.resolution.profile import Profile
from indexers.resolution.tracking import Recorder, Table

_PRIVATE = int(Flag.PRIVATE)
_REEXPORT = int(Flag.REEXPORT)
_STATIC = int(Flag.STATIC)

INNER = (ScopeKind.FUNCTION, ScopeKind.BLOCK)
"""Scopes whose names only the function around them sees."""

CONSTRUCTOR_NAME = "<constructor>"
"""Under this name a class holds the constructors that are written with the class's own name: that name means the class."""


class Bind:
    """What binds a name in a scope. Plain ints, no enumeration: they are compared some ten times a question."""

    DEFINITION: Final = 0
    IMPORT: Final = 1
    ASSIGNMENT: Final = 2
    PARAMETER: Final = 3
    IN_PLACE: Final = 4
    """A parameter of a function in place, which has no definition."""


_NUMBER = re.compile(r"(?<=[a-z])@[0-9]+")
_VERSION = re.compile(r"~[0-9]+")


def unversioned(path: str) -> str:
    """Return an access path with the names that the source has: `x.run` for `x~2.run`."""
    return _VERSION.sub("", path) if "~" in path else path


def base_names(definition: Definition) -> set[str]:
    """Return the last names of the bases of a class."""
    return {base.partition("[")[0].rpartition(".")[2] for base in definition.bases}


def as_written(path: str) -> str:
    """Return an access path without any number that the facts of its file gave: `#list[]` for `#list@2[]`."""
    return _NUMBER.sub("", unversioned(path)) if "@" in path else unversioned(path)


Binding = tuple[int, int, int]
"""(Bind, file, index): index into the file's definitions, imports or assignments; of a parameter
`definition * 256 + position`, of a parameter of a function in place `scope * 256 + position`."""


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """One file of the family. `path` is relative to the repository root, `/`-separated."""

    path: str
    facts: FileFacts
    is_test: bool = False


class Program:
    """Read-only once built, but for `exchanging`, which puts other facts of a file in place where a `recorder` is set.

    There is room behind the symbols and scopes of each file then, and the tables that files share note who reads them.
    """

    def __init__(self, files: Sequence[ProgramFile], profile: Profile, recorder: Recorder | None = None) -> None:
        self.recorder = recorder
        self.files = list(files)
        self.profile = profile
        self.symbol_base: list[int] = []
        self.scope_base: list[int] = []
        self.symbol_file: list[int] = []
        self.scope_file: list[int] = []
        self._definitions: list[Definition | None] = []
        self._openers: list[int] = []
        self._parents: list[int] = []
        self._kinds: list[int] = []
        # The look-ups that are asked most, millions of times: bound here, they cost no frame of their own.
        self.definition: Callable[[int], Definition | None] = self._definitions.__getitem__
        """symbol -> its definition, None for a module symbol."""
        self.opener: Callable[[int], int] = self._openers.__getitem__
        """scope -> the symbol whose body it is; a plain block counts to the scope around it."""
        self.parent_scope: Callable[[int], int] = self._parents.__getitem__
        """scope -> the scope around, -1 around a module."""
        self.scope_kind: Callable[[int], int] = self._kinds.__getitem__
        """scope -> its `ScopeKind`, as a plain int."""
        self.scope_names: list[dict[str, list[Binding]]] = []
        self.scope_namespace: list[int] = []
        """Namespace index of a module or namespace scope, else -1."""
        self.local_names: list[list[str]] = []
        self.namespaces: dict[str, int] = {}
        self.namespace_keys: list[str] = []
        self.namespace_names: list[dict[str, list[Binding]]] = []
        self.namespace_stars: list[list[tuple[int, int]]] = []
        """(file, import index) of every `*` import of a namespace."""
        self.namespace_files: list[list[int]] = []
        self.star_scopes: dict[int, list[int]] = {}
        self.attributes: dict[int, dict[str, list[Binding]]] = {}
        """Class symbol -> attribute -> assignments through the receiver inside its methods."""
        self.container_homes: dict[tuple[int, int], tuple[int, str]] = {}
        """(file, container) -> (scope, access path) of the name that is given the literal; of an attribute
        (-1 - class symbol, attribute)."""
        self.element_stores: dict[tuple[int, str], list[tuple[int, str, int]]] = {}
        """(file, access path of a container) -> (scope, key, assignment) of what is put into it."""
        self.attribute_stores: dict[tuple[int, str], list[tuple[int, str, int]]] = {}
        """(class symbol, attribute that holds a container) -> (file, key, assignment)."""
        self.outside_stores: dict[str, list[tuple[int, str, int, str, int]]] = self.table()
        """Attribute that holds a container -> (scope, access path of the object, file, key, assignment), where the object
        is not the receiver: `stack.filters.append(f)`."""
        self.receiver_methods: list[int] = []
        """The methods written outside their type."""
        self.by_name: dict[str, list[int]] = self.table()
        """Simple name -> functions, methods and classes that carry it."""
        self.heirs: dict[str, list[int]] = self.table()
        """Last name of a base -> the classes that are written with it, where a class may ask for what those below it have."""
        self.macro_namespaces = profile.macro_namespaces(file.facts for file in files)
        self.orders: dict[int, Sequence[int]] = {}
        """File -> its definitions as they stand in the source, where that is not the order of their numbers."""
        for number, file in enumerate(files):
            self._number(number, file)
        for number, file in enumerate(files):
            self.bind_file(number, file)

    # numbers

    def symbol(self, file: int, definition: int) -> int:
        return self.symbol_base[file] + 1 + definition

    def module_symbol(self, file: int) -> int:
        return self.symbol_base[file]

    def scope(self, file: int, scope: int) -> int:
        return self.scope_base[file] + scope

    def home_scope(self, symbol: int) -> int:
        """Return the scope in which a symbol's name lives; of a module symbol its own scope."""
        file = self.symbol_file[symbol]
        definition = self.definition(symbol)
        return self.scope_base[file] + (definition.scope if definition is not None else 0)

    def body_scope(self, symbol: int) -> int:
        """Return the scope that a symbol opens, -1 when it opens none."""
        file = self.symbol_file[symbol]
        definition = self.definition(symbol)
        if definition is None:
            return self.scope_base[file]
        return definition.opens + self.scope_base[file] if definition.opens >= 0 else -1

    def opened_by_macros(self, file: int, scope: int) -> str:
        """Return the namespaces around a scope of a file that macros open, as a qualified name."""
        scopes = self.files[file].facts.scopes
        names: list[str] = []
        while scope >= 0:
            names.append(self.macro_namespaces.get(scopes[scope].macro, "") if scopes[scope].macro else "")
            scope = scopes[scope].parent
        return self.profile.separator.join(name for name in reversed(names) if name)

    def exchange(self, number: int, file: ProgramFile) -> None:
        """Put another content of a file in place; what it binds is for `exchanging` to enter."""
        self.files[number] = file
        first = self.symbol_base[number] + 1
        self._definitions[first : first + len(file.facts.definitions)] = file.facts.definitions

    # building

    def table(self) -> dict[Any, Any]:
        """Return an empty table that several files fill."""
        return {} if self.recorder is None else Table(self.recorder)

    def forget_readers(self) -> None:
        """Drop who read the tables, at the end of a program that stayed in memory."""
        for table in (*self.scope_names, *self.namespace_names, self.by_name, self.outside_stores):
            if isinstance(table, Table):
                table.readers.clear()

    def in_order(self, file: int) -> Sequence[int]:
        """Return the definitions of a file as they stand in the source."""
        order = self.orders.get(file)
        return range(len(self.files[file].facts.definitions)) if order is None else order

    def _number(self, number: int, file: ProgramFile) -> None:
        facts = file.facts
        self.symbol_base.append(len(self.symbol_file))
        self.symbol_file.extend([number] * (len(facts.definitions) + 1))
        self._definitions.append(None)
        self._definitions.extend(facts.definitions)
        self.scope_base.append(len(self.scope_file))
        self.scope_file.extend([number] * len(facts.scopes))
        self.scope_names.extend({} if scope.kind in INNER else self.table() for scope in facts.scopes)
        for scope in facts.scopes:
            opens = scope.definition >= 0
            around = (
                self._openers[self.scope_base[number] + scope.parent] if scope.parent >= 0 else self.symbol_base[number]
            )
            self._openers.append(self.symbol(number, scope.definition) if opens else around)
            self._parents.append(self.scope_base[number] + scope.parent if scope.parent >= 0 else -1)
            self._kinds.append(int(scope.kind))
        self.local_names.append(local_names(facts))
        key = self.profile.namespace(file.path, facts)
        keys = [""] * len(facts.scopes)
        for index, scope in enumerate(facts.scopes):
            if index == 0:
                keys[0] = key
            elif scope.kind == ScopeKind.NAMESPACE and (scope.definition >= 0 or scope.macro):
                opened = self.macro_namespaces.get(scope.macro, "") if scope.macro else ""
                name = opened if scope.macro else facts.definitions[scope.definition].name
                keys[index] = self.profile.separator.join(part for part in (keys[scope.parent], name) if part)
            else:
                self.scope_namespace.append(-1)
                keys[index] = keys[scope.parent]
                continue
            self.scope_namespace.append(self._namespace(keys[index]))
            self.namespace_files[self.scope_namespace[-1]].append(number)
        if self.recorder is not None:
            self._leave_room(number)

    def _leave_room(self, number: int) -> None:
        symbols = len(self.symbol_file) - self.symbol_base[number]
        room = symbols + 8  # a block that cannot be parsed puts all that follows elsewhere
        self.symbol_file.extend([number] * room)
        self._definitions.extend([None] * room)
        scopes = len(self.scope_file) - self.scope_base[number]
        for _ in range(scopes + 16):
            self.scope_file.append(number)
            self.scope_names.append({})
            self._openers.append(self.symbol_base[number])
            self._parents.append(-1)
            self._kinds.append(int(ScopeKind.BLOCK))
            self.scope_namespace.append(-1)

    def place_scope(self, scope: int, opener: int, parent: int, kind: int) -> None:
        """Say anew what a scope is, one that took its place in the room behind a file among them."""
        self._openers[scope], self._parents[scope], self._kinds[scope] = opener, parent, kind
        if kind not in INNER and not isinstance(self.scope_names[scope], Table):
            self.scope_names[scope] = self.table()

    def note_disorder(self, number: int) -> None:
        """Note which symbols of a file have greater numbers than some that stand below them."""
        assert self.recorder is not None
        first, least = self.symbol_base[number], len(self.symbol_file)
        self.recorder.disordered -= set(range(first, self.end_of_symbols(number)))
        for index in reversed(self.in_order(number)):
            if first + 1 + index > least:
                self.recorder.disordered.add(first + 1 + index)
            least = min(least, first + 1 + index)

    def every_symbol(self) -> Iterator[int]:
        """Yield the symbols, as they stand in the sources."""
        for number, first in enumerate(self.symbol_base):
            yield first
            for index in self.in_order(number):
                yield first + 1 + index

    def end_of_symbols(self, number: int) -> int:
        """Return the first number behind the symbols of a file and the room for more."""
        return self.symbol_base[number + 1] if number + 1 < len(self.files) else len(self.symbol_file)

    def end_of_scopes(self, number: int) -> int:
        """Return the first number behind the scopes of a file and the room for more."""
        return self.scope_base[number + 1] if number + 1 < len(self.files) else len(self.scope_file)

    def _namespace(self, key: str) -> int:
        index = self.namespaces.get(key)
        if index is None:
            index = self.namespaces[key] = len(self.namespace_keys)
            self.namespace_keys.append(key)
            self.namespace_names.append(self.table())
            self.namespace_stars.append([])
            self.namespace_files.append([])
        return index

    def bind_file(self, number: int, file: ProgramFile) -> None:
        """Enter the names that a file binds."""
        facts = file.facts
        base = self.scope_base[number]
        for index in self.in_order(number):
            self._bind_definition(number, index, facts.definitions[index], base)
        for index, item in enumerate(facts.imports):
            if item.name == "*":
                self.star_scopes.setdefault(base + item.scope, []).append(index)
                namespace = self.scope_namespace[base + item.scope]
                if namespace >= 0:
                    self.namespace_stars[namespace].append((number, index))
            elif item.alias:
                self._bind(base + item.scope, item.alias, (Bind.IMPORT, number, index))
        for index, scope in enumerate(facts.scopes):
            for position, parameter in enumerate(scope.parameters[:256]):
                self._bind(base + index, parameter.name, (Bind.IN_PLACE, number, index * 256 + position))
        receivers: dict[int, str] = {}
        for index, assignment in enumerate(facts.assignments):
            self._bind_assignment(number, index, assignment, base, receivers)

    def _bind_assignment(
        self, number: int, index: int, assignment: Assignment, base: int, receivers: dict[int, str]
    ) -> None:
        target = assignment.target
        scope = base + assignment.scope
        if "~" in target and ("." in target or "[" in target):
            target = unversioned(target)
        if target.endswith("]"):
            self._bind_element(number, index, scope, target, receivers)
        elif "." in target:
            owner = self._attribute_owner(scope, target, receivers)
            if owner >= 0:
                attribute = target.partition(".")[2]
                self.attributes.setdefault(owner, {}).setdefault(attribute, []).append((Bind.ASSIGNMENT, number, index))
                self._settle(number, assignment.value, -1 - owner, attribute)
        elif "[" not in target:
            home = base + assignment.home if assignment.home >= 0 else scope
            self._bind(home, target, (Bind.ASSIGNMENT, number, index))
            self._settle(number, assignment.value, home, target)

    def _settle(self, number: int, value: str, scope: int, path: str) -> None:
        """Note that a container literal lives under a name; so do the literals inside it, by their keys."""
        if value[:1] != "#" or "@" not in value:
            return
        path = unversioned(path)
        mark, _, index = value.partition("@")
        if mark == "#lambda" or not index.isdigit() or (number, int(index)) in self.container_homes:
            return
        self.container_homes[number, int(index)] = (scope, path)
        for position, entry in enumerate(self.files[number].facts.containers[int(index)].entries):
            key, equals, inner = entry.partition("=")
            self._settle(number, inner if equals else entry, scope, f"{path}[{key if equals else position}]")

    def _bind_element(self, number: int, index: int, scope: int, target: str, receivers: dict[int, str]) -> None:
        base, _, key = target[:-1].rpartition("[")
        if "." not in base:
            self.element_stores.setdefault((number, base), []).append((scope, key, index))
            return
        owner = self._attribute_owner(scope, base, receivers)
        if owner >= 0:
            self.attribute_stores.setdefault((owner, base.partition(".")[2]), []).append((number, key, index))
        elif "(" not in base:
            holder, _, attribute = base.rpartition(".")
            self.outside_stores.setdefault(attribute, []).append((scope, holder, number, key, index))

    def _bind_definition(self, number: int, index: int, definition: Definition, base: int) -> None:
        symbol = self.symbol(number, index)
        binding = (Bind.DEFINITION, number, index)
        if definition.receiver:
            self.receiver_methods.append(symbol)
        else:
            name = CONSTRUCTOR_NAME if self._is_constructor(symbol, definition) else definition.name
            self._bind(base + definition.scope, name, binding)
        if definition.kind in ("function", "method", "class", "interface"):
            self.by_name.setdefault(definition.name, []).append(symbol)
            if definition.bases and self.profile.heirs_answer:
                for name_of_base in sorted(base_names(definition)):
                    self.heirs.setdefault(name_of_base, []).append(symbol)
        if definition.opens >= 0:
            body = base + definition.opens
            for position, parameter in enumerate(definition.parameters[:256]):
                self._bind(body, parameter.name, (Bind.PARAMETER, number, index * 256 + position))

    def _is_constructor(self, symbol: int, definition: Definition) -> bool:
        if not self.profile.constructor_is_class_name or definition.kind != "method":
            return False
        owner = self.lexical_class(symbol)
        around = self.definition(owner) if owner >= 0 else None
        return around is not None and around.name == definition.name

    def _bind(self, scope: int, name: str, binding: Binding) -> None:
        self.scope_names[scope].setdefault(name, []).append(binding)
        namespace = self.scope_namespace[scope]
        if namespace < 0:
            return
        kind, file, index = binding
        facts = self.files[file].facts
        if kind == Bind.DEFINITION and facts.definitions[index].flags & _PRIVATE and self.profile.private_is_per_file:
            return
        if kind == Bind.IMPORT and not self._is_reexport(facts.imports[index]):
            return
        self.namespace_names[namespace].setdefault(name, []).append(binding)

    def _is_reexport(self, item: Import) -> bool:
        return self.profile.imports_are_members or bool(item.flags & _REEXPORT)

    def _attribute_owner(self, scope: int, target: str, receivers: dict[int, str]) -> int:
        """Return the class whose attribute `self.x` is, -1 for any other target."""
        head, _, attribute = target.partition(".")
        if "." in attribute or "(" in attribute or ("[" in attribute and not attribute.endswith("]")):
            return -1
        method = self.enclosing_method(scope)
        if method < 0 or self.lexical_class(method) < 0:
            # An initialiser written in the class body itself: `run = start` as `this.run = start`.
            return self._surrounding_class(scope) if head in self.profile.receiver_names else -1
        if method not in receivers:
            receivers[method] = self._receiver_name(method)
        if head != receivers[method] and head not in self.profile.receiver_names:
            return -1
        return self.lexical_class(method)

    def _surrounding_class(self, scope: int) -> int:
        while scope >= 0:
            kind = self.scope_kind(scope)
            if kind == ScopeKind.CLASS:
                return self.opener(scope)
            if kind == ScopeKind.FUNCTION:
                return -1
            scope = self.parent_scope(scope)
        return -1

    def _receiver_name(self, method: int) -> str:
        definition = self.definition(method)
        if definition is None or not self.profile.receiver_parameter or not definition.parameters:
            return ""
        return "" if definition.flags & _STATIC else definition.parameters[0].name

    # walks over scopes

    def enclosing_method(self, scope: int) -> int:
        """Return the nearest function around that is a member of a class, -1 when there is none."""
        while scope >= 0:
            if self.scope_kind(scope) == ScopeKind.FUNCTION:
                symbol = self.opener(scope)
                definition = self.definition(symbol)
                if definition is not None and (definition.receiver or self.lexical_class(symbol) >= 0):
                    return symbol
            scope = self.parent_scope(scope)
        return -1

    def lexical_class(self, symbol: int) -> int:
        """Return the class whose body directly holds the symbol, -1 otherwise."""
        scope = self.home_scope(symbol)
        return self.opener(scope) if self.scope_kind(scope) == ScopeKind.CLASS else -1
