"""The fake Ollama keeps to the protocol that our host relies on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.ollama_protocol import OllamaProtocol
from tests.servers.fake_ollama import FakeModel, FakeOllama, running


def _counting(prompt: str) -> str:
    return '{"count": 9}' if "JSON" in prompt else "one two three four"


class TestFakeOllama(OllamaProtocol):
    @pytest.fixture
    def url(self) -> Iterator[str]:
        models = [FakeModel("some:1b"), FakeModel("some-embed:22m", family="bert", capabilities=("embedding",))]
        with running(FakeOllama(models=models, reply=_counting)) as host:
            yield host.url

    @pytest.fixture
    def model(self) -> str:
        return "some:1b"

    @pytest.fixture
    def embedding_model(self) -> str:
        return "some-embed:22m"
