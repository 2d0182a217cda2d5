"""How C and C++ names resolve: one global namespace for the whole family, narrowed by what a file includes.

C symbols keep their plain names; C++ namespaces nest with `::`. A `"x.h"` is looked for beside the file, then below
include folders, then by a path that ends so and is the only one. Sources: ISO C 6.2.2 (linkage), ISO C++ [basic.lookup].
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from indexers.facts import Definition, FileFacts, Flag, Import, ScopeKind
from indexers.languages.cfamily.known_names import (
    BUILTINS,
    COMMON_MEMBERS,
    STANDARD_HEADERS,
    TRANSPARENT_MEMBERS,
    TRANSPARENT_TYPES,
    TYPES,
)
from indexers.languages.cfamily.namespace_macros import opened_namespaces
from indexers.languages.cfamily.overloading import Overloading
from indexers.languages.cfamily.platforms import platform_of
from indexers.resolution.choosing import OverloadChoice, OverloadingProfile
from indexers.resolution.evaluator import Evaluator
from indexers.resolution.layout import Layout

_INACTIVE = int(Flag.INACTIVE)
_HOME = ("", "unix", "linux")
_INCLUDE_FOLDERS = ("include", "src", "inc", "includes")


class CFamilyProfile(OverloadingProfile):
    separator = "::"
    class_scope_visible = True
    receiver_names = frozenset({"this"})
    constructor_is_class_name = True
    aliases_are_types = True
    links_globally = True
    textual_macros = True
    pointers_are_dropped = True
    call_member = "operator()"
    calls_functions_only = True
    overloads_by_arity = True
    defaults_are_declared = True
    namespaces_are_imported = False
    transparent_types = TRANSPARENT_TYPES
    transparent_members = TRANSPARENT_MEMBERS
    builtins = BUILTINS
    builtin_types = TYPES
    common_members = COMMON_MEMBERS

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self._by_name: dict[str, list[str]] = {}
        for path in sorted(layout.paths):
            self._by_name.setdefault(path.rpartition("/")[2], []).append(path)
        self._direct: dict[str, tuple[str, ...]] = {}
        self._platforms: dict[str, str] = {}
        self._included: dict[tuple[str, str], str] = {}
        self._opened: Mapping[str, str] = {}

    def namespace(self, path: str, facts: FileFacts) -> str:
        return ""

    def display_name(self, path: str, facts: FileFacts) -> str:
        return ""

    # includes

    def included_path(self, path: str, module: str) -> str:
        """Return the project file that an include written in `path` means, empty when it is none of them."""
        key = (path.rpartition("/")[0], module)
        found = self._included.get(key)
        if found is None:
            found = self._included[key] = self._find_include(*key)
        return found

    def _find_include(self, folder: str, module: str) -> str:
        is_system = module.startswith("<")
        wanted = module.strip("<>")
        paths = self.layout.paths
        if not is_system:
            beside = _normal(f"{folder}/{wanted}" if folder else wanted)
            if beside in paths:
                return beside
        elif wanted in STANDARD_HEADERS:
            return ""
        plain = _normal(wanted)
        current = folder
        while True:
            for root in ("", *_INCLUDE_FOLDERS):
                candidate = "/".join(part for part in (current, root, plain) if part)
                if candidate in paths:
                    return candidate
            if not current:
                break
            current = current.rpartition("/")[0]
        ends = [found for found in self._by_name.get(plain.rpartition("/")[2], ()) if found.endswith("/" + plain)]
        return ends[0] if len(ends) == 1 else ""

    def imported_path(self, path: str, item: Import) -> str:
        return "" if item.alias or item.name else self.included_path(path, item.module)

    def visible_paths(self, path: str, facts_of: Mapping[str, FileFacts]) -> frozenset[str]:
        """Return `path` and every project file that it includes, directly or not."""
        seen = {path}
        pending = [path]
        while pending:
            current = pending.pop()
            for target in self._direct_includes(current, facts_of.get(current)):
                if target not in seen:
                    seen.add(target)
                    pending.append(target)
        return frozenset(seen)

    def includes_anew(self, path: str) -> None:
        self._direct.pop(path, None)

    def _direct_includes(self, path: str, facts: FileFacts | None) -> tuple[str, ...]:
        found = self._direct.get(path)
        if found is None:
            items = facts.imports if facts is not None else ()
            if self.platform(path) in _HOME:
                items = [item for item in items if not item.flags & _INACTIVE]
            targets = (self.imported_path(path, item) for item in items)
            found = self._direct[path] = tuple(dict.fromkeys(target for target in targets if target))
        return found

    # platforms

    def platform(self, path: str) -> str:
        found = self._platforms.get(path)
        if found is None:
            found = self._platforms[path] = platform_of(path)
        return found

    # names

    def macro_namespaces(self, files: Iterable[FileFacts]) -> Mapping[str, str]:
        self._opened, self.namespace_words = opened_namespaces(files)
        return self._opened

    def import_namespaces(self, path: str, facts: FileFacts, item: Import) -> list[str]:
        """Return what `using` names, looked for in the namespaces around it first. An include names no namespace."""
        if not item.alias:
            return []
        names: list[str] = []
        scope = item.scope
        while scope > 0:
            entry = facts.scopes[scope]
            if entry.kind == ScopeKind.NAMESPACE and entry.definition >= 0:
                names.append(facts.definitions[entry.definition].name)
            elif entry.macro and self._opened.get(entry.macro):
                names.append(self._opened[entry.macro])
            scope = entry.parent
        names.reverse()
        return ["::".join((*names[:count], item.module)).strip(":") for count in range(len(names), -1, -1)]

    def member_namespaces(self, namespace: str, name: str) -> list[str]:
        return [f"{namespace}::{name}" if namespace else name]

    def external_name(self, item: Import) -> str:
        if not item.alias and not item.name:
            return item.module.strip("<>")
        return super().external_name(item)

    def overload_choice(self, evaluator: Evaluator) -> OverloadChoice:
        return Overloading(evaluator)

    # tests

    def is_test_path(self, path: str) -> bool:
        *folders, name = path.lower().split("/")
        stem = name.rpartition(".")[0]
        in_folder = any(folder in ("test", "tests", "unittests", "unittest") for folder in folders)
        return in_folder or stem.startswith("test_") or stem.endswith(("_test", "_tests", "_unittest", "-test"))

    def is_test(self, path: str, definition: Definition) -> bool:
        return bool(definition.flags & Flag.TEST)


def _normal(path: str) -> str:
    """Return the path without `.` and `..`; what would leave the repository gives the empty path."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


PROFILE = CFamilyProfile
