from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from knowledge.backends import sqlite_outcomes
from knowledge.backends.sqlite_outcomes import SqliteOutcomes
from knowledge.outcomes import OutcomeRecord, Past

SEEN: dict[str, str | int | float] = {"intent": "explain", "steps": 1, "strength": 0.5}


def record(choice: str, *, right: bool, predicted: float = 0.75) -> OutcomeRecord:
    return OutcomeRecord(choice, "qwen", right, predicted, SEEN)


def test_outcomes_are_given_back_and_summed_by_choice(tmp_path: Path) -> None:
    with closing(SqliteOutcomes(tmp_path / "outcomes.db")) as store:
        rows = [record("small", right=True), record("large", right=True), record("small", right=False)]
        for row in rows:
            store.add(row)
        with closing(SqliteOutcomes(tmp_path / "outcomes.db")) as other:
            assert other.all() == rows
            assert other.past() == {"small": Past(2, 1, 1.5), "large": Past(1, 1, 0.75)}


def test_only_the_newest_are_kept_and_only_recent_ones_summed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_outcomes, "KEPT", 3)
    monkeypatch.setattr(sqlite_outcomes, "RECENT", 2)
    with closing(SqliteOutcomes(tmp_path / "outcomes.db")) as store:
        for right in (True, True, False, False, True):
            store.add(record("small", right=right))
        assert [row.right for row in store.all()] == [False, False, True]
        assert store.past() == {"small": Past(2, 1, 1.5)}
