"""The ports of meaning: vectors of chunks by their nearness, and what makes them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from knowledge.scope import Scope

if TYPE_CHECKING:  # numpy costs 50 ms at start, and a structural command needs no vectors
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """The vectors that one embedder made of one repository. `embedder` is its identity: two never mix."""

    repository: str
    embedder: str


class VectorIndex(Protocol):
    """Dense vectors by chunk id. One process owns a store at a time (StoreBusy otherwise)."""

    def upsert(self, space: VectorSpace, ids: Sequence[str], vectors: npt.NDArray[np.float32]) -> None:
        """Write vectors, shape (len(ids), dimension). Raises InputError on a wrong shape or a non-finite value."""
        ...

    def ids(self, space: VectorSpace) -> set[str]: ...

    def delete(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Delete these vectors. Unknown ids are ignored."""
        ...

    def set_aside(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Take these vectors out of every query, but keep them for `take_back`: at most as many as are left, else none."""
        ...

    def take_back(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Bring back those of these vectors that were set aside."""
        ...

    def drop(self, repository: str, *, keep: Collection[VectorSpace] = ()) -> None:
        """Delete every space of the repository but the kept ones."""
        ...

    def query(
        self,
        scope: Scope,
        space: VectorSpace,
        vector: npt.NDArray[np.float32],
        *,
        top_k: int,
        ids: Sequence[str] | None = None,
    ) -> list[tuple[str, float]]:
        """Return (id, cosine similarity) best first. `ids` restricts the candidates inside the query."""
        ...

    def close(self) -> None: ...


class Embedder(Protocol):
    """Texts to unit vectors. `identity` names the method and its weights: vectors of two identities never mix."""

    @property
    def identity(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return shape (len(texts), dimension), rows of unit length (or zero for a text without known words)."""
        ...

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return shape (dimension,)."""
        ...
