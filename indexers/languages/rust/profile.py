"""How Rust names resolve: crates and their roots from Cargo manifests, module paths from files, `crate`, `self`, `super`.

The key of a namespace is its path: `mycrate::net::client`. A package with both a library and a binary gives the binary
the key `mycrate::main`. Sources: the Rust reference, "Paths" and "Modules"; the Cargo book, "Project layout".
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from typing import Any

from indexers.facts import Definition, FileFacts, Flag, Import, ScopeKind
from indexers.languages.rust.build_script import options_in_doubt, options_set_by
from indexers.languages.rust.conditions import CONDITION, FEATURE, MARKS, OPTION, evaluated
from indexers.languages.rust.known_names import (
    BLANKET_METHODS,
    COMMON_MEMBERS,
    DERIVED_CONSTRUCTORS,
    ELEMENTWISE,
    ERRORWISE,
    INHERENT,
    MUTATING,
    PRELUDE,
    TRANSPARENT_MEMBERS,
)
from indexers.languages.rust.std_types import CONTENT, WRAPPERS
from indexers.resolution.layout import Layout
from indexers.resolution.profile import Profile

_TARGET_FOLDERS = ("tests", "examples", "benches")
_RELATIVE = ("crate", "self", "super")


class RustProfile(Profile):
    separator = "::"
    receiver_names = frozenset({"self"})
    path_heads = frozenset(_RELATIVE)
    own_type_names = frozenset({"Self"})
    fields_are_apart = True
    class_body_is_scope = False
    external_bases_answer = False
    has_impl_blocks = True
    condition_macros = "cfg"
    negative_condition_macros = "cfg_not_"
    blanket_methods = BLANKET_METHODS
    builtin_members = INHERENT
    derived_constructors = DERIVED_CONSTRUCTORS
    calls_functions_only = True
    wrappers = WRAPPERS
    wrapper_content = CONTENT
    elementwise = ELEMENTWISE
    errorwise = ERRORWISE
    mutating_members = MUTATING
    dereferences = "Target"
    yields = "Item"
    transparent_members = TRANSPARENT_MEMBERS
    builtins = PRELUDE
    common_members = COMMON_MEMBERS

    def __init__(self, layout: Layout) -> None:
        super().__init__(layout)
        self._packages = {
            folder: package
            for folder, text in layout.manifests_named("Cargo.toml").items()
            if (package := _package(text))
        }
        for folder, text in layout.manifests_named("build.rs").items():
            if folder in self._packages:
                self._packages[folder]["options"] = options_set_by(text)
                self._packages[folder]["in_doubt"] = options_in_doubt(text)
        self._places: dict[str, tuple[str, str]] = {}
        """path -> (crate root key, namespace key)"""
        for path in sorted(layout.paths):
            if path.endswith(".rs"):
                self._places[path] = self._place(path)
        self._roots = frozenset(root for root, _ in self._places.values())

    # crates and modules

    def place_of(self, path: str) -> tuple[str, str]:
        """Return the key of a file's crate, and that of its namespace."""
        return self._places.get(path) or self._place(path)

    def _place(self, path: str) -> tuple[str, str]:
        folder, package = self._owner(path)
        inside = path[len(folder) + 1 :] if folder else path
        name = package.get("crate", "crate")
        for target_path, target_name in package.get("targets", {}).items():
            if inside == target_path:
                return target_name, target_name
        parts = inside.removesuffix(".rs").split("/")
        if parts[0] == "src":
            return self._source(folder, name, parts[1:])
        if parts[0] in _TARGET_FOLDERS and len(parts) > 1:
            root = f"{name}::{parts[0]}"
            return (
                self._below(f"{root}::{parts[1]}", parts[2:] or ["main"])
                if parts[-1] == "main" or len(parts) == 2
                else (root, _joined(root, parts[1:]))
            )
        if inside == "build.rs":
            return f"{name}::build", f"{name}::build"
        if not package:
            return self._without_manifest(path)
        return name, _joined(name, parts)

    def _source(self, folder: str, name: str, parts: list[str]) -> tuple[str, str]:
        if parts[0] == "bin" and len(parts) > 1:
            return self._below(f"{name}::bin::{parts[1]}", parts[2:] or ["main"])
        has_library = (f"{folder}/src/lib.rs" if folder else "src/lib.rs") in self.layout.paths
        if parts == ["main"] and has_library:
            return f"{name}::main", f"{name}::main"
        return self._below(name, parts)

    @staticmethod
    def _below(root: str, parts: list[str]) -> tuple[str, str]:
        return (root, root) if parts in (["lib"], ["main"]) else (root, _joined(root, parts))

    def _without_manifest(self, path: str) -> tuple[str, str]:
        """Take the nearest folder with `lib.rs` or `main.rs` for a crate, named by its own or its parent's name."""
        folder = path.rpartition("/")[0]
        while True:
            prefix = f"{folder}/" if folder else ""
            if f"{prefix}lib.rs" in self.layout.paths or f"{prefix}main.rs" in self.layout.paths:
                named = folder.removesuffix("src").rstrip("/").rpartition("/")[2]
                name = named.replace("-", "_") or "crate"
                return self._below(name, path[len(prefix) :].removesuffix(".rs").split("/"))
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        parts = path.removesuffix(".rs").split("/")
        return parts[0], _joined(parts[0], parts[1:])

    def _owner(self, path: str) -> tuple[str, dict[str, Any]]:
        folder = path.rpartition("/")[0]
        while True:
            if folder in self._packages:
                return folder, self._packages[folder]
            if not folder:
                return "", {}
            folder = folder.rpartition("/")[0]

    def namespace(self, path: str, facts: FileFacts) -> str:
        return self._places[path][1] if path in self._places else self._place(path)[1]

    # names

    def import_namespaces(self, path: str, facts: FileFacts, item: Import) -> list[str]:
        root, current = self._places.get(path) or self._place(path)
        here = self._inline(current, facts, item.scope)
        parts = [part for part in item.module.split("::") if part]
        if not parts:
            return []
        if parts[0] == "crate":
            return ["::".join((root, *parts[1:]))]
        if parts[0] in ("self", "super"):
            base = here
            while parts and parts[0] in ("self", "super"):
                if parts[0] == "super":
                    base = base.rpartition("::")[0]
                parts = parts[1:]
            found = ["::".join((base, *parts))]
            # Helper modules beside an integration test: `mod common;` in tests/a.rs is tests/common/mod.rs.
            return [*found, "::".join((base.rpartition("::")[0], *parts))] if base == root and "::" in root else found
        found = ["::".join((here, *parts)), "::".join((root, *parts))]
        return [*found, "::".join(parts)] if parts[0] in self._roots else found

    @staticmethod
    def _inline(current: str, facts: FileFacts, scope: int) -> str:
        names: list[str] = []
        while scope > 0:
            entry = facts.scopes[scope]
            if entry.kind == ScopeKind.NAMESPACE and entry.definition >= 0:
                names.append(facts.definitions[entry.definition].name)
            scope = entry.parent
        return "::".join((current, *reversed(names)))

    def member_namespaces(self, namespace: str, name: str) -> list[str]:
        if name == "self":
            return [namespace]
        if name == "super":
            return [namespace.rpartition("::")[0]]
        if name == "crate":
            return [self._root_of(namespace)]
        below = f"{namespace}::{name}"
        return [below, name] if name in self._roots else [below]

    def _root_of(self, namespace: str) -> str:
        while namespace and namespace not in self._roots:
            namespace = namespace.rpartition("::")[0]
        return namespace

    def implicit_namespaces(self, path: str, facts: FileFacts) -> list[str]:
        """The file's own namespace, whose members are `crate`, `super` and the other crates; then where a crate keeps
        its macros, which are seen in all of it without an import."""
        root, own = self._places.get(path) or self._place(path)
        return [own, root, f"{root}::macros"]

    def external_name(self, item: Import) -> str:
        """Empty for a path that starts inside the project: it is unknown then, not external."""
        if item.module.partition("::")[0] in (*_RELATIVE, *self._roots):
            return ""
        return super().external_name(item)

    # dependencies and features

    def external_heads(self, path: str) -> frozenset[str]:
        heads: frozenset[str] = self._owner(path)[1].get("dependencies", frozenset())
        return heads

    def lacks(self, path: str, marks: Iterable[str]) -> bool:
        """Whether something needs a feature that is not on by default, or is there only without some that are; and so of options.

        Of a crate without default features those of its `full` are taken to be on, or all where it has no such one.
        """
        return any(self._holds(path, mark, self._is_set) is False for mark in marks if mark.startswith(MARKS))

    def guesses(self, path: str, marks: Iterable[str]) -> bool:
        """Whether nothing says for sure if something is there: a feature of a crate that has none on by default, an option that a
        build script sets under a condition."""
        return any(self._holds(path, mark, self._is_surely_set) is None for mark in marks if mark.startswith(MARKS))

    def _holds(self, path: str, mark: str, is_set: Callable[[dict[str, Any], str], bool | None]) -> bool | None:
        """Whether what a mark says holds; None when that is not known."""
        package = self._owner(path)[1]
        if mark.startswith(CONDITION):
            return evaluated(mark.removeprefix(CONDITION), lambda name: is_set(package, name))
        kind = FEATURE if mark.startswith(FEATURE) else OPTION
        name = mark.removeprefix(kind)
        answers = [is_set(package, kind + each) for each in name.lstrip("!").split("&")]
        holds = False if False in answers else None if None in answers else True
        return not holds if name.startswith("!") and holds is not None else holds

    @staticmethod
    def _is_set(package: dict[str, Any], name: str) -> bool:
        if name.startswith(OPTION):
            return name.removeprefix(OPTION) in package.get("options", ())
        on = package.get("features")
        on = package.get("full") if on is None else on
        return on is None or name.removeprefix(FEATURE) in on

    def _is_surely_set(self, package: dict[str, Any], name: str) -> bool | None:
        if name.startswith(OPTION):
            return None if name.removeprefix(OPTION) in package.get("in_doubt", ()) else self._is_set(package, name)
        return None if package.get("features") is None else self._is_set(package, name)

    # tests

    def is_test_path(self, path: str) -> bool:
        folders = path.split("/")[:-1]
        return "tests" in folders or path.endswith(("/tests.rs", "/test.rs"))

    def is_test(self, path: str, definition: Definition) -> bool:
        return bool(definition.flags & Flag.TEST)


