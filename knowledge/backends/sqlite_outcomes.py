"""Outcomes of models in one SQLite file: the OutcomeStore port."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.outcomes import KEPT, RECENT, OutcomeRecord, Past

OUTCOMES_FORMAT: Final = Format(
    application_id=0x436C6F75,
    version=1,
    schema="CREATE TABLE outcomes (number INTEGER PRIMARY KEY AUTOINCREMENT, choice TEXT NOT NULL, model TEXT NOT NULL,"
    " right INTEGER NOT NULL, predicted REAL NOT NULL, seen TEXT NOT NULL)",
)
"""The application id spells `Clou`. `seen` is a JSON object."""


class SqliteOutcomes:
    """path: the database file, made when missing; threads and other processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, OUTCOMES_FORMAT, timeout_s=timeout_s, read_only=False)

    def add(self, record: OutcomeRecord) -> None:
        with self._file.writing() as connection:
            connection.execute(
                "INSERT INTO outcomes (choice, model, right, predicted, seen) VALUES (?, ?, ?, ?, ?)",
                (record.choice, record.model, record.right, record.predicted, json.dumps(dict(record.seen))),
            )
            connection.execute("DELETE FROM outcomes WHERE number <= (SELECT max(number) FROM outcomes) - ?", (KEPT,))

    def all(self) -> list[OutcomeRecord]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT choice, model, right, predicted, seen FROM outcomes ORDER BY number"
            ).fetchall()
        return [
            OutcomeRecord(choice, model, bool(right), predicted, json.loads(seen))
            for choice, model, right, predicted, seen in rows
        ]

    def past(self) -> dict[str, Past]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT choice, count(*), sum(right), sum(predicted) FROM (SELECT choice, right, predicted,"
                " row_number() OVER (PARTITION BY choice ORDER BY number DESC) AS age FROM outcomes)"
                " WHERE age <= ? GROUP BY choice",
                (RECENT,),
            ).fetchall()
        return {choice: Past(tried, passed, expected) for choice, tried, passed, expected in rows}

    def close(self) -> None:
        self._file.close()
