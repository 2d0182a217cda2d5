"""One small repository, indexed by a real process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.browser import CHROMIUM
from tests.integration.processes import clew_json, write_sources


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store that holds the index of a repository named `shop`; read-only for tests."""
    folder = tmp_path_factory.mktemp("integration")
    clew_json(folder / "store", "index", str(write_sources(folder / "shop")), "--name", "shop")
    return folder / "store"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return Debian's Chromium, driven by playwright. One a module: its event loop runs on, and no other may run beside it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="requirements/browser.lock is not installed")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
