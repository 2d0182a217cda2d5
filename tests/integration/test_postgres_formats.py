"""The tables in PostgreSQL as an earlier Clew made them, and as a newer one would have."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest

from configs.errors import StoreCorrupt, StoreTooNew
from knowledge.backends.postgres_ledger import PostgresLedger, PostgresSubjectKeys
from knowledge.backends.postgres_server import PostgresServer
from knowledge.backends.postgres_threads import PostgresThreads
from knowledge.ledger import START, digest_of
from tests.contract.ledger import draft
from tests.frozen_stores import FOLDER
from tests.servers.postgres_server import PASSWORD

pytestmark = pytest.mark.integration

FIRST = (FOLDER / "postgres-1.txt").read_text("utf-8")


@contextmanager
def connected(address: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(address, password=PASSWORD, autocommit=True) as connection:
        yield connection


@pytest.fixture
def server(postgres_address: str) -> PostgresServer:
    said = ("answers", 1, "asked", 1_000_001, "ab", b'{"n":1}', b"\0x")
    with connected(postgres_address) as connection:
        connection.execute(FIRST.replace("DIGEST", digest_of(START, *said).hex()))
    return PostgresServer(postgres_address, PASSWORD)


def test_tables_of_the_first_version_hold_what_they_held_and_go_on(server: PostgresServer) -> None:
    with closing(PostgresLedger(server)) as ledger, closing(PostgresSubjectKeys(server)) as keys:
        (entry,) = ledger.read("answers")
        assert (entry.number, entry.body, entry.sealed) == (1, b'{"n":1}', b"\0x")
        (added,) = ledger.append([draft(2)])
        told = ("answers", 2, added.kind, added.at_us, added.subject, added.body, added.sealed)
        assert (added.number, added.digest) == (2, digest_of(entry.digest, *told))
        checkpoint = ledger.checkpoint("feedback")
        assert checkpoint is not None
        assert (checkpoint.number, checkpoint.pruned, checkpoint.mac) == (4, 3, b"mac")
        person = keys.find("größe")
        assert person is not None
        assert (person.id, person.key, keys.signing_key()) == ("ab", b"key", b"sign")
    with closing(PostgresThreads(server)) as threads:
        (thread,) = threads.find()
        assert (thread.id, thread.title, thread.repositories) == ("mine", "Who calls price?", ("shop", "till"))
        (said,) = threads.turns("mine")
        assert (said.question, list(said.places)) == ("Who calls price?", ["shop/größe.py:3"])


@pytest.mark.parametrize(("found", "error"), [(2, StoreTooNew), (0, StoreCorrupt)])
def test_tables_of_another_version_are_refused(server: PostgresServer, found: int, error: type[Exception]) -> None:
    with closing(PostgresLedger(server)) as ledger, closing(PostgresThreads(server)) as threads:
        ledger.read("answers")
        threads.find()
    with connected(server.url) as connection:
        assert sorted(connection.execute("SELECT * FROM clew_formats").fetchall()) == [
            ("conversations", 1),
            ("ledger", 1),
        ]
        connection.execute("UPDATE clew_formats SET version = %s", (found,))
    with closing(PostgresLedger(server)) as ledger, pytest.raises(error, match=f"the ledger .* has format {found}"):
        ledger.append([draft(2)])
    with (
        closing(PostgresThreads(server)) as threads,
        pytest.raises(error, match=f"the conversations .* has format {found}"),
    ):
        threads.find()


def test_many_may_come_first_at_once(postgres_address: str) -> None:
    server = PostgresServer(postgres_address, PASSWORD)

    def first(number: int) -> int:
        if number % 2:
            with closing(PostgresLedger(server)) as ledger:
                return len(ledger.append([draft(number)]))
        with closing(PostgresThreads(server)) as threads:
            return len(threads.find())

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(first, range(8))) == 4
