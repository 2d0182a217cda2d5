"""How Python finds modules and names: packages and src layouts, relative imports, receivers, builtins.

Source: the language reference, chapters 4 (execution model) and 5 (the import system).
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

from indexers.facts import Definition, FileFacts, Import
from indexers.manifests import ManifestError, canonical, read_manifest
from indexers.resolution.profile import Profile

_ARITHMETIC = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor", "lshift", "rshift"
)  # fmt: skip
_ITERATING = (
    "iter",
    "list",
    "tuple",
    "set",
    "frozenset",
    "sorted",
    "sum",
    "max",
    "min",
    "any",
    "all",
    "enumerate",
    "dict",
)
_CONTAINER_TYPES = (str, bytes, list, dict, set, frozenset, tuple, int, float, complex)
_MEMBERS = {name: frozenset(dir(kind)) for name, kind in vars(builtins).items() if isinstance(kind, type)}


class PythonProfile(Profile):
    receiver_parameter: ClassVar[bool] = True
    class_attribute: ClassVar[str] = "__class__"
    reading_runs_getters: ClassVar[bool] = True
    heirs_answer: ClassVar[bool] = True
    missing_member: ClassVar[str] = "__getattr__"
    setting_member: ClassVar[str] = "__setattr__"
    implied_members: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "str": ("__str__", "__repr__"),
        "repr": ("__repr__",),
        "print": ("__str__", "__repr__"),
        "#str.format": ("__format__", "__str__", "__repr__"),
        "format": ("__format__", "__str__"),
        "bytes": ("__bytes__", "__iter__"),
        "bool": ("__bool__", "__len__"),
        "len": ("__len__",),
        "hash": ("__hash__",),
        "int": ("__int__", "__index__"),
        "float": ("__float__",),
        "complex": ("__complex__",),
        "round": ("__round__",),
        "abs": ("__abs__",),
        "next": ("__next__",),
        "reversed": ("__reversed__", "__len__"),
        "dir": ("__dir__",),
        **dict.fromkeys(_ITERATING, ("__iter__", "__getitem__")),
    }
    follows_arguments: ClassVar[bool] = True
    wrapping_decorators: ClassVar[frozenset[str]] = frozenset({"wraps"})
    content_methods: ClassVar[dict[str, str]] = {
        "get": "element",
        "pop": "element",
        "popleft": "element",
        "popitem": "pair",
        "setdefault": "element",
        "__enter__": "element",
        "__aenter__": "element",
        "copy": "same",
        "values": "values",
        "items": "pairs",
    }
    special_methods: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "__str__": ("__str__", "__repr__"),
        "__contains__": ("__contains__", "__iter__"),
        "__ne__": ("__ne__", "__eq__"),
        **{f"__i{name}__": (f"__i{name}__", f"__{name}__") for name in _ARITHMETIC},
    }
    any_types: ClassVar[frozenset[str]] = frozenset({"typing.Any", "typing_extensions.Any"})
    idle_bases: ClassVar[frozenset[str]] = frozenset({"typing.Generic", "typing_extensions.Generic", "object"})
    own_type_names: ClassVar[frozenset[str]] = frozenset({"Self", "typing.Self", "typing_extensions.Self"})
    super_names: ClassVar[frozenset[str]] = frozenset({"super"})
    constructor_names: ClassVar[tuple[str, ...]] = ("__init__", "__new__")
    transparent_types: ClassVar[dict[str, int]] = {
        "Optional": 0,
        "Annotated": 0,
        "Final": 0,
        "ClassVar": 0,
        "Awaitable": 0,
        "Coroutine": 2,
    }
    builtins: ClassVar[frozenset[str]] = frozenset(dir(builtins)) - {"_"}
    external_members: ClassVar[Mapping[str, frozenset[str]]] = _MEMBERS
    builtin_types: ClassVar[frozenset[str]] = frozenset(kind.__name__ for kind in _CONTAINER_TYPES)
    common_members: ClassVar[frozenset[str]] = frozenset(
        name for kind in _CONTAINER_TYPES for name in dir(kind) if not name.startswith("__")
    ) | {
        "read",
        "write",
        "close",
        "flush",
        "readline",
        "readlines",
        "seek",
        "group",
        "groups",
        "match",
        "search",
        "acquire",
        "release",
        "put",
        "send",
        "recv",
        "start",
        "run",
        "wait",
        "set",
        "is_set",
    }

    @cached_property
    def _source_roots(self) -> list[str]:
        """Folders that hold top-level packages: the root, `src` and the like, every folder without `__init__.py`
        that holds a package; longest first."""
        packages = {
            path.rpartition("/")[0] for path in self.layout.paths if path.endswith(("/__init__.py", "/__init__.pyi"))
        }
        roots = {package.rpartition("/")[0] for package in packages if package.rpartition("/")[0] not in packages}
        return sorted(roots - {""}, key=len, reverse=True)

    @cached_property
    def _projects(self) -> dict[str, tuple[str, frozenset[str]]]:
        """By folder: what a project calls itself, and what it declares that it needs."""
        found: dict[str, tuple[str, frozenset[str]]] = {}
        for file_name in ("setup.py", "setup.cfg", "pyproject.toml"):
            for folder, text in self.layout.manifests_named(file_name).items():
                try:
                    manifest = read_manifest(file_name, text)
                except ManifestError:
                    continue
                if manifest is not None:
                    known, needed = found.get(folder, ("", frozenset()))
                    names = frozenset(canonical(one.name) for one in manifest.dependencies)
                    found[folder] = (canonical(manifest.name) or known, needed | names)
        return found

    @cached_property
    def _roots_needed(self) -> dict[str, list[str]]:
        """By folder of a project: the source roots of the projects beside it that it declares a dependency on."""
        folders = {name: folder for folder, (name, _) in self._projects.items() if name}
        needed: dict[str, list[str]] = {}
        for folder, (own, names) in self._projects.items():
            others = [folders[name] for name in sorted(names - {own}) if folders.get(name)]
            roots = [root for root in self._source_roots for other in others if f"{root}/".startswith(f"{other}/")]
            if roots:
                needed[folder] = roots
        return needed

    def _declared_roots(self, path: str) -> list[str]:
        """Return where the packages lie that the project of a file declares as its dependencies: members of one workspace."""
        if not self._roots_needed:
            return []
        folder = path.rpartition("/")[0]
        while folder and folder not in self._projects:
            folder = folder.rpartition("/")[0]
        return self._roots_needed.get(folder, [])

    @cached_property
    def _modules(self) -> dict[str, str]:
        return {}

    def namespace(self, path: str, facts: FileFacts) -> str:
        known = self._modules.get(path)
        if known is None:
            known = self._modules[path] = self._module_name(path)
        return known

    def _module_name(self, path: str) -> str:
        """Dotted module name below its source root; a script outside any package keeps its folders in the name."""
        stem = path.rpartition(".")[0]
        if stem.endswith("/__init__"):
            stem = stem[: -len("/__init__")]
        for root in self._source_roots:
            if (root == "src" or root.endswith("/src")) and stem.startswith(root + "/"):
                return stem[len(root) + 1 :].replace("/", ".")
        return stem.replace("/", ".")

    def import_namespaces(self, path: str, facts: FileFacts, item: Import) -> list[str]:
        own = self.namespace(path, facts)
        module = item.module
        if module.startswith("."):
            bare = module.lstrip(".")
            package = own if path.endswith(("__init__.py", "__init__.pyi")) else own.rpartition(".")[0]
            for _ in range(len(module) - len(bare) - 1):
                package = package.rpartition(".")[0]
            return [".".join(part for part in (package, bare) if part)]
        keys = [module]
        # A package below a folder that is on the path at run time: `lib/python/app/...` imported as `app`.
        keys += [f"{root.replace('/', '.')}.{module}" for root in self._source_roots if path.startswith(root + "/")]
        keys += [f"{root.replace('/', '.')}.{module}" for root in self._declared_roots(path)]
        folder = own.rpartition(".")[0]
        if folder and f"{path.rpartition('/')[0]}/__init__.py" not in self.layout.paths:
            keys.append(f"{folder}.{module}")  # a script's own folder is on its path
        return keys

    def member_namespaces(self, namespace: str, name: str) -> list[str]:
        return [f"{namespace}.{name}" if namespace else name]

    def is_test_path(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        folders = path.split("/")[:-1]
        return (
            name.startswith("test_")
            or name.endswith("_test.py")
            or name in ("tests.py", "conftest.py")
            or "tests" in folders
            or "test" in folders
        )

    def is_test(self, path: str, definition: Definition) -> bool:
        if definition.kind == "class":
            return definition.name.startswith("Test") and self.is_test_path(path)
        return definition.name.startswith("test") and self.is_test_path(path)


PROFILE = PythonProfile
