"""How Go finds packages and names: modules and their import paths, package scope, promoted members, builtins.

Sources: the Go specification ("Packages", "Predeclared identifiers") and the Go Modules Reference (`go.mod` files,
`replace`, vendoring).
"""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import ClassVar

from indexers.facts import Definition, FileFacts, Import
from indexers.languages.go.constraints import is_for_another_platform
from indexers.resolution.profile import Profile

_MODULE = re.compile(r"^module[ \t]+\"?([^\s\"]+)", re.MULTILINE)
_REPLACE = re.compile(
    r"^[ \t]*(?:replace[ \t]+)?([^\s(]+)(?:[ \t]+v\S+)?[ \t]+=>[ \t]+(\.{1,2}(?:/\S*)?)[ \t]*(?://.*)?$", re.MULTILINE
)
_TEST_PREFIXES = ("Test", "Benchmark", "Example", "Fuzz")

_BUILTINS = """
any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8
uint16 uint32 uint64 uintptr map append cap clear close complex copy delete imag len make max min new panic print
println real recover
"""
_COMMON_MEMBERS = """
Add Addr Bytes Cleanup Close Contains Context Copy Done Elem Equal Err Error Errorf Fatal Fatalf Fprintf Get Helper
Index Int Interface Is Kind Len Less Load Lock Log Logf Name New Next Now Parallel Parse Print Printf Println Put
RLock RUnlock Read ReadFrom ReadAll Reset Run Scan Seek Set Skip Skipf Sprintf Stop Store String Sub Swap Text TryLock
Type Unlock Unwrap Value Wait Write WriteString WriteTo
"""


class GoProfile(Profile):
    class_body_is_scope: ClassVar[bool] = False
    calls_functions_only: ClassVar[bool] = True
    imports_are_members: ClassVar[bool] = False
    shared_namespaces: ClassVar[bool] = True
    structural_interfaces: ClassVar[bool] = True
    builtins: ClassVar[frozenset[str]] = frozenset(_BUILTINS.split())
    common_members: ClassVar[frozenset[str]] = frozenset(_COMMON_MEMBERS.split())

    @cached_property
    def _modules(self) -> list[tuple[str, str]]:
        """(folder, module path) of every `go.mod`, deepest folder first. The standard library's module adds no prefix."""
        found = []
        for folder, text in self.layout.manifests_named("go.mod").items():
            match = _MODULE.search(text)
            if match:
                found.append((folder, "" if match[1] == "std" else match[1]))
        return sorted(found, key=lambda item: (-len(item[0]), item[0]))

    @cached_property
    def _replaced(self) -> list[tuple[str, str]]:
        """(import path prefix, import path of the folder that stands in for it), longest prefix first."""
        found: dict[str, str] = {}
        for folder, text in self.layout.manifests_named("go.mod").items():
            for name, target in _REPLACE.findall(text):
                where = posixpath.normpath(posixpath.join(folder, target))
                if not where.startswith(".."):
                    found.setdefault(name, self._import_path("" if where == "." else where))
        return sorted(found.items(), key=lambda item: (-len(item[0]), item[0]))

    @cached_property
    def _import_paths(self) -> dict[str, str]:
        return {}

    def _import_path(self, folder: str) -> str:
        """Return the import path of a folder; without any `go.mod` above it, the folder itself."""
        known = self._import_paths.get(folder)
        if known is not None:
            return known
        path = folder
        for root, module in self._modules:
            if root in ("", folder) or folder.startswith(root + "/"):
                below = folder[len(root) :].strip("/")
                path = "/".join(part for part in (module, below) if part)
                break
        self._import_paths[folder] = path
        return path

    def namespace(self, path: str, facts: FileFacts) -> str:
        package = self._import_path(path.rpartition("/")[0]) or facts.package
        # `package x_test` beside `package x` is a package of its own, which imports x like anybody else.
        outside = facts.package.endswith("_test") and path.endswith("_test.go")
        return f"{package}_test" if outside and not package.endswith("_test") else package

    def import_namespaces(self, path: str, facts: FileFacts, item: Import) -> list[str]:
        module = item.module
        keys = [module]
        for prefix, target in self._replaced:
            if module == prefix or module.startswith(prefix + "/"):
                keys.insert(0, target + module[len(prefix) :])
                break
        root = next((name for folder, name in self._modules if not folder or path.startswith(folder + "/")), None)
        if root is not None:
            keys.append(f"{root}/vendor/{module}" if root else f"vendor/{module}")
        elif "." in module.partition("/")[0]:
            # No go.mod: the repository's place in GOPATH is unknown, so any folder that the import path ends with may be meant.
            parts = module.split("/")
            keys.extend("/".join(parts[start:]) for start in range(1, len(parts)))
            if len(parts) <= 3:
                keys.append(facts.package)
        return keys

    def is_left_out(self, path: str) -> bool:
        return is_for_another_platform(path.rpartition("/")[2])

    def external_name(self, item: Import) -> str:
        return item.module

    def is_test_path(self, path: str) -> bool:
        return path.endswith("_test.go")

    def is_test(self, path: str, definition: Definition) -> bool:
        if definition.kind != "function" or not self.is_test_path(path):
            return False
        for prefix in _TEST_PREFIXES:
            if definition.name.startswith(prefix):
                return not definition.name[len(prefix) : len(prefix) + 1].islower()
        return False


PROFILE = GoProfile
