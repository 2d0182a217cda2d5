"""What an Ollama host keeps: models on its disk and in its memory; pulling and warming them.

Source: docs/api.md of ollama/ollama (`/api/ps`, `/api/show`, `/api/pull`, `/api/generate` with an empty prompt). Ollama tells how
much of a loaded model lies in the GPUs' memory, and nothing about how large that memory is: what fits is reckoned from a setting.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from configs.errors import HostFailed
from models.ollama import OllamaHost
from models.provider import failure
from models.registry import ModelInfo

WARM_TIMEOUT_S = 600.0
_BYTES_A_VALUE = 2
"""Keys and values of the cache are kept in 16 bits unless the host was told otherwise."""
_OVERHEAD = 1.1
"""Buffers beside weights and cache; a tenth, as loaded models show."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory. gpu_bytes: its part in the GPUs' memory; window_tokens: 0 when the host is too old to say."""

    name: str
    bytes: int
    gpu_bytes: int
    window_tokens: int
    expires_at: str

    @property
    def gpu_share(self) -> float:
        return self.gpu_bytes / self.bytes if self.bytes else 0.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A model that a host holds. trained_tokens: its longest window, 0 when not known. needs_bytes: in memory, with our window."""

    info: ModelInfo
    trained_tokens: int
    needs_bytes: int
    loaded: Loaded | None
    can_write: bool


@dataclass(frozen=True, slots=True)
class Pulling:
    """Progress of a pull. total is 0 where the host counts nothing."""

    status: str
    done: int = 0
    total: int = 0


async def kept_at(host: OllamaHost, window_tokens: int) -> list[Kept]:
    """Return what the host holds, by name. Raises HostFailed."""
    models, loaded = await asyncio.gather(host.models(), loaded_at(host))
    shown = await asyncio.gather(*(host.ask("POST", "/api/show", {"model": one.name}) for one in models))
    in_memory = {one.name: one for one in loaded}
    rows = [
        _kept(info, reply, window_tokens, in_memory.get(info.name)) for info, reply in zip(models, shown, strict=True)
    ]
    return sorted(rows, key=lambda row: row.info.name)


async def loaded_at(host: OllamaHost) -> list[Loaded]:
    """Return what is in memory. Raises HostFailed."""
    reply = await host.ask("GET", "/api/ps")
    try:
        return [
            Loaded(
                name=str(row.get("model") or row["name"]),
                bytes=int(row.get("size") or 0),
                gpu_bytes=int(row.get("size_vram") or 0),
                window_tokens=int(row.get("context_length") or 0),
                expires_at=str(row.get("expires_at") or ""),
            )
            for row in reply["models"] or []
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise failure(host, "broken", f"gave a broken reply to /api/ps: {exc}") from exc


async def warm(host: OllamaHost, model: str, window_tokens: int, *, timeout_s: float = WARM_TIMEOUT_S) -> Loaded | None:
    """Load a model with the window that questions will ask for, and say how it lies in memory. Raises HostFailed.

    Another window later would make Ollama load it again.
    """
    body = {"model": model, "prompt": "", "stream": False, "keep_alive": host.keep_alive}
    await host.ask("POST", "/api/generate", {**body, "options": {"num_ctx": window_tokens}}, timeout_s=timeout_s)
    return next((one for one in await loaded_at(host) if one.name in (model, f"{model}:latest")), None)


async def pull(host: OllamaHost, model: str) -> AsyncGenerator[Pulling, None]:
    """Let the host fetch a model, and yield its progress. Raises HostFailed, also for a model that its registry lacks."""
    from httpx import AsyncClient, HTTPError, Timeout  # start-up time of the command line

    timeout = Timeout(None, connect=5.0)
    status = ""
    try:
        async with (
            AsyncClient(timeout=timeout, **host.transport()) as client,
            client.stream("POST", f"{host.url}/api/pull", json={"model": model, "stream": True}) as reply,
        ):
            if reply.status_code != 200:
                await reply.aread()
                raise host.failed("failed", f"refused to pull {model!r} ({reply.status_code}: {reply.text[:200]})")
            async for line in reply.aiter_lines():
                row = _row(host, line)
                status = str(row.get("status", ""))
                yield Pulling(status, int(row.get("completed") or 0), int(row.get("total") or 0))
    except (HTTPError, OSError) as exc:
        raise host.failed("unreachable", f"broke off the pull ({type(exc).__name__})") from exc
    if status != "success":
        raise host.failed("cut", f"broke off the pull of {model!r}")


def _row(host: OllamaHost, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as exc:
        raise failure(host, "broken", f"gave a broken reply to /api/pull: {exc}") from exc
    if not isinstance(row, dict) or "error" in row:
        said = str(row.get("error", "")) if isinstance(row, dict) else line
        raise _not_pulled(host, said)
    return row


def _not_pulled(host: OllamaHost, said: str) -> HostFailed:
    step = "Look the name up at https://ollama.com/search." if "does not exist" in said else ""
    return failure(host, "missing", f"cannot pull it: {said[:200]}", next_step=step)


def _kept(info: ModelInfo, shown: Any, window_tokens: int, loaded: Loaded | None) -> Kept:
    facts = shown.get("model_info") if isinstance(shown, dict) else None
    facts = facts if isinstance(facts, dict) else {}
    able = frozenset(shown.get("capabilities") or ()) if isinstance(shown, dict) else frozenset()
    trained = _fact(facts, "context_length")
    window = min(window_tokens, trained) if trained else window_tokens
    needs = (
        int((info.size_bytes + cache_bytes(facts, window)) * _OVERHEAD) if info.size_bytes and not info.leaves else 0
    )
    return Kept(info, trained, needs, loaded, info.may_chat and (not able or "completion" in able))


def cache_bytes(facts: dict[str, Any], window_tokens: int) -> int:
    """Return what keys and values of a window take, from the shape that `/api/show` gives; 0 when it does not."""
    heads = _fact(facts, "attention.head_count")
    layers, width = _fact(facts, "block_count"), _fact(facts, "embedding_length")
    if not (heads and layers and width):
        return 0
    shared = _fact(facts, "attention.head_count_kv") or heads
    key = _fact(facts, "attention.key_length") or width // heads
    value = _fact(facts, "attention.value_length") or width // heads
    return layers * shared * (key + value) * _BYTES_A_VALUE * window_tokens


def _fact(facts: dict[str, Any], name: str) -> int:
    """Return a number by the end of its name: its beginning is the architecture. Per-layer lists count by their largest."""
    for key, value in facts.items():
        if key.partition(".")[2] == name:
            if isinstance(value, list):
                return max((one for one in value if isinstance(one, int)), default=0)
            return value if isinstance(value, int) else 0
    return 0
