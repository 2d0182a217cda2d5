"""What a host keeps: models on disk and in memory, pulls, warming, and how much memory a window takes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from configs.errors import HostFailed
from models.keeping import Pulling, cache_bytes, kept_at, pull, warm
from models.ollama import OllamaHost
from tests.servers.fake_ollama import FakeModel, FakeOllama, running

QWEN = {
    "qwen2.block_count": 28,
    "qwen2.embedding_length": 3584,
    "qwen2.attention.head_count": 28,
    "qwen2.attention.head_count_kv": 4,
}


@pytest.fixture
def host() -> Iterator[FakeOllama]:
    with running(FakeOllama()) as served:
        yield served


async def _all(host: OllamaHost, name: str) -> list[Pulling]:
    return [step async for step in pull(host, name)]


def test_models_with_their_windows_needs_and_places_in_memory(host: FakeOllama) -> None:
    host.models = [
        FakeModel("qwen2.5-coder:7b", context_tokens=32_768, size=4_700_000_000),
        FakeModel("all-minilm:latest", "bert", "23M", ("embedding",)),
    ]
    host.loaded["qwen2.5-coder:7b"] = 8_192
    host.vram_share = 0.5
    minilm, qwen = asyncio.run(kept_at(OllamaHost(host.url), 8_192))
    assert (minilm.can_write, minilm.loaded) == (False, None)
    assert qwen.can_write
    assert qwen.trained_tokens == 32_768
    assert qwen.needs_bytes == pytest.approx((4.7e9 + 470e6) * 1.1, rel=0.01)
    assert qwen.loaded is not None
    assert (qwen.loaded.gpu_share, qwen.loaded.window_tokens) == (0.5, 8_192)


def test_a_window_takes_memory_by_the_shape_of_the_model() -> None:
    assert cache_bytes(QWEN, 8_192) == 28 * 4 * (128 + 128) * 2 * 8_192
    assert cache_bytes({**QWEN, "qwen2.attention.key_length": 64}, 1_000) == 28 * 4 * (64 + 128) * 2 * 1_000
    listed = {**QWEN, "qwen2.attention.head_count_kv": [2, 4, 4]}
    assert cache_bytes(listed, 1_000) == cache_bytes(QWEN, 1_000)
    assert cache_bytes({}, 8_192) == 0
    assert cache_bytes({"qwen2.block_count": "many"}, 8_192) == 0


def test_warming_loads_with_the_window_of_the_questions(host: FakeOllama) -> None:
    host.models[0] = FakeModel("qwen2.5-coder:7b", context_tokens=32_768)
    loaded = asyncio.run(warm(OllamaHost(host.url, keep_alive="-1"), "qwen2.5-coder:7b", 8_192))
    assert loaded is not None
    assert (loaded.name, loaded.window_tokens) == ("qwen2.5-coder:7b", 8_192)
    (body,) = [body for path, body in host.requests if path == "/api/generate"]
    assert (body["keep_alive"], body["prompt"], body["options"]) == ("-1", "", {"num_ctx": 8_192})
    with pytest.raises(HostFailed) as missing:
        asyncio.run(warm(OllamaHost(host.url), "absent:1b", 8_192))
    assert missing.value.fault == "missing"


def test_a_pull_tells_its_progress_to_the_end(host: FakeOllama) -> None:
    steps = asyncio.run(_all(OllamaHost(host.url), "tiny:1b"))
    assert (steps[0].status, steps[-1].status) == ("pulling manifest", "success")
    counted = [(step.done, step.total) for step in steps if step.total]
    assert counted == sorted(counted)
    assert counted[-1][0] == counted[-1][1]
    assert "tiny:1b" in [model.name for model in host.models]


def test_a_pull_of_what_the_registry_lacks_is_refused(host: FakeOllama) -> None:
    with pytest.raises(HostFailed, match="file does not exist") as missing:
        asyncio.run(_all(OllamaHost(host.url), "absent:1b"))
    assert "ollama.com/search" in missing.value.next_step


def test_a_host_that_is_gone_cannot_pull() -> None:
    with pytest.raises(HostFailed) as gone:
        asyncio.run(_all(OllamaHost("http://127.0.0.1:9"), "tiny:1b"))
    assert gone.value.fault == "unreachable"
