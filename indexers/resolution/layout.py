"""What the resolver may know about the shape of a project: its paths and its manifests. No file system access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MANIFEST_NAMES = frozenset(
    {
        "go.mod",
        "package.json",
        "tsconfig.json",
        "jsconfig.json",
        "Cargo.toml",
        "build.rs",
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "requirements.txt",
        "pom.xml",
        "build.gradle",
        "build.gradle.kts",
        "CMakeLists.txt",
    }
)


def is_manifest(name: str) -> bool:
    """Whether a file of this name says how modules are found. TypeScript's may be spread over `tsconfig.<anything>.json`."""
    return name in MANIFEST_NAMES or (name.startswith("tsconfig.") and name.endswith(".json"))


class Layout:
    """paths: every covered file, `/`-separated, relative to the root. manifests: path -> text of the project files."""

    def __init__(self, paths: Iterable[str], manifests: Mapping[str, str]) -> None:
        self.paths = frozenset(paths)
        self.manifests = dict(manifests)

    def manifests_named(self, name: str) -> dict[str, str]:
        """Return folder -> text of the manifests with this file name, outermost folder first."""
        found = {
            path.rpartition("/")[0]: text
            for path, text in self.manifests.items()
            if path == name or path.endswith("/" + name)
        }
        return dict(sorted(found.items(), key=lambda item: (item[0].count("/"), item[0])))
