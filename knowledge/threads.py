"""What is known of conversations beside their checkpoints: titles, turns in full, and whose turn it is.

A checkpoint holds what the graph needs to go on; what a person reads later (`clew threads show`) stands here, one row a turn,
so that the state of a long thread stays small. Implemented by `knowledge/backends/sqlite_threads.py` and `postgres_threads.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeAlias

TITLE_CHARACTERS = 80

Release: TypeAlias = Callable[[], None]
"""Lets a thread go, so that its next turn may begin."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer as they were shown; secrets are masked. `places`: what was cited, as `path:line`.

    repositories: those that the answer cites; None where nobody noted them.
    """

    number: int
    asked_at: float
    question: str
    answer: str
    verdict: str
    level: str
    release: str
    run_id: str
    places: tuple[str, ...] = ()
    repositories: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the row as every store can hold it."""
        row = {key: plain_text(value) if isinstance(value, str) else value for key, value in asdict(self).items()}
        return {**row, "places": [plain_text(place) for place in self.places]}

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Turn:
        """Return the turn of a stored row; what an older Clew did not write is empty."""
        empty = {"number": 0, "asked_at": 0.0, "question": "", "answer": "", "verdict": "", "level": "", "release": ""}
        known = {**empty, "run_id": "", **{key: row[key] for key in row if key in cls.__slots__}}
        noted = known.get("repositories")
        known["repositories"] = None if noted is None else tuple(noted)
        return cls(**{**known, "places": tuple(known.get("places") or ())})


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation. Times are seconds since 1970; `repositories`: those that its answers cite."""

    id: str
    title: str
    created_at: float
    updated_at: float
    turns: int
    repositories: tuple[str, ...]


class Threads(Protocol):
    """The register of conversations. Blocking; all methods raise StoreError."""

    def find(self, limit: int | None = None, prefix: str = "") -> list[Thread]:
        """Return the threads whose id begins so, the one that was used last first."""
        ...

    def get(self, thread_id: str) -> Thread | None: ...

    def turns(self, thread_id: str) -> list[Turn]:
        """Return the turns, oldest first."""
        ...

    def begin(self, thread_id: str, question: str, at: float) -> None:
        """Note that a thread is in use before its turn has an answer. A known thread keeps its title."""
        ...

    def record(self, thread_id: str, turns: list[Turn], repositories: tuple[str, ...]) -> None:
        """Append turns; they are numbered here. The first turn of a thread gives it its title and its time of birth."""
        ...

    def rename(self, thread_id: str, title: str) -> bool:
        """Return whether there is such a thread."""
        ...

    def delete(self, thread_id: str) -> bool:
        """Return whether there was such a thread. Its checkpoints are the caller's."""
        ...

    def idle_since(self, before: float) -> list[str]:
        """Return the ids of threads that were last used before this time."""
        ...

    def try_lock(self, thread_id: str) -> Release | None:
        """Take the thread for one turn; None while somebody has it. A holder that dies lets go."""
        ...

    def close(self) -> None: ...


def plain_text(text: str) -> str:
    """Return the text without what no store holds: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def title_of(question: str) -> str:
    """Return the first line of a question, shortened at a word."""
    line = next((line.strip() for line in plain_text(question).splitlines() if line.strip()), "")
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[: TITLE_CHARACTERS - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:.") + "…"
