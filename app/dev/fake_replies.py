"""What a fake Ollama holds and says: its models, the bodies of its replies, vectors that count words.

Source: docs/api.md of ollama/ollama.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

EmbedFault = Literal[
    "",
    "gone",
    "error",
    "not_ollama",
    "wrong_dimension",
    "wrong_count",
    "nan",
    "infinity",
    "nan_refused",
    "no_numbers",
    "cut",
]
CREATED = "2026-11-01T00:00:00.000000Z"
EXPIRES = "2026-11-01T00:10:00.000000Z"
VERSION = "0.12.6"
PULLED_BYTES = 4_000_000
_PARTS = 4
_SOURCE = re.compile(r'<evidence number="(\d+)"[^>]*?symbol="([^"]*)"')


@dataclass(frozen=True, slots=True)
class FakeModel:
    """A model that the host holds. `capabilities` as `/api/show` gives them. `context_tokens`: what it is trained to read.

    build: another one is another digest under the same name. remote_host: it is one of Ollama's cloud models.
    """

    name: str
    family: str = "qwen2"
    parameter_size: str = "7.6B"
    capabilities: tuple[str, ...] = ("completion", "tools")
    dimension: int = 16
    context_tokens: int = 2_048
    size: int = 1
    build: str = ""
    remote_host: str = ""


def digest_of(model: FakeModel) -> str:
    return f"{zlib.crc32((model.name + model.build).encode()):08x}" * 8


def tag_of(model: FakeModel) -> dict[str, Any]:
    details = {"parent_model": "", "format": "gguf", "family": model.family, "families": [model.family]}
    details |= {"parameter_size": model.parameter_size}
    tag = {
        "name": model.name,
        "model": model.name,
        "modified_at": CREATED,
        "size": model.size,
        "digest": digest_of(model),
        "details": {**details, "quantization_level": "Q4_K_M"},
    }
    return {**tag, "remote_host": model.remote_host, "remote_model": model.name} if model.remote_host else tag


def loaded_of(model: FakeModel, window_tokens: int, vram_share: float) -> dict[str, Any]:
    """Return a row of `/api/ps`."""
    tag = tag_of(model)
    del tag["modified_at"]
    size_vram = int(model.size * vram_share)
    return {**tag, "expires_at": EXPIRES, "size_vram": size_vram, "context_length": window_tokens}


def shown_of(model: FakeModel) -> dict[str, Any]:
    """Return the reply of `/api/show`, with the shape of a model of seven thousand million parameters."""
    info = {
        "general.architecture": model.family,
        f"{model.family}.context_length": model.context_tokens,
        f"{model.family}.block_count": 28,
        f"{model.family}.embedding_length": 3584,
        f"{model.family}.attention.head_count": 28,
        f"{model.family}.attention.head_count_kv": 4,
    }
    return {"details": tag_of(model)["details"], "model_info": info, "capabilities": list(model.capabilities)}


def pulled(name: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of a pull that goes well."""
    digest = f"sha256:{zlib.crc32(name.encode()):08x}"
    yield {"status": "pulling manifest"}
    for part in range(_PARTS + 1):
        done = PULLED_BYTES * part // _PARTS
        yield {"status": f"pulling {digest[7:]}", "digest": digest, "total": PULLED_BYTES, "completed": done}
    for status in ("verifying sha256 digest", "writing manifest", "success"):
        yield {"status": status}


def quoting(prompt: str) -> str:
    """Return an answer that rests on the first evidence of a prompt of Clew's: for people who try the fake by hand."""
    found = next((match for match in _SOURCE.finditer(prompt) if match[2]), None)
    if found is None:
        return "I have nothing to say."
    return f"The first thing that the index has on this is `{found[2]}` [{found[1]}]."


def missing(name: str, path: str) -> str:
    """Return what the host says of a model that it does not hold."""
    return f"model '{name}' not found" if path == "/api/show" else f'model "{name}" not found, try pulling it first'


def invalid_format(asked: object) -> str:
    return f'invalid format: {json.dumps(json.dumps(asked))}; expected "json" or a valid JSON Schema object'


def part_of(text: str, *, chat: bool) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text}} if chat else {"response": text}


def texts_of(body: dict[str, Any]) -> list[str]:
    return body["input"] if isinstance(body["input"], list) else [body["input"]]


def vector_of(text: str, dimension: int) -> list[float]:
    """Return the words of a text, counted in buckets, scaled to length 1."""
    counts = [1e-6] * dimension
    for word in re.findall(r"[a-z]+", text.lower()):
        counts[zlib.crc32(word.encode()) % dimension] += 1.0
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def faulty(vectors: Sequence[list[float]], fault: EmbedFault) -> list[Any]:
    """Return the vectors, spoiled as the fault says."""
    if fault == "wrong_dimension":
        return [vector[:-1] for vector in vectors]
    if fault == "wrong_count":
        return list(vectors[:-1])
    if fault == "no_numbers":
        return [["one"] * len(vector) for vector in vectors]
    if fault in ("nan", "infinity"):
        return [[*vector[:-1], float(fault)] for vector in vectors]
    return list(vectors)
