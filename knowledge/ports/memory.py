"""The port of what was answered before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class MemoryEntry:
    """Something learned. It is served only in the same scope and release and while every dependency hash is unchanged."""

    key: str
    payload: dict[str, Any]
    scope_key: str
    release_id: str
    dependencies: tuple[tuple[str, str, str], ...]
    """(repository, path, content hash) of every cited file."""


class Memory(Protocol):
    """Answers that may be given again. An entry dies with the first cited file that changes."""

    def get(self, key: str, *, scope_key: str, release_id: str) -> MemoryEntry | None: ...

    def put(self, entry: MemoryEntry) -> None: ...

    def forget_repository(self, repository: str) -> None:
        """Erase every entry that cites or names the repository."""
        ...
