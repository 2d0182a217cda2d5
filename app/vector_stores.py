"""Opens and erases the vectors of a store, and chooses the embedder that makes them, over the other stores (`app.stores`).

As there, imports of backends stand inside the functions.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from app.store_files import EMBEDDERS_FOLDER, MODELS_FOLDER, STORE_NAME_FILE, VECTORS_FOLDER
from app.stores import Stores
from configs.settings import Settings
from knowledge.scope import EVERYTHING

if TYPE_CHECKING:
    from indexers.vector_state import VectorState
    from knowledge.ports.vectors import VectorIndex
    from models.embedders.choosing import Choice

CHOICE_S = 30.0
"""How long a choice of the embedder stays good."""
VECTORS_ANSWER_S = 3.0
"""Longest wait for a Chroma server: a search goes on without."""


class VectorStores(Stores):
    """The stores of one process, vectors among them.

    handover_token: what another process shows that asks this one, the owner of the vectors, for them; made when it begins to serve.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._choice: tuple[float, Choice] | None = None
        self._url = ""
        self.handover_token = ""

    def open_vectors(self) -> VectorIndex:
        """Open the vectors and own them. Raises StoreBusy while another process does, StoreError when they cannot be read."""
        from knowledge.backends.chroma import ChromaVectors
        from knowledge.backends.chroma_clients import ChromaServer
        from knowledge.backends.chroma_ownership import Owner

        folder, retrieval = self.settings.home / VECTORS_FOLDER, self.settings.retrieval
        if retrieval.vectors == "server":
            server = ChromaServer(retrieval.chroma_url, retrieval.chroma_token.get_secret_value())
            there = self._server("vectors", "chroma")
            with there.asked():
                opened = ChromaVectors.at_server(server, folder, self._store_name())
            vectors = there.guarded(opened, {"query": VECTORS_ANSWER_S})
        else:
            vectors = ChromaVectors.local(folder)
        vectors.announce(Owner(os.getpid(), self._url, self.handover_token))
        return vectors

    def _store_name(self) -> str:
        """Return the name of this store at a server that several share: made once, kept in the store."""
        file = self.settings.home / STORE_NAME_FILE
        try:
            return file.read_text("ascii").strip()
        except FileNotFoundError:
            file.write_text(f"clew-{secrets.token_hex(8)}", "ascii")
            return file.read_text("ascii")

    def choose_embedder(self) -> Choice:
        """Return the embedder of the settings; a choice stays good for a while, for it asks a host."""
        from models.embedders.choosing import chosen_embedder
        from models.embedders.installing import installed_model

        if self._choice is None or time.monotonic() - self._choice[0] > CHOICE_S:
            installed = installed_model(self.settings.home / MODELS_FOLDER)
            chosen = chosen_embedder(self.settings.embedding, self.settings.model.ollama_url, installed)
            if self._choice is not None and _identity(self._choice[1]) == _identity(chosen):
                chosen = self._choice[1]  # with what it remembers of questions
            self._choice = time.monotonic(), chosen
        return self._choice[1]

    def embedder_folder(self, repository: str) -> Path:
        from knowledge.backends.lexical.layout import repository_folder

        return repository_folder(self.settings.home / EMBEDDERS_FOLDER, repository)

    def vector_state(self, repository: str) -> VectorState:
        from indexers.vector_state import read_state

        return read_state(self.embedder_folder(repository))

    def erase_vectors(self, repository: str | None = None) -> None:
        """Delete the vectors of one repository, or of all, with what was learned for them; a damaged store goes as a whole.

        Raises StoreBusy while another process owns them.
        """
        from knowledge.backends.chroma import erase_vectors

        if self.settings.retrieval.vectors == "server":
            with closing(self.open_vectors()) as vectors:
                for info in self.graph.repositories(EVERYTHING):
                    if repository in (None, info.name):
                        vectors.drop(info.name)
        elif (self.settings.home / VECTORS_FOLDER).is_dir():
            erase_vectors(self.settings.home / VECTORS_FOLDER)
        shutil.rmtree(self.settings.home / EMBEDDERS_FOLDER, ignore_errors=True)

    def mend_vectors(self) -> None:
        """Delete a damaged local store, so that it is made anew; a server's is left to its owner. Raises StoreBusy."""
        if self.settings.retrieval.vectors != "server":
            self.erase_vectors()


def _identity(choice: Choice) -> str:
    return choice.embedder.identity if choice.embedder else ""
