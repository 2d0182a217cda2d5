"""One small repository, indexed by a real process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.processes import clew_json, write_sources


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store that holds the index of a repository named `shop`; read-only for tests."""
    folder = tmp_path_factory.mktemp("integration")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop")), "--name", "shop")
    return folder / "store"
