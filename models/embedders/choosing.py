"""Which embedder a store's vectors come from, as the settings say.

`auto` takes a model from the folder that the settings name, else the endpoint that they name, else the model installed in the
store, else an embedding model of a reachable Ollama, else none: then vectors are learned from the repository itself. What is
named and cannot be had is an error, never replaced in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from configs.errors import ConfigError, ModelUnavailable
from configs.settings import EmbeddingSettings
from knowledge.ports.vectors import Embedder
from models.embedders.local import LocalEmbedder
from models.embedders.ollama import ollama_embedder
from models.embedders.openai import openai_embedder

PROBE_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """`embedder` is None when vectors are learned from the repository. `reason` says it for people: which, its licence, where.

    `may_return`: the choice fell on the repository only because a host does not answer now.
    """

    embedder: Embedder | None
    reason: str
    may_return: bool = False


def chosen_embedder(settings: EmbeddingSettings, ollama_url: str, installed: Path | None = None) -> Choice:
    """Return the embedder of the settings.

    installed: the folder of the model that was installed in the store.

    Raises:
        ModelUnavailable: the settings name a host or a model that cannot be had now.
        ConfigError: they name a folder that holds no model, or lack what the source needs.
    """
    source = settings.source
    if source == "learned":
        return Choice(None, "learned from the repository, as the settings say")
    if source == "local" or (source == "auto" and settings.folder):
        folder = settings.folder or installed
        if folder is None:
            raise ConfigError(
                "embedding.source is local, no folder is named, and no model is installed",
                next_step="run `clew vectors install all-minilm`, or set CLEW_EMBEDDING__FOLDER",
            )
        return _local(folder)
    if source == "openai" or (source == "auto" and settings.url):
        if not settings.url or not settings.model:
            raise ConfigError(
                "an embedding endpoint needs its address and a model",
                next_step="set CLEW_EMBEDDING__URL and CLEW_EMBEDDING__MODEL",
            )
        key = settings.api_key.get_secret_value()
        embedder = openai_embedder(settings.url, settings.model, key, timeout_s=settings.timeout_s)
        return Choice(embedder, f"{settings.model} ({_licence(embedder.licence)}) at {settings.url}")
    if source == "auto" and installed:
        return _local(installed)
    try:
        found = ollama_embedder(
            ollama_url, settings.model, timeout_s=settings.timeout_s, probe_timeout_s=PROBE_TIMEOUT_S
        )
    except ModelUnavailable as exc:
        if source == "ollama":
            raise
        return Choice(None, f"learned from the repository: {exc.message}", may_return=True)
    return Choice(found, f"{found.model} ({_licence(found.licence)}) at {found.url}")


def _local(folder: Path) -> Choice:
    weights = next((path for path in (folder / "onnx" / "model.onnx", folder / "model.onnx") if path.is_file()), None)
    embedder = _opened(folder, weights.stat().st_mtime_ns if weights else 0)
    return Choice(embedder, f"{folder.name} ({_licence(embedder.licence)}) in {str(folder)!r}")


@lru_cache(maxsize=2)
def _opened(folder: Path, changed_ns: int) -> LocalEmbedder:  # noqa: ARG001 - a replaced file is another model
    """A choice is made again and again: to open a model takes a fifth of a second, and the memory of its weights."""
    return LocalEmbedder(folder)


def _licence(said: str) -> str:
    return f"licence {said}" if said else "licence not stated"
