"""What a project says that it depends on: the manifests of the eight languages' ecosystems, read by their own grammars."""

from __future__ import annotations

import re
from collections.abc import Callable

from indexers.manifests import cfamily, go, java, javascript, python, rust
from indexers.manifests.model import Manifest, ManifestError

__all__ = [
    "Manifest", "ManifestError", "canonical", "ecosystem_of", "is_manifest", "read_manifest", "same_package",
]  # fmt: skip

Reader = Callable[[str], Manifest]

_READERS: dict[str, Reader] = {
    "pyproject.toml": python.read_pyproject,
    "setup.cfg": python.read_setup_cfg,
    "setup.py": python.read_setup_py,
    "Pipfile": python.read_pipfile,
    "package.json": javascript.read_package,
    "pom.xml": java.read_pom,
    "build.gradle": java.read_gradle,
    "build.gradle.kts": java.read_gradle,
    "go.mod": go.read_mod,
    "Cargo.toml": rust.read_cargo,
    "CMakeLists.txt": cfamily.read_cmake,
    "vcpkg.json": cfamily.read_vcpkg,
    "conanfile.txt": cfamily.read_conan,
}
_ECOSYSTEMS = {
    "package.json": "npm",
    "pom.xml": "java",
    "build.gradle": "java",
    "build.gradle.kts": "java",
    "go.mod": "go",
    "Cargo.toml": "cargo",
    "CMakeLists.txt": "cmake",
    "vcpkg.json": "vcpkg",
    "conanfile.txt": "conan",
}
_REQUIREMENTS = re.compile(r"(?:[\w.-]+-)?requirements(?:[-_.][\w.-]+)?\.(?:txt|in)")


def is_manifest(path: str) -> bool:
    """Whether a file at `path` declares dependencies."""
    return _reader(path) is not None


def read_manifest(path: str, text: str) -> Manifest | None:
    """Return what the manifest at `path` declares, None when its name is not one of a manifest.

    Raises:
        ManifestError: it does not follow its grammar.
    """
    reader = _reader(path)
    return None if reader is None else reader(text)


def ecosystem_of(path: str) -> str:
    """Name the kind of a manifest: those of one kind name each other's packages. Those of Python share one."""
    return _ECOSYSTEMS.get(path.rpartition("/")[2], "python")


def canonical(name: str) -> str:
    """Return what is the same for all spellings of a package, whatever the case and the kind of dash (PEP 503)."""
    return name.lower().replace("_", "-").replace(".", "-")


def same_package(one: str, other: str) -> bool:
    """Tell whether two names are of the same package."""
    return canonical(one) == canonical(other)


def _reader(path: str) -> Reader | None:
    folder, _, name = path.rpartition("/")
    if name in _READERS:
        return _READERS[name]
    in_folder = name.endswith((".txt", ".in")) and folder.rpartition("/")[2] == "requirements"
    return python.read_requirements if in_folder or _REQUIREMENTS.fullmatch(name) else None
