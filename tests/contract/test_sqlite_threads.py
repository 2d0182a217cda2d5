from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.errors import StoreCorrupt
from knowledge.backends.sqlite_threads import SqliteThreads
from tests.contract.threads import ThreadsContract, turn


class TestSqliteThreads(ThreadsContract):
    @pytest.fixture
    def threads(self, tmp_path: Path) -> Iterator[SqliteThreads]:
        threads = SqliteThreads(tmp_path / "store" / "transcripts.db")
        yield threads
        threads.close()

    @pytest.fixture
    def other(self, threads: SqliteThreads, tmp_path: Path) -> Iterator[SqliteThreads]:
        other = SqliteThreads(tmp_path / "store" / "transcripts.db")
        yield other
        other.close()

    def test_what_is_deleted_is_gone_from_the_disk(self, threads: SqliteThreads, tmp_path: Path) -> None:
        threads.record("zebra", [turn("stripes " * 2_000)], ())
        threads.delete("zebra")
        held = b"".join(file.read_bytes() for file in (tmp_path / "store").rglob("*") if file.is_file())
        assert b"zebra" not in held
        assert b"stripes" not in held


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.db").write_bytes(b"no database at all" * 400)
    with pytest.raises(StoreCorrupt, match="damaged"):
        SqliteThreads(tmp_path / "t.db")
