"""What does an import bring, and what is a member of a namespace?"""

from __future__ import annotations

from collections.abc import Iterable

from indexers.facts import Import
from indexers.resolution.questions import Questions
from indexers.resolution.values import IMPORT, NAMESPACE, UNKNOWN, Outcome


class Namespaces(Questions):
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
        known = self._namespace_members.get(key)
        if known is None:
            return self._solve(self._namespace_members, key, self._namespace_member, key)
        return known if isinstance(known, tuple) else self._reuse(known)

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
        if stars and not (bindings and self._in_circle()):
            return self._through_stars(stars, name)
        return UNKNOWN

    def _through_stars(self, stars: Iterable[tuple[int, int]], name: str) -> Outcome:
        if name in self.profile.path_heads or (name.startswith("_") and self.profile.stars_hide_underscores):
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

    def whole_member(self, namespace: int, name: str) -> Outcome:
        """Return what `name` means on what a module is as a whole. A module may be itself: `module.exports = require("./itself")`."""
        if not self.profile.module_value:
            return UNKNOWN
        key = (namespace, name)
        known = self._whole_members.get(key)
        if known is None:
            return self._solve(self._whole_members, key, self._whole_member, key)
        return known if isinstance(known, tuple) else self._reuse(known)

    def _whole_member(self, namespace: int, name: str) -> Outcome:
        return self.member(self.whole(namespace), name)
