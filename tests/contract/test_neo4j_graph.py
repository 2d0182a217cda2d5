"""The contract of every code graph, on a real Neo4j."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_server import Neo4jAddress
from knowledge.ports.graph import CodeGraph
from knowledge.scope import EVERYTHING
from tests.contract.code_graph import CodeGraphContract
from tests.servers.neo4j_server import Neo4jProcess

pytestmark = pytest.mark.integration


class TestNeo4jCodeGraph(CodeGraphContract):
    @pytest.fixture
    def graph(self, neo4j_server: Neo4jProcess) -> Iterator[CodeGraph]:
        graph = Neo4jCodeGraph(Neo4jAddress(neo4j_server.url))
        for info in graph.repositories(EVERYTHING):
            graph.forget_repository(info.name)
        yield graph
        graph.close()
