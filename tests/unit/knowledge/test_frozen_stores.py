"""Stores of earlier versions open in this one and hold what they held; a newer one is refused; no layout changes unseen."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from configs.errors import StoreCorrupt, StoreTooNew, StoreUnavailable
from knowledge.backends.sqlite_file import Format, SqliteFile
from tests.frozen_stores import FOLDER, STORES, loaded

DUMPS = sorted(FOLDER.glob("*.sql"))


def parts(file: Path) -> tuple[str, int]:
    found = re.fullmatch(r"(.+)-(\d+)", file.stem)
    assert found is not None
    return found.group(1), int(found.group(2))


def holds(now: Any, then: Any) -> bool:
    """Tell whether all that was seen then is seen now; what came since is more."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(key in now and holds(now[key], value) for key, value in then.items())
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(holds, now, then))
    return bool(now == then)


@pytest.mark.parametrize("file", DUMPS, ids=lambda file: file.stem)
def test_a_store_of_an_earlier_version_holds_what_it_held(file: Path, tmp_path: Path) -> None:
    name, _ = parts(file)
    path = loaded(file, tmp_path / f"{name}.db")
    then = json.loads(file.with_suffix(".json").read_text("utf-8"))
    now = STORES[name].as_json(path)
    assert then
    assert holds(now, then), f"{now}\n{then}"
    assert holds(STORES[name].as_json(path), then), "and again, once it is brought up"


@pytest.mark.parametrize("name", STORES)
def test_a_newer_store_is_refused_and_left_as_it_is(name: str, tmp_path: Path) -> None:
    version = STORES[name].format.version
    path = loaded(FOLDER / f"{name}-{version}.sql", tmp_path / f"{name}.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version + 1}")
    with pytest.raises(StoreTooNew, match=f"has format {version + 1}; this Clew reads format {version}") as caught:
        STORES[name].read(path)
    assert "Update Clew" in caught.value.next_step
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version + 1,)


def layout(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    return [(name, " ".join(sql.split())) for name, sql in rows]


@pytest.mark.parametrize("name", STORES)
def test_a_layout_that_changes_is_another_version(name: str, tmp_path: Path) -> None:
    """Freeze the new one (`python -m tests.frozen_stores NAME`), and give the format a step from the old one."""
    frozen = STORES[name].format
    with closing(sqlite3.connect(loaded(FOLDER / f"{name}-{frozen.version}.sql", tmp_path / "then.db"))) as then:
        assert then.execute("PRAGMA application_id").fetchone() == (frozen.application_id,)
        STORES[name].write(tmp_path / "now.db")
        with closing(sqlite3.connect(tmp_path / "now.db")) as now:
            assert layout(now) == layout(then)


@pytest.mark.parametrize("name", [name for name in STORES if name not in ("memory", "outcomes")])
def test_steps_lead_from_every_frozen_version(name: str) -> None:
    for version in [found for one, found in map(parts, DUMPS) if one == name]:
        assert STORES[name].format.leads_from(version)


FIRST = Format(7, 1, "CREATE TABLE notes (text TEXT NOT NULL)")
THIRD = Format(
    7,
    3,
    "CREATE TABLE notes (text TEXT NOT NULL, at REAL NOT NULL DEFAULT 0, by TEXT NOT NULL DEFAULT '')",
    MappingProxyType(
        {
            1: "ALTER TABLE notes ADD COLUMN at REAL NOT NULL DEFAULT 0; UPDATE notes SET at = 5",
            2: "ALTER TABLE notes ADD COLUMN by TEXT NOT NULL DEFAULT ''",
        }
    ),
)


def noted(path: Path, *, read_only: bool, of: Format = THIRD) -> list[tuple[Any, ...]]:
    with closing(SqliteFile(path, of, timeout_s=5, read_only=read_only)) as file, file.reading() as connection:
        return connection.execute("SELECT * FROM notes").fetchall()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "notes.db"
    with closing(SqliteFile(path, FIRST, timeout_s=5, read_only=False)) as file, file.writing() as connection:
        connection.execute("INSERT INTO notes VALUES ('kept')")
    return path


def test_steps_are_taken_once_and_in_order(old: Path) -> None:
    with pytest.raises(StoreUnavailable, match="an older one") as caught:
        noted(old, read_only=True)
    assert "brought up to date" in caught.value.next_step
    for _ in range(2):
        assert noted(old, read_only=False) == [("kept", 5.0, "")]
    assert noted(old, read_only=True) == [("kept", 5.0, "")]
    with pytest.raises(StoreTooNew):
        noted(old, read_only=False, of=FIRST)


def test_steps_that_fail_leave_the_store_as_it_was(old: Path) -> None:
    broken = Format(7, 3, THIRD.schema, {1: THIRD.steps[1], 2: "ALTER TABLE nothing ADD COLUMN by TEXT"})
    with pytest.raises(Exception, match="nothing"):
        noted(old, read_only=False, of=broken)
    assert noted(old, read_only=False, of=FIRST) == [("kept",)]


def test_without_a_step_it_is_said_and_left_alone(old: Path) -> None:
    gap = Format(7, 3, THIRD.schema, {2: THIRD.steps[2]})
    with pytest.raises(StoreCorrupt, match="has format 1, which this Clew"):
        noted(old, read_only=False, of=gap)
    assert noted(old, read_only=False, of=FIRST) == [("kept",)]
