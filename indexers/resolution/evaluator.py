"""What may an access path mean? Demand-driven, memoised evaluation over the tables of a program.

A *value* is an int: its kind in the low three bits, a payload above. An *outcome* is a pair of the values an
expression may have (sorted, at most `MAX_VALUES`) and the weakest strategy on the way there; no values: unknown.
Cycles are cut by answering `unknown` to a question that is already being asked; every answer is memoised by scope and
path, so the whole program costs linear time in its distinct paths.
Sources: C3 linearisation (Barrett et al., 1996); scope rules of each language from its own reference, in the profiles.
"""

from __future__ import annotations

from collections.abc import Iterable

from indexers.facts import Definition, Flag, Import, ScopeKind
from indexers.resolution.program import CONSTRUCTOR_NAME, Bind, Binding, Program
from knowledge.schema import Strategy

# Plain ints: an IntFlag costs a Python call at every `&`.
_CLASS_METHOD = int(Flag.CLASS_METHOD)
_CONDITIONAL = int(Flag.CONDITIONAL)
_DECLARATION = int(Flag.DECLARATION)
_MACRO = int(Flag.MACRO)
_PRIVATE = int(Flag.PRIVATE)
_PROPERTY = int(Flag.PROPERTY)
_STATIC = int(Flag.STATIC)
_VARIADIC = int(Flag.VARIADIC)

MAX_VALUES = 6
MAX_DEPTH = 60
"""Nested questions before an answer is given up; keeps the Python stack bounded on adversarial chains."""

ORDER = list(Strategy)
SCOPE = ORDER.index(Strategy.SCOPE)
PACKAGE = ORDER.index(Strategy.PACKAGE)
IMPORT = ORDER.index(Strategy.IMPORT)
MEMBER = ORDER.index(Strategy.MEMBER)
INHERITANCE = ORDER.index(Strategy.INHERITANCE)
ANNOTATION = ORDER.index(Strategy.ANNOTATION)
CONSTRUCTOR = ORDER.index(Strategy.CONSTRUCTOR)
ATTRIBUTE_TYPE = ORDER.index(Strategy.ATTRIBUTE_TYPE)
RETURN_TYPE = ORDER.index(Strategy.RETURN_TYPE)
ASSIGNMENT = ORDER.index(Strategy.ASSIGNMENT)
BRANCHES = ORDER.index(Strategy.BRANCHES)
UNIQUE_NAME = ORDER.index(Strategy.UNIQUE_NAME)
NAME = ORDER.index(Strategy.NAME)

SYMBOL, INSTANCE, NAMESPACE, EXTERNAL, SUPER, TYPED = range(6)

Outcome = tuple[tuple[int, ...], int]
UNKNOWN: Outcome = ((), SCOPE)

_CLASS_SCOPE = int(ScopeKind.CLASS)
_CLASSES = ("class", "interface")


def kind_of(value: int) -> int:
    return value & 7


def payload_of(value: int) -> int:
    return value >> 3


