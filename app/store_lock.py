"""One index run at a time on a store: a file lock that the operating system lets go when its holder dies.

The holder's process id stands in a file beside the lock, so that who waits can say for whom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from configs.errors import StoreBusy, StoreUnavailable

LOCK_NAME = "index.lock"
HOLDER_NAME = "index.pid"


@contextmanager
def index_lock(home: Path, process_id: int, *, timeout_s: float, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the store's writer lock for the block.

    Args:
        timeout_s: longest wait for another run; 0 does not wait.
        say: told once, before waiting, for whom.

    Raises:
        StoreBusy: another run did not end in time.
        StoreUnavailable: the folder cannot be made or written.
    """
    lock = filelock.FileLock(home / LOCK_NAME)
    try:
        # The store holds a company's code: a folder that we make is its owner's alone. One that was there stays as it is.
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _acquire(lock, home, timeout_s, say)
        (home / HOLDER_NAME).write_text(str(process_id), "ascii")
    except OSError as exc:
        lock.release()
        step = "choose another folder with --store, or make this one writable"
        raise StoreUnavailable(f"the store {str(home)!r} cannot be written: {exc}", next_step=step) from exc
    try:
        yield
    finally:
        (home / HOLDER_NAME).unlink(missing_ok=True)
        lock.release()


def _acquire(lock: filelock.BaseFileLock, home: Path, timeout_s: float, say: Callable[[str], None]) -> None:
    try:
        lock.acquire(timeout=0)
        return
    except filelock.Timeout:
        holder = _holder(home)
    if timeout_s > 0:
        say(f"waiting for another index run ({holder})")
        try:
            lock.acquire(timeout=timeout_s, poll_interval=0.1)
            return
        except filelock.Timeout:
            pass
    raise StoreBusy(
        f"another index run ({holder}) is writing the store {str(home)!r}",
        next_step="wait for it to end, or raise CLEW_INDEX__LOCK_TIMEOUT_S",
    )


def _holder(home: Path) -> str:
    try:
        return f"pid {int((home / HOLDER_NAME).read_text('ascii'))}"
    except (OSError, ValueError):
        return "pid unknown"
