"""The ports of what git knows of a place: past commits as evidence for a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from knowledge.scope import Scope

if TYPE_CHECKING:  # numpy costs 50 ms at start
    import numpy as np
    import numpy.typing as npt

Column: TypeAlias = "npt.NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class PastCommit:
    """One commit: message masked; paths it left changed; (old, new) of renames; (path, function name) where that is known."""

    commit: str
    time_s: int
    message: bytes
    paths: tuple[str, ...]
    renames: tuple[tuple[str, str], ...] = ()
    functions: tuple[tuple[str, str], ...] = ()


class HistoryBuilder(Protocol):
    """Writes what past commits said and changed. One writer at a time."""

    def head(self, repository: str) -> str:
        """Return the commit up to which history was read, empty when none was."""
        ...

    def extend(self, repository: str, head: str, commits: Sequence[PastCommit], *, fresh: bool) -> None:
        """Add commits, oldest first, that lead up to `head`; fresh: in place of all that is there."""
        ...

    def forget(self, repository: str) -> object: ...


class PastEvidence(Protocol):
    """What the history of one repository says about one question."""

    def nominees(self, count: int) -> list[str]:
        """Return the paths that it speaks for most, best first."""
        ...

    def features(self, paths: Sequence[str]) -> Mapping[str, Column]:
        """Return `past`, `similar`, `closest`, `churn`, `changes` and `recent`, one value a file; 0 for one that has no history."""
        ...

    def functions(self, places: Sequence[tuple[str, str]]) -> tuple[Column, Column]:
        """Return for each path and name how much the best of the commits that changed the function speaks for it, 0..1, and
        the logarithm of their number; 0 where there is none."""
        ...


class HistoryIndex(Protocol):
    """Past commits by repository."""

    def ask(self, scope: Scope, repository: str, query: str) -> PastEvidence | None:
        """Return None for a repository without history, or one that is not granted."""
        ...