class Evaluator:
    """Answers questions about one program. Not thread-safe; one a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.profile = program.profile
        self.externals: list[str] = []
        self._external_ids: dict[str, int] = {}
        self._typed: list[tuple[int, str]] = []
        self._typed_ids: dict[tuple[int, str], int] = {}
        self._paths: list[dict[str, Outcome | None]] = [{} for _ in program.scope_file]
        self._names: list[dict[str, Outcome | None]] = [{} for _ in program.scope_file]
        self._members: dict[tuple[int, str], Outcome | None] = {}
        self._namespace_members: dict[tuple[int, str], Outcome | None] = {}
        self._types: dict[tuple[int, str], Outcome | None] = {}
        self._returns: dict[int, Outcome | None] = {}
        self._mro: dict[int, tuple[int, ...]] = {}
        self._mro_pending: set[int] = set()
        self._imports: dict[tuple[int, int], list[int]] = {}
        self._returned: dict[int, list[str]] = {}
        self._methods_of: dict[tuple[int, str], list[int]] | None = None
        self._visible_sets: dict[int, frozenset[str] | None] = {}
        self._facts_of = {file.path: file.facts for file in program.files}
        self._depth = 0
        for number, file in enumerate(program.files):
            for item in file.facts.returns:
                symbol = program.opener(program.scope(number, item.scope))
                self._returned.setdefault(symbol, []).append(item.value)

    # values

    def external(self, name: str) -> int:
        number = self._external_ids.get(name)
        if number is None:
            number = self._external_ids[name] = len(self.externals)
            self.externals.append(name)
        return number << 3 | EXTERNAL

    def external_name(self, value: int) -> str:
        return self.externals[payload_of(value)]

    def _typed_value(self, scope: int, expression: str) -> int:
        key = (scope, expression)
        number = self._typed_ids.get(key)
        if number is None:
            number = self._typed_ids[key] = len(self._typed)
            self._typed.append(key)
        return number << 3 | TYPED

    # paths

    def path(self, scope: int, path: str) -> Outcome:
        """Return what an access path written in `scope` may mean."""
        memo = self._paths[scope]
        if path in memo:
            return memo[path] or UNKNOWN
        if self._depth > MAX_DEPTH:
            return UNKNOWN
        memo[path] = None
        self._depth += 1
        outcome = self._path(scope, path)
        self._depth -= 1
        memo[path] = outcome
        return outcome

    def _path(self, scope: int, path: str) -> Outcome:
        last = path[-1:]
        if last == ")":
            head = path[:-2]
            if head in self.profile.super_names:
                return self._super(scope)
            return self.called(self.callee(scope, head), head.rpartition(".")[2])
        if last == "]":
            return self._indexed(self.path(scope, path[:-2]))
        base, dot, name = path.rpartition(".")
        if dot:
            return self.member(self.path(scope, base), name, as_field=self.profile.fields_are_apart)
        if path.startswith("#"):
            return self._literal(path)
        return self.name(scope, path)

    def callee(self, scope: int, path: str) -> Outcome:
        """Return what is called by `path(...)`: like `path`, but a bare name may not mean a variable where methods have
        names of their own."""
        base, dot, name = path.rpartition(".")
        if dot and self.profile.fields_are_apart:
            found = self.member(self.path(scope, base), name)
            return found if found[0] else self.path(scope, path)
        if dot or not self.profile.methods_apart or path in self.profile.super_names:
            return self.path(scope, path)
        current = scope
        while current >= 0:
            bindings = [b for b in self.program.scope_names[current].get(path, ()) if self._is_callable(b)]
            outcome = self.bound(bindings) if bindings else UNKNOWN
            if not outcome[0]:
                outcome = self._inherited_name(current, self.program.scope_kind(current), path)
            if outcome[0]:
                return outcome
            current = self.program.parent_scope(current)
        found = self.path(self.program.scope_base[self.program.scope_file[scope]], path)
        return found if found[0] else self._external_inheritance(scope, path)

    def _is_callable(self, binding: Binding) -> bool:
        if binding[0] == Bind.DEFINITION:
            return self._definition_of(binding).kind != "variable"
        return binding[0] == Bind.IMPORT

    def _literal(self, mark: str) -> Outcome:
        type_name = mark[1:]
        return UNKNOWN if type_name in ("?", "none", "lambda", "") else ((self.external(type_name),), SCOPE)

    def _super(self, scope: int) -> Outcome:
        owner = self._receiver_class(scope)
        return ((owner << 3 | SUPER,), INHERITANCE) if owner >= 0 else UNKNOWN

    def _receiver_class(self, scope: int) -> int:
        """Return the class whose method the scope belongs to, -1 outside any."""
        method = self.program.enclosing_method(scope)
        if method < 0:
            while scope >= 0:
                if self.program.scope_kind(scope) == ScopeKind.CLASS:
                    return self.program.opener(scope)
                scope = self.program.parent_scope(scope)
            return -1
        return self.owner(method)

    def owner(self, symbol: int) -> int:
        """Return the class a method belongs to: around it, or named by its receiver; -1 for a function."""
        definition = self.program.definition(symbol)
        if definition is None:
            return -1
        if definition.receiver:
            for value in self.type_values(self.program.home_scope(symbol), definition.receiver)[0]:
                if kind_of(value) == INSTANCE:
                    return payload_of(value)
            return -1
        return self.program.lexical_class(symbol)

    # names

    def name(self, scope: int, name: str) -> Outcome:
        """Return what a bare name may mean in `scope`: scopes outwards, namespace, star imports, builtins."""
        memo = self._names[scope]
        if name in memo:
            return memo[name] or UNKNOWN
        memo[name] = None
        outcome = memo[name] = self._name(scope, name)
        return outcome

    def _name(self, scope: int, name: str) -> Outcome:
        program, profile = self.program, self.profile
        if name in profile.receiver_names or name in profile.own_type_names or name in profile.super_names:
            special = self._special(scope, name)
            if special is not None:
                return special
        kind = program.scope_kind(scope)
        if kind != _CLASS_SCOPE or profile.class_scope_visible or profile.class_body_is_scope:
            bindings = program.scope_names[scope].get(name)
            # Where linkage is global, a prototype in this file stands for the body elsewhere: see `_visible`.
            if bindings and not (profile.links_globally and program.scope_namespace[scope] >= 0):
                return self.bound(bindings)
        if profile.class_scope_visible:
            outcome = self._inherited_name(scope, kind, name)
            if outcome[0]:
                return outcome
        namespace = program.scope_namespace[scope]
        if namespace >= 0:
            outcome = self._namespace_name(namespace, scope, name)
            if outcome[0]:
                return outcome
        stars = program.star_scopes.get(scope)
        if stars:
            outcome = self._through_stars(((program.scope_file[scope], index) for index in stars), name)
            if outcome[0]:
                return outcome
        return self._outer_name(scope, kind, name)

    def _outer_name(self, scope: int, kind: int, name: str) -> Outcome:
        """Ask the scope around; a function does not see the names of a class body around it, unless the language says so."""
        program, visible = self.program, self.profile.class_scope_visible
        outer = program.parent_scope(scope)
        while outer >= 0 and not visible and program.scope_kind(outer) == _CLASS_SCOPE:
            outer = program.parent_scope(outer)
        if outer < 0:
            return self._outermost(scope, name)
        outcome = self.name(outer, name)
        if outcome[0] or not visible or kind != _CLASS_SCOPE:
            return outcome
        # Nothing in the project explains it: it may come from an external base of this class.
        return self.class_member(program.opener(scope), name)

    def _special(self, scope: int, name: str) -> Outcome | None:
        owner = self._receiver_class(scope)
        if owner < 0:
            return None
        if name in self.profile.super_names:
            return ((owner << 3 | SUPER,), INHERITANCE)
        kind = INSTANCE if name in self.profile.receiver_names else SYMBOL
        return ((owner << 3 | kind,), SCOPE)

    def _inherited_name(self, scope: int, kind: int, name: str) -> Outcome:
        if kind == ScopeKind.CLASS:
            return self._project_member(self.program.opener(scope), name)
        if kind == ScopeKind.FUNCTION:
            symbol = self.program.opener(scope)
            definition = self.program.definition(symbol)
            if definition is not None and definition.receiver:
                owner = self.owner(symbol)
                if owner >= 0:
                    return self._project_member(owner, name)
        return UNKNOWN

    def _project_member(self, symbol: int, name: str) -> Outcome:
        """A bare name is a member only where the project says so: an external base does not swallow outer names."""
        outcome = self.class_member(symbol, name)
        return UNKNOWN if any(kind_of(value) == EXTERNAL for value in outcome[0]) else outcome

    def _namespace_name(self, namespace: int, scope: int, name: str) -> Outcome:
        bindings = self.program.namespace_names[namespace].get(name)
        if not bindings:
            return UNKNOWN
        file = self.program.scope_file[scope]
        visible = self._visible(file, bindings)
        values, strategy = self.bound(visible)
        return values, max(strategy, PACKAGE)

    def _visible(self, file: int, bindings: list[Binding]) -> list[Binding]:
        """Of the bindings that files share, keep those that `file` may mean.

        Where linkage is global (C, C++) a function is one symbol wherever its body stands; types, variables and
        everything private count only when their file is included. Of equal bodies the nearest folder wins: a project
        keeps its variants for different platforms in folders of their own.
        """
        if not self.profile.links_globally:
            return [binding for binding in bindings if binding[0] != Bind.IMPORT or self.profile.imports_are_members]
        if all(binding[1] == file for binding in bindings):
            return bindings
        visible = self._visible_paths(file)
        seen: list[Binding] = []
        linked: list[Binding] = []
        others: list[Binding] = []
        for binding in bindings:
            definition = self._definition_of(binding) if binding[0] == Bind.DEFINITION else None
            if visible is None or self.program.files[binding[1]].path in visible:
                seen.append(binding)
            elif definition is None or definition.flags & _PRIVATE:
                continue
            elif definition.kind in ("function", "method") and not definition.flags & _MACRO:
                linked.append(binding)
            else:
                others.append(binding)
        kept = seen + linked or others
        return kept if len(kept) < 2 else self._nearest(file, kept, {binding[1] for binding in seen})

    def _nearest(self, file: int, bindings: list[Binding], visible: set[int]) -> list[Binding]:
        """Among bodies of functions with equally many parameters keep those in included files, else in the nearest folders."""
        bodies: dict[int, list[Binding]] = {}
        kept: list[Binding] = []
        for binding in bindings:
            definition = self._definition_of(binding) if binding[0] == Bind.DEFINITION else None
            if definition is None or definition.kind != "function" or definition.flags & (_DECLARATION | _MACRO):
                kept.append(binding)
            else:
                bodies.setdefault(len(definition.parameters), []).append(binding)
        for group in bodies.values():
            if len({binding[1] for binding in group}) > 1:
                path, files = self.program.files[file].path, self.program.files
                near = {binding[1]: _shared_folders(path, files[binding[1]].path) for binding in group}
                included = [binding for binding in group if binding[1] in visible]
                group = included or [binding for binding in group if near[binding[1]] == max(near.values())]
            kept.extend(group)
        return kept

    def _visible_paths(self, file: int) -> frozenset[str] | None:
        if file not in self._visible_sets:
            self._visible_sets[file] = self.profile.visible_paths(self.program.files[file].path, self._facts_of)
        return self._visible_sets[file]

    def _outermost(self, scope: int, name: str) -> Outcome:
        program = self.program
        file = program.scope_file[scope]
        entry = program.files[file]
        for key in self.profile.implicit_namespaces(entry.path, entry.facts):
            namespace = program.namespaces.get(key, -1)
            if namespace >= 0:
                outcome = self.namespace_member(namespace, name)
                if outcome[0]:
                    return outcome
        if name in self.profile.builtins:
            return ((self.external(name),), SCOPE)
        return UNKNOWN

    def _external_inheritance(self, scope: int, name: str) -> Outcome:
        """A bare name that nothing in the project explains may come from an external base of a class around."""
        while scope >= 0:
            if self.program.scope_kind(scope) == _CLASS_SCOPE:
                outcome = self.class_member(self.program.opener(scope), name)
                if outcome[0]:
                    return outcome
            scope = self.program.parent_scope(scope)
        return UNKNOWN

    def bound(self, bindings: list[Binding]) -> Outcome:
        """Return the union of what the bindings of one name mean."""
        definitions = [binding for binding in bindings if binding[0] == Bind.DEFINITION]
        symbols = self._definition_values(definitions)
        if symbols is not None:
            return symbols
        values: set[int] = set()
        strategy = SCOPE
        sources = 0
        for binding in bindings:
            if binding[0] == Bind.DEFINITION and any(other[0] == Bind.ASSIGNMENT for other in bindings):
                continue
            found, how = self._binding(binding)
            if found:
                sources += 1
                values.update(found)
                strategy = max(strategy, how)
            if len(values) > MAX_VALUES:
                return UNKNOWN
        if not values and definitions:
            values.update(self._symbol_of(binding) << 3 | SYMBOL for binding in definitions[-1:])
        if len(values) > 1 and sources > 1:
            strategy = max(strategy, BRANCHES)
        return tuple(sorted(values)), strategy

    def _symbol_of(self, binding: Binding) -> int:
        return self.program.symbol(binding[1], binding[2])

    def _definition_values(self, bindings: list[Binding]) -> Outcome | None:
        """Return the functions and classes among the bindings; None when there are only variables."""
        program = self.program
        chosen = [
            binding
            for binding in bindings
            if program.files[binding[1]].facts.definitions[binding[2]].kind not in ("variable", "package")
        ]
        packages = [
            binding for binding in bindings if program.files[binding[1]].facts.definitions[binding[2]].kind == "package"
        ]
        if not chosen and packages:
            scope = program.body_scope(self._symbol_of(packages[0]))
            namespace = program.scope_namespace[scope] if scope >= 0 else -1
            return ((namespace << 3 | NAMESPACE,), SCOPE) if namespace >= 0 else None
        if not chosen:
            return None
        if len(chosen) > 1:
            chosen = self._effective(chosen)
        symbols = tuple(sorted({self._symbol_of(binding) << 3 | SYMBOL for binding in chosen}))
        return symbols[: MAX_VALUES * 4], SCOPE

    def _effective(self, bindings: list[Binding]) -> list[Binding]:
        """Of several definitions of one name: bodies before declarations; the last one, and those under a condition."""
        definitions = self.program.files
        bodies = [b for b in bindings if not definitions[b[1]].facts.definitions[b[2]].flags & _DECLARATION]
        if self.profile.overloads_by_arity and bodies:
            # An overload that is only declared stays beside the bodies of the others.
            counts = {len(definitions[b[1]].facts.definitions[b[2]].parameters) for b in bodies}
            bodies += [b for b in bindings if b not in bodies and len(self._definition_of(b).parameters) not in counts]
        kept = bodies or bindings
        if self.profile.overloads_by_arity or len({b[1] for b in kept}) > 1:
            return kept
        last = kept[-1]
        return [b for b in kept if b == last or definitions[b[1]].facts.definitions[b[2]].flags & _CONDITIONAL]

    def _binding(self, binding: Binding) -> Outcome:
        kind, file, index = binding
        if kind == Bind.IMPORT:
            return self._imported(file, index)
        if kind == Bind.PARAMETER:
            return self._parameter(file, index // 256, index % 256)
        if kind == Bind.ASSIGNMENT:
            return self._assigned(file, index)
        definition = self.program.files[file].facts.definitions[index]
        if definition.type:
            return self._typed_outcome(self.program.scope(file, definition.scope), definition.type)
        return UNKNOWN

    def _typed_outcome(self, scope: int, expression: str) -> Outcome:
        values, strategy = self.type_values(scope, expression)
        return values, max(strategy, ANNOTATION)

    def _assigned(self, file: int, index: int) -> Outcome:
        assignment = self.program.files[file].facts.assignments[index]
        scope = self.program.scope(file, assignment.scope)
        if assignment.type:
            outcome = self._typed_outcome(scope, assignment.type)
            if outcome[0]:
                return outcome
        value = assignment.value
        if not value or value.startswith("#?"):
            return UNKNOWN
        values, strategy = self.path(scope, value)
        if len(values) > MAX_VALUES:
            return UNKNOWN
        how = CONSTRUCTOR if value.endswith("()") and any(kind_of(v) == INSTANCE for v in values) else ASSIGNMENT
        if all(kind_of(v) in (SYMBOL, NAMESPACE) for v in values) and not value.endswith("()"):
            how = ASSIGNMENT
        return values, max(strategy, how)

    def _parameter(self, file: int, definition_index: int, position: int) -> Outcome:
        program = self.program
        definition = program.files[file].facts.definitions[definition_index]
        parameter = definition.parameters[position]
        symbol = program.symbol(file, definition_index)
        if parameter.type:
            # An annotation is read where the function is defined, not where its own names live.
            scope = program.scope(file, definition.scope)
            expression = f"[]{parameter.type}" if parameter.flags & _VARIADIC else parameter.type
            return self._typed_outcome(scope, expression)
        if position == 0 and self.profile.receiver_parameter and not definition.flags & _STATIC:
            owner = self.owner(symbol)
            if owner >= 0:
                is_class = definition.flags & _CLASS_METHOD or definition.name in ("__new__", "__init_subclass__")
                return ((owner << 3 | (SYMBOL if is_class else INSTANCE),), SCOPE)
        return UNKNOWN

    # imports and namespaces

    def imported_namespaces(self, file: int, index: int) -> list[int]:
        """Return the project namespaces that an import's module means; empty when it is outside the project."""
        key = (file, index)
        found = self._imports.get(key)
        if found is None:
            entry = self.program.files[file]
            keys = self.profile.import_namespaces(entry.path, entry.facts, entry.facts.imports[index])
            found = [self.program.namespaces[k] for k in keys if k in self.program.namespaces][:1]
            self._imports[key] = found
        return found

    def _imported(self, file: int, index: int) -> Outcome:
        item = self.program.files[file].facts.imports[index]
        namespaces = self.imported_namespaces(file, index)
        if not item.name:
            return self._imported_module(file, index)
        for namespace in namespaces:
            values, strategy = self.namespace_member(namespace, item.name)
            if values:
                return values, max(strategy, IMPORT)
        if namespaces:
            # A module without a default, imported by its default, is meant as a whole (CommonJS seen from ES modules).
            if item.name == self.profile.module_value:
                return ((namespaces[0] << 3 | NAMESPACE,), IMPORT)
            return UNKNOWN
        values, strategy = self.member(self._imported_class(file, index), item.name)
        if values:
            return values, max(strategy, IMPORT)
        return self._external_import(item)

    def _external_import(self, item: Import) -> Outcome:
        """Something outside the project; unknown where the profile knows the module to be inside, though not found."""
        name = self.profile.external_name(item)
        return ((self.external(name),), IMPORT) if name else UNKNOWN

    def _imported_module(self, file: int, index: int) -> Outcome:
        """A module bound as a whole, or a type that the import names in its place."""
        item = self.program.files[file].facts.imports[index]
        namespaces = self.imported_namespaces(file, index)
        if namespaces:
            return ((namespaces[0] << 3 | NAMESPACE,), IMPORT)
        values_of_class, strategy = self._imported_class(file, index)
        if values_of_class:
            return values_of_class, max(strategy, IMPORT)
        return self._external_import(item)

    def _imported_class(self, file: int, index: int) -> Outcome:
        """The module of an import may be a type inside a namespace: `import static a.b.Type.member`, `use a::Type::X`."""
        entry = self.program.files[file]
        separator = self.profile.separator
        for key in self.profile.import_namespaces(entry.path, entry.facts, entry.facts.imports[index]):
            head, _, last = key.rpartition(separator)
            rest = [last]
            while head:
                namespace = self.program.namespaces.get(head, -1)
                if namespace >= 0:
                    outcome = self.namespace_member(namespace, rest[0])
                    for name in rest[1:]:
                        outcome = self.member(outcome, name)
                    if outcome[0]:
                        return outcome
                    break
                head, _, last = head.rpartition(separator)
                rest.insert(0, last)
        return UNKNOWN

    def namespace_member(self, namespace: int, name: str) -> Outcome:
        """Return what `name` means as a member of a namespace: its own names, nested namespaces, star re-exports."""
        key = (namespace, name)
        if key in self._namespace_members:
            return self._namespace_members[key] or UNKNOWN
        if self._depth > MAX_DEPTH:
            return UNKNOWN
        self._namespace_members[key] = None
        self._depth += 1
        outcome = self._namespace_members[key] = self._namespace_member(namespace, name)
        self._depth -= 1
        return outcome

    def _namespace_member(self, namespace: int, name: str) -> Outcome:
        program = self.program
        bindings = program.namespace_names[namespace].get(name)
        if bindings:
            outcome = self.bound(bindings)
            if outcome[0]:
                return outcome
        for key in self.profile.member_namespaces(program.namespace_keys[namespace], name):
            nested = program.namespaces.get(key, -1)
            if nested >= 0:
                return ((nested << 3 | NAMESPACE,), IMPORT)
        stars = program.namespace_stars[namespace]
        if stars:
            return self._through_stars(stars, name)
        return UNKNOWN

    def _through_stars(self, stars: Iterable[tuple[int, int]], name: str) -> Outcome:
        if name.startswith("_"):
            return UNKNOWN
        for file, index in stars:
            for namespace in self.imported_namespaces(file, index):
                values, strategy = self.namespace_member(namespace, name)
                if values:
                    return values, max(strategy, IMPORT)
            if not self.imported_namespaces(file, index):
                values, strategy = self.member(self._imported_class(file, index), name)
                if values:
                    return values, max(strategy, IMPORT)
        return UNKNOWN

    def whole(self, namespace: int) -> Outcome:
        """Return what a module is as a whole, where the language has such a notion (`module.exports = f`)."""
        name = self.profile.module_value
        return self.namespace_member(namespace, name) if name else UNKNOWN

    # members

    def member(self, outcome: Outcome, name: str, *, as_field: bool = False) -> Outcome:
        """Return what `.name` may mean on the values of `outcome`; `as_field`: a field before a method of that name."""
        values, strategy = outcome
        if not values:
            return UNKNOWN
        found: set[int] = set()
        unknown = False
        for value in values:
            member_values, how = self._member(value, name, as_field)
            if member_values:
                found.update(member_values)
                strategy = max(strategy, how)
            elif kind_of(value) != NAMESPACE:
                unknown = True
        if len(found) > MAX_VALUES * 4:
            return UNKNOWN
        if unknown and found and len(values) > 1:
            strategy = max(strategy, BRANCHES)
        return tuple(sorted(found)), strategy

    def _member(self, value: int, name: str, as_field: bool) -> Outcome:
        kind, payload = kind_of(value), payload_of(value)
        if kind == EXTERNAL:
            return ((self.external(f"{self.externals[payload]}.{name}"),), IMPORT)
        if kind == NAMESPACE:
            found = self.namespace_member(payload, name)
            return found if found[0] or name == self.profile.module_value else self.member(self.whole(payload), name)
        if kind == INSTANCE:
            found = self.class_member(payload, name, as_field=as_field)
            if not found[0] and name in self.profile.transparent_members:
                return ((value,), MEMBER)
            return found
        if kind == SUPER:
            return self._super_member(payload, name)
        if kind == TYPED:
            return self._typed_member(payload, name)
        definition = self.program.definition(payload)
        if definition is None:
            return UNKNOWN
        if definition.kind in _CLASSES:
            if name in self.profile.receiver_names:
                return ((payload << 3 | INSTANCE,), SCOPE)
            return self.class_member(payload, name, of_class=True)
        if self.is_object(payload):
            return self.class_member(payload, name)
        bindings = self._receiver_bindings(payload, name)
        return self.bound(bindings) if bindings else UNKNOWN

    def is_object(self, symbol: int) -> bool:
        """Whether a variable holds an object written out in the source (`const api = {run() {}}`)."""
        definition = self.program.definition(symbol)
        if definition is None or definition.kind != "variable" or definition.opens < 0:
            return False
        return self.program.scope_kind(self.program.body_scope(symbol)) == ScopeKind.CLASS

    def _typed_member(self, number: int, name: str) -> Outcome:
        scope, expression = self._typed[number]
        if name in self.profile.transparent_members:
            return ((number << 3 | TYPED,), MEMBER)
        if expression.startswith("[]"):
            return ((self.external(f"list.{name}"),), MEMBER)
        head = expression.partition("[")[0]
        return self.member(self.path(scope, head), name)

    def class_member(self, symbol: int, name: str, *, of_class: bool = False, as_field: bool = False) -> Outcome:
        """Return what `name` means as a member of a class, along its linearised bases."""
        key = (symbol * 4 + of_class * 2 + as_field, name)
        if key in self._members:
            return self._members[key] or UNKNOWN
        self._members[key] = None
        outcome = self._members[key] = self._class_member(self.mro(symbol), name, of_class, as_field)
        return outcome

    def _class_member(self, order: tuple[int, ...], name: str, of_class: bool, as_field: bool) -> Outcome:
        beyond: Outcome | None = None
        for position, value in enumerate(order):
            if kind_of(value) == EXTERNAL:
                if not self.profile.external_bases_answer:
                    continue
                beyond = beyond or ((self.external(f"{self.external_name(value)}.{name}"),), INHERITANCE)
                continue
            values, strategy = self._own_member(payload_of(value), name, of_class, as_field)
            if values:
                # An external base that comes first might have it too; we cannot look.
                found_how = BRANCHES if beyond else MEMBER if position == 0 else INHERITANCE
                return values, max(strategy, found_how)
        if beyond:
            return beyond
        return UNKNOWN

    def _own_member(self, symbol: int, name: str, of_class: bool, as_field: bool) -> Outcome:
        program = self.program
        body = program.body_scope(symbol)
        inside = program.scope_names[body].get(name) if body >= 0 else None
        written_outside = self._receiver_bindings(symbol, name) if program.receiver_methods else None
        attributes = program.attributes[symbol].get(name, []) if symbol in program.attributes else []
        if not (inside or written_outside or attributes):
            return UNKNOWN
        bindings = [*(inside or ()), *(written_outside or ())]
        methods = [b for b in bindings if b[0] == Bind.DEFINITION and self._definition_of(b).kind != "variable"]
        if as_field and methods and len(methods) < len(bindings):
            fields = [binding for binding in bindings if binding not in methods]
            outcome = self.bound(fields)
            return outcome[0], max(outcome[1], MEMBER if outcome[1] == ANNOTATION else ATTRIBUTE_TYPE)
        if methods:
            values, strategy = self._definition_values(methods) or UNKNOWN
            definition = self._definition_of(methods[0])
            if definition.flags & _PROPERTY and not of_class and values:
                return self._property(values, strategy)
            return values, strategy
        outcome = self.bound(bindings + attributes) if bindings or attributes else UNKNOWN
        if outcome[0] and (attributes or not of_class):
            return outcome[0], max(outcome[1], MEMBER if outcome[1] == ANNOTATION else ATTRIBUTE_TYPE)
        return outcome

    def own_methods(self, symbol: int, name: str) -> Outcome:
        """Return the methods of this name that the class itself defines, without its bases."""
        body = self.program.body_scope(symbol)
        bindings = list(self.program.scope_names[body].get(name, ())) if body >= 0 else []
        bindings += self._receiver_bindings(symbol, name)
        methods = [b for b in bindings if b[0] == Bind.DEFINITION and self._definition_of(b).kind == "method"]
        return (self._definition_values(methods) or UNKNOWN) if methods else UNKNOWN

    def _property(self, values: tuple[int, ...], strategy: int) -> Outcome:
        returned, how = self.called((values, strategy), "")
        return returned, max(how, RETURN_TYPE)

    def _definition_of(self, binding: Binding) -> Definition:
        return self.program.files[binding[1]].facts.definitions[binding[2]]

    def _receiver_bindings(self, symbol: int, name: str) -> list[Binding]:
        """Return the methods of this name written outside the type."""
        program = self.program
        if self._methods_of is None:
            self._methods_of = {}
            for method in program.receiver_methods:
                definition = program.definition(method)
                assert definition is not None
                for owner in self._receivers(method, definition):
                    around = program.definition(owner)
                    constructs = self.profile.constructor_is_class_name and around and around.name == definition.name
                    name_there = CONSTRUCTOR_NAME if constructs else definition.name
                    self._methods_of.setdefault((owner, name_there), []).append(method)
            # What was asked while the table was being made may have missed some.
            self._members.clear()
        return [
            (Bind.DEFINITION, file := program.symbol_file[method], method - program.symbol_base[file] - 1)
            for method in self._methods_of.get((symbol, name), ())
        ]

    def _receivers(self, method: int, definition: Definition) -> list[int]:
        """The type that a method outside it belongs to; in JavaScript it may be a function or an object as well."""
        owner = self.owner(method)
        if owner >= 0:
            return [owner]
        values, _ = self.path(self.program.home_scope(method), definition.receiver)
        return [payload_of(value) for value in values if kind_of(value) == SYMBOL]

    def _super_member(self, symbol: int, name: str) -> Outcome:
        values, strategy = self._class_member(self.mro(symbol)[1:], name, of_class=False, as_field=False)
        return values, max(strategy, INHERITANCE)

    # inheritance

    def bases(self, symbol: int) -> list[int]:
        """Return the values of the direct bases: INSTANCE of a project class, or EXTERNAL; unknown ones left out."""
        definition = self.program.definition(symbol)
        if definition is None:
            return []
        scope, own = self.program.home_scope(symbol), symbol << 3 | INSTANCE
        values = (
            value
            for expression in [*definition.bases, *definition.implements]
            for value in self.type_values(scope, expression)[0]
        )
        return [value for value in values if kind_of(value) in (INSTANCE, EXTERNAL) and value != own]

    def mro(self, symbol: int) -> tuple[int, ...]:
        """Return the linearised ancestors, the class itself first, as INSTANCE or EXTERNAL values (C3, else depth first).

        Works through its own stack and keeps every order on the way: a line of ancestors may be long, and a lattice of
        them has more paths than classes. A class that is its own ancestor is left out below itself.
        """
        stack = [symbol]
        while symbol not in self._mro:
            current = stack[-1]
            if current in self._mro:
                stack.pop()
                continue
            self._mro_pending.add(current)
            bases = self.bases(current)
            missing = [payload_of(base) for base in bases if kind_of(base) == INSTANCE and self._is_open(base)]
            if missing:
                stack.extend(reversed(missing))
                continue
            self._mro[current] = self._linearised(current << 3 | INSTANCE, bases)
            self._mro_pending.discard(current)
            stack.pop()
        return self._mro[symbol]

    def _is_open(self, base: int) -> bool:
        return payload_of(base) not in self._mro and payload_of(base) not in self._mro_pending

    def _linearised(self, own: int, bases: list[int]) -> tuple[int, ...]:
        lines = [self._mro.get(payload_of(base), (base,)) if kind_of(base) == INSTANCE else (base,) for base in bases]
        if len(lines) == 1:
            return (own, *(value for value in lines[0] if value != own))
        return (own, *_merge([[value for value in line if value != own] for line in (*lines, bases)]))

    # types and calls

    def type_values(self, scope: int, expression: str) -> Outcome:
        """Return the values that something of this type has; a type that names itself stays unknown."""
        key = (scope, expression)
        if key in self._types:
            return self._types[key] or UNKNOWN
        if self._depth > MAX_DEPTH:
            return UNKNOWN
        self._types[key] = None
        self._depth += 1
        outcome = self._type_values(scope, expression)
        self._depth -= 1
        self._types[key] = outcome
        return outcome

    def _type_values(self, scope: int, expression: str) -> Outcome:
        if "|" in expression and "[" not in expression:
            values: set[int] = set()
            strategy = SCOPE
            for part in expression.split("|"):
                found, how = self.type_values(scope, part)
                values.update(found)
                strategy = max(strategy, how)
            return tuple(sorted(values))[:MAX_VALUES], strategy
        if expression.startswith("[]"):
            return ((self._typed_value(scope, expression),), SCOPE)
        head, bracket, rest = expression.partition("[")
        if bracket:
            position = self.profile.transparent_types.get(head.rpartition(".")[2])
            if position is not None:
                arguments = split_arguments(rest[:-1])
                return self.type_values(scope, arguments[position]) if position < len(arguments) else UNKNOWN
        if not head:
            return UNKNOWN
        values_of_head, strategy = self.path(scope, head)
        result: set[int] = set()
        for value in values_of_head:
            result.update(self._instances(value, scope, expression if bracket else ""))
        return tuple(sorted(result)), strategy

    def _instances(self, value: int, scope: int, generic: str) -> tuple[int, ...]:
        kind, payload = kind_of(value), payload_of(value)
        if kind == SYMBOL:
            definition = self.program.definition(payload)
            if definition is None:
                return ()
            if definition.kind in _CLASSES and definition.type and self.profile.aliases_are_types:
                home = definition.opens + self.program.scope_base[self.program.symbol_file[payload]]
                return self.type_values(home, definition.type)[0]
            if definition.kind in _CLASSES or self.is_object(payload):
                return (payload << 3 | INSTANCE,)
            if definition.kind == "variable" and definition.type:
                return self.type_values(self.program.home_scope(payload), definition.type)[0]
            return ()
        if kind == NAMESPACE:
            whole = self.whole(payload)[0]
            return tuple(found for each in whole for found in self._instances(each, scope, generic))
        if kind == EXTERNAL:
            return (self._typed_value(scope, generic),) if generic else (value,)
        return (value,) if kind in (INSTANCE, TYPED) else ()

    def _indexed(self, outcome: Outcome) -> Outcome:
        values, strategy = outcome
        found: set[int] = set()
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            if kind == TYPED:
                scope, expression = self._typed[payload]
                element = expression[2:] if expression.startswith("[]") else _element_type(expression)
                if element:
                    found.update(self.type_values(scope, element)[0])
            elif kind == SYMBOL:
                definition = self.program.definition(payload)
                if definition is not None and definition.kind in _CLASSES:
                    found.add(value)
        return tuple(sorted(found))[:MAX_VALUES], max(strategy, RETURN_TYPE)

    def called(self, outcome: Outcome, name: str) -> Outcome:
        """Return what calling the values of `outcome` may give back."""
        values, strategy = outcome
        found: set[int] = set()
        for value in values:
            kind, payload = kind_of(value), payload_of(value)
            if kind == SYMBOL:
                returned, how = self._call_symbol(payload)
                found.update(returned)
                strategy = max(strategy, how)
            elif kind == NAMESPACE:
                returned, how = self.called(self.whole(payload), name)
                found.update(returned)
                strategy = max(strategy, how)
            elif kind == EXTERNAL:
                external = self.externals[payload]
                # What a builtin function gives back may well be an object of the project (`next`, `getattr`, `max`).
                if external not in self.profile.builtins or external in self.profile.builtin_types:
                    found.add(self.external(_called_external(external)))
            elif kind in (INSTANCE, TYPED) and name in self.profile.transparent_members:
                found.add(value)
            elif kind == INSTANCE:
                returned, how = self.called(self.class_member(payload, "__call__"), "__call__")
                found.update(returned)
                strategy = max(strategy, how)
        if len(found) > MAX_VALUES:
            return UNKNOWN
        return tuple(sorted(found)), strategy

    def _call_symbol(self, symbol: int) -> Outcome:
        definition = self.program.definition(symbol)
        if definition is None:
            return UNKNOWN
        if definition.kind in _CLASSES:
            return ((symbol << 3 | INSTANCE,), CONSTRUCTOR)
        if symbol in self._returns:
            return self._returns[symbol] or UNKNOWN
        self._returns[symbol] = None
        outcome = self._returns[symbol] = self._returned_values(symbol, definition)
        return outcome

    def _returned_values(self, symbol: int, definition: Definition) -> Outcome:
        program = self.program
        if definition.type:
            scope = program.home_scope(symbol)
            if definition.type in self.profile.own_type_names:
                owner = self.owner(symbol)
                return ((owner << 3 | INSTANCE,), RETURN_TYPE) if owner >= 0 else UNKNOWN
            values, strategy = self.type_values(scope, definition.type)
            return values, max(strategy, RETURN_TYPE)
        values_found: set[int] = set()
        strategy = RETURN_TYPE
        body = program.body_scope(symbol)
        if body < 0:
            return UNKNOWN
        for value in self._returned.get(symbol, ()):
            if value.startswith("#"):
                continue
            values, how = self.path(body, value)
            values_found.update(values)
            strategy = max(strategy, how)
        if len(values_found) > MAX_VALUES:
            return UNKNOWN
        return tuple(sorted(values_found)), strategy


