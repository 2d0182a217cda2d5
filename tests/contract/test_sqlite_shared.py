from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.backends import sqlite_shared
from knowledge.backends.sqlite_shared import SqliteShared
from tests.contract.shared_state import SharedStateContract


class TestSqliteShared(SharedStateContract):
    @pytest.fixture
    def one(self, tmp_path: Path) -> Iterator[SqliteShared]:
        shared = SqliteShared(tmp_path / "shared.db")
        yield shared
        shared.close()

    @pytest.fixture
    def other(self, tmp_path: Path) -> Iterator[SqliteShared]:
        shared = SqliteShared(tmp_path / "shared.db")
        yield shared
        shared.close()

    def test_a_window_slides(self, one: SqliteShared, other: SqliteShared) -> None:
        assert all((one, other)[n % 2].count("k", 1, 10, 60, 600.0) for n in range(10))
        assert not other.count("k", 1, 10, 60, 659.0)
        assert one.window("k", 60, 659.0) == (0, 10)
        assert not one.count("k", 1, 10, 60, 660.0), "the whole window before still counts"
        assert one.count("k", 1, 10, 60, 690.0), "half of it"
        assert one.window("k", 60, 800.0) == (0, 0)
        assert not one.count("k", 11, 10, 60, 1_000.0), "more than may ever be"

    def test_what_has_left_is_swept_and_what_is_too_much_goes(
        self, one: SqliteShared, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite_shared, "SWEPT_EVERY", 1)
        monkeypatch.setattr(sqlite_shared, "MOST_BYTES", 100)
        for number in range(50):
            one.put(f"k{number}", b"x" * 10, 60.0 + number)
        kept = [number for number in range(50) if one.get(f"k{number}") is not None]
        assert kept
        assert len(kept) <= 12
        assert max(kept) == 49
