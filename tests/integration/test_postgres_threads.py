"""Conversations in a real PostgreSQL server: the port's contract, its failures, and the whole assistant over it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from agents.events import AnswerReady, AskedBack
from app.asking import Asked
from app.cli import main
from app.wiring import Wiring
from configs.errors import ConfigError, StoreRefused, StoreUnavailable
from configs.settings import load_settings
from graph.checkpoints import postgres_checkpoints
from knowledge.backends.postgres_server import PostgresServer, hang_up
from knowledge.backends.postgres_threads import PostgresThreads
from tests.contract.threads import ThreadsContract, turn
from tests.servers.fault_proxy import faulty
from tests.servers.postgres_server import PASSWORD, running_postgres
from tests.unit.app.conftest import write_sources

pytestmark = pytest.mark.integration


class TestPostgresThreads(ThreadsContract):
    @pytest.fixture
    def threads(self, postgres_address: str) -> Iterator[PostgresThreads]:
        threads = PostgresThreads(PostgresServer(postgres_address, PASSWORD))
        yield threads
        threads.close()

    @pytest.fixture
    def other(self, threads: PostgresThreads, postgres_address: str) -> PostgresThreads:
        return PostgresThreads(PostgresServer(postgres_address, PASSWORD))


def test_a_wrong_password_is_refused_and_not_shown(postgres_address: str) -> None:
    server = PostgresServer(postgres_address, "a-wrong-one")
    with pytest.raises(StoreRefused, match="refuses") as caught:
        PostgresThreads(server).find()
    assert "a-wrong-one" not in f"{caught.value} {server!r}"


def test_a_missing_server_is_named() -> None:
    with pytest.raises(StoreUnavailable, match="127.0.0.1:9"):
        PostgresThreads(PostgresServer("postgresql://clew@127.0.0.1:9/postgres", timeout_s=2)).find()


def test_what_is_no_address_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="no address"):
        PostgresThreads(PostgresServer("http://127.0.0.1/ nothing")).find()


def test_a_server_that_comes_back_has_what_was_recorded_and_no_old_lock() -> None:
    with running_postgres() as server:
        threads = PostgresThreads(PostgresServer(server.url, PASSWORD))
        threads.record("a", [turn()], ())
        lost = threads.try_lock("a")
        assert lost is not None
        server.kill()
        with pytest.raises(StoreUnavailable):
            threads.turns("a")
        server.start()
        assert [one.question for one in threads.turns("a")] == ["Who calls price?"]
        release = threads.try_lock("a")
        assert release is not None
        release()
        lost()


def test_a_server_that_hangs_in_the_middle_of_a_turn_ends_the_wait_and_the_next_turn_goes_on(
    postgres_address: str,
) -> None:
    async def work() -> None:
        with faulty(urlsplit(postgres_address).port or 0) as proxy:
            user = urlsplit(postgres_address).username
            server = PostgresServer(f"postgresql://{user}@127.0.0.1:{proxy.port}/postgres", PASSWORD)
            config: Any = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}
            async with postgres_checkpoints(server.dsn(), made=False, within_s=60, hang_up=hang_up) as checkpoints:
                assert await checkpoints.aget_tuple(config) is None
            began = time.monotonic()
            with pytest.raises(StoreUnavailable), server.translated():
                async with postgres_checkpoints(server.dsn(), made=True, within_s=0.5, hang_up=hang_up) as checkpoints:
                    proxy.hang()
                    await checkpoints.aget_tuple(config)
            assert 0.5 <= time.monotonic() - began < 30
            proxy.mend()
            async with postgres_checkpoints(server.dsn(), made=True, within_s=60, hang_up=hang_up) as checkpoints:
                assert await checkpoints.aget_tuple(config) is None

    asyncio.run(work())


@pytest.fixture
def at_postgres(postgres_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with the small repository, whose conversations are at the server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    monkeypatch.setenv("CLEW_THREADS__STORE", "postgres")
    monkeypatch.setenv("CLEW_THREADS__URL", postgres_address)
    monkeypatch.setenv("CLEW_THREADS__PASSWORD", PASSWORD)
    assert main(["index", str(write_sources(tmp_path / "shop")), "--name", "shop", "--json"]) == 0
    return tmp_path / "store"


def test_a_conversation_goes_on_from_another_store_and_is_forgotten_with_its_repository(
    at_postgres: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "Where is price defined?", "--thread", "t", "--json"]) == 0
    monkeypatch.setenv("CLEW_HOME", str(tmp_path / "other"))
    assert main(["index", str(tmp_path / "shop"), "--name", "shop", "--json"]) == 0
    capsys.readouterr()
    assert main(["ask", "Who calls it?", "--thread", "t", "--json"]) == 0
    assert "Order.total" in capsys.readouterr().out
    assert main(["threads", "show", "t", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [turn["question"] for turn in shown["turns"]] == ["Where is price defined?", "Who calls it?"]
    assert not (at_postgres / "threads.db").exists()
    assert main(["forget", "shop", "--yes"]) == 0
    assert "conversations at the server are deleted" in capsys.readouterr().err
    assert main(["threads", "list"]) == 1


def test_what_is_asked_back_stands_at_the_server_and_only_the_newest_checkpoint_is_kept(
    at_postgres: Path, postgres_address: str
) -> None:
    async def ended(wiring: Wiring, question: str) -> Any:
        asked = Asked(question, None, "extractive", "default", "t", may_ask=True)
        return [event async for event in wiring.assistant().stream(asked)][-1]

    for question, kind in (("Who calls twice?", AskedBack), ("2", AnswerReady), ("Who calls price?", AnswerReady)):
        with closing(Wiring(load_settings())) as wiring:  # each time as another process would
            last = asyncio.run(ended(wiring, question))
            assert isinstance(last, kind), question
            (thread,) = asyncio.run(wiring.conversations.find())
            assert thread.title == "Who calls twice?"
    with psycopg.connect(postgres_address, password=PASSWORD) as connection:
        assert connection.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
    with closing(Wiring(load_settings())) as wiring:
        asyncio.run(wiring.conversations.delete("t"))
    with psycopg.connect(postgres_address, password=PASSWORD) as connection:
        for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "clew_threads", "clew_turns"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_a_server_that_is_gone_costs_threads_and_nothing_else(
    at_postgres: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEW_THREADS__URL", "postgresql://clew@127.0.0.1:9/postgres")
    capsys.readouterr()
    assert main(["ask", "Who calls price?", "--thread", "t", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert ("threads", "store_unavailable") in {(one["gate"], one["kind"]) for one in findings}
    assert main(["threads", "list", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "store_unavailable"
    assert main(["ask", "Who calls price?", "--json"]) == 0
