"""Latent semantic vectors learned from a repository's own chunks: no download, no server.

Deerwester et al. 1990, with BM25-weighted counts in place of raw ones: a truncated SVD of the chunk-term matrix. It
learns which words of this repository occur in the same places; it knows nothing of the world outside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import xxhash
from scipy import sparse

from configs.errors import InputError, StoreCorrupt
from knowledge.terms import ChunkTerms
from knowledge.text import query_terms, terms_of_word, word_counts
from models.embedders.answers import Vectors, unit_rows

DIMENSION = 200
MIN_CHUNKS_OF_TERM = 2
MAX_VOCABULARY = 60_000
K1 = 1.5
"""Saturation of a term's count in `embed_documents`, as in the lexical index."""
FORMAT = 1

Rows = npt.NDArray[np.int64]


class LatentSemanticEmbedder:
    """TF-IDF (BM25-saturated) and truncated SVD over our own terms. `components` has shape (terms, dimension)."""

    def __init__(self, vocabulary: Sequence[bytes], idf: npt.NDArray[np.float32], components: Vectors) -> None:
        self._number = {term: number for number, term in enumerate(vocabulary)}
        self._idf = idf
        self._components = components
        self._weighted = idf[:, None] * components
        digest = xxhash.xxh3_128(b"\n".join(vocabulary))
        digest.update(idf.tobytes())
        digest.update(components.tobytes())
        self._identity = f"lsa-{components.shape[1]}-{digest.hexdigest()}"

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def dimension(self) -> int:
        return int(self._components.shape[1])

    @classmethod
    def fit(cls, chunks: ChunkTerms, *, dimension: int = DIMENSION, seed: int = 0) -> LatentSemanticEmbedder:
        """Learn from all chunks of a repository; deterministic for the same chunks, order included.

        Args:
            dimension: wished for; a small repository gets fewer, at most one less than its chunks and its terms.

        Raises InputError when the chunks share too few terms to learn from.
        """
        from sklearn.utils.extmath import randomized_svd  # lazy, both: about 5 s of import on a slow core
        from threadpoolctl import threadpool_limits

        chunk_count, word_count = len(chunks.digests), len(chunks.vocabulary)
        frequency = np.bincount(chunks.terms, minlength=word_count)
        kept = np.flatnonzero(frequency >= MIN_CHUNKS_OF_TERM)
        if len(kept) > MAX_VOCABULARY:
            kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:MAX_VOCABULARY]])
        dimension = min(dimension, chunk_count - 1, len(kept) - 1)
        if dimension < 1:
            raise InputError(
                f"{chunk_count} chunks with {len(kept)} shared terms are too few to learn vectors from",
                next_step="Nothing to do: text search answers alone for so small a repository.",
            )
        idf = np.log1p((chunk_count - frequency[kept] + 0.5) / (frequency[kept] + 0.5)).astype(np.float32)
        matrix = sparse.csr_matrix((chunks.weights, chunks.terms, chunks.row_start), shape=(chunk_count, word_count))
        weighted = _unit_rows(matrix[:, kept] @ sparse.diags(idf))
        with threadpool_limits(1):  # it runs beside questions, on one core
            _, _, rows = randomized_svd(weighted, n_components=dimension, n_iter=4, random_state=seed)
        components = np.ascontiguousarray(rows.T, np.float32)
        return cls([chunks.vocabulary[number] for number in kept], idf, components)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return shape (len(texts), dimension), rows of unit length, or zero for a text without known words."""
        return self._embed([_document_terms(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        """Return shape (dimension,), of unit length, or zero when no word is known."""
        row: Vectors = self._embed([query_terms(text)])[0]
        return row

    def of_chunks(self, chunks: ChunkTerms) -> Callable[[Rows], Vectors]:
        """Return what gives the vectors of rows of `chunks`, shape (len(rows), dimension), tokenizing nothing again."""
        ours = np.fromiter((self._number.get(term, -1) for term in chunks.vocabulary), np.int64, len(chunks.vocabulary))
        known = np.flatnonzero(ours >= 0)
        shape = (len(chunks.digests), len(chunks.vocabulary))
        matrix = sparse.csr_matrix((chunks.weights, chunks.terms, chunks.row_start), shape=shape)

        def vectors(rows: Rows) -> Vectors:
            chosen = matrix[rows][:, known]
            renumbered = (chosen.data, ours[known][chosen.indices], chosen.indptr)
            return self._project(sparse.csr_matrix(renumbered, (len(rows), len(self._idf))))

        return vectors

    def coverage(self, chunks: ChunkTerms) -> float:
        """Return how much of what could be learned from these chunks this embedder knows, 0..1, by occurrence in chunks."""
        known = np.fromiter((term in self._number for term in chunks.vocabulary), np.bool_, len(chunks.vocabulary))
        frequency = np.bincount(chunks.terms, minlength=len(known))
        frequency[frequency < MIN_CHUNKS_OF_TERM] = 0
        return float(frequency[known].sum() / max(frequency.sum(), 1))

    def save(self, folder: Path) -> None:
        """Write to a file of this embedder's own in `folder`, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".lsa-{uuid4().hex[:8]}.npz"
        words = np.frombuffer(b"\n".join(self._number), np.uint8)
        np.savez(draft, format=FORMAT, words=words, idf=self._idf, components=self._components)
        draft.replace(_file(folder, self._identity))

    @classmethod
    def load(cls, folder: Path, identity: str) -> LatentSemanticEmbedder | None:
        """Return a saved embedder, None when there is none. Raises StoreCorrupt when it cannot be read."""
        path = _file(folder, identity)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                words = saved["words"].tobytes().split(b"\n")
                idf, components = saved["idf"], saved["components"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as exc:
            raise _corrupt(path) from exc
        if not len(words) == len(idf) == len(components):
            raise _corrupt(path)
        loaded = cls(words, idf, components)
        if loaded.identity != identity:
            raise _corrupt(path)
        return loaded

    @staticmethod
    def keep_only(folder: Path, identity: str) -> None:
        """Delete the saved embedders but this one; an empty identity keeps none."""
        for path in folder.glob("lsa-*.npz"):
            if path != _file(folder, identity):
                path.unlink(missing_ok=True)

    def _embed(self, counts: Sequence[dict[bytes, float]]) -> Vectors:
        starts, numbers, weights = [0], [], []
        for row in counts:
            for term, count in row.items():
                if (number := self._number.get(term, -1)) >= 0:
                    numbers.append(number)
                    weights.append((K1 + 1) * count / (K1 + count))
            starts.append(len(numbers))
        shape = (len(counts), len(self._idf))
        return self._project(sparse.csr_matrix((np.array(weights, np.float32), numbers, starts), shape))

    def _project(self, weights: Any) -> Vectors:
        return unit_rows(np.asarray(weights @ self._weighted, dtype=np.float32))


def _document_terms(text: str) -> dict[bytes, float]:
    counts: dict[bytes, float] = {}
    for word, count in word_counts(text.encode("utf-8", "replace")).items():
        for term in terms_of_word(word):
            counts[term] = counts.get(term, 0.0) + count
    return counts


def _unit_rows(matrix: Any) -> Any:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scale = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return sparse.diags(scale.astype(np.float32)) @ matrix


def _file(folder: Path, identity: str) -> Path:
    return folder / f"{identity}.npz"


def _corrupt(path: Path) -> StoreCorrupt:
    return StoreCorrupt(
        f"The learned vectors {str(path)!r} are damaged",
        next_step="Run `clew vectors --rebuild`: they are learned again from the index.",
    )
