"""Which variable of a module, a class or a package does an access path name?

The evaluator follows a variable to what it holds; this asks for the variable itself, for READS and WRITES. Locals and
parameters are nobody else's business and give nothing. Memoised by scope and path.
"""

from __future__ import annotations

from indexers.facts import Flag, ScopeKind
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.program import Bind, Binding
from indexers.resolution.values import (
    IMPORT,
    INHERITANCE,
    INSTANCE,
    MEMBER,
    NAMESPACE,
    PACKAGE,
    SCOPE,
    SYMBOL,
    kind_of,
    payload_of,
)

_CLASS_SCOPE = int(ScopeKind.CLASS)
_FUNCTION_SCOPE = int(ScopeKind.FUNCTION)
_BLOCK_SCOPE = int(ScopeKind.BLOCK)
_DECLARATION = int(Flag.DECLARATION)
_PRIVATE = int(Flag.PRIVATE)

MAX_VARIABLES = 3
"""A path that may name more variables than this names none."""
MAX_REEXPORTS = 8
"""Modules that a name is followed through."""

Named = tuple[tuple[int, ...], int]
"""Variable symbols, sorted, and the weakest strategy on the way."""
NOTHING: Named = ((), SCOPE)


class Variables:
    """Answers for one program, through its evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.program = evaluator.program
        self._memo: dict[tuple[int, str], Named] = {}

    def forget(self) -> None:
        """Drop every answer: each belongs to the file that asked."""
        self._memo.clear()

    def named(self, scope: int, path: str) -> Named:
        """Return the variables that `path`, written in `scope`, may name."""
        key = (scope, path)
        known = self._memo.get(key)
        if known is None:
            known = self._memo[key] = self._find(scope, path)
        return known

    def _find(self, scope: int, path: str) -> Named:
        base, dot, name = path.rpartition(".")
        if not dot:
            return self._bare(scope, path)
        if not name.isidentifier():
            return NOTHING
        values, strategy = self.evaluator.path(scope, base)
        found: set[int] = set()
        for value in values:
            symbols, how = self._member(value, name)
            found.update(symbols)
            strategy = max(strategy, how) if symbols else strategy
        return self._limited(found, strategy)

    # bare names

    def _bare(self, scope: int, name: str) -> Named:
        """Scopes outwards: the first that binds the name decides; a function's own binding is a local."""
        program, profile = self.program, self.evaluator.profile
        current, own = scope, True
        while current >= 0:
            kind = program.scope_kind(current)
            if kind != _CLASS_SCOPE or own or profile.class_scope_visible:
                bindings = program.scope_names[current].get(name)
                if bindings:
                    if kind in (_FUNCTION_SCOPE, _BLOCK_SCOPE):
                        return NOTHING
                    found = self._variables(bindings)
                    return self._limited(found, SCOPE) if found else self._imported(bindings)
                if kind == _CLASS_SCOPE and profile.class_scope_visible:
                    inherited = self._of_class(program.opener(current), name)
                    if inherited[0]:
                        return inherited
            own = own and kind == _BLOCK_SCOPE
            namespace = program.scope_namespace[current]
            if namespace >= 0:
                shared = self._shared(namespace, program.scope_file[current], name)
                if shared:
                    return self._limited(shared, PACKAGE)
            current = program.parent_scope(current)
        return NOTHING

    def _shared(self, namespace: int, file: int, name: str) -> set[int]:
        """Variables of a namespace that several files share: what is private elsewhere is not meant."""
        bindings = [
            binding
            for binding in self.program.namespace_names[namespace].get(name, ())
            if binding[1] == file or not self._flags(binding) & _PRIVATE
        ]
        return self._variables(bindings)

    def _imported(self, bindings: list[Binding]) -> Named:
        found: set[int] = set()
        for kind, file, index in bindings:
            if kind != Bind.IMPORT:
                continue
            item = self.program.files[file].facts.imports[index]
            for namespace in self.evaluator.imported_namespaces(file, index) if item.name else ():
                found.update(self._in_namespace(namespace, item.name, MAX_REEXPORTS))
        return self._limited(found, IMPORT)

    # members

    def _member(self, value: int, name: str) -> Named:
        kind, payload = kind_of(value), payload_of(value)
        if kind == NAMESPACE:
            return tuple(self._in_namespace(payload, name, MAX_REEXPORTS)), IMPORT
        if kind not in (SYMBOL, INSTANCE):
            return NOTHING
        definition = self.program.definition(payload)
        if definition is None or definition.opens < 0:
            return NOTHING
        return self._of_class(payload, name) if definition.kind != "function" else NOTHING

    def _of_class(self, symbol: int, name: str) -> Named:
        """The nearest class of the line of ancestors that has the variable."""
        for position, value in enumerate(self.evaluator.mro(symbol)):
            if kind_of(value) != INSTANCE:
                continue
            body = self.program.body_scope(payload_of(value))
            bindings = self.program.scope_names[body].get(name) if body >= 0 else None
            if bindings:
                return tuple(sorted(self._variables(bindings))), INHERITANCE if position else MEMBER
        return NOTHING

    def _in_namespace(self, namespace: int, name: str, reexports: int) -> set[int]:
        """A namespace's own variables, else those that it takes over from others."""
        bindings = self.program.namespace_names[namespace].get(name, [])
        found = self._variables(bindings)
        if found or reexports == 0:
            return found
        links = [(file, index) for kind, file, index in bindings if kind == Bind.IMPORT]
        for file, index in links:
            item = self.program.files[file].facts.imports[index]
            for origin in self.evaluator.imported_namespaces(file, index) if item.name else ():
                found.update(self._in_namespace(origin, item.name, reexports - 1))
        if not bindings and not (name.startswith("_") and self.evaluator.profile.stars_hide_underscores):
            for file, index in self.program.namespace_stars[namespace]:
                for origin in self.evaluator.imported_namespaces(file, index):
                    found.update(self._in_namespace(origin, name, reexports - 1))
        return found

    # bindings

    def _variables(self, bindings: list[Binding]) -> set[int]:
        """The variable definitions among the bindings, bodies before declarations.

        None where a function or class is meant too, unless fields and methods have names apart.
        """
        chosen = [binding for binding in bindings if binding[0] == Bind.DEFINITION]
        definitions = [self.program.files[file].facts.definitions[index] for _, file, index in chosen]
        if self.evaluator.profile.fields_are_apart:
            chosen = [each for each, item in zip(chosen, definitions, strict=True) if item.kind == "variable"]
        elif any(definition.kind != "variable" for definition in definitions):
            return set()
        full = [binding for binding in chosen if not self._flags(binding) & _DECLARATION]
        return {self.program.symbol(file, index) for _, file, index in (full or chosen)}

    def _flags(self, binding: Binding) -> int:
        if binding[0] != Bind.DEFINITION:
            return 0
        return self.program.files[binding[1]].facts.definitions[binding[2]].flags

    @staticmethod
    def _limited(found: set[int], strategy: int) -> Named:
        return (tuple(sorted(found)), strategy) if 0 < len(found) <= MAX_VARIABLES else NOTHING
