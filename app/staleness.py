"""How far the files on disk have moved on from what is indexed, without parsing anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from indexers.discovery import DOCUMENTS_ONLY, discover
from indexers.worker import hash_content
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RepositoryInfo
from knowledge.scope import EVERYTHING

MARGIN_S = 3_600.0
"""A file last written longer than this before the index run is unchanged if its size is; younger ones are read and hashed.

What an old time does not give away is told by the size: `cp -p`, `tar` and `rsync -t` bring other content with old times.
"""


@dataclass(frozen=True, slots=True)
class Staleness:
    """Paths by what happened to them since the index was made. `missing`: the whole folder is gone."""

    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    missing: bool = False

    @property
    def state(self) -> str:
        """missing, stale or fresh."""
        if self.missing:
            return "missing"
        return "stale" if self.changed or self.added or self.deleted else "fresh"


def staleness(graph: CodeGraph, info: RepositoryInfo, *, max_file_bytes: int) -> Staleness:
    """Compare a repository's folder with its index. Costs one walk, and a read of each recently written file."""
    root = Path(info.root)
    if not root.is_dir():
        return Staleness(missing=True)
    indexed = graph.paths(EVERYTHING, info.name)
    sizes = graph.byte_counts(EVERYTHING, info.name)
    seen = {issue.path for issue in graph.issues(EVERYTHING, info.name)}
    found = {
        file.path: file
        for file in discover(root, max_file_bytes=max_file_bytes, documents_only=DOCUMENTS_ONLY in info.notes).files
    }
    young_ns = int((datetime.fromisoformat(info.indexed_at).timestamp() - MARGIN_S) * 1e9)
    changed = [
        path
        for path, (content_hash, _, _) in indexed.items()
        if (file := found.get(path))
        and (file.size != sizes.get(path) or (file.mtime_ns >= young_ns and _hash_of(file.absolute) != content_hash))
    ]
    return Staleness(
        tuple(changed),
        tuple(sorted(found.keys() - indexed.keys() - seen)),
        tuple(path for path in indexed if path not in found and not (root / path).is_file()),
    )


def _hash_of(path: Path) -> str | None:
    try:
        return hash_content(path.read_bytes())
    except OSError:
        return None