def _shared_folders(path: str, other: str) -> int:
    """Return how many leading folders two paths share."""
    count = 0
    for mine, theirs in zip(path.split("/")[:-1], other.split("/")[:-1], strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def split_arguments(text: str) -> list[str]:
    """Split `A,dict[B,C]` at its top-level commas."""
    parts: list[str] = []
    depth = start = 0
    for index, character in enumerate(text):
        if character == "[":
            depth += 1
        elif character == "]":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part for part in parts if part]


_MAPPINGS = frozenset(
    {
        "dict",
        "Dict",
        "Mapping",
        "MutableMapping",
        "OrderedDict",
        "defaultdict",
        "Map",
        "HashMap",
        "BTreeMap",
        "map",
        "Record",
    }
)


def _element_type(expression: str) -> str:
    """Return what a subscript or an iteration of a generic gives: the value of a mapping, else the first argument."""
    head, _, rest = expression.partition("[")
    arguments = split_arguments(rest[:-1])
    if not arguments:
        return ""
    return arguments[-1] if head.rpartition(".")[2] in _MAPPINGS else arguments[0]


def _called_external(name: str) -> str:
    """Name the result of calling something external: a class by itself, a function with its parentheses."""
    last = name.rpartition(".")[2]
    return name if last[:1].isupper() or name.endswith("()") or name == last else f"{name}()"


def _merge(lines: list[list[int]]) -> list[int]:
    """Merge linearisations as C3 does; where no order is consistent, take the first head left."""
    merged: list[int] = []
    pending = [line for line in lines if line]
    while pending:
        head = next((line[0] for line in pending if not any(line[0] in other[1:] for other in pending)), pending[0][0])
        merged.append(head)
        pending = [rest for line in pending if (rest := [value for value in line if value != head])]
    return merged
