"""Finds a repository: that of a folder, or the nearest to a name that is not there."""

from __future__ import annotations

import difflib
from pathlib import Path

from configs.errors import UnknownRepository
from knowledge.schema import RepositoryInfo


def repository_of(folder: Path, known: list[RepositoryInfo]) -> RepositoryInfo | None:
    """Return the repository whose root contains `folder`, the innermost one when they nest."""
    resolved = folder.resolve()
    holding = [info for info in known if resolved.is_relative_to(info.root)]
    return max(holding, key=lambda info: len(info.root), default=None)


def unknown_repository(name: str, known: list[RepositoryInfo]) -> UnknownRepository:
    """Return the error that names the nearest repository, or all of them."""
    names = [info.name for info in known]
    near = difflib.get_close_matches(name, names, n=1)
    if not names:
        step = "nothing is indexed yet: run `clew index PATH`"
    else:
        step = f"did you mean {near[0]!r}?" if near else f"indexed: {', '.join(names[:10])}"
    return UnknownRepository(f"no repository {name!r} is indexed", next_step=step)
