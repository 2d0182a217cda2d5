from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import StoreBusy, StoreCorrupt, StoreTooNew, StoreUnavailable
from knowledge.backends.sqlite_memory import MEMORY_FORMAT, SqliteMemory
from knowledge.ports.memory import MemoryEntry
from tests.contract.memory import Hashes, MemoryContract, answer


def unchanged(repository: str, path: str) -> str | None:
    return {"cart.py": "h1", "store.py": "h2"}.get(path)


class TestSqliteMemory(MemoryContract):
    @pytest.fixture
    def memory(self, tmp_path: Path, hashes: Hashes) -> Iterator[SqliteMemory]:
        memory = SqliteMemory(tmp_path / "store" / "memory.db", lambda repository, path: hashes.get((repository, path)))
        yield memory
        memory.close()

    def test_another_process_sees_what_was_put(self, memory: SqliteMemory, tmp_path: Path) -> None:
        memory.put(answer())
        other = SqliteMemory(tmp_path / "store" / "memory.db", unchanged)
        assert other.get("who calls add", scope_key="all", release_id="r1") == answer()
        other.close()

    def test_a_forgotten_repository_is_gone_from_the_disk(self, memory: SqliteMemory, tmp_path: Path) -> None:
        memory.put(answer(text="zebra " * 2_000))
        memory.put(MemoryEntry("quoted", {"answer": "as in shop"}, "all", "r1", ()))
        memory.put(MemoryEntry("granted", {"answer": "nothing"}, '["caf\\u00e9", "shop"]', "r1", ()))
        memory.forget_repository("shop")
        memory.put(MemoryEntry("granted", {"answer": "nothing"}, '["caf\\u00e9"]', "r1", ()))
        memory.forget_repository("café")
        held = b"".join(file.read_bytes() for file in (tmp_path / "store").iterdir())
        assert [word for word in (b"zebra", b"shop", b"caf") if word in held] == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(b"no database at all" * 400)
    with pytest.raises(StoreCorrupt, match="damaged"):
        SqliteMemory(path, unchanged)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {MEMORY_FORMAT.application_id}")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreTooNew, match="99"):
        SqliteMemory(path, unchanged)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreCorrupt, match="not a store of Clew"):
        SqliteMemory(path, unchanged)


def test_a_folder_in_the_way_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        SqliteMemory(tmp_path, unchanged)


def test_a_writer_that_does_not_finish_is_busy(tmp_path: Path) -> None:
    memory = SqliteMemory(tmp_path / "memory.db", unchanged, timeout_s=0.01)
    blocker = sqlite3.connect(tmp_path / "memory.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy, match="another process"):
        memory.put(answer())
    blocker.close()
    memory.put(answer())
    memory.close()
