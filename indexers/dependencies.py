"""Manifests -> DEPENDS_ON: from a manifest to what it declares, inside the repository or outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from indexers.manifests import Manifest, ManifestError, canonical, ecosystem_of, read_manifest
from knowledge.ports.graph import RelationRow
from knowledge.schema import STRATEGY_CONFIDENCE, FileIssue, RelationKind, Strategy, Tier

_CONFIDENCE = STRATEGY_CONFIDENCE[Strategy.SYNTAX]


class Dependencies:
    """What the manifests of a repository declare. texts: path -> text; those that cannot be read are in `issues`."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.issues: list[FileIssue] = []
        self._manifests: dict[str, Manifest] = {}
        for path, text in texts.items():
            try:
                manifest = read_manifest(path, text)
            except ManifestError as exc:
                self.issues.append(FileIssue(path, "syntax", f"its dependencies are not read: {exc}", 0, covered=True))
                continue
            if manifest is not None:
                self._manifests[path] = manifest

    def relations(self, index_of: Mapping[str, int]) -> Iterator[RelationRow]:
        """Yield one row a declared dependency. index_of: path of a manifest -> index of its own symbol.

        A dependency on what another manifest of the same kind calls itself stays inside; the nearest one is meant.
        """
        owners: dict[tuple[str, str], list[str]] = {}
        for path, manifest in self._manifests.items():
            if manifest.name:
                owners.setdefault((ecosystem_of(path), canonical(manifest.name)), []).append(path)
        for path, manifest in self._manifests.items():
            source = index_of.get(path)
            if source is None:
                continue
            for dependency in manifest.dependencies:
                own = owners.get((ecosystem_of(path), canonical(dependency.name)), [])
                others = [owner for owner in own if owner != path and owner in index_of]
                target = index_of[min(others, key=lambda other: (-_shared(path, other), other))] if others else -1
                yield (
                    RelationKind.DEPENDS_ON,
                    Strategy.SYNTAX,
                    Tier.EXACT if others else Tier.EXTERNAL,
                    _CONFIDENCE,
                    source,
                    target,
                    None if others else dependency.name,
                    path,
                    dependency.line,
                    dependency.column,
                )


def _shared(path: str, other: str) -> int:
    """Return how many leading folders two paths share."""
    pairs = zip(path.split("/")[:-1], other.split("/")[:-1], strict=False)
    return next((count for count, (one, two) in enumerate(pairs) if one != two), min(path.count("/"), other.count("/")))
