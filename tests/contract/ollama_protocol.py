"""What our Ollama host relies on, as a suite for any server that says it is one: the fake that ships, and a real one where there is one.

A server gives `url`, and `model`: a chat model that it holds, None when it holds none (then the tests that need one are skipped).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from configs.errors import HostFailed
from models.keeping import kept_at, loaded_at, pull, warm
from models.ollama import OllamaHost
from models.provider import Call, Completion, collected

ABSENT = "absent-model-of-clew:1b"


class OllamaProtocol:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        raise NotImplementedError

    @pytest.fixture
    def model(self) -> str | None:
        raise NotImplementedError

    @pytest.fixture
    def host(self, url: str) -> OllamaHost:
        return OllamaHost(url, connect_s=10.0)

    @pytest.fixture
    def chat_model(self, model: str | None) -> str:
        if model is None:
            pytest.skip("this Ollama holds no chat model: name one in CLEW_TEST_OLLAMA_MODEL")
        return model

    def test_its_version_its_models_and_what_is_loaded_have_their_shapes(self, url: str, host: OllamaHost) -> None:
        version = httpx.get(f"{url}/api/version", timeout=10).json()["version"]
        assert version.count(".") >= 2
        for row in httpx.get(f"{url}/api/tags", timeout=10).json()["models"]:
            assert {"name", "model", "digest", "size", "details"} <= set(row)
        assert isinstance(asyncio.run(loaded_at(host)), list)
        assert isinstance(asyncio.run(kept_at(host, 2_048)), list)

    @pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/show", "/api/embed"])
    def test_an_absent_model_is_a_404_that_says_so(self, url: str, path: str) -> None:
        body = {"model": ABSENT, "prompt": "x", "input": "x", "messages": [{"role": "user", "content": "x"}]}
        reply = httpx.post(f"{url}{path}", json=body, timeout=10)
        assert reply.status_code == 404
        assert "not found" in reply.json()["error"]

    def test_an_absent_model_is_missing_for_our_host(self, host: OllamaHost) -> None:
        with pytest.raises(HostFailed) as missing:
            self._say(host, ABSENT)
        assert (missing.value.fault, missing.value.next_step) == ("missing", f"Run: ollama pull {ABSENT}")
        with pytest.raises(HostFailed):
            asyncio.run(warm(host, ABSENT, 2_048))

    def test_a_pull_that_cannot_be_is_an_error_in_the_stream(self, host: OllamaHost) -> None:
        async def run() -> None:
            async for _ in pull(host, ABSENT):
                pass

        with pytest.raises(HostFailed):
            asyncio.run(run())

    def test_an_answer_streams_with_counts_and_its_end(self, host: OllamaHost, chat_model: str) -> None:
        completion = self._say(host, chat_model)
        assert completion.text
        assert completion.input_tokens > 0
        assert completion.output_tokens > 0

    def test_a_length_limit_is_told(self, host: OllamaHost, chat_model: str) -> None:
        assert self._say(host, chat_model, max_tokens=1).cut

    def test_a_warm_model_is_in_memory_with_its_window(self, host: OllamaHost, chat_model: str) -> None:
        loaded = asyncio.run(warm(host, chat_model, 1_024))
        assert loaded is not None
        assert loaded.window_tokens in (0, 1_024)
        (row,) = [one for one in asyncio.run(kept_at(host, 1_024)) if one.info.name == loaded.name]
        assert row.loaded is not None
        assert row.can_write

    def _say(self, host: OllamaHost, model: str, *, max_tokens: int = 20) -> Completion:
        async def on_token(_text: str) -> None:
            """Hear nothing."""

        call = Call(model, "Count from one to nine.", 1_024, max_tokens, timeout_s=120.0)
        return asyncio.run(collected(host, call, on_token))
