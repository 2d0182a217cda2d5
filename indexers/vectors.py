"""Fills the vectors of one repository, batch by batch, after the structural index stands. Search never waits for it.

Resumable by nature: a vector's id is the digest of its chunk's text and name, so only what is missing is computed, and a
fill that was cut short is continued by the next. What is asked about comes first. Vectors of chunks that are gone are set
aside before anything is written, and taken back when their content returns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

from knowledge.ports.lexical import ChunkTable
from knowledge.ports.vectors import VectorIndex, VectorSpace

BATCH_ROWS = 256
"""Small, so that a question waits for little: about a third of a CPU second."""

Rows = npt.NDArray[np.int64]
EmbedRows = Callable[[Rows], npt.NDArray[np.float32]]


class Fill:
    """What one space lacks of one generation. Making it reads the stored ids and sets aside what is gone.

    Raises StoreError when the store fails; `step` also what the embedder raises. What is written by then stays.
    """

    def __init__(
        self,
        table: ChunkTable,
        vectors: VectorIndex,
        space: VectorSpace,
        embed_rows: EmbedRows,
        *,
        batch: int = BATCH_ROWS,
    ) -> None:
        self._vectors = vectors
        self._space = space
        self._embed_rows = embed_rows
        self._batch = batch
        self._digests = table.digests
        ids, rows = np.unique(self._digests, return_index=True)
        wanted = {vector_id(digest): int(row) for digest, row in zip(ids, rows, strict=True)}
        vectors.set_aside(space, sorted(vectors.ids(space).difference(wanted)))
        vectors.take_back(space, sorted(wanted))
        stored = vectors.ids(space)
        self._row_of = {name: row for name, row in wanted.items() if name not in stored}
        self._order = iter(sorted(self._row_of.values()))
        self.total = len(wanted)

    @property
    def left(self) -> int:
        return len(self._row_of)

    def step(self, asked_for: Collection[str] = ()) -> None:
        """Write the next batch: first the ids that were asked for, then by file."""
        rows = [self._row_of[name] for name in asked_for if name in self._row_of][: self._batch]
        chosen = dict.fromkeys(rows)
        while len(chosen) < self._batch and (row := next(self._order, None)) is not None:
            if vector_id(self._digests[row]) in self._row_of:
                chosen[row] = None
        batch = np.fromiter(sorted(chosen), np.int64, len(chosen))
        names = [vector_id(self._digests[row]) for row in batch]
        self._vectors.upsert(self._space, names, self._embed_rows(batch))
        for name in names:
            del self._row_of[name]


def vector_id(digest: np.uint64) -> str:
    """Return the id of a chunk's vector."""
    return f"{int(digest):016x}"
