"""Tells when a working tree has settled after a change: one batch for an atomic save, one for a checkout of thousands.

Events come from the operating system (`watchfiles`). Only those that may matter to the index count; whether they do is
for the indexer to say. A batch is a set of changed paths (an empty one now and then while nothing changes), or None when
anything may have changed: at the start, after the root was deleted and made again, after a file or a folder came or went.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import TypeAlias

from watchfiles import Change, watch

from configs.errors import StoreUnavailable
from indexers.discovery import NEVER_ENTERED
from indexers.file_kinds import UNSUPPORTED, may_be_covered
from indexers.git_layout import git_folder
from indexers.resolution.layout import MANIFEST_NAMES

Batch: TypeAlias = frozenset[str] | None
QUIET_MS = 50
"""A batch ends when nothing was heard for so long."""
LONGEST_MS = 1_000
"""A tree that never rests is looked at this often all the same."""
LOOK_UP_MS = 500
"""How often to see whether the root is still there."""
CHECKOUT_LIMIT_S = 60.0
"""Git holds its index lock while it writes a tree; longer than this it has died."""
_RULES = frozenset({".gitignore", ".clewignore"})
_GIT_STATE = ("HEAD", "packed-refs")


class Relevance:
    """Which events may change an index of `root`: a filter for `watchfiles`. `home`: the store, wherever it lies."""

    def __init__(self, root: Path, home: Path) -> None:
        self._root = str(root)
        self._home = str(home.resolve())

    def __call__(self, _change: Change, path: str) -> bool:
        if f"{path}{os.sep}".startswith(self._home + os.sep):
            return False
        parts = path[len(self._root) :].strip(os.sep).split(os.sep)  # noqa: PTH206 - thousands of plain strings
        if ".git" in parts:
            return _is_git_state(parts[parts.index(".git") + 1 :])
        if not NEVER_ENTERED.isdisjoint(parts):
            return False
        suffix = os.path.splitext(parts[-1])[1]  # noqa: PTH122
        known = may_be_covered("/".join(parts)) or suffix in UNSUPPORTED
        return known or parts[-1] in _RULES or os.path.isdir(path)  # noqa: PTH112 - thousands of plain strings


def _is_git_state(parts: list[str]) -> bool:
    """Whether it is what says which commit is checked out, or which files are ignored."""
    return parts[:1] == ["refs"] or parts in ([name] for name in _GIT_STATE) or parts == ["info", "exclude"]


def batches(root: Path, home: Path, stop: Event) -> Generator[Batch, None, None]:
    """Yield a batch for each time that the tree changed and came to rest, first None; ends once `stop` is set.

    What changes while the caller is busy with a batch is in the next one.

    Raises:
        StoreUnavailable: the operating system watches no more files for this user.
    """
    while not stop.is_set():
        if not root.is_dir():
            stop.wait(LOOK_UP_MS / 1_000)
            continue
        yield from _while_it_stands(root, home, stop)


def _while_it_stands(root: Path, home: Path, stop: Event) -> Generator[Batch, None, None]:
    """Yield batches until the root is gone or another folder stands in its place."""
    events = watch(
        root,
        watch_filter=Relevance(root, home),
        debounce=LONGEST_MS,
        step=QUIET_MS,
        stop_event=stop,
        rust_timeout=LOOK_UP_MS,
        yield_on_timeout=True,
        raise_interrupt=True,
        ignore_permission_denied=True,
    )
    try:
        with closing(events), _held(root) as identity:
            next(events, None)  # now it is watched: nothing that happens from here on is missed
            yield None
            for heard in events:
                if identity is None or _identity(root) != identity:
                    return
                if heard:
                    _until_checked_out(root, stop)
                    yield _paths(root, {path for _, path in heard})
                else:
                    yield frozenset()
    except OSError as exc:
        raise StoreUnavailable(
            f"the folder {str(root)!r} cannot be watched: {exc}",
            next_step="raise the system's limit of watched files (Linux: fs.inotify.max_user_watches)",
        ) from exc


@contextmanager
def _held(root: Path) -> Iterator[tuple[int, int] | None]:
    """Give the identity of the folder, and keep its inode from being given to the next one of that name."""
    try:
        anchor = os.open(root, os.O_RDONLY)
    except OSError:  # Windows opens no folders, and gives no number twice so soon
        yield _identity(root)
        return
    try:
        status = os.fstat(anchor)
        yield status.st_dev, status.st_ino
    finally:
        os.close(anchor)


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        status = root.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _until_checked_out(root: Path, stop: Event, clock: Callable[[], float] = time.monotonic) -> None:
    """Wait while git writes the tree, so that a switch of branches is one batch."""
    folder = git_folder(root)
    if folder is None:
        return
    lock, deadline = folder / "index.lock", clock() + CHECKOUT_LIMIT_S
    while lock.exists() and clock() < deadline and not stop.is_set():
        stop.wait(QUIET_MS / 1_000)


def _paths(root: Path, changed: set[str]) -> Batch:
    """Return the changed files relative to the root; None when rules, manifests, folders or git's state are among them."""
    found = set()
    for path in changed:
        relative = Path(os.path.relpath(path, root)).as_posix()
        name = relative.rpartition("/")[2]
        if ".git/" in f"{relative}/" or name in _RULES or name in MANIFEST_NAMES or not os.path.isfile(path):  # noqa: PTH113
            return None
        found.add(relative)
    return frozenset(found)
