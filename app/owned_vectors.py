"""The dense vectors of one process that owns them: chooses the embedder, fills, answers, and lets go.

Until a repository has vectors it takes no part in a search. While another embedder fills its place, the vectors that are
complete go on answering.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from configs.errors import ClewError, InputError, StoreUnavailable
from indexers.vector_state import VectorState, read_state, write_state
from knowledge.ports.graph import CodeGraph, Progress
from knowledge.ports.lexical import ChunkTable
from knowledge.ports.vectors import VectorIndex, VectorSpace
from knowledge.scope import Scope
from tools.dense import DenseHit, DenseRetriever, Filled

if TYPE_CHECKING:
    from indexers.vectors import EmbedRows
    from knowledge.ports.vectors import Embedder
    from knowledge.terms import ChunkTerms
    from models.embedders.choosing import Choice
    from models.embedders.latent import LatentSemanticEmbedder

MIN_COVERAGE = 0.9
"""Below this share of known terms the repository has outgrown what was learned: learn again, beside the old vectors."""
MAX_ASKED_FOR = 2_000
TEXT_BATCH_ROWS = 32

log = logging.getLogger("clew.vectors")


class ChunkSource(Protocol):
    """The lexical index, as far as vectors need it."""

    def chunk_terms(self, repository: str) -> ChunkTerms: ...

    def chunks(self, scope: Scope) -> list[ChunkTable]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What vectors are made from."""

    graph: CodeGraph
    lexical: ChunkSource


class OwnedVectors:
    """A `tools.dense.DenseSearch` over a store that the first fill opens. Raises StoreUnavailable before.

    choose: gives the embedder that the settings ask for, for a repository; may raise ModelUnavailable or ConfigError.
    folder_of: where a repository's learned embedders and its state lie.
    """

    def __init__(
        self, open_index: Callable[[], VectorIndex], choose: Callable[[str], Choice], folder_of: Callable[[str], Path]
    ) -> None:
        self._open_index = open_index
        self._choose = choose
        self._folder_of = folder_of
        self._filled: dict[str, Filled] = {}
        self._asked_for: dict[str, dict[str, None]] = {}
        self._index: VectorIndex | None = None
        self._retriever: DenseRetriever | None = None
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        return self._index is not None

    def search(
        self, scope: Scope, query: str, *, top_k: int, candidates: Collection[str] | None = None
    ) -> list[DenseHit]:
        """As `tools.dense.DenseSearch.search`; candidates without a vector are filled next."""
        if self._retriever is None:
            return []
        return self._retriever.search(scope, query, top_k=top_k, candidates=candidates)

    def open(self, sources: Sources) -> None:
        """Open the store, once. Raises StoreBusy while another process owns it, StoreCorrupt when it is damaged."""
        with self._lock:
            if self._index is None:
                self._index = self._open_index()
                self._retriever = DenseRetriever(sources.lexical.chunks, self._index, self._filled.get, self._ask_for)

    def fill(self, sources: Sources, repository: str, generation: int) -> Iterator[VectorState]:
        """Bring one repository's vectors up to its index, yielding the state after each batch.

        Raises StoreError, ModelError or ConfigError; what is written by then stays, and the state says what happened.
        """
        self.open(sources)
        folder = self._folder_of(repository)
        try:
            yield from self._steps(sources, repository, generation, read_state(folder))
        except ClewError as error:
            write_state(folder, _noted(read_state(folder), error.message))
            raise

    def drop(self, repository: str) -> None:
        """Delete the vectors of a repository that was forgotten."""
        self._filled.pop(repository, None)
        self._opened().drop(repository)

    def close(self) -> None:
        """Let the store go for other processes; the next fill opens it again."""
        with self._lock:
            index, self._index, self._retriever = self._index, None, None
            self._filled.clear()
        if index is not None:
            index.close()

    def _steps(self, sources: Sources, repository: str, generation: int, state: VectorState) -> Iterator[VectorState]:
        from indexers.vectors import Fill  # numpy and scipy: start-up time

        folder, index = self._folder_of(repository), self._opened()
        tables = sources.lexical.chunks(Scope(frozenset({repository})))
        if not tables:
            return
        choice = self._choose(repository)
        if choice.embedder is None and choice.may_return and state.complete and not state.learned:
            # Better old vectors than others: the host that made them is away, and may come back.
            write_state(folder, _noted(state, choice.reason))
            return
        wanted = _made_by(choice.embedder) if choice.embedder else state.embedder if state.learned else ""
        if state.complete and (state.generation, state.embedder) == (generation, wanted):
            self._resume(repository, state, choice.embedder)
            if repository in self._filled and len(index.ids(self._filled[repository].space)) == state.total:
                return
        try:
            embedder, embed_rows, batch = self._maker(sources, tables[0], choice, folder, state)
        except InputError as too_small:
            index.drop(repository)
            self._filled.pop(repository, None)
            write_state(folder, VectorState(generation=generation, note=too_small.message))
            return
        space = VectorSpace(repository, _made_by(choice.embedder) if choice.embedder else embedder.identity)
        self._resume(repository, state, choice.embedder)
        fill = Fill(tables[0], index, space, embed_rows, batch=batch)
        answers = state.embedder if state.embedder and state.embedder != space.embedder else ""
        if repository not in self._filled:
            answers = ""  # nothing else can answer: what is there of the new one does
        if not answers:
            self._filled[repository] = Filled(space, embedder)
        while True:
            state = VectorState(
                embedder=answers or space.embedder,
                filling=space.embedder if answers else "",
                written=fill.total - fill.left,
                total=fill.total,
                generation=generation,
                reason=choice.reason,
            )
            if not fill.left:
                break
            write_state(folder, state)
            yield state
            fill.step(list(self._asked_for.pop(repository, ())))
        self._filled[repository] = Filled(space, embedder)
        index.drop(repository, keep=[space])
        state = VectorState(space.embedder, "", fill.total, fill.total, generation, choice.reason)
        write_state(folder, state)
        _forget_learned(folder, space.embedder)
        yield state

    def _resume(self, repository: str, state: VectorState, chosen: Embedder | None) -> None:
        """Let complete vectors of an earlier process answer while others are made."""
        if repository in self._filled or not state.embedder:
            return
        from models.embedders.latent import LatentSemanticEmbedder  # scipy: start-up time

        embedder: Embedder | None = None
        if chosen is not None and _made_by(chosen) == state.embedder:
            embedder = chosen
        elif state.learned:
            with suppress(ClewError):
                embedder = LatentSemanticEmbedder.load(self._folder_of(repository), state.embedder)
        if embedder is not None:
            self._filled[repository] = Filled(VectorSpace(repository, state.embedder), embedder)

    def _maker(
        self, sources: Sources, table: ChunkTable, choice: Choice, folder: Path, state: VectorState
    ) -> tuple[Embedder, EmbedRows, int]:
        """Return the embedder, what gives the vectors of rows, and the size of a batch."""
        from indexers.vectors import BATCH_ROWS

        if choice.embedder is None:
            chunks = sources.lexical.chunk_terms(table.repository)
            learned = _learned(chunks, folder, state)
            return learned, learned.of_chunks(chunks), BATCH_ROWS
        from indexers.chunk_texts import ChunkTexts

        scope, embedder = Scope(frozenset({table.repository})), choice.embedder
        texts = ChunkTexts(table, lambda path: sources.graph.read_text(scope, table.repository, path))
        return embedder, lambda rows: embedder.embed_documents([texts.text(int(row)) for row in rows]), TEXT_BATCH_ROWS

    def _ask_for(self, repository: str, ids: Sequence[str]) -> None:
        kept = self._asked_for.setdefault(repository, {})
        if len(kept) < MAX_ASKED_FOR:
            kept.update(dict.fromkeys(ids))

    def _opened(self) -> VectorIndex:
        if self._index is None:
            raise StoreUnavailable("the vector store is not open yet", next_step="ask again in a moment")
        return self._index


