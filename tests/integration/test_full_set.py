"""`clew serve --config deploy/clew.full.yaml`: questions through real Neo4j, Chroma, Redis and PostgreSQL servers."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chromadb
import httpx
import psycopg
import pytest
from redis import Redis

from tests.integration.processes import CLEW, FILL_DEADLINE_S, clew, environment, started, wait_until, write_sources
from tests.integration.test_vector_owners import NOUNS, VERBS
from tests.servers.full_set import CONFIG, FullSet, running_full_set
from tests.servers.postgres_server import PASSWORD

pytestmark = pytest.mark.integration

SHOP = {
    f"shop/{noun}.py": "".join(
        f'def {verb}_{noun}(value):\n    """{verb.title()} the {noun} of a {NOUNS[(at + 3) % 10]}."""\n'
        f"    return {verb}(value, {noun})\n\n\n"
        for at, verb in enumerate(VERBS)
    )
    + (f"def ship_{noun}(value):\n    return send_{noun}(value)\n" if noun == "order" else "")
    for noun in NOUNS
}


@dataclass(frozen=True, slots=True)
class Served:
    url: str
    servers: FullSet
    process: subprocess.Popen[str]

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", timeout=60, trust_env=False, **options)

    def ask(self, question: str, **more: Any) -> dict[str, Any]:
        response = self.send("POST", "/api/v1/chat", json={"question": question, "model": "extractive", **more})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("full")
    store, log = folder / "store", folder / "log"
    with running_full_set(folder) as servers:
        env = environment(store, **servers.environment)
        sources = write_sources(folder / "shop", SHOP)
        done = clew(store, "index", str(sources), "--name", "shop", folder=folder, **servers.environment)
        assert done.returncode == 0, done.stderr
        command = [*CLEW, "serve", "--config", str(CONFIG), "--port", "0", "--json"]
        with started(command, folder=folder, env=env, log=log) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline() or log.read_text())
            assert len(told["workers"]) == 2
            yield Served(told["url"], servers, process)
        assert "Traceback" not in log.read_text()


def parts(served: Served) -> dict[str, str]:
    return {row["name"]: row["state"] for row in served.send("GET", "/readyz").json()["dependencies"]}


def test_every_server_is_looked_at(served: Served) -> None:
    wait_until(lambda: set(parts(served).values()) == {"up"}, served.process, what="all are up")
    assert parts(served).keys() == {"graph", "vectors", "memory", "limits", "threads", "ledger", "models"}


def test_questions_are_answered_from_neo4j_and_remembered_in_redis(served: Served) -> None:
    answer = served.ask("who calls send_order?")
    assert (answer["verdict"], answer["citations"][0]["path"]) == ("found", "shop/order.py")
    status = served.send("GET", "/api/v1/status").json()
    assert status["graph"].startswith("neo4j bolt://")
    assert not list(Path(status["store"]).glob("graph.db*")), "the graph is at the server"
    with Redis.from_url(served.servers.environment["CLEW_MEMORY__URL"]) as redis:
        wait_until(lambda: redis.keys("clew:memory:*"), what="an answer is remembered")
    with Redis.from_url(served.servers.environment["CLEW_RATES__URL"]) as redis:
        stream = served.send(
            "POST", "/api/v1/chat", json={"question": "who calls send_order?", "model": "extractive", "stream": True}
        )
        stream_id = stream.headers["x-clew-stream-id"]
        wait_until(lambda: redis.exists(f"clew:shared:1:run:{stream_id}"), what="a stream is shared")


def test_a_conversation_and_the_ledger_are_in_postgres(served: Served) -> None:
    first = served.ask("where is send_order defined?", thread_id="t-1")
    assert served.ask("and who calls it?", thread_id="t-1")["citations"]
    said = {"run_id": first["run_id"], "signals": [{"signal": "thumb", "value": 1}]}
    wait_until(
        lambda: served.send("POST", "/api/v1/feedback/signals", json=said).status_code == 200, what="the run is known"
    )
    address = served.servers.environment["CLEW_THREADS__URL"]
    with psycopg.connect(address, password=PASSWORD, autocommit=True) as connection:

        def count(statement: str) -> int:
            row = connection.execute(statement.encode()).fetchone()
            return int(row[0]) if row else 0

        assert count("SELECT turns FROM clew_threads WHERE id LIKE '%t-1'") == 2
        wait_until(lambda: count("SELECT count(*) FROM clew_ledger WHERE stream = 'answers'") >= 4, what="the Ledger")
        assert count("SELECT count(*) FROM clew_ledger WHERE stream = 'feedback'") == 1
    verified = served.send("GET", "/api/v1/admin/audit/verification").json()
    assert verified["sound"], verified


def test_vectors_are_filled_at_the_chroma_server(served: Served) -> None:
    port = re.search(r":(\d+)$", served.servers.environment["CLEW_RETRIEVAL__CHROMA_URL"])
    assert port is not None
    client = chromadb.HttpClient("127.0.0.1", int(port[1]))

    def filled() -> bool:
        return any(rows.count() >= len(NOUNS) * len(VERBS) for rows in client.list_collections())

    wait_until(filled, served.process, what="the vectors are there", within_s=FILL_DEADLINE_S)
    why = " ".join(row["why"] for row in served.send("GET", "/api/v1/search?q=invoice+that+is+sent").json()["results"])
    assert "related words" in why
