"""Dense retrieval: question -> vector -> nearest chunks, repository by repository.

`dense_scores` is what a ranker asks. It takes the question, the scope, the ids of candidates or None, and `top_k`, and gives
the similarity of symbols and files: a plain function that never raises, because dense scores are a help and no necessity.
It asks a `DenseSearch`: the vectors of this process (`DenseRetriever`), or the process that owns them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from configs.errors import ClewError
from knowledge.ports.lexical import ChunkTable
from knowledge.ports.vectors import Embedder, VectorIndex, VectorSpace
from knowledge.scope import Scope

log = logging.getLogger("clew.dense")

MAX_CANDIDATES = 1_000
"""Chunks of candidates scored in one question: 20 ms of CPU at 200,000 vectors."""


@dataclass(frozen=True, slots=True)
class DenseHit:
    """A symbol near the question (for a chunk outside any, its module, `repository:path#`).

    similarity: the cosine of its nearest chunk, -1..1; comparable within one repository and one question.
    """

    repository: str
    path: str
    symbol_id: str
    similarity: float


class DenseSearch(Protocol):
    """Something that has vectors. Raises ClewError when it cannot answer now."""

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        """Return one hit a symbol, best first, at most `top_k`, over the granted repositories that have vectors.

        candidates: symbol ids; `repository:path#` stands for all chunks of a file. They restrict the query itself:
        nothing else is looked at, and every one that has a vector is scored (up to MAX_CANDIDATES chunks). None: all.
        """
        ...


@dataclass(frozen=True, slots=True)
class DenseScores:
    """Similarity by symbol id, and by file as (repository, path): the best of its chunks that were scored."""

    symbols: dict[str, float] = field(default_factory=dict)
    files: dict[tuple[str, str], float] = field(default_factory=dict)


def dense_scores(
    dense: DenseSearch | None, scope: Scope, query: str, candidates: Collection[str] | None, *, top_k: int
) -> DenseScores:
    """Return the scores of the `top_k` nearest symbols, or of the nearest among the candidates; empty when none can be had.

    candidates: as in `DenseSearch.search`. What goes wrong is logged, and costs the dense scores only.
    """
    scores = DenseScores()
    if dense is None or not query.strip():
        return scores
    try:
        hits = dense.search(scope, query, top_k=top_k, candidates=candidates)
    except ClewError as error:
        log.warning("dense retrieval left out: %s", error)
        return scores
    for hit in hits:
        file = hit.repository, hit.path
        scores.symbols[hit.symbol_id] = max(hit.similarity, scores.symbols.get(hit.symbol_id, -1.0))
        scores.files[file] = max(hit.similarity, scores.files.get(file, -1.0))
    return scores


@dataclass(frozen=True, slots=True)
class Filled:
    """The vectors that answer for a repository, and what turns a question into one of them."""

    space: VectorSpace
    embedder: Embedder


class DenseRetriever:
    """Searches the vectors of this process.

    chunks: gives the current generation's chunks of each granted repository. filled: repository -> its vectors, None while
    there are none. missing: told the ids of candidates that have no vector yet.
    """

    def __init__(
        self,
        chunks: Callable[[Scope], Sequence[ChunkTable]],
        vectors: VectorIndex,
        filled: Callable[[str], Filled | None],
        missing: Callable[[str, Sequence[str]], None] = lambda _repository, _ids: None,
    ) -> None:
        self._chunks = chunks
        self._vectors = vectors
        self._filled = filled
        self._missing = missing
        self._rows: WeakKeyDictionary[ChunkTable, _RowsOfDigests] = WeakKeyDictionary()

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        """As `DenseSearch` says. Raises StoreError when the vectors fail, ModelError when the embedder does."""
        near: list[_Near] = []
        for table in self._chunks(scope):
            filled = self._filled(table.repository)
            if filled is None:
                continue
            allowed = None if candidates is None else self._candidate_rows(table, candidates)
            if allowed is not None and not allowed:
                continue
            ids = None if allowed is None else list(dict.fromkeys(f"{int(table.digests[row]):016x}" for row in allowed))
            if ids:
                self._missing(table.repository, ids)
            vector = filled.embedder.embed_query(query)
            nearest = self._vectors.query(scope, filled.space, vector, top_k=max(top_k, len(ids or ())), ids=ids)
            rows = self._rows_of(table, [one for one, _ in nearest])
            near += [
                _Near(similarity, table, of_one, allowed) for (_, similarity), of_one in zip(nearest, rows, strict=True)
            ]
        return _best(near, top_k)

    @staticmethod
    def _candidate_rows(table: ChunkTable, candidates: Collection[str]) -> dict[int, None]:
        rows = dict.fromkeys(row for one in candidates for row in table.rows_of_symbol(one))
        return dict.fromkeys(list(rows)[:MAX_CANDIDATES])

    def _rows_of(self, table: ChunkTable, ids: Sequence[str]) -> list[list[int]]:
        """Return what each vector stands for: the chunks of its text and name, none when they left since."""
        known = self._rows.get(table)
        if known is None:
            known = self._rows[table] = _RowsOfDigests(table.digests)
        return known.rows([int(one, 16) for one in ids])


@dataclass(frozen=True, slots=True)
class _Near:
    """A vector near the question, and the chunks that it stands for."""

    similarity: float
    table: ChunkTable
    rows: list[int]
    allowed: Collection[int] | None

    def hits(self) -> Iterator[DenseHit]:
        for row in self.rows:
            if self.allowed is None or row in self.allowed:
                chunk = self.table.chunk(row)
                symbol_id = chunk.symbol_id or f"{chunk.repository}:{chunk.path}#"
                yield DenseHit(chunk.repository, chunk.path, symbol_id, self.similarity)


def _best(near: list[_Near], top_k: int) -> list[DenseHit]:
    """Return the nearest hit of each symbol, best first. What cannot be among the first `top_k` is not looked at."""
    best: dict[str, DenseHit] = {}
    for one in sorted(near, key=lambda one: -one.similarity):
        if len(best) >= top_k and one.similarity < next(reversed(best.values())).similarity:
            break
        for hit in one.hits():
            best.setdefault(hit.symbol_id, hit)
    return sorted(best.values(), key=lambda hit: (-hit.similarity, hit.symbol_id))[:top_k]


class _RowsOfDigests:
    """The rows of digests, by binary search."""

    def __init__(self, digests: npt.NDArray[np.uint64]) -> None:
        self._order = np.argsort(digests, kind="stable")
        self._sorted = digests[self._order]

    def rows(self, digests: list[int]) -> list[list[int]]:
        wanted = np.array(digests, np.uint64)
        firsts = np.searchsorted(self._sorted, wanted, "left").tolist()
        ends = np.searchsorted(self._sorted, wanted, "right").tolist()
        return [self._order[first:end].tolist() for first, end in zip(firsts, ends, strict=True)]
