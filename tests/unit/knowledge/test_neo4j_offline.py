"""What the Neo4j backend says and computes without a server; all else is in tests/integration and tests/contract."""

from __future__ import annotations

import sys

import pytest

from configs.errors import ConfigError, StoreBusy, StoreFull, StoreRefused, StoreTimeout, StoreUnavailable
from knowledge.backends.neo4j_batches import BATCH_ROWS, Batches
from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_schema import MAX_INDEXED_BYTES, indexable, key_prefix
from knowledge.backends.neo4j_server import Neo4jAddress
from tests.contract.snapshots import SnapshotBuilder, chain

NOWHERE = Neo4jAddress("bolt://127.0.0.1:9", "clew", "hunter2")


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "neo4j", None)
    with pytest.raises(ConfigError, match="not installed") as error:
        Neo4jCodeGraph(NOWHERE)
    assert "extra `neo4j`" in error.value.next_step


def test_the_password_is_never_shown() -> None:
    assert "hunter2" not in repr(NOWHERE)
    with pytest.raises(ConfigError) as error:
        Neo4jCodeGraph(Neo4jAddress("bolt://clew:hunter2@127.0.0.1:9"))
    assert "hunter2" not in f"{error.value} {error.value.next_step}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:7687", "no address", "127.0.0.1:7687"])
def test_an_address_that_is_none(url: str) -> None:
    pytest.importorskip("neo4j")
    with pytest.raises(ConfigError, match="is no address") as error:
        Neo4jCodeGraph(Neo4jAddress(url))
    assert "bolt://HOST:7687" in error.value.next_step


def test_nobody_listens() -> None:
    pytest.importorskip("neo4j")
    with pytest.raises(StoreUnavailable, match="cannot be reached") as error:
        Neo4jCodeGraph(NOWHERE)
    assert error.value.retryable
    assert "CLEW_GRAPH__URL" in error.value.next_step


@pytest.mark.parametrize(
    ("code", "expected", "said"),
    [
        ("Neo.ClientError.Security.Unauthorized", StoreRefused, "refuses the user or the password"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", StoreRefused, "too many wrong passwords"),
        ("Neo.ClientError.Security.CredentialsExpired", StoreRefused, "asks for a new password"),
        ("Neo.ClientError.Security.Forbidden", StoreRefused, "does not let this user"),
        ("Neo.ClientError.Transaction.TransactionTimedOut", StoreTimeout, "longer than allowed"),
        ("Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration", StoreTimeout, "longer than allowed"),
        ("Neo.TransientError.Transaction.DeadlockDetected", StoreBusy, "another process"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", StoreFull, "not enough memory"),
        ("Neo.ClientError.Database.DatabaseNotFound", StoreUnavailable, "no such database"),
    ],
)
def test_every_failure_of_the_server_has_a_class_and_a_next_step(code: str, expected: type, said: str) -> None:
    driver = pytest.importorskip("neo4j.exceptions")
    from knowledge.backends.neo4j_errors import store_error

    error = store_error(driver.Neo4jError._hydrate_neo4j(code=code, message="m"), "bolt://h")
    assert type(error) is expected
    assert said in str(error)
    assert error.next_step  # type: ignore[attr-defined]


def test_long_values_are_cut_for_an_index_and_stay_apart() -> None:
    assert indexable("name") == "name"
    long, other = "ä" * MAX_INDEXED_BYTES, "ä" * MAX_INDEXED_BYTES + "x"
    assert indexable(long) != indexable(other)
    assert len(indexable(long).encode()) < MAX_INDEXED_BYTES + 100
    assert long.startswith(key_prefix(long))


def test_batches_are_the_same_for_the_same_snapshot_and_put_nodes_before_their_links() -> None:
    def shape() -> list[tuple[str, str, list[list[object]]]]:
        builder = SnapshotBuilder("r")
        builder.file("a.py")
        ids = [builder.symbol("a.py", f"f{n}") for n in range(3)]
        for n in range(2 * BATCH_ROWS + 5):
            builder.relate(ids[n % 3], f"outside.name{n}")
            builder.call_unresolved(ids[n % 3], f"lost{n}")
        batches = Batches(builder.build(), 7)
        return [(b.stage, b.statement, b.rows) for b in (*batches.symbols(), *batches.others())]

    first = shape()
    assert first == shape()
    assert max(len(rows) for _, _, rows in first) == BATCH_ROWS
    named: set[object] = set()
    for _, statement, rows in first:
        if "CREATE (:External" in statement or "CREATE (:UnresolvedName" in statement:
            named.update((statement.partition("(:")[2][:3], row[0]) for row in rows)
        elif "(b:External" in statement or "(b:UnresolvedName" in statement:
            assert {(statement.partition("(b:")[2][:3], row[1]) for row in rows} <= named


def test_rows_of_different_loads_never_meet() -> None:
    rows = [batch.rows[-1][0] for load in (1, 2) for batch in Batches(chain("c", 3), load).symbols()]
    assert rows[0] >> 28 == 1
    assert rows[1] >> 28 == 2
