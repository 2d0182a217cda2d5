"""What may a bare name mean? Scopes outwards, namespaces, star imports, builtins; then what binds the name there.

Sources: the scope rules of each language from its own reference, in the profiles.
"""

from __future__ import annotations

from functools import cached_property

from indexers.facts import EXPORTED_ONLY, Definition, Flag, ScopeKind
from indexers.resolution.namespaces import Namespaces
from indexers.resolution.program import Bind, Binding, unversioned
from indexers.resolution.questions import CLASS_SCOPE
from indexers.resolution.values import (
    BRANCHES,
    EXTERNAL,
    INHERITANCE,
    INSTANCE,
    NAMESPACE,
    PACKAGE,
    SCOPE,
    SUPER,
    SYMBOL,
    UNKNOWN,
    Outcome,
    kind_of,
    payload_of,
)
from indexers.resolution.visibility import Visibility

_CLASS_METHOD = int(Flag.CLASS_METHOD)
_CONDITIONAL = int(Flag.CONDITIONAL)
_DECLARATION = int(Flag.DECLARATION)
_DERIVES = int(Flag.DERIVES)
_STATIC = int(Flag.STATIC)
_VARIADIC = int(Flag.VARIADIC)

MAX_NESTED_CLASSES = 8
"""Classes around a class that a bare name is looked for in."""


