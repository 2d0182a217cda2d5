"""The same words against a server whose graph lies in a real Neo4j: none of them is read as Cypher."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.hostile import texts
from tests.integration.hostile.cases import get
from tests.integration.hostile.served import Attacked, attacked, faults_told, knowing, prepared
from tests.integration.processes import clew
from tests.integration.test_bad_requests import check
from tests.integration.test_neo4j_commands import empty
from tests.servers.identity_provider import running_provider
from tests.servers.neo4j_server import Neo4jProcess

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server(shop: Path, neo4j_server: Neo4jProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    store, roots, keys = prepared(shop, tmp_path_factory.mktemp("neo4j-words"))
    place = {"CLEW_GRAPH__BACKEND": "neo4j", "CLEW_GRAPH__URL": neo4j_server.url}
    empty(neo4j_server)
    done = clew(store, "graph", "sync", "--to", "neo4j", CLEW_GRAPH__URL=neo4j_server.url)
    assert done.returncode == 0, done.stderr
    (store / "graph.db").unlink()
    with running_provider() as provider, attacked(store, roots, keys, "neo4j", knowing(provider, **place)) as one:
        yield one
    empty(neo4j_server)


CHOSEN = ("Cypher", "SQL union", "SQL stacked", "full text quote", "surrogate", "NUL", "regular expression")


def test_no_word_is_read_as_cypher(server: Attacked) -> None:
    every = [*texts.words(), *texts.questions(), *texts.not_granted()]
    chosen = [case for case in every if any(name in case.id for name in CHOSEN) or case.id.startswith("its ")]
    assert len(chosen) > 100
    check(server, chosen)


def test_all_is_still_there(server: Attacked) -> None:
    assert "shop/checkout.py" in server.send(get("callers", "/api/v1/symbols/price/callers", 200)).text
    assert faults_told(server.log.read_text()) == []