def _joined(root: str, parts: list[str]) -> str:
    kept = parts[:-1] if parts and parts[-1] == "mod" else parts
    return "::".join((root, *kept))


def _package(text: str) -> dict[str, Any]:
    """Return {crate, targets: path -> crate key} of a manifest; empty when it has no package or is not TOML."""
    try:
        manifest = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}
    package = manifest.get("package")
    if not isinstance(package, dict) or not isinstance(package.get("name"), str):
        return {}
    library = manifest.get("lib")
    library = library if isinstance(library, dict) else {}
    crate = str(library.get("name") or package["name"]).replace("-", "_")
    targets: dict[str, str] = {}
    if isinstance(library.get("path"), str):
        targets[library["path"]] = crate
    binaries = manifest.get("bin")
    for binary in binaries if isinstance(binaries, list) else ():
        if isinstance(binary, dict) and isinstance(binary.get("path"), str) and isinstance(binary.get("name"), str):
            name = binary["name"].replace("-", "_")
            targets.setdefault(binary["path"], f"{crate}::main" if name == crate and library else name)
    return {
        "crate": crate,
        "targets": targets,
        "features": _features_of(manifest, "default"),
        "full": _features_of(manifest, "full"),
        "dependencies": _dependencies(manifest),
    }


def _dependencies(manifest: dict[str, Any]) -> frozenset[str]:
    """Return the crates that a manifest names, as they are written in paths."""
    found: set[str] = set()
    targets = manifest.get("target")
    tables = [manifest, *(targets.values() if isinstance(targets, dict) else ())]
    for table in tables:
        for key in ("dependencies", "dev-dependencies", "build-dependencies"):
            entries = table.get(key) if isinstance(table, dict) else None
            found.update(name.replace("-", "_") for name in (entries if isinstance(entries, dict) else ()))
    return frozenset(found)


def _features_of(manifest: dict[str, Any], first: str) -> frozenset[str] | None:
    """Return the features that one (`default`) brings, and it; None when it brings none."""
    features = manifest.get("features")
    if not isinstance(features, dict) or not features.get(first):
        return None
    found = {first}
    pending = [first]
    while pending:
        brought = features.get(pending.pop())
        for name in brought if isinstance(brought, list) else ():
            if isinstance(name, str) and name not in found:
                found.add(name)
                pending.append(name)
    return frozenset(found)


PROFILE = RustProfile
