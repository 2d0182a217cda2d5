"""The packages that a repository holds, by the names that their manifests give them: members of npm, Cargo, Go and Maven workspaces, Python projects.

Read from the texts that the index keeps, and kept by its generation: a name such as `@scope/pkg` is no symbol of code.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from indexers.manifests import ManifestError, ecosystem_of, is_manifest, read_manifest, same_package
from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope


@dataclass(frozen=True, slots=True)
class Project:
    """A package of a repository. path: its manifest; ecosystem: `npm`, `cargo`, `go`, `java`, `python`, ..."""

    repository: str
    path: str
    name: str
    ecosystem: str

    @property
    def folder(self) -> str:
        """The folder of the manifest, empty for the root of the repository."""
        return self.path.rpartition("/")[0]


_kept: WeakKeyDictionary[CodeGraph, dict[str, tuple[int, tuple[Project, ...]]]] = WeakKeyDictionary()
_lock = threading.Lock()


def projects_of(graph: CodeGraph, scope: Scope, repository: str, generation: int) -> tuple[Project, ...]:
    """Return the named packages of a repository, those nearest to its root first. generation: that of the index."""
    with _lock:
        kept = _kept.setdefault(graph, {})
        known = kept.get(repository)
    if known is not None and known[0] == generation:
        return known[1]
    paths = sorted(graph.paths(scope, repository), key=lambda path: (path.count("/"), path))
    found = tuple(
        Project(repository, path, name, ecosystem_of(path))
        for path in paths
        if is_manifest(path) and (name := _name_in(graph, scope, repository, path))
    )
    with _lock:
        kept[repository] = (generation, found)
    return found


def projects_named(graph: CodeGraph, scope: Scope, name: str) -> list[Project]:
    """Return the packages that call themselves `name`; of Maven, the artifact alone names one too."""
    every = [one for info in graph.repositories(scope) for one in projects_of(graph, scope, info.name, info.generation)]
    exact = [one for one in every if same_package(one.name, name)]
    return exact or [
        one for one in every if one.ecosystem == "java" and same_package(one.name.rpartition(":")[2], name)
    ]


def owner_of(path: str, projects: Sequence[Project]) -> Project | None:
    """Return the package that a file belongs to: that of the nearest folder above it."""
    holding = [one for one in projects if not one.folder or path.startswith(f"{one.folder}/")]
    return max(holding, key=lambda one: len(one.folder), default=None)


def _name_in(graph: CodeGraph, scope: Scope, repository: str, path: str) -> str:
    text = graph.read_text(scope, repository, path)
    try:
        manifest = read_manifest(path, text.decode("utf-8", "replace")) if text is not None else None
    except ManifestError:
        return ""
    return manifest.name if manifest is not None else ""
