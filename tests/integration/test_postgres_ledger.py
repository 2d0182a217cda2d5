"""The Ledger in a real PostgreSQL server: the ports' contracts, its failures, and the whole assistant over it."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from app.cli import main
from app.people import user_name
from configs.errors import StoreBusy, StoreRefused, StoreTimeout, StoreUnavailable
from knowledge.backends.postgres_ledger import APPENDING, PostgresLedger, PostgresSubjectKeys
from knowledge.backends.postgres_server import PostgresServer
from ops.ledger.anchors import Signer, anchor_of
from ops.ledger.journal import Journal
from ops.ledger.ledger import Ledger
from ops.ledger.privacy import erase
from ops.ledger.verifying import verify
from tests.contract.ledger import LedgerStoreContract, SubjectKeysContract, draft
from tests.servers.fault_proxy import faulty
from tests.servers.postgres_server import PASSWORD, running_postgres
from tests.unit.app.conftest import write_sources
from tests.unit.ops.ledger.examples import asked, one_run

pytestmark = pytest.mark.integration


def server_at(address: str, password: str = PASSWORD) -> PostgresServer:
    return PostgresServer(address, password, setting="ledger")


class TestPostgresLedger(LedgerStoreContract):
    @pytest.fixture
    def store(self, postgres_address: str) -> Iterator[PostgresLedger]:
        with closing(PostgresLedger(server_at(postgres_address))) as store:
            yield store

    def test_another_machine_goes_on_in_the_same_chain(self, store: PostgresLedger, postgres_address: str) -> None:
        store.append([draft(1)])
        with closing(PostgresLedger(server_at(postgres_address))) as other:
            other.append([draft(2)])
        assert [one.number for one in store.append([draft(3)])] == [3]


class TestPostgresSubjectKeys(SubjectKeysContract):
    @pytest.fixture
    def keys(self, postgres_address: str) -> PostgresSubjectKeys:
        return PostgresSubjectKeys(server_at(postgres_address))


@pytest.fixture
def ledger(postgres_address: str) -> Iterator[Ledger]:
    server = server_at(postgres_address)
    with closing(Ledger(PostgresLedger(server), PostgresSubjectKeys(server))) as ledger:
        yield ledger


def test_tampering_is_found_and_an_erased_person_stays_erased(ledger: Ledger, postgres_address: str) -> None:
    signer = Signer(ledger.keys.signing_key())
    ledger.append([event for number in range(20) for event in one_run(f"r{number}")])
    anchor = anchor_of(ledger.heads(), 1, signer)
    assert erase(ledger, "ann") is not None
    assert verify(ledger.store, signer, [anchor]).broken == ()
    assert {row.user for row in ledger.opened(ledger.entries())} == {""}
    with psycopg.connect(postgres_address, password=PASSWORD) as connection:
        assert connection.execute("SELECT count(*) FROM clew_ledger_subjects").fetchone() == (0,)
        connection.execute("UPDATE clew_ledger SET at_us = 0 WHERE stream = 'answers' AND number = 7")
    (found,) = verify(ledger.store, signer, [anchor]).broken
    assert (found.stream, found.number, found.kind) == ("answers", 7, "changed")


def test_a_wrong_password_is_refused_and_not_shown(postgres_address: str) -> None:
    server = server_at(postgres_address, "a-wrong-one")
    with pytest.raises(StoreRefused, match="refuses") as caught:
        PostgresLedger(server).append([draft(1)])
    assert "a-wrong-one" not in f"{caught.value} {server!r}"
    assert "ledger.url" in caught.value.next_step


def test_a_connection_to_a_machine_that_is_gone_is_given_up_within_half_a_minute(postgres_address: str) -> None:
    """As the system keeps the connection: no machine can be made to vanish from a loopback device."""
    with psycopg.connect(server_at(postgres_address, PASSWORD).dsn()) as connection:
        held = socket.socket(fileno=os.dup(connection.pgconn.socket))
        with closing(held):
            idle, every, count = (
                held.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            )
            assert held.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert idle + every * count <= 30
            assert 0 < held.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) <= 30_000


def test_a_process_that_stands_still_in_the_middle_of_an_append_does_not_hold_up_the_others(
    postgres_address: str,
) -> None:
    server = PostgresServer(postgres_address, PASSWORD, timeout_s=0.5, setting="ledger")
    with closing(PostgresLedger(server)) as ledger, closing(psycopg.connect(server.dsn())) as stalled:
        ledger.append([draft(1)])
        stalled.execute("SELECT pg_advisory_xact_lock(%s)", (APPENDING,))
        with pytest.raises((StoreBusy, StoreTimeout)):
            ledger.append([draft(2)])
        appended = []
        for _ in range(20):  # each try waits for half a second on the server
            with suppress(StoreBusy, StoreTimeout):
                appended = ledger.append([draft(2)])
                break
        assert [entry.number for entry in appended] == [2]


def test_what_a_killed_process_held_behind_a_proxy_is_let_go(postgres_address: str) -> None:
    """A process that is killed with bytes unread resets its connection; it does not end it in order."""
    parts = urlsplit(postgres_address)
    with faulty(parts.port or 0) as proxy, closing(PostgresLedger(server_at(postgres_address))) as ledger:
        address = f"postgresql://{parts.username}@127.0.0.1:{proxy.port}/postgres"
        with closing(psycopg.connect(server_at(address).dsn())) as killed:
            killed.execute("SELECT pg_advisory_xact_lock(%s)", (APPENDING,))
            with (
                closing(socket.socket(fileno=os.dup(killed.pgconn.socket))) as held,
                Path(os.devnull).open() as nothing,
            ):
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.dup2(nothing.fileno(), killed.pgconn.socket)
        assert [entry.number for entry in ledger.append([draft(1)])] == [1]


def test_what_a_killed_server_acknowledged_is_there_and_what_waited_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.ledger.journal.AGAIN_S", 0.05)
    with running_postgres() as process:
        server = server_at(process.url)

        def opened() -> Ledger:
            return Ledger(PostgresLedger(server), PostgresSubjectKeys(server))

        journal = Journal(opened)
        journal.tell(asked("r1"))
        journal.flush()
        process.kill()
        journal.tell(asked("r2"))
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            journal.flush()
        assert journal.failure is not None
        process.start()
        journal.flush(30)
        journal.close()
        with closing(opened()) as ledger:
            assert [json.loads(entry.body)["run"] for entry in ledger.entries()] == ["r1", "r2"]
            assert verify(ledger.store, Signer(b"k")).broken == ()


def test_a_connection_that_the_server_dropped_costs_no_event(ledger: Ledger, postgres_address: str) -> None:
    ledger.append([asked("r1")])
    with psycopg.connect(postgres_address, password=PASSWORD, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    assert [entry.number for entry in ledger.append([asked("r2")])] == [2]


def test_two_machines_share_one_ledger_and_answers_outlive_the_server(
    postgres_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEW_MODEL__WRITER", "extractive")
    monkeypatch.setenv("CLEW_LEDGER__STORE", "postgres")
    monkeypatch.setenv("CLEW_LEDGER__URL", postgres_address)
    monkeypatch.setenv("CLEW_LEDGER__PASSWORD", PASSWORD)
    sources = write_sources(tmp_path / "shop")
    for home in ("one", "two"):
        monkeypatch.setenv("CLEW_HOME", str(tmp_path / home))
        assert main(["index", str(sources), "--name", "shop", "--json"]) == 0
        assert main(["ask", "Who calls price?", "--json"]) == 0
        assert not (tmp_path / home / "ledger.db").exists()
    capsys.readouterr()
    assert main(["usage", "--by", "user", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(row["key"], row["answered"]) for row in report["rows"]] == [(user_name(), 2)]
    assert main(["audit", "verify", "--json"]) == 0
    assert PASSWORD not in capsys.readouterr().out
    monkeypatch.setenv("CLEW_LEDGER__URL", "postgresql://clew@127.0.0.1:9/postgres")
    monkeypatch.setenv("CLEW_LEDGER__TIMEOUT_S", "1")
    assert main(["ask", "Who calls price?", "--json"]) == 0
    monkeypatch.setenv("CLEW_LEDGER__REQUIRED", "true")
    capsys.readouterr()
    assert main(["ask", "Who calls price?", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "store_unavailable"
