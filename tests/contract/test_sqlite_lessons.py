from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import StoreBusy, StoreCorrupt, StoreTooNew
from knowledge.backends.sqlite_lessons import LESSONS_FORMAT, SqliteLessons
from knowledge.scope import EVERYTHING
from tests.contract.lessons import LessonsContract, lesson


class TestSqliteLessons(LessonsContract):
    @pytest.fixture
    def lessons(self, tmp_path: Path) -> Iterator[SqliteLessons]:
        lessons = SqliteLessons(tmp_path / "store" / "lessons.db")
        yield lessons
        lessons.close()

    def test_another_process_sees_what_was_put(self, lessons: SqliteLessons, tmp_path: Path) -> None:
        lessons.put(lesson(), keep=10)
        with closing(SqliteLessons(tmp_path / "store" / "lessons.db")) as other:
            assert other.find(EVERYTHING, "solution") == [lesson()]

    def test_what_is_forgotten_is_gone_from_the_disk(self, lessons: SqliteLessons, tmp_path: Path) -> None:
        lessons.put(lesson("one", "zebra", text="stripes " * 2_000), keep=10)
        lessons.put(lesson("two", "okapi", text="spots " * 2_000), keep=10)
        lessons.forget_repository("zebra")
        lessons.forget(EVERYTHING, "solution", "two")
        held = b"".join(file.read_bytes() for file in (tmp_path / "store").iterdir())
        assert [word for word in (b"zebra", b"stripes", b"okapi", b"spots") if word in held] == []


def test_a_damaged_file_is_named_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "lessons.db"
    path.write_bytes(b"no database at all" * 400)
    with pytest.raises(StoreCorrupt, match="damaged"):
        SqliteLessons(path)
    assert path.read_bytes() == b"no database at all" * 400


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lessons.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {LESSONS_FORMAT.application_id}")
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew, match="99"):
        SqliteLessons(path)


def test_a_writer_that_does_not_finish_is_busy(tmp_path: Path) -> None:
    with closing(SqliteLessons(tmp_path / "lessons.db", timeout_s=0.01)) as lessons:
        with closing(sqlite3.connect(tmp_path / "lessons.db", isolation_level=None)) as blocker:
            blocker.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusy, match="another process"):
                lessons.put(lesson(), keep=10)
        lessons.put(lesson(), keep=10)
