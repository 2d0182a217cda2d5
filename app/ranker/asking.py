"""Puts questions to a corpus the way a user would, dense vectors held in memory, and keeps what was looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np

from configs.errors import InputError
from knowledge.backends.lexical import HistorySearch, LexicalSearch
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.scope import Scope
from models.embedders.latent import LatentSemanticEmbedder
from tools.candidates import Grain
from tools.dense import DenseHit
from tools.fusion import Features
from tools.search import Kind, Retriever

Looked = list[tuple[str, Features]]
"""Candidates in any order: a path, or `path::Qualified.name`, with the features."""


class LearnedVectors:
    """The default embedder over all chunks of one corpus, searched exactly."""

    def __init__(self, lexical: LexicalSearch, repository: str) -> None:
        """Raises InputError when the corpus is too small to learn from."""
        chunks = lexical.chunk_terms(repository)
        self._repository = repository
        self._embedder = LatentSemanticEmbedder.fit(chunks)
        self._vectors = self._embedder.of_chunks(chunks)(np.arange(len(chunks.digests)))
        (self._table,) = lexical.chunks(Scope(frozenset({repository})))

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        """As `tools.dense.DenseSearch`, for questions without candidates of their own."""
        if not scope.allows(self._repository) or candidates is not None:
            return []
        similarity = self._vectors @ self._embedder.embed_query(query)
        best: dict[str, DenseHit] = {}
        for row in np.argsort(-similarity, kind="stable")[: 2 * top_k].tolist():
            chunk = self._table.chunk(row)
            symbol_id = chunk.symbol_id or f"{chunk.repository}:{chunk.path}#"
            best.setdefault(symbol_id, DenseHit(chunk.repository, chunk.path, symbol_id, float(similarity[row])))
        return list(best.values())[:top_k]


@contextmanager
def retriever_over(store: Path, repository: str, weights: dict[str, float], *, dense: bool) -> Iterator[Retriever]:
    """Open search over a store that `corpus_at` made."""
    with closing(SqliteCodeGraph(store / "graph.db", read_only=True)) as graph:
        lexical = LexicalSearch(store / "lexical", lambda _: {info.name: info.generation for info in known})
        known = graph.repositories(Scope(frozenset({repository})))
        vectors = None
        if dense:
            with suppress(InputError):  # too small a corpus is searched by its text alone
                vectors = LearnedVectors(lexical, repository)
        with closing(HistorySearch(store / "lexical")) as history, closing(lexical):
            yield Retriever(graph, lexical, vectors, weights, history)


def looked_at(retriever: Retriever, repository: str, query: str, grain: Grain) -> Looked:
    """Return the candidates for a question, best first: files, or functions and methods for the grain `symbol`."""
    kind: Kind = "function" if grain == "symbol" else grain
    found = retriever.candidates(Scope(frozenset({repository})), query, kind)
    if grain == "file":
        return [(candidate.path, candidate.features) for candidate in found]
    named: dict[str, Features] = {}
    for candidate in found:  # of several definitions of one name in a file, as for several platforms, the best
        named.setdefault(_as_gold(candidate.symbol_id), candidate.features)
    return list(named.items())


def _as_gold(symbol_id: str) -> str:
    path, _, name = symbol_id.partition(":")[2].partition("#")
    return f"{path}::{name.partition('~')[0]}"


def known_functions(gold: Sequence[str], looked: Looked) -> frozenset[str]:
    """Return the gold functions by our names. A mined one has only its last, as have methods of a class without a name in other
    people's sets: where a file has one function of that last name, it is meant."""
    by_last: dict[tuple[str, str], list[str]] = {}
    full = {name for name, _ in looked}
    for name in full:
        path, _, qualified = name.rpartition("::")
        by_last.setdefault((path, qualified.rpartition(".")[2]), []).append(name)
    found = set()
    for one in gold:
        path, _, name = one.rpartition("::")
        same = by_last.get((path, name.rpartition(".")[2]), [])
        found.add(same[0] if one not in full and len(same) == 1 else one)
    return frozenset(found)
