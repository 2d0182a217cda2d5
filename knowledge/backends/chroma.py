"""Dense vectors in Chroma: the VectorIndex port, over a local folder or a Chroma server.

A local store has ONE owning process (`chroma_ownership.py`): several writers report no error and leave a folder that no
process can read any more. At a server the same lock stands for the writer of one Clew store. One collection a repository
and embedder; candidates by id, for a `where` filter costs 560 ms at 200,000 vectors. What a repository no longer holds can
be set aside, in a second collection, and taken back when its content returns.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import xxhash

from configs.errors import InputError, StoreCorrupt, StoreError, StoreTooNew, StoreUnavailable
from knowledge.backends.chroma_clients import (
    REBUILD,
    ChromaServer,
    close_client,
    local_client,
    server_client,
    translated,
)
from knowledge.backends.chroma_leftovers import erase_folders, erase_pages, erase_room
from knowledge.backends.chroma_ownership import Owner, Ownership
from knowledge.backends.chroma_probe import damage, seal
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import Scope

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection as Rows

BATCH_ROWS = 5_000
"""Chroma 1.5.9 takes at most 5,461 rows a call."""
HNSW: CreateHNSWConfiguration = {
    "space": "cosine",
    "max_neighbors": 32,
    "ef_construction": 200,
    "ef_search": 200,
    "num_threads": 1,
}
"""One thread: a fill takes one core, and a query is one look. Code holds many near-copies: with Chroma's 16 neighbours and 100 about .75 of
the 100 nearest of 58,000 vectors are found however wide the search, with these about .83, for half as much again while writing."""
MAX_EXACT = 1_000
"""Up to so many candidates are read and scored exactly. Of 200,000 that takes 10 ms of CPU for 500 and 106 ms for 5,000, while a query
restricted to 20,000 takes 35 ms and finds .975 of the nearest."""
ASIDE = "-aside"
FORMAT = 2
FORMAT_FILE = "clew.format"

Vectors = npt.NDArray[np.float32]


class ChromaVectors:
    """Vectors of one Clew store. `namespace` keeps stores apart that share a server; a local folder needs none."""

    def __init__(
        self, client: ClientAPI, place: str, owner: Ownership, *, namespace: str = "", folder: Path | None = None
    ) -> None:
        self._client: ClientAPI | None = client
        self._place = place
        self._folder = folder
        self._owner = owner
        self._prefix = f"{namespace}-" if namespace else ""
        self._stored: dict[str, set[str]] = {}
        self._collections: dict[str, Rows] = {}
        self._writing = threading.RLock()

    @classmethod
    def local(cls, folder: Path) -> ChromaVectors:
        """Open the store in `folder`. Raises StoreBusy while another process owns it, StoreCorrupt when it is damaged."""
        owner = Ownership(folder)
        try:
            _prepare(folder)
            if found := damage(folder):
                raise StoreCorrupt(f"The vector store {str(folder)!r} is damaged: {found}", next_step=REBUILD)
            return cls(local_client(folder), str(folder), owner, folder=folder)
        except BaseException:
            owner.release()
            raise

    @classmethod
    def at_server(cls, server: ChromaServer, folder: Path, namespace: str) -> ChromaVectors:
        """Write to a server. `folder` is the store's own, whose lock is held as for a local one. Raises StoreError."""
        owner = Ownership(folder)
        try:
            return cls(server_client(server), server.url, owner, namespace=namespace)
        except BaseException:
            owner.release()
            raise

    def announce(self, owner: Owner) -> None:
        """Tell other processes where this one answers."""
        self._owner.say(owner)

    def upsert(self, space: VectorSpace, ids: Sequence[str], vectors: Vectors) -> None:
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
        if len(ids):
            with self._writing:
                self._upsert(self._name(space), ids, vectors)

    def ids(self, space: VectorSpace) -> set[str]:
        """Return the ids of all stored vectors of a space; those set aside do not count."""
        return set(self._known(self._name(space)))

    def delete(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Delete these vectors. Unknown ids are ignored."""
        with self._writing:
            self._delete(self._name(space), ids)

    def set_aside(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Take these vectors out of every query, but keep them for `take_back`: at most as many as are left, else none."""
        name = self._name(space)
        with self._writing:
            rows = self._rows(name)
            leaving = sorted(self._known(name).intersection(ids))
            if rows is None or not leaving:
                return
            if len(self._known(name + ASIDE)) + len(leaving) > len(self._known(name)) - len(leaving):
                self._drop(name + ASIDE)
            if len(leaving) <= len(self._known(name)) - len(leaving):
                self._copy(rows, name + ASIDE, leaving)
            self._delete(name, leaving)

    def take_back(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Bring back those of these vectors that were set aside."""
        name = self._name(space)
        with self._writing:
            returning = sorted(self._known(name + ASIDE).intersection(ids))
            rows = self._rows(name + ASIDE) if returning else None
            if rows is not None:
                self._copy(rows, name, returning)
                self._delete(name + ASIDE, returning)

    def drop(self, repository: str, *, keep: Collection[VectorSpace] = ()) -> None:
        """Delete every space of the repository but the kept ones; when none is kept, what was deleted is not in the files either."""
        kept = {name for space in keep for name in (self._name(space), self._name(space) + ASIDE)}
        start = self._prefix + _repository_part(repository)
        with self._writing:
            with self._translated():
                names = [rows.name for rows in self._open_client().list_collections()]
            leaving = [name for name in names if name.startswith(start) and name not in kept]
            for name in leaving:
                self._drop(name)
            if leaving and not kept and self._folder is not None:
                erase_pages(self._folder)

    def query(
        self, scope: Scope, space: VectorSpace, vector: Vectors, *, top_k: int, ids: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return (id, cosine similarity), best first; nothing outside the scope, for a zero vector, or for no candidates.

        Raises InputError when the vector has another dimension than the stored ones or is not finite.
        """
        if vector.ndim != 1 or not np.isfinite(vector).all():
            raise InputError(
                f"The query vector has shape {vector.shape!r} or a value that is not a finite number",
                next_step="Give one finite vector.",
            )
        if not scope.allows(space.repository) or top_k < 1 or not vector.any():
            return []
        name = self._name(space)
        known = self._known(name)
        candidates = (
            None if ids is None else [one for one in dict.fromkeys(ids) if one in known]
        )  # an unknown one fails
        rows = self._rows(name)
        if rows is None or candidates == [] or not known:
            return []
        if candidates is not None and len(candidates) <= MAX_EXACT:
            scored = self._scored(rows, candidates, vector)
        else:
            with self._translated():
                answer = rows.query(
                    query_embeddings=vector[None, :].astype(np.float32),
                    n_results=min(top_k, len(known if candidates is None else candidates)),
                    include=["distances"],
                    ids=candidates,
                )
            found, distances = answer["ids"][0], (answer["distances"] or [[]])[0]
            scored = [(one, 1.0 - float(distance)) for one, distance in zip(found, distances, strict=True)]
        return sorted(scored, key=lambda row: (-row[1], row[0]))[:top_k]

    def _scored(self, rows: Rows, candidates: list[str], vector: Vectors) -> list[tuple[str, float]]:
        """Return the cosine of each candidate, exactly."""
        with self._translated():
            read = rows.get(ids=candidates, include=["embeddings"])
        stored = np.asarray(read["embeddings"], np.float32)
        if stored.shape[1] != len(vector):
            raise InputError(
                f"The query vector has dimension {len(vector)}, the stored ones {stored.shape[1]}",
                next_step="If the embedder changed under its name, run `clew vectors --rebuild`.",
            )
        lengths = np.linalg.norm(stored, axis=1) * float(np.linalg.norm(vector))
        cosines = np.divide(stored @ vector, lengths, out=np.zeros(len(stored), np.float32), where=lengths > 1e-12)
        return [(one, float(cosine)) for one, cosine in zip(read["ids"], cosines, strict=True)]

    def close(self) -> None:
        """Release the store for other processes. Further calls raise StoreUnavailable."""
        client, self._client = self._client, None
        self._collections.clear()
        try:
            if client is not None:
                with self._translated():
                    close_client(client)
                if self._folder is not None:
                    erase_room(self._folder)
                    seal(self._folder)
        finally:
            self._owner.release()

    def _upsert(self, name: str, ids: Sequence[str], vectors: Vectors) -> None:
        rows = self._rows(name, create=True)
        assert rows is not None
        known = self._known(name)
        for start in range(0, len(ids), BATCH_ROWS):
            span = slice(start, start + BATCH_ROWS)
            with self._translated():
                rows.upsert(ids=list(ids[span]), embeddings=np.ascontiguousarray(vectors[span], np.float32))
            known.update(ids[span])

    def _delete(self, name: str, ids: Sequence[str]) -> None:
        rows = self._rows(name)
        leaving = list(self._known(name).intersection(ids))
        for start in range(0, len(leaving) if rows is not None else 0, BATCH_ROWS):
            assert rows is not None
            with self._translated():
                rows.delete(ids=leaving[start : start + BATCH_ROWS])
            self._known(name).difference_update(leaving[start : start + BATCH_ROWS])

    def _copy(self, rows: Rows, name: str, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), BATCH_ROWS):
            with self._translated():
                read = rows.get(ids=list(ids[start : start + BATCH_ROWS]), include=["embeddings"])
            self._upsert(name, read["ids"], np.asarray(read["embeddings"], np.float32))

    def _drop(self, name: str) -> None:
        if self._rows(name) is not None:
            with self._translated():
                self._open_client().delete_collection(name)
            if self._folder is not None:
                erase_folders(self._folder)
        self._stored.pop(name, None)
        self._collections.pop(name, None)

    def _known(self, name: str) -> set[str]:
        """Return the ids of a collection: read once, for this process is the only writer."""
        known = self._stored.get(name)
        if known is None:
            with self._writing:
                rows = self._rows(name)
                with self._translated():
                    known = set() if rows is None else set(rows.get(include=[])["ids"])
                self._stored[name] = known
        return known

    def _open_client(self) -> ClientAPI:
        if self._client is None:
            raise StoreUnavailable(f"The vector store {self._place!r} is closed", next_step="Open it again.")
        return self._client

    def _rows(self, name: str, *, create: bool = False) -> Rows | None:
        """Return a collection, None when there is none; looked up once, for this process is the only writer."""
        from chromadb.errors import NotFoundError  # lazy; loaded by now

        client = self._open_client()
        if (known := self._collections.get(name)) is not None:
            return known
        with self._translated():
            if create:
                found = client.get_or_create_collection(name, embedding_function=None, configuration={"hnsw": HNSW})
            else:
                try:
                    found = client.get_collection(name, embedding_function=None)
                except NotFoundError:
                    return None
        self._collections[name] = found
        return found

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translated(self._place, at_server=self._folder is None):
                yield
        except StoreError:
            self._collections.clear()  # a server that comes back may have others
            raise

    def _name(self, space: VectorSpace) -> str:
        return f"{self._prefix}{_repository_part(space.repository)}{xxhash.xxh3_64_hexdigest(space.embedder.encode())}"


def erase_repository(folder: Path, repository: str) -> None:
    """Delete a repository's vectors from a local store that no process owns, and from its files.

    Raises StoreBusy while another process owns the store, StoreError when it cannot be done.
    """
    with closing(ChromaVectors.local(folder)) as store:
        store.drop(repository)


def erase_vectors(folder: Path) -> None:
    """Delete a local store, the vectors of all repositories, from the disk, whatever its state.

    Raises StoreBusy while another process owns the store, StoreUnavailable when it cannot be deleted.
    """
    owner = Ownership(folder)
    try:
        shutil.rmtree(folder)
    except OSError as exc:
        raise StoreUnavailable(
            f"The vector store {str(folder)!r} cannot be deleted: {exc.strerror}", next_step="Delete that folder."
        ) from exc
    finally:
        owner.release()


def _prepare(folder: Path) -> None:
    """Start anew where an older Clew wrote: vectors can be made again. Raises StoreTooNew for a newer one's."""
    file = folder / FORMAT_FILE
    try:
        written = int(file.read_text("ascii")) if file.is_file() else 0
    except ValueError:
        written = 0
    if written > FORMAT:
        raise StoreTooNew(
            f"The vectors in {str(folder)!r} were written by a newer Clew (format {written})",
            next_step="Upgrade Clew, or run `clew vectors --rebuild`.",
        )
    if written < FORMAT:
        for child in folder.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        file.write_text(str(FORMAT), "ascii")


def _repository_part(repository: str) -> str:
    """Return the start of a collection's name that Chroma accepts and no other repository has."""
    safe = re.sub(r"[^A-Za-z0-9]+", "-", repository).strip("-")[:40] or "repository"
    return f"{safe}-{xxhash.xxh3_64_hexdigest(repository.encode())}-"
