"""Translates SQLite's errors at the border, so that no caller ever sees a driver error.

Result codes: https://www.sqlite.org/rescode.html (the low byte is the primary code).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from configs.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreTimeout, StoreUnavailable

REBUILD = (
    "Index again into a fresh store (`clew index PATH --store DIR`), or delete this file and run `clew index PATH`."
)

_PRIMARY = 0xFF
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNREACHABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR)


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """Return our error for the driver's one."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    if code in _BUSY:
        return StoreBusy(
            f"The store {str(path)!r} is being written by another process, which did not finish in time.",
            next_step="Wait for the other `clew index` to end, then try again.",
        )
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreTimeout(
            f"The store {str(path)!r} took longer than allowed to answer.",
            next_step="Ask for less (a smaller depth or limit), or raise the store's timeout.",
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(
            f"No space is left for the store {str(path)!r}; the previous index is unchanged.",
            next_step="Free disk space, or choose another place with --store, then index again.",
        )
    # A store whose tables are missing has the right header but lost its content.
    if code in _CORRUPT or "no such table" in str(error) or "no such column" in str(error):
        return StoreCorrupt(f"The store {str(path)!r} is damaged: {error}.", next_step=REBUILD)
    if code in _UNREACHABLE or isinstance(error, sqlite3.ProgrammingError):
        return StoreUnavailable(
            f"The store {str(path)!r} cannot be reached: {error}.",
            next_step="Check that the folder exists and that you may read and write it.",
        )
    return StoreError(f"The store {str(path)!r} could not answer: {error}.", next_step="Run `clew doctor`.")


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn every `sqlite3.Error` of the block into a `StoreError` that keeps its cause."""
    try:
        yield
    except sqlite3.Error as exc:
        raise store_error(exc, path) from exc
