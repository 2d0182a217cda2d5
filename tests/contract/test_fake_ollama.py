"""The fake Ollama keeps to the protocol that our host relies on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.ollama_protocol import OllamaProtocol
from tests.servers.fake_ollama import FakeModel, FakeOllama, running


class TestFakeOllama(OllamaProtocol):
    @pytest.fixture
    def url(self) -> Iterator[str]:
        with running(FakeOllama(models=[FakeModel("some:1b")], reply=lambda _prompt: "one two three four")) as host:
            yield host.url

    @pytest.fixture
    def model(self) -> str:
        return "some:1b"
