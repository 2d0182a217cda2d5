"""Dense vectors of a long-lived process: learned and filled beside its requests, used by searches once they are there.

A local vector store has one owning process. When another one owns it, this process says so in its log, and searches on
without.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from configs.errors import ClewError, StoreError, StoreUnavailable
from knowledge.scope import EVERYTHING, Scope

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from indexers.vectors import ChunkTermsSource
    from knowledge.ports import CodeGraph, Embedder, VectorIndex

    Vectors: TypeAlias = npt.NDArray[np.float32]

LOOK_AGAIN_S = 5.0
"""How often to see whether a repository was indexed again."""

log = logging.getLogger("clew.vectors")


class Indexed(Protocol):
    """What the filling reads: the stores of one process."""

    @property
    def has_index(self) -> bool: ...

    @property
    def graph(self) -> CodeGraph: ...

    @property
    def lexical(self) -> ChunkTermsSource: ...


class OwnedVectors:
    """A `knowledge.ports.VectorIndex` over a store that the first fill opens.

    Until a repository is filled it has no embedder, and so takes no part in a search.
    """

    def __init__(self, open_index: Callable[[], VectorIndex], embedder_folder: Callable[[str], Path]) -> None:
        self._open_index = open_index
        self._embedder_folder = embedder_folder
        self._embedders: dict[str, Embedder] = {}
        self._index: VectorIndex | None = None
        self._stopping = threading.Event()

    def embedder_of(self, repository: str) -> Embedder | None:
        return self._embedders.get(repository)

    def upsert(self, repository: str, ids: Sequence[str], vectors: Vectors) -> None:
        self._opened().upsert(repository, ids, vectors)

    def ids(self, repository: str) -> set[str]:
        return self._opened().ids(repository)

    def delete(self, repository: str, ids: Sequence[str] | None = None) -> None:
        self._opened().delete(repository, ids)

    def query(
        self, scope: Scope, repository: str, vector: Vectors, *, top_k: int, ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        return self._opened().query(scope, repository, vector, top_k=top_k, ids=ids)

    def fill(self, source: ChunkTermsSource, repository: str) -> None:
        """Bring one repository's vectors up to its index. Raises StoreError; returns early when stopped."""
        from indexers.vectors import fill_vectors  # scikit-learn: seconds on a slow core
        from models.embedders import LatentSemanticEmbedder

        if self._index is None:
            self._index = self._open_index()
        folder = self._embedder_folder(repository)
        with suppress(_Stopped):
            report = fill_vectors(source, self._index, repository, folder, progress=self._checked)
            embedder = LatentSemanticEmbedder.load(folder)
            if embedder is not None and not report.note:
                self._embedders[repository] = embedder
            log.info("vectors of %s: %s", repository, report)

    def drop(self, repository: str) -> None:
        """Delete the vectors of a repository that was forgotten."""
        self._embedders.pop(repository, None)
        self._opened().delete(repository)

    def stop(self) -> None:
        """Let a running `fill` end after its batch."""
        self._stopping.set()

    def close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def _opened(self) -> VectorIndex:
        if self._index is None:
            raise StoreUnavailable("the vector store is not open yet", next_step="ask again in a moment")
        return self._index

    def _checked(self, _stage: str, _done: int, _total: int) -> None:
        if self._stopping.is_set():
            raise _Stopped


class _Stopped(Exception):
    """The process ends; what is written is kept, and continued by the next."""


@asynccontextmanager
async def vectors_filled(stores: Indexed, owned: OwnedVectors) -> AsyncIterator[None]:
    """Keep the vectors of every repository up to date for as long as the block runs."""
    task = asyncio.create_task(_keep_filled(stores, owned))
    try:
        yield
    finally:
        owned.stop()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(owned.close)


async def _keep_filled(stores: Indexed, owned: OwnedVectors) -> None:
    filled: dict[str, int] = {}
    said = ""
    while True:
        try:
            await _fill_changed(stores, owned, filled)
            said = ""
        except ClewError as error:
            if str(error) != said:  # once, not at every look
                log.warning("no dense vectors for now: %s", error)
            said = str(error)
        except Exception:  # the indexing worker's seam: searches go on without, and the cause is kept
            log.exception("vectors could not be filled; searches go on without them until the server starts again")
            return
        await asyncio.sleep(LOOK_AGAIN_S)


async def _fill_changed(stores: Indexed, owned: OwnedVectors, filled: dict[str, int]) -> None:
    """`filled`: repository -> the generation whose vectors are there."""
    if not stores.has_index:
        return
    current = {i.name: i.generation for i in await asyncio.to_thread(lambda: stores.graph.repositories(EVERYTHING))}
    for name in filled.keys() - current.keys():
        await _in_thread(partial(owned.drop, name))
        del filled[name]
    failed: StoreError | None = None
    for name, generation in current.items():
        if filled.get(name) != generation:
            try:
                await _in_thread(partial(owned.fill, stores.lexical, name))
                filled[name] = generation
            except StoreError as error:  # of this repository: the others have their turn first
                failed = failed or error
    if failed is not None:
        raise failed


async def _in_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread, and wait for its end even when cancelled: the store must not be closed under it."""
    running = asyncio.create_task(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        # Asked for, so that it counts as seen; raised, it would take the place of the cancellation, and nothing would end.
        if error := running.exception():
            log.info("the last fill failed: %s", error)
        raise
