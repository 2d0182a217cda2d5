"""What people taught or accepted: the record and the port of its store.

Unlike a remembered answer a lesson cannot be made again, so nothing but a person, a forgotten repository or the bound of
its kind takes it away. Whether it still holds is judged by who reads it, against the files of now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from knowledge.scope import Scope

Kind = Literal["solution", "example", "run"]
"""solution: what solved an error. run: an answer that may be accepted. example: one that was."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing taught. It is seen only by who may see all its `repositories`.

    group: what it may be compared with, such as the kind of an error. taught_at: seconds since 1970. payload: JSON, redacted.
    """

    id: str
    kind: Kind
    group: str
    repositories: tuple[str, ...]
    taught_at: float
    payload: dict[str, Any]


class Lessons(Protocol):
    """Lessons by kind and id.

    Raises (all methods): StoreUnavailable, StoreBusy, StoreTimeout, StoreFull, StoreCorrupt, StoreTooNew, StoreRefused.
    """

    def put(self, lesson: Lesson, *, keep: int) -> None:
        """Store a lesson in place of one with its kind and id; of its kind the newest `keep` stay."""
        ...

    def get(self, scope: Scope, kind: Kind, lesson_id: str) -> Lesson | None:
        """Return the lesson, None when there is none or the scope does not grant all of its repositories."""
        ...

    def find(self, scope: Scope, kind: Kind, group: str | None = None) -> list[Lesson]:
        """Return the lessons of a kind, of one group or of all, whose repositories are all granted; the newest first."""
        ...

    def forget(self, scope: Scope, kind: Kind, lesson_id: str) -> bool:
        """Erase a lesson, from the disk too. False when `get` would not find it."""
        ...

    def forget_repository(self, repository: str) -> None:
        """Erase every lesson that belongs to the repository, from the disk too."""
        ...

    def close(self) -> None: ...