def fill_all(owned: OwnedVectors, sources: Sources, repositories: dict[str, int], progress: Progress) -> None:
    """Fill repository by repository, to the end. repositories: name -> generation. Raises as `OwnedVectors.fill`."""
    for name, generation in repositories.items():
        for state in owned.fill(sources, name, generation):
            progress(f"vectors of {name}", state.written, state.total)


def _made_by(embedder: Embedder) -> str:
    """Return what names the vectors that an embedder makes of texts: its own identity, and the form of those texts."""
    from indexers.chunk_texts import FORM

    return f"{embedder.identity}+{FORM}"


def _learned(chunks: ChunkTerms, folder: Path, state: VectorState) -> LatentSemanticEmbedder:
    """Return the embedder learned before while it knows the repository's words, else a new one, saved.

    Raises InputError when the repository is too small to learn from.
    """
    from models.embedders.latent import LatentSemanticEmbedder  # scipy: start-up time

    for identity in (state.filling, state.embedder):
        if identity.startswith("lsa-"):
            with suppress(ClewError):  # a damaged one is learned again
                known = LatentSemanticEmbedder.load(folder, identity)
                if known is not None and known.coverage(chunks) >= MIN_COVERAGE:
                    return known
    learned = LatentSemanticEmbedder.fit(chunks)
    learned.save(folder)
    return learned


def _forget_learned(folder: Path, identity: str) -> None:
    from models.embedders.latent import LatentSemanticEmbedder

    LatentSemanticEmbedder.keep_only(folder, identity)


def _noted(state: VectorState, note: str) -> VectorState:
    return msgspec.structs.replace(state, note=note)
