"""A vector index in memory for tests of what stands above the port; it passes the port's contract itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from configs.errors import InputError, StoreUnavailable
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import Scope

Vectors = npt.NDArray[np.float32]


class HeldVectors:
    """breaks_after: so many rows are taken, then StoreUnavailable is raised."""

    def __init__(self, breaks_after: int = 10**9) -> None:
        self.spaces: dict[VectorSpace, dict[str, Vectors]] = {}
        self.aside: dict[VectorSpace, dict[str, Vectors]] = {}
        self.breaks_after = breaks_after
        self.written: list[str] = []
        self.closed = 0

    def upsert(self, space: VectorSpace, ids: Sequence[str], vectors: Vectors) -> None:
        if vectors.ndim != 2 or len(vectors) != len(ids):
            raise InputError(f"shape {vectors.shape!r}")
        for one, vector in zip(ids, vectors, strict=True):
            if not np.isfinite(vector).all():
                raise InputError(f"{one!r} holds no finite number")
        self._check(space, vectors)
        if len(self.written) + len(ids) > self.breaks_after:
            raise StoreUnavailable("the store went away")
        self.spaces.setdefault(space, {}).update(zip(ids, vectors, strict=True))
        self.written += ids

    def ids(self, space: VectorSpace) -> set[str]:
        return set(self.spaces.get(space, ()))

    def delete(self, space: VectorSpace, ids: Sequence[str]) -> None:
        for one in ids:
            self.spaces.get(space, {}).pop(one, None)

    def set_aside(self, space: VectorSpace, ids: Sequence[str]) -> None:
        held, aside = self.spaces.get(space, {}), self.aside.setdefault(space, {})
        leaving = {one: held.pop(one) for one in ids if one in held}
        if len(aside) + len(leaving) > len(held):
            aside.clear()
        if len(leaving) <= len(held):
            aside.update(leaving)

    def take_back(self, space: VectorSpace, ids: Sequence[str]) -> None:
        aside = self.aside.get(space, {})
        self.spaces.setdefault(space, {}).update({one: aside.pop(one) for one in ids if one in aside})

    def drop(self, repository: str, *, keep: Collection[VectorSpace] = ()) -> None:
        for held in (self.spaces, self.aside):
            for space in [one for one in held if one.repository == repository and one not in keep]:
                del held[space]

    def query(
        self, scope: Scope, space: VectorSpace, vector: Vectors, *, top_k: int, ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        if vector.ndim != 1 or not np.isfinite(vector).all():
            raise InputError(f"shape {vector.shape!r} or not finite")
        if not scope.allows(space.repository) or not vector.any():
            return []
        self._check(space, vector[None])
        held = self.spaces.get(space, {})
        chosen = [(one, row) for one, row in held.items() if (ids is None or one in ids) and row.any()]
        norm = float(np.linalg.norm(vector))
        rows = [(one, float(row @ vector) / (norm * float(np.linalg.norm(row)))) for one, row in chosen]
        return sorted(rows, key=lambda row: (-row[1], row[0]))[:top_k]

    def close(self) -> None:
        self.closed += 1

    def _check(self, space: VectorSpace, vectors: Vectors) -> None:
        for stored in self.spaces.get(space, {}).values():
            if len(stored) != vectors.shape[1]:
                raise InputError(f"another dimension: {vectors.shape[1]}")
