"""Conversations in a real PostgreSQL server: the port's contract, its failures, and the whole assistant over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from configs.errors import ConfigError, StoreRefused, StoreUnavailable
from knowledge.backends.postgres_server import PostgresServer
from knowledge.backends.postgres_threads import PostgresThreads
from tests.contract.threads import ThreadsContract, turn
from tests.servers.postgres_server import PASSWORD, running_postgres

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
