"""A real Ollama, where there is one, keeps to what our host and the fake rely on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.ollama_protocol import OllamaProtocol
from tests.servers.ollama_server import is_there, running_ollama

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not is_there(), reason="no ollama on the PATH: the fake alone was held to the protocol"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("ollama")
    with running_ollama(folder) as url:
        yield url


class TestRealOllama(OllamaProtocol):
    @pytest.fixture
    def url(self, served: str) -> str:
        return served

    @pytest.fixture
    def model(self) -> str | None:
        return os.environ.get("CLEW_TEST_OLLAMA_MODEL")
