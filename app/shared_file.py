"""The file through which the workers of a server know things together: made anew by the first server of a store, deleted by the last.

A server that is asked to stop drains for a while. Were it to delete the file at its end, one that was started meanwhile would lose what
its workers hold open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.store_files import SHARED_FILE, remove_database


@contextmanager
def shared_file(home: Path) -> Iterator[None]:
    """Keep the file for the block; what an earlier server left is gone. POSIX only: the lock is the folder's own, so that no file stays."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = os.open(home, os.O_RDONLY)
    try:
        _remove_unless_used(folder, home)
        _lock(folder, alone=False)
        try:
            yield
        finally:
            _remove_unless_used(folder, home)
    finally:
        os.close(folder)


def _remove_unless_used(folder: int, home: Path) -> None:
    try:
        _lock(folder, alone=True)
    except BlockingIOError:
        return  # another server's workers have it open
    remove_database(home / SHARED_FILE)


def _lock(folder: int, *, alone: bool) -> None:
    import fcntl  # POSIX only

    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
