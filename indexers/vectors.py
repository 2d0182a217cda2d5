"""Fills the vector index of one repository after the structural index stands. Search never waits for it.

Resumable by nature: a vector's id holds the digest of its chunk's text, so only what is missing is computed, and a run
that was cut short is continued by the next. Vectors of chunks that are gone are deleted last.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from configs.errors import InputError
from knowledge.ports import Progress, VectorIndex
from knowledge.terms import ChunkTerms
from models.embedders import LatentSemanticEmbedder

BATCH_ROWS = 1_000
MIN_COVERAGE = 0.9
"""Below this share of known terms the repository has outgrown what was learned: learn again, replace all vectors."""


class ChunkTermsSource(Protocol):
    """The lexical index, as far as an embedder needs it."""

    def chunk_terms(self, repository: str) -> ChunkTerms: ...


@dataclass(frozen=True, slots=True)
class FillReport:
    """What one fill did. `learned` is true when the embedder was trained anew; `note` says why nothing was filled."""

    written: int
    kept: int
    deleted: int
    learned: bool
    note: str = ""


def fill_vectors(
    source: ChunkTermsSource,
    vectors: VectorIndex,
    repository: str,
    folder: Path,
    *,
    progress: Progress | None = None,
) -> FillReport:
    """Bring the vectors of `repository` up to its chunks, learning or reloading the embedder kept in `folder`.

    Raises StoreError when a store fails; what was written by then stays and is not written again.
    """
    chunks = source.chunk_terms(repository)
    try:
        embedder, learned = _embedder(chunks, folder)
    except InputError as too_small:
        vectors.delete(repository)
        return FillReport(0, 0, 0, False, too_small.message)
    if learned:
        vectors.delete(repository)  # vectors of two embedders must never be compared
        embedder.save(folder)
    present = vectors.ids(repository)
    missing = _first_rows(chunks.ids, present)
    for start in range(0, len(missing), BATCH_ROWS):
        rows = missing[start : start + BATCH_ROWS]
        vectors.upsert(repository, [chunks.ids[row] for row in rows], embedder.embed_chunks(chunks, rows))
        if progress:
            progress("vectors", start + len(rows), len(missing))
    gone = sorted(present.difference(chunks.ids))
    if gone:
        vectors.delete(repository, gone)
    return FillReport(len(missing), len(present) - len(gone), len(gone), learned)


def _embedder(chunks: ChunkTerms, folder: Path) -> tuple[LatentSemanticEmbedder, bool]:
    known = LatentSemanticEmbedder.load(folder)
    if known is not None and known.coverage(chunks) >= MIN_COVERAGE:
        return known, False
    return LatentSemanticEmbedder.fit(chunks), True


def _first_rows(ids: list[str], present: set[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the row of each missing id, once, in order."""
    rows: dict[str, int] = {}
    for row, chunk_id in enumerate(ids):
        if chunk_id not in present:
            rows.setdefault(chunk_id, row)
    return np.fromiter(rows.values(), np.int64, len(rows))
