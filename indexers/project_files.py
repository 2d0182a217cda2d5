"""The files that say how a project is built, tested and deployed, read from the working tree: bounded, and not masked.

Who shows a line of them masks it first: masking whole files would take longer than all the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from indexers.content import read_source
from indexers.file_kinds import may_be_vendored, why_vendored

MAX_DEPTH = 4
MAX_FOLDERS = 3_000
MAX_FILES = 400
MAX_BYTES = 400_000
_ENTERED = frozenset({".github", ".circleci", ".gitlab"})
"""Hidden folders that are looked into."""


def project_files(root: Path, is_wanted: Callable[[str], bool]) -> dict[str, str]:
    """Return path -> text of the wanted files below `root`, nearest to it first; links are not followed."""
    texts: dict[str, str] = {}
    for path in _paths(root):
        if len(texts) == MAX_FILES:
            break
        if is_wanted(path):
            with suppress(OSError):
                texts[path] = read_source(root / path, MAX_BYTES)[:MAX_BYTES].decode("utf-8", "replace")
    return texts


def _paths(root: Path) -> Iterator[str]:
    folders, seen = [("", 0)], 0
    while folders and seen < MAX_FOLDERS:
        folder, depth = folders.pop(0)
        seen += 1
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in entries}
        for entry in entries:
            if entry.is_symlink():
                continue
            if entry.is_file():
                yield f"{folder}{entry.name}"
            elif depth < MAX_DEPTH and _is_entered(entry, names):
                folders.append((f"{folder}{entry.name}/", depth + 1))


def _is_entered(entry: os.DirEntry[str], siblings: set[str]) -> bool:
    if entry.name.startswith("."):
        return entry.name in _ENTERED
    if not may_be_vendored(entry.name):
        return True
    with suppress(OSError):
        return why_vendored(entry.name, siblings, {inner.name for inner in os.scandir(entry.path)}) is None
    return False
