"""Who may write a store: file locks that the operating system lets go when their holder dies.

One index run at a time for a repository, for as long as it takes (`run_lock`); one writer at a time for the whole store, for the moment
in which it writes (`index_lock`); nobody else at all for what takes the store away (`store_alone`). A run enters itself under the
writer's lock, so that whoever holds that knows all runs there are. A holder's process id stands in a file beside its lock, so that who
waits can say for whom.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from configs.errors import StoreBusy, StoreUnavailable

LOCK_NAME = "index.lock"
HOLDER_NAME = "index.pid"
RUNS_FOLDER = "index.locks"
"""Holds a lock for each repository that was ever indexed here."""
LOOKED_EVERY_S = 0.1


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


@contextmanager
def run_lock(
    home: Path, repository: Callable[[], str], process_id: int, *, timeout_s: float, say: Callable[[str], None]
) -> Iterator[str]:
    """Be the only run of a repository for the block; yield its name, which `repository` tells while nobody writes.

    Raises:
        StoreBusy: another run of it, or whoever writes, did not end in time. StoreUnavailable: as `index_lock`; what `repository` raises.
    """
    deadline = time.monotonic() + timeout_s
    heard: list[str] = []

    def say_once(text: str) -> None:
        if text not in heard:
            heard.append(text)
            say(text)

    while True:
        left_s = max(0.0, deadline - time.monotonic())
        with index_lock(home, process_id, timeout_s=left_s, say=say_once):
            name = repository()
            lock = _lock_of(home, name)
            try:
                lock.acquire(timeout=0)
                _holder_of(lock).write_text(str(process_id), "ascii")
                break
            except filelock.Timeout:
                pass
        _wait_for(lock, home, left_s, say_once)
    try:
        yield name
    finally:
        _holder_of(lock).unlink(missing_ok=True)
        lock.release()


@contextmanager
def store_alone(home: Path, process_id: int, *, timeout_s: float, say: Callable[[str], None]) -> Iterator[None]:
    """Be alone on the store for the block: no run is under way, and none begins. Raises as `index_lock`."""
    deadline = time.monotonic() + timeout_s
    while True:
        left_s = max(0.0, deadline - time.monotonic())
        with index_lock(home, process_id, timeout_s=left_s, say=say):
            running = next(filter(_is_held, _locks(home)), None)
            if running is None:
                yield
                return
        _wait_for(running, home, left_s, say)


def _lock_of(home: Path, repository: str) -> filelock.FileLock:
    folder = home / RUNS_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return filelock.FileLock(folder / f"{hashlib.sha256(repository.encode()).hexdigest()[:32]}.lock")


def _locks(home: Path) -> list[filelock.FileLock]:
    return [filelock.FileLock(path) for path in sorted((home / RUNS_FOLDER).glob("*.lock"))]


def _is_held(lock: filelock.FileLock) -> bool:
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return True
    lock.release()
    return False


def _holder_of(lock: filelock.FileLock) -> Path:
    return Path(lock.lock_file).with_suffix(".pid")


def _wait_for(lock: filelock.FileLock, home: Path, timeout_s: float, say: Callable[[str], None]) -> None:
    """Return when a run has ended. Raises StoreBusy when it does not in time."""
    holder = _holder(_holder_of(lock))
    if timeout_s > 0:
        say(f"waiting for another index run ({holder})")
        try:
            lock.acquire(timeout=timeout_s, poll_interval=LOOKED_EVERY_S)
            lock.release()
            return
        except filelock.Timeout:
            pass
    raise _busy(holder, home)


def _acquire(lock: filelock.BaseFileLock, home: Path, timeout_s: float, say: Callable[[str], None]) -> None:
    try:
        lock.acquire(timeout=0)
        return
    except filelock.Timeout:
        holder = _holder(home / HOLDER_NAME)
    if timeout_s > 0:
        say(f"waiting for another index run ({holder})")
        try:
            lock.acquire(timeout=timeout_s, poll_interval=LOOKED_EVERY_S)
            return
        except filelock.Timeout:
            pass
    raise _busy(holder, home)


def _busy(holder: str, home: Path) -> StoreBusy:
    return StoreBusy(
        f"another index run ({holder}) is writing the store {str(home)!r}",
        next_step="wait for it to end, or raise CLEW_INDEX__LOCK_TIMEOUT_S",
    )


def _holder(file: Path) -> str:
    try:
        return f"pid {int(file.read_text('ascii'))}"
    except (OSError, ValueError):
        return "pid unknown"
