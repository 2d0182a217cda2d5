from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.ports.graph import CodeGraph
from tests.contract.code_graph import CodeGraphContract


class TestSqliteCodeGraph(CodeGraphContract):
    @pytest.fixture
    def graph(self, tmp_path: Path) -> Iterator[CodeGraph]:
        graph = SqliteCodeGraph(tmp_path / "store" / "graph.db")
        yield graph
        graph.close()


class TestSqliteCodeGraphByAdjacency(CodeGraphContract):
    """The same promises when every walk runs over the compressed adjacency."""

    @pytest.fixture
    def graph(self, tmp_path: Path) -> Iterator[CodeGraph]:
        graph = SqliteCodeGraph(tmp_path / "graph.db", build_after=0)
        yield graph
        graph.close()
