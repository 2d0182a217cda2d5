"""The same vectors at a real Chroma server: the port's contract, several stores on one server, and a server that is away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from configs.errors import InputError, StoreBusy, StoreUnavailable
from indexers.vector_state import read_state
from knowledge.backends.chroma import ChromaVectors
from knowledge.backends.chroma_clients import ChromaServer
from knowledge.ports.vectors import VectorSpace
from tests.contract.vector_index import AXES, SHOP, VectorIndexContract
from tests.integration.processes import (
    CLEW,
    FILL_DEADLINE_S,
    clew,
    clew_json,
    environment,
    started,
    wait_until,
    write_sources,
)
from tests.integration.test_rest_server import _alive
from tests.servers.chroma_server import running_chroma

pytestmark = pytest.mark.integration

NAMES = (f"clew-{number:04d}" for number in count())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with running_chroma(tmp_path_factory.mktemp("chroma") / "server") as url:
        yield ChromaServer(url)


class TestChromaAtServer(VectorIndexContract):
    @pytest.fixture
    def vectors(self, server: ChromaServer, tmp_path: Path) -> Iterator[ChromaVectors]:
        vectors = ChromaVectors.at_server(server, tmp_path / "vectors", next(NAMES))
        yield vectors
        vectors.close()


def test_stores_that_share_a_server_do_not_see_each_other(server: ChromaServer, tmp_path: Path) -> None:
    one, other = (ChromaVectors.at_server(server, tmp_path / name / "vectors", next(NAMES)) for name in ("a", "b"))
    one.upsert(SHOP, ["x"], AXES[:1])
    assert other.ids(SHOP) == set()
    other.upsert(SHOP, ["y"], AXES[:1])
    one.drop("shop")
    assert (one.ids(SHOP), other.ids(SHOP)) == (set(), {"y"})
    one.close()
    other.close()


def test_one_process_writes_a_store_at_a_server_too(server: ChromaServer, tmp_path: Path) -> None:
    name = next(NAMES)
    vectors = ChromaVectors.at_server(server, tmp_path / "vectors", name)
    with pytest.raises(StoreBusy):
        ChromaVectors.at_server(server, tmp_path / "vectors", name)
    vectors.upsert(SHOP, ["x"], AXES[:1])
    vectors.close()
    again = ChromaVectors.at_server(server, tmp_path / "vectors", name)
    assert again.ids(SHOP) == {"x"}
    again.close()


def test_a_server_that_is_away_or_goes_away_is_named_and_comes_back(tmp_path: Path) -> None:
    for _ in range(2):  # the failed opening must not keep the lock
        with pytest.raises(StoreUnavailable, match="127.0.0.1:9") as caught:
            ChromaVectors.at_server(ChromaServer("http://127.0.0.1:9"), tmp_path / "vectors", "clew-x")
    assert "chroma_url" in caught.value.next_step
    with pytest.raises(InputError, match="no address"):
        ChromaVectors.at_server(ChromaServer("nonsense"), tmp_path / "vectors", "clew-x")
    with running_chroma(tmp_path / "server") as url:
        vectors = ChromaVectors.at_server(ChromaServer(url), tmp_path / "vectors", "clew-x")
        vectors.upsert(SHOP, ["x"], AXES[:1])
    with pytest.raises(StoreUnavailable):
        vectors.upsert(SHOP, ["y"], AXES[1:2])
    with running_chroma(tmp_path / "server", int(url.rpartition(":")[2])):
        vectors.upsert(SHOP, ["y"], AXES[1:2])
        assert vectors.ids(SHOP) == {"x", "y"}
        vectors.close()


def test_clew_fills_and_searches_at_a_server(server: ChromaServer, tmp_path: Path) -> None:
    store = tmp_path / "store"
    sources = {
        f"{noun}.py": "".join(f"def {verb}_{noun}(value):\n    return {verb}(value, {noun})\n\n\n" for verb in VERBS)
        for noun in ("order", "price", "basket")
    }
    at_server: dict[str, Any] = {"CLEW_RETRIEVAL__VECTORS": "server", "CLEW_RETRIEVAL__CHROMA_URL": server.url}
    clew_json(store, "index", str(write_sources(tmp_path / "shop", sources)), "--name", "shop")
    env, log = environment(store, **at_server), tmp_path / "log"
    with started([*CLEW, "serve", "--port", "0", "--json"], folder=tmp_path, env=env, log=log) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline() or log.read_text())["url"]
        wait_until(lambda: _alive(url), process, what="/healthz")
        wait_until(
            lambda: read_state(store / "embedders" / "shop").complete,
            process,
            what="the vectors are complete",
            within_s=FILL_DEADLINE_S,
        )
        assert not (store / "vectors" / "chroma.sqlite3").exists()
        found = clew_json(store, "search", "basket that somebody wants to delete")["results"]
        assert "related words" in " ".join(row["why"] for row in found)
    assert "Traceback" not in log.read_text()
    name = (store / "store.name").read_text()
    space = VectorSpace("shop", read_state(store / "embedders" / "shop").embedder)
    for left in (12, 0):
        vectors = ChromaVectors.at_server(server, store / "vectors", name)
        assert len(vectors.ids(space)) == left
        vectors.close()
        if left:
            done = clew(store, "forget", "shop", "--yes", **at_server)
            assert done.returncode == 0, done.stderr


VERBS = ("create", "delete", "find", "send")
