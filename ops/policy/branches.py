"""Which branch each repository was indexed at, for policies that speak of it; one file of the store, written by index runs.

A branch is known for the generation that was indexed on it, and for no other: a reader who finds another generation knows none. Only
index runs write it, alone on the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from knowledge.schema import RepositoryInfo


class Branches:
    """The file at `path`. One that is not there, or cannot be read, knows of no branch."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, repositories: Iterable[RepositoryInfo]) -> dict[str, str]:
        """Return the branch of each repository, empty where it is not known."""
        known = self._read()
        return {
            info.name: branch if generation == info.generation else ""
            for info in repositories
            for generation, branch in [known.get(info.name, (-1, ""))]
        }

    def note(self, name: str, generation: int, branch: str) -> None:
        """Keep the branch of a generation; an empty one is forgotten."""
        known = self._read()
        changed = {**known, name: (generation, branch)} if branch else {k: v for k, v in known.items() if k != name}
        if changed == known:
            return
        made = self._path.with_name(f"{self._path.name}.new")
        made.write_text(json.dumps(changed, indent=1) + "\n", "utf-8")
        made.replace(self._path)

    def _read(self) -> dict[str, tuple[int, str]]:
        try:
            rows = json.loads(self._path.read_text("utf-8"))
            return {str(name): (int(generation), str(branch)) for name, (generation, branch) in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
