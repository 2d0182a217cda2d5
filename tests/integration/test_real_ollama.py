"""A real Ollama keeps to what our host and the fake rely on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.ollama_protocol import OllamaProtocol
from tests.servers.ollama_server import CHAT_MODEL, EMBEDDING_MODEL, MISSING, at_hand, running_ollama

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not at_hand(), reason=MISSING)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_ollama(tmp_path_factory.mktemp("ollama")) as url:
        yield url


class TestRealOllama(OllamaProtocol):
    @pytest.fixture
    def url(self, served: str) -> str:
        return served

    @pytest.fixture
    def model(self) -> str:
        return CHAT_MODEL

    @pytest.fixture
    def embedding_model(self) -> str:
        return EMBEDDING_MODEL
