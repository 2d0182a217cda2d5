"""A copy of a SQLite file that others go on reading and writing: one committed state of it, whole."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from knowledge.backends.sqlite_errors import translated

_PAGES = 2_000
"""Copied at a time; between them a writer may go on, and what it changes is copied again."""
_MAGIC = b"SQLite format 3\x00"


def is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def copy_database(source: Path, target: Path) -> None:
    """Copy what is committed, write-ahead log and all, into a file that must not exist. Raises StoreError."""
    with (
        translated(source),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing, pages=_PAGES)
