"""Embedding models of an Ollama host: `POST /api/embed` (docs/api.md of ollama/ollama).

Ollama truncates in silence unless it is told not to, and its default context is small: both are always said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from configs.errors import ModelUnavailable
from models.embedders.known import UNKNOWN, known_model, preference
from models.embedders.remote import RemoteEmbedder, TooLong, client, http_errors
from models.provider import place_of
from models.registry import ModelInfo, named, parse_tags

KEEP_ALIVE = "10m"
LARGEST_CONTEXT = 8_192
"""Asked of a model that we do not know, when it is trained to more: a chunk is rarely longer, and memory is not free."""


class OllamaEmbedder(RemoteEmbedder):
    """One model, by its full name and digest."""

    digest = ""
    leaves = False
    """The host hands the texts on to another one elsewhere."""

    @property
    def identity(self) -> str:
        return f"ollama:{self.model}@{self.digest[:12]}"

    def _ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Any]:
        body = {
            "model": self.model,
            "input": list(texts),
            "truncate": False,
            "options": {"num_ctx": self._traits.context_tokens},
            "keep_alive": KEEP_ALIVE,
        }
        status, reply = self._post("/api/embed", body, timeout_s)
        if status != 200:
            message = str(reply.get("error") if isinstance(reply, dict) else reply)[:200]
            if "context length" in message:
                raise TooLong
            raise self._failed(f"refused ({status}: {message})")
        vectors = reply.get("embeddings") if isinstance(reply, dict) else None
        if not isinstance(vectors, list):
            raise self._failed("gave a reply without embeddings")
        return vectors


def ollama_embedder(url: str, model: str, *, timeout_s: float, probe_timeout_s: float) -> OllamaEmbedder:
    """Return an embedder of the host: the model asked for, or the best embedding model that it holds.

    Raises ModelUnavailable when the host does not answer or holds no such model.
    """
    broken: tuple[type[Exception], ...] = (*http_errors(), ValueError, KeyError, AttributeError)
    try:
        with client(url, probe_timeout_s) as host:
            chosen = _chosen(parse_tags(host.get("/api/tags").raise_for_status().json()), model, url)
            traits = known_model(chosen.name)
            if traits is UNKNOWN:
                shown = host.post("/api/show", json={"model": chosen.name}).raise_for_status().json()
                traits = replace(traits, context_tokens=_trained_context(shown))
    except broken as exc:
        raise ModelUnavailable(
            f"Ollama at {place_of(url)} does not answer ({type(exc).__name__})", next_step="Start it: ollama serve"
        ) from exc
    embedder = OllamaEmbedder(url, chosen.name, traits, timeout_s=timeout_s)
    embedder.digest, embedder.leaves = chosen.digest, chosen.leaves
    return embedder


def _chosen(models: list[ModelInfo], model: str, url: str) -> ModelInfo:
    if model:
        if (found := named(models, model)) is not None:
            return found
        raise ModelUnavailable(
            f"Ollama at {place_of(url)} has no model {model!r}", next_step=f"Run: ollama pull {model}"
        )
    fitting = sorted((one for one in models if not one.may_chat), key=lambda one: (preference(one.name), one.name))
    if not fitting:
        raise ModelUnavailable(
            f"Ollama at {place_of(url)} holds no embedding model", next_step="Run: ollama pull qwen3-embedding:0.6b"
        )
    return fitting[0]


def _trained_context(shown: dict[str, Any]) -> int:
    """Return what the model was trained to read, as `/api/show` says."""
    details = shown.get("model_info") or {}
    lengths = [int(value) for name, value in details.items() if name.endswith(".context_length")]
    return min(lengths[0], LARGEST_CONTEXT) if lengths else UNKNOWN.context_tokens
