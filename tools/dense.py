"""Dense retrieval: question -> vector -> nearest chunks, repository by repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from knowledge.ports import CodeGraph, Embedder, VectorIndex
from knowledge.scope import Scope
from knowledge.terms import symbol_of_chunk_id

EmbedderOf = Callable[[str], Embedder | None]
"""Repository -> the embedder that made its vectors, None while there is none."""


@dataclass(frozen=True, slots=True)
class DenseHit:
    """A symbol near the question; `similarity` is the cosine of its nearest chunk, -1..1."""

    repository: str
    symbol_id: str
    similarity: float


class DenseRetriever:
    """Raises what its vector index raises; the caller decides to go on without."""

    def __init__(self, graph: CodeGraph, vectors: VectorIndex, embedder_of: EmbedderOf) -> None:
        self._graph = graph
        self._vectors = vectors
        self._embedder_of = embedder_of

    def search(self, scope: Scope, query: str, *, top_k: int) -> list[DenseHit]:
        """Return one hit a symbol, best first, over the granted repositories that have vectors."""
        best: dict[str, DenseHit] = {}
        for info in self._graph.repositories(scope):
            embedder = self._embedder_of(info.name)
            if embedder is None:
                continue
            for chunk_id, similarity in self._vectors.query(scope, info.name, embedder.embed_query(query), top_k=top_k):
                symbol_id = symbol_of_chunk_id(chunk_id)
                known = best.get(symbol_id)
                if known is None or similarity > known.similarity:
                    best[symbol_id] = DenseHit(info.name, symbol_id, similarity)
        return sorted(best.values(), key=lambda hit: (-hit.similarity, hit.symbol_id))[:top_k]
