"""Embedders behind HTTP: what asking one has in common.

A host that failed is left alone for a while, so that questions do not each wait for it. Answers to recent questions are
kept: one question is often searched for several times.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.errors import ModelUnavailable
from models.embedders.answers import Vectors, checked
from models.embedders.known import EmbeddingModel

if TYPE_CHECKING:
    import httpx

BATCH_TEXTS = 32
QUERY_TIMEOUT_S = 3.0
REST_S = 15.0
"""How long a host that failed is not asked again."""
KEPT_QUERIES = 256
CHARACTERS_A_TOKEN = 4
"""Texts are cut at this many characters a token of context, and shorter when the host still finds them too long."""
SHORTEST_CUT = 64


class TooLong(Exception):
    """The host says that a text exceeds its context."""


class RemoteEmbedder(ABC):
    """Raises ModelUnavailable for whatever goes wrong with the host."""

    def __init__(
        self,
        url: str,
        model: str,
        traits: EmbeddingModel,
        *,
        timeout_s: float,
        headers: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url.rstrip("/")
        self.model = model
        self._traits = traits
        self._timeout_s = timeout_s
        self._headers = dict(headers or {})
        self._clock = clock
        self._rests_until = 0.0
        self._dimension = traits.dimension
        self._queries: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    @property
    @abstractmethod
    def identity(self) -> str: ...

    @property
    def licence(self) -> str:
        """The model's, as far as it is known by its name."""
        return self._traits.licence

    @property
    def dimension(self) -> int:
        """The dimension of the vectors; asks the host when it is not known."""
        if not self._dimension:
            self.embed_query("dimension")
        return self._dimension

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return shape (len(texts), dimension), rows of unit length. Longer texts than the context are cut at its end."""
        longest = self._traits.context_tokens * CHARACTERS_A_TOKEN
        written = [(self._traits.document_prefix + text)[:longest] or " " for text in texts]
        parts = [self._batch(written[at : at + BATCH_TEXTS]) for at in range(0, len(written), BATCH_TEXTS)]
        return np.concatenate(parts) if parts else np.zeros((0, self._dimension), np.float32)

    def embed_query(self, text: str) -> Vectors:
        """Return shape (dimension,). Raises at once while the host rests after a failure."""
        with self._lock:
            if (known := self._queries.get(text)) is not None:
                self._queries.move_to_end(text)
                return known
        if self._clock() < self._rests_until:
            raise self._failed("failed a moment ago and is not asked yet")
        longest = self._traits.context_tokens * CHARACTERS_A_TOKEN
        asked = (self._traits.query_prefix + text)[:longest]
        vector: Vectors = self._fitted(asked, QUERY_TIMEOUT_S)[0]
        with self._lock:
            self._queries[text] = vector
            if len(self._queries) > KEPT_QUERIES:
                self._queries.popitem(last=False)
        return vector

    @abstractmethod
    def _ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Any]:
        """Return what the host gave for each text, unchecked. Raises TooLong, ModelUnavailable."""

    def _batch(self, texts: list[str]) -> Vectors:
        try:
            return self._checked(texts, self._timeout_s)
        except TooLong:
            return np.concatenate([self._fitted(text, self._timeout_s) for text in texts])

    def _fitted(self, text: str, timeout_s: float) -> Vectors:
        """Embed one text, cut by a quarter until the host takes it."""
        while True:
            try:
                return self._checked([text], timeout_s)
            except TooLong as exc:
                if len(text) <= SHORTEST_CUT:
                    raise self._failed(f"finds even {len(text)} characters too long") from exc
                text = text[: len(text) * 3 // 4]

    def _checked(self, texts: Sequence[str], timeout_s: float) -> Vectors:
        vectors = checked(self._ask(texts, timeout_s), len(texts), self._dimension, self._who)
        self._dimension = self._dimension or int(vectors.shape[1])
        self._rests_until = 0.0
        return vectors

    def _post(self, path: str, body: Mapping[str, Any], timeout_s: float) -> tuple[int, Any]:
        """Return status and decoded body."""
        try:
            with client(self.url, timeout_s, self._headers) as host:
                reply = host.post(path, json=body)
                return reply.status_code, reply.json()
        except http_errors() as exc:
            self._rests_until = self._clock() + REST_S
            raise self._failed(f"does not answer ({type(exc).__name__}: {exc})") from exc
        except ValueError as exc:
            raise self._failed("gave a reply that is not JSON") from exc

    @property
    def _who(self) -> str:
        return f"The embedding model {self.model!r} at {self.url!r}"

    def _failed(self, what: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"{self._who} {what}",
            next_step="Start it: vectors go on where they stopped, text search goes on meanwhile.",
        )


def client(url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """Return a client of the host. Plain HTTP is for this machine or its network: no proxy, no certificate store."""
    import httpx  # start-up time of the command line

    plain = url.startswith("http://")
    return httpx.Client(base_url=url, timeout=timeout_s, trust_env=not plain, verify=not plain, headers=headers)


def http_errors() -> tuple[type[Exception], ...]:
    """Return what a client raises when a host does not answer, or answers with an error."""
    import httpx  # as above

    return httpx.HTTPError, httpx.InvalidURL, OSError
