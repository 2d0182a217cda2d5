"""`/readyz`: each part with its state and breaker, through the breakers that questions pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.readiness import Readiness
from app.wiring import Wiring
from configs.errors import StoreTimeout, StoreUnavailable
from configs.settings import load_settings
from knowledge.dependencies import Dependency
from tests.unit.app.conftest import Indexed


@pytest.fixture
def wiring(indexed: Indexed) -> Iterator[Wiring]:
    away = {"ollama_url": "http://127.0.0.1:9"}
    options: dict[str, Any] = {"home": indexed.store, "retrieval": {"dense": False}, "model": away}
    composed = Wiring(load_settings(options, folder=indexed.store))
    yield composed
    composed.close()


def rows(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in told["dependencies"]}


def test_a_host_that_was_never_there_is_absent_and_missed_by_nobody(wiring: Wiring) -> None:
    told = Readiness(wiring).look()
    assert (told["status"], told["repositories"]) == ("ready", ["shop"])
    assert rows(told)["models"]["state"] == "absent"
    assert rows(told)["graph"] == {"name": "graph", "kind": "sqlite", "state": "up", "needed": True}


class Away:
    """A graph at a server that is gone."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def repositories(self, _scope: object) -> list[object]:
        raise self.error

    def close(self) -> None:
        """Nothing is open."""


def test_without_the_graph_it_is_unavailable_and_the_breaker_is_told(wiring: Wiring) -> None:
    server = wiring.servers["graph"] = Dependency("graph", "neo4j")
    wiring.__dict__["graph"] = server.guarded(
        Away(StoreUnavailable("no Neo4j at bolt://10.0.0.1", next_step="start it"))
    )
    for _ in range(3):
        told = Readiness(wiring).look()
    assert told["status"] == "unavailable"
    assert told["error"]["code"] == "store_unavailable"
    graph = rows(told)["graph"]
    assert (graph["state"], graph["breaker"]) == ("down", "open")
    assert "10.0.0.1" in graph["reason"]


def test_a_failing_ledger_degrades(wiring: Wiring) -> None:
    wiring.journal._failure = StoreTimeout("the server is slow")
    told = Readiness(wiring).look()
    assert told["status"] == "degraded"
    assert (rows(told)["ledger"]["state"], rows(told)["ledger"]["code"]) == ("slow", "store_timeout")


def test_looks_are_shared_for_a_second(wiring: Wiring) -> None:
    ready = Readiness(wiring)
    assert ready.look() is ready.look()
