"""One process owns a store's vectors at a time: a file lock that the operating system lets go when its holder dies.

Beside the lock lies a note of the owner: its process id, and, where it answers others, its address and a token. The note is
readable by the user alone, and is believed only while the lock is held: who finds the lock free finds no owner.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from configs.errors import StoreBusy, StoreUnavailable

PROBING_S = 0.5
"""How long the start of an owner waits for the lock: others hold it for an instant when they look whether there is one."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns the vectors. `url` is empty while the owner answers nobody; the token opens its internal routes."""

    pid: int
    url: str = ""
    token: str = ""


class Ownership:
    """The lock on the vectors in `folder`, held from here on. Raises StoreBusy, naming the owner, and StoreUnavailable."""

    def __init__(self, folder: Path) -> None:
        self._note = _note(folder)
        self._lock = _lock(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire(timeout=PROBING_S, poll_interval=0.02)
            self.say(Owner(os.getpid()))
        except Timeout as exc:
            known = _read(self._note)
            raise StoreBusy(
                f"The vector store {str(folder)!r} is owned by process {known.pid if known else 'unknown'}",
                next_step="Ask that process (a running `clew serve`?), or stop it.",
            ) from exc
        except OSError as exc:
            self._lock.release()
            raise StoreUnavailable(
                f"The vector store {str(folder)!r} cannot be used: {exc.strerror}",
                next_step="Check the path and the permissions of the store.",
            ) from exc

    def say(self, owner: Owner) -> None:
        """Write who owns the store. A reader sees the old note or the new one, and no other user sees any."""
        draft = self._note.with_name(f"{self._note.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(owner), file)
        draft.replace(self._note)

    def release(self) -> None:
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()


def owner_of(folder: Path) -> Owner | None:
    """Return the living owner of the vectors in `folder`, None when there is none."""
    if not _note(folder).exists():
        return None
    lock = _lock(folder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return _read(_note(folder))
    except OSError:  # a store that may only be read
        return None
    lock.release()
    return None


def _note(folder: Path) -> Path:
    return folder.with_name(folder.name + ".owner")


def _lock(folder: Path) -> FileLock:
    return FileLock(folder.with_name(folder.name + ".lock"))


def _read(note: Path) -> Owner | None:
    try:
        written = json.loads(note.read_text("utf-8"))
        return Owner(int(written["pid"]), str(written["url"]), str(written["token"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