class Names(Namespaces, Visibility):
    @cached_property
    def _own_names(self) -> frozenset[str]:
        """The names that a method has for its object, its class and what it inherits from."""
        profile = self.profile
        return frozenset({*profile.receiver_names, *profile.own_type_names, *profile.super_names})

    def name(self, scope: int, name: str) -> Outcome:
        """Return what a bare name may mean in `scope`: scopes outwards, namespace, star imports, builtins."""
        memo = self._paths[scope]  # a bare name is a path
        known = memo.get(name)
        if known is None:
            return self._solve(memo, name, self._name, (scope, name))
        return known if isinstance(known, tuple) else self._reuse(known)

    def _name(self, scope: int, name: str) -> Outcome:
        program, profile = self.program, self.profile
        if name in self._own_names:
            special = self._special(scope, name)
            if special is not None:
                return special
        kind = program.scope_kind(scope)
        if kind != CLASS_SCOPE or profile.class_scope_visible or profile.class_body_is_scope:
            bindings = program.scope_names[scope].get(name)
            if bindings and profile.exports_are_apart and program.scope_namespace[scope] >= 0:
                bindings = self._inside(bindings)
            # Where linkage is global, a prototype in this file stands for the body elsewhere: see `_visible`; so does
            # the declaration of a member in its class.
            elsewhere = profile.links_globally and (program.scope_namespace[scope] >= 0 or kind == CLASS_SCOPE)
            if bindings and not elsewhere:
                found = self.bound(bindings)
                # What a new value of a local is may be unknown: then it is what the local was.
                return found if found[0] or "~" not in name else self.name(scope, unversioned(name))
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

    def _inside(self, bindings: list[Binding]) -> list[Binding]:
        """Of what binds a name of a module, return what binds it inside the module too."""
        files = self.program.files
        return [
            binding
            for binding in bindings
            if binding[0] != Bind.ASSIGNMENT or files[binding[1]].facts.assignments[binding[2]].home != EXPORTED_ONLY
        ]

    def _outer_name(self, scope: int, kind: int, name: str) -> Outcome:
        """Ask the scope around; a function does not see the names of a class body around it, unless the language says so."""
        program, visible = self.program, self.profile.class_scope_visible
        outer = program.parent_scope(scope)
        while outer >= 0 and not visible and program.scope_kind(outer) == CLASS_SCOPE:
            outer = program.parent_scope(outer)
        if outer < 0:
            return self._outermost(scope, name)
        outcome = self.name(outer, name)
        if outcome[0] or not visible or kind != CLASS_SCOPE:
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
        if kind == INSTANCE and self.profile.static_receiver_is_class and self._is_in_static(scope):
            kind = SYMBOL
        return ((owner << 3 | kind,), SCOPE)

    def _is_in_static(self, scope: int) -> bool:
        method = self.program.enclosing_method(scope)
        definition = self.program.definition(method) if method >= 0 else None
        return definition is not None and bool(definition.flags & _STATIC)

    def _inherited_name(self, scope: int, kind: int, name: str) -> Outcome:
        if kind == ScopeKind.CLASS:
            return self._member_around(self.program.opener(scope), name)
        if kind == ScopeKind.FUNCTION:
            symbol = self.program.opener(scope)
            definition = self.program.definition(symbol)
            if definition is not None and definition.receiver:
                return self._member_around(self.owner(symbol), name)
            if definition is not None and definition.decorators and "." in definition.name:
                return self._member_around(self._fixture(symbol, definition), name)
        return UNKNOWN

    def _fixture(self, symbol: int, definition: Definition) -> int:
        """Return the class that a block behind a macro belongs to (`TEST(Fixture, name) {`), -1 where the macro derives from none."""
        program, macro = self.program, definition.decorators[0].removesuffix("()")
        made = (program.definition(each) for each in program.by_name.get(macro, ()))
        if not any(one is not None and one.flags & _DERIVES for one in made):
            return -1
        values = self.type_values(program.home_scope(symbol), definition.name.partition(".")[0])[0]
        return next((payload_of(value) for value in values if kind_of(value) == INSTANCE), -1)

    def _member_around(self, owner: int, name: str) -> Outcome:
        """A member of the class, or of those around it, wherever each of them is written."""
        for _ in range(MAX_NESTED_CLASSES):
            if owner < 0:
                break
            outcome = self._project_member(owner, name)
            if outcome[0]:
                return outcome
            owner = self.owner(owner)
        return UNKNOWN

    def _project_member(self, symbol: int, name: str) -> Outcome:
        """A bare name is a member only where the project says so: an external base does not swallow outer names."""
        outcome = self.class_member(symbol, name)
        return UNKNOWN if any(kind_of(value) == EXTERNAL for value in outcome[0]) else outcome

    def _namespace_name(self, namespace: int, scope: int, name: str) -> Outcome:
        bindings = self.program.namespace_names[namespace].get(name)
        if not bindings:
            return self._nested_namespace(namespace, name) if self.program.macro_namespaces else UNKNOWN
        if self.profile.exports_are_apart:
            bindings = self._inside(bindings)
        file = self.program.scope_file[scope]
        visible = self._visible(file, name, bindings)
        if not self._may_shadow(file, name, visible):
            return UNKNOWN
        values, strategy = self.bound(visible)
        if self.profile.textual_macros and self._rests_on_a_setting(file, bindings, visible):
            return values, max(strategy, BRANCHES)
        return values, max(strategy, PACKAGE)

    def _nested_namespace(self, namespace: int, name: str) -> Outcome:
        """A namespace that only macros open has no definition that would bind its name."""
        for key in self.profile.member_namespaces(self.program.namespace_keys[namespace], name):
            nested = self.program.namespaces.get(key, -1)
            if nested >= 0:
                return ((nested << 3 | NAMESPACE,), PACKAGE)
        return UNKNOWN

    def _may_shadow(self, file: int, name: str, bindings: list[Binding]) -> bool:
        """Whether bindings elsewhere may stand for a name of the standard library: one at least must be declared in sight."""
        profile = self.profile
        if not profile.links_globally or name not in profile.builtins:
            return True
        visible = self._visible_paths(file)
        return visible is None or any(
            self.program.files[binding[1]].path in visible and not self._is_elsewhere(binding) for binding in bindings
        )

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
        if name == self.profile.exports_name and name:
            return self.own_module(scope)
        if name in self.profile.builtins or name in self.profile.external_heads(entry.path):
            return ((self.external(name),), SCOPE)
        return UNKNOWN

    def own_module(self, scope: int) -> Outcome:
        """Return what the module around exports, as a whole."""
        namespace = self.program.scope_namespace[self.program.scope_base[self.program.scope_file[scope]]]
        return ((namespace << 3 | NAMESPACE,), SCOPE) if namespace >= 0 else UNKNOWN

    def _external_inheritance(self, scope: int, name: str) -> Outcome:
        """A bare name that nothing in the project explains may come from an external base of a class around."""
        while scope >= 0:
            if self.program.scope_kind(scope) == CLASS_SCOPE:
                outcome = self.class_member(self.program.opener(scope), name)
                if outcome[0]:
                    return outcome
            scope = self.program.parent_scope(scope)
        return UNKNOWN
