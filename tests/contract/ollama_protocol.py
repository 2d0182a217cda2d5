"""What our Ollama host relies on, as a suite for any server that says it is one: the fake that ships, and a real one where there is one.

A server gives `url`, `model`: a chat model that it holds, and `embedding_model`: one that makes vectors.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from configs.errors import HostFailed
from models.embedders.ollama import ollama_embedder
from models.gateway import Gateway
from models.keeping import kept_at, loaded_at, pull, warm
from models.ollama import OllamaHost
from models.provider import Call, Completion, Schema, collected
from models.speed import Pace

WINDOW = 1_024
ABSENT = "absent-model-of-clew:1b"


class OllamaProtocol:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        raise NotImplementedError

    @pytest.fixture
    def model(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def embedding_model(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def host(self, url: str) -> OllamaHost:
        return OllamaHost(url, connect_s=10.0)

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

    def test_an_answer_streams_with_counts_and_its_end(self, host: OllamaHost, model: str) -> None:
        completion = self._say(host, model)
        assert completion.text
        assert completion.input_tokens > 0
        assert completion.output_tokens > 0
        assert 0 < completion.read_s < 120
        assert 0 < completion.write_s < 120

    def test_a_gateway_learns_how_fast_the_host_reads_and_writes(self, url: str, model: str) -> None:
        async def on_token(_text: str) -> None:
            """Hear nothing."""

        async def learned() -> Pace:
            gateway = Gateway(OllamaHost(url, connect_s=10.0), first_token_s=120.0)
            prompt = "Count from one to nine. " + "Once more. " * 40
            await gateway.write(
                model, prompt, window_tokens=WINDOW, max_tokens=20, timeout_s=120, on_token=on_token, tries=1
            )
            return gateway.hosts[0].speeds.of(model)

        pace = asyncio.run(learned())
        assert pace.measured
        assert pace.reads is not None and pace.reads > 0.5

    def test_a_length_limit_is_told(self, host: OllamaHost, model: str) -> None:
        assert self._say(host, model, max_tokens=1).cut

    def test_a_prompt_beyond_its_window_is_cut_without_a_word(self, host: OllamaHost, model: str) -> None:
        """Why prompts are packed to a window, and the window is always said."""
        assert self._say(host, model, prompt="word " * 3_000).input_tokens == WINDOW

    def test_a_warm_model_is_in_memory_with_its_window(self, host: OllamaHost, model: str) -> None:
        loaded = asyncio.run(warm(host, model, WINDOW))
        assert loaded is not None
        assert loaded.window_tokens in (0, WINDOW)
        (row,) = [one for one in asyncio.run(kept_at(host, WINDOW)) if one.info.name == loaded.name]
        assert row.loaded is not None
        assert row.can_write

    def test_a_schema_holds_the_answer_to_it(self, host: OllamaHost, model: str) -> None:
        number = {"type": "integer", "minimum": 0, "maximum": 9}
        schema = {"type": "object", "properties": {"count": number}, "required": ["count"]}
        said = json.loads(self._say(host, model, prompt="How many are nine? Answer in JSON.", schema=schema).text)
        assert set(said) == {"count"}
        assert isinstance(said["count"], int)

    def test_a_format_that_is_no_schema_is_refused(self, url: str, model: str) -> None:
        body = {"model": model, "messages": [{"role": "user", "content": "x"}], "format": "yaml", "stream": False}
        reply = httpx.post(f"{url}/api/chat", json=body, timeout=60)
        assert reply.status_code == 500
        assert "invalid format" in reply.json()["error"]

    def test_what_a_model_can_do_is_told(self, host: OllamaHost, model: str, embedding_model: str) -> None:
        assert asyncio.run(host.can_write(model))
        assert not asyncio.run(host.can_write(embedding_model))
        may_chat = {one.name: one.may_chat for one in asyncio.run(host.models())}
        assert may_chat == {model: True, embedding_model: False}
        assert all(len(one.digest) == 64 for one in asyncio.run(host.models()))

    def test_a_model_of_vectors_refuses_to_chat(self, host: OllamaHost, embedding_model: str) -> None:
        with pytest.raises(HostFailed) as refused:
            self._say(host, embedding_model)
        assert refused.value.fault == "refused"
        assert "does not support chat" in refused.value.message

    def test_vectors_have_one_length_and_what_is_too_long_is_refused_when_truncation_is(
        self, url: str, embedding_model: str
    ) -> None:
        embedder = ollama_embedder(url, embedding_model, timeout_s=60.0, probe_timeout_s=10.0)
        vectors = embedder.embed_documents(["a lock", "a long wait"])
        assert vectors.shape == (2, embedder.dimension)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-3)
        body = {"model": embedding_model, "input": "word " * 6_000, "truncate": False, "options": {"num_ctx": 256}}
        reply = httpx.post(f"{url}/api/embed", json=body, timeout=60)
        assert reply.status_code == 400
        assert "context length" in reply.json()["error"]

    def _say(
        self,
        host: OllamaHost,
        model: str,
        *,
        prompt: str = "Count from one to nine.",
        max_tokens: int = 20,
        schema: Schema | None = None,
    ) -> Completion:
        async def on_token(_text: str) -> None:
            """Hear nothing."""

        call = Call(model, prompt, WINDOW, max_tokens, timeout_s=120.0, schema=schema)
        return asyncio.run(collected(host, call, on_token))
