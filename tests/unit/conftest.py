from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.services import Services
from tests.bookshop import open_services, write_bookshop


@pytest.fixture(scope="session")
def bookshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Services over the indexed bookshop; read-only by agreement, since all tests share it."""
    home: Path = tmp_path_factory.mktemp("store")
    services = open_services(home, write_bookshop(tmp_path_factory.mktemp("bookshop")))
    yield services
    services.graph.close()
