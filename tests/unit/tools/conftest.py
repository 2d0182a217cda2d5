from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[SqliteCodeGraph]:
    graph = SqliteCodeGraph(tmp_path / "graph.db")
    yield graph
    graph.close()
