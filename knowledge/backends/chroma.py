"""Dense vectors in Chroma: the VectorIndex port, on a local folder.

A local store has ONE owning process, held by a file lock beside it: several writers report no error and leave a folder
that no process can read any more. Chroma never embeds here (`embedding_function=None`); vectors come ready. One collection
a repository, candidates by id: a `where` filter costs 560 ms at 200,000 vectors. `import chromadb` takes seconds on a
slow core, so it happens when the first index is opened.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xxhash
from filelock import FileLock, Timeout

from configs.errors import InputError, StoreBusy, StoreCorrupt, StoreUnavailable
from knowledge.scope import Scope

if TYPE_CHECKING:
    import chromadb
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

BATCH_ROWS = 5_000
"""Chroma 1.5.9 takes at most 5,461 rows a call."""

Vectors = npt.NDArray[np.float32]


class ChromaVectors:
    """Open a local store in `folder`. Raises StoreBusy while another process owns it, StoreCorrupt when it is damaged."""

    def __init__(self, folder: Path) -> None:
        self._place = str(folder)
        self._owner = _Ownership(folder)
        try:
            with self._translated():
                self._client: ClientAPI | None = _local_client(folder)
        except BaseException:
            self._owner.release()
            raise

    def upsert(self, repository: str, ids: Sequence[str], vectors: Vectors) -> None:
        """Write vectors, shape (len(ids), dimension), in batches; a batch is stored whole or not at all.

        Raises InputError on a wrong shape, a non-finite value or another dimension than the stored one.
        """
        if vectors.ndim != 2 or len(vectors) != len(ids):
            raise InputError(
                f"{len(ids)} ids came with vectors of shape {vectors.shape!r}",
                next_step="Give one vector of the embedder's dimension for each id.",
            )
        if not np.isfinite(vectors).all():
            bad = ids[int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])]
            raise InputError(
                f"The vector of {bad!r} holds a value that is not a finite number",
                next_step="Check the embedder: it returned NaN or infinity.",
            )
        if not len(ids):
            return
        collection = self._collection(repository, create=True)
        assert collection is not None
        for start in range(0, len(ids), BATCH_ROWS):
            span = slice(start, start + BATCH_ROWS)
            with self._translated():
                collection.upsert(ids=list(ids[span]), embeddings=np.ascontiguousarray(vectors[span], np.float32))

    def ids(self, repository: str) -> set[str]:
        """Return the ids of all stored vectors of a repository."""
        collection = self._collection(repository)
        if collection is None:
            return set()
        with self._translated():
            return set(collection.get(include=[])["ids"])

    def delete(self, repository: str, ids: Sequence[str] | None = None) -> None:
        """Delete these vectors, or all of the repository. Unknown ids are ignored."""
        collection = self._collection(repository)
        if collection is None:
            return
        with self._translated():
            if ids is None:
                self._open_client().delete_collection(collection.name)
                return
            for start in range(0, len(ids), BATCH_ROWS):
                collection.delete(ids=list(ids[start : start + BATCH_ROWS]))

    def query(
        self, scope: Scope, repository: str, vector: Vectors, *, top_k: int, ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return (id, cosine similarity), best first; nothing outside the scope, for a zero vector, or for no candidates.

        Raises InputError when the vector has another dimension than the stored ones or is not finite.
        """
        if vector.ndim != 1 or not np.isfinite(vector).all():
            raise InputError(
                f"The query vector has shape {vector.shape!r} or a value that is not a finite number",
                next_step="Give one finite vector.",
            )
        if not scope.allows(repository) or top_k < 1 or not vector.any():
            return []
        collection = self._collection(repository)
        if collection is None:
            return []
        with self._translated():
            candidates = None if ids is None else self._known(collection, ids)
            if candidates == [] or not collection.count():
                return []
            answer = collection.query(
                query_embeddings=vector[None, :].astype(np.float32),
                n_results=top_k,
                include=["distances"],
                ids=candidates,
            )
        found, distances = answer["ids"][0], (answer["distances"] or [[]])[0]
        rows = [(name, 1.0 - float(distance)) for name, distance in zip(found, distances, strict=True)]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def close(self) -> None:
        """Release the store for other processes. Further calls raise StoreUnavailable."""
        client, self._client = self._client, None
        try:
            if client is not None:
                getattr(client, "close", lambda: None)()  # missing from the type of an older interface
        finally:
            self._owner.release()

    @staticmethod
    def _known(collection: Collection, ids: Sequence[str]) -> list[str]:
        """Return the candidates that are stored: Chroma fails on an unknown one."""
        known: list[str] = []
        for start in range(0, len(ids), BATCH_ROWS):
            known += collection.get(ids=list(ids[start : start + BATCH_ROWS]), include=[])["ids"]
        return known

    def _open_client(self) -> ClientAPI:
        if self._client is None:
            raise StoreUnavailable(f"The vector store {self._place!r} is closed", next_step="Open it again.")
        return self._client

    def _collection(self, repository: str, *, create: bool = False) -> Collection | None:
        from chromadb.errors import NotFoundError  # lazy, as above; loaded by now

        client, name = self._open_client(), collection_name(repository)
        with self._translated():
            if create:
                return client.get_or_create_collection(
                    name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
            try:
                return client.get_collection(name, embedding_function=None)
            except NotFoundError:
                return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn Chroma's errors into ours."""
        from chromadb.errors import ChromaError, InvalidArgumentError, InvalidDimensionException

        try:
            yield
        except (InvalidArgumentError, InvalidDimensionException) as exc:
            raise InputError(
                f"The vector store {self._place!r} refused the vectors: {exc}",
                next_step="If the embedder changed, delete the repository's vectors and fill them again.",
            ) from exc
        # AttributeError: Chroma's own clean-up after a store that did not open.
        except (ChromaError, ValueError, OSError, RuntimeError, AttributeError) as exc:
            raise StoreCorrupt(
                f"The vector store {self._place!r} cannot be read: {exc}",
                next_step="Delete that folder: vectors are filled again in the background, text search goes on meanwhile.",
            ) from exc


def erase_vectors(folder: Path) -> None:
    """Delete a local store, the vectors of all repositories, from the disk.

    For what must not stay: Chroma 1.5.9 keeps the ids of deleted vectors, and so names of symbols, in its files.

    Raises StoreBusy while another process owns the store, StoreUnavailable when it cannot be deleted.
    """
    owner = _Ownership(folder)
    try:
        shutil.rmtree(folder)
    except OSError as exc:
        raise StoreUnavailable(
            f"The vector store {str(folder)!r} cannot be deleted: {exc.strerror}", next_step="Delete that folder."
        ) from exc
    finally:
        owner.release()


def collection_name(repository: str) -> str:
    """Return a name that Chroma accepts and no other repository has."""
    safe = re.sub(r"[^A-Za-z0-9]+", "-", repository).strip("-")[:40] or "repository"
    return f"{safe}-{xxhash.xxh3_64_hexdigest(repository.encode())}"


class _Ownership:
    """The lock that makes this process the only one on a folder. The owner's number lies beside it, for the message."""

    def __init__(self, folder: Path) -> None:
        self._pid_file = folder.with_name(folder.name + ".pid")
        self._lock = FileLock(folder.with_name(folder.name + ".lock"), timeout=0)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            self._pid_file.write_text(str(os.getpid()), encoding="ascii")
        except Timeout as exc:
            raise StoreBusy(
                f"The vector store {str(folder)!r} is owned by process {self._owner_pid()}",
                next_step="Ask that process (a running `clew serve`?), or stop it.",
            ) from exc
        except OSError as exc:
            raise StoreUnavailable(
                f"The vector store {str(folder)!r} cannot be used: {exc.strerror}",
                next_step="Check the path and the permissions of the store.",
            ) from exc

    def _owner_pid(self) -> str:
        try:
            return self._pid_file.read_text(encoding="ascii").strip() or "unknown"
        except OSError:
            return "unknown"

    def release(self) -> None:
        self._lock.release()


def _settings() -> chromadb.config.Settings:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def _local_client(folder: Path) -> ClientAPI:
    import chromadb  # lazy: seconds on a slow core, and only dense retrieval needs it

    return chromadb.PersistentClient(path=str(folder), settings=_settings())
