"""What a model host holds, and which of its models may write an answer.

Source: Ollama's `GET /api/tags` and `POST /api/show` (docs/api.md of ollama/ollama).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from configs.release import ModelChoice

_EMBEDDING_FAMILIES = frozenset(
    {"bert", "nomic-bert", "nomic-bert-moe", "xlm-roberta", "gte", "snowflake-arctic-embed"}
)
_EMBEDDING_NAME = re.compile(r"embed|\b(?:bge|e5|minilm|gte|mxbai)\b", re.IGNORECASE)
_SIZE = re.compile(r"([\d.]+)\s*([KMBT])", re.IGNORECASE)
_IN_BILLIONS = {"k": 1e-6, "m": 1e-3, "b": 1.0, "t": 1e3}


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model of a host. `parameters_b` is its size in thousand millions of parameters, 0 when the host does not say.

    size_bytes: its file. leaves: the host hands its calls on to another one elsewhere (Ollama's cloud models).
    """

    name: str
    digest: str
    family: str
    parameters_b: float
    size_bytes: int = 0
    leaves: bool = False

    @property
    def may_chat(self) -> bool:
        """False for what is plainly an embedding model; `/api/show` has the last word."""
        return self.family not in _EMBEDDING_FAMILIES and not _EMBEDDING_NAME.search(self.name)


def parse_tags(reply: Any) -> list[ModelInfo]:
    """Return the models of an `/api/tags` reply.

    Raises:
        ValueError: the reply has another shape.
    """
    if not isinstance(reply, dict) or not isinstance(reply.get("models"), list):
        raise ValueError("the reply has no list of models")
    found = []
    for row in reply["models"]:
        details = row.get("details") or {}
        size = _SIZE.match(str(details.get("parameter_size", "")))
        found.append(
            ModelInfo(
                name=str(row.get("model") or row["name"]),
                digest=str(row.get("digest", "")),
                family=str(details.get("family", "")),
                parameters_b=float(size[1]) * _IN_BILLIONS[size[2].lower()] if size else 0.0,
                size_bytes=int(row.get("size") or 0),
                leaves=bool(row.get("remote_host") or row.get("remote_model")) or _is_cloud(row),
            )
        )
    return found


def _is_cloud(row: dict[str, Any]) -> bool:
    tag = str(row.get("model") or row["name"]).rpartition(":")[2]
    return tag == "cloud" or tag.endswith("-cloud")


def named(models: Iterable[ModelInfo], name: str) -> ModelInfo | None:
    """Return the model that `name` means: the exact name, else the same with the tag `latest`."""
    by_name = {model.name: model for model in models}
    return by_name.get(name) or by_name.get(f"{name}:latest")


def suitable(models: Iterable[ModelInfo], choice: ModelChoice) -> list[ModelInfo]:
    """Return the chat models that fit the class: preferred names first, then the larger ones."""
    fitting = [model for model in models if model.may_chat and model.parameters_b <= choice.max_parameters_b]
    return sorted(fitting, key=lambda model: (_preference(model.name, choice.prefer), -model.parameters_b, model.name))


def _preference(name: str, prefer: tuple[str, ...]) -> int:
    last = name.rpartition("/")[2]
    return next((place for place, prefix in enumerate(prefer) if last.startswith(prefix)), len(prefer))
