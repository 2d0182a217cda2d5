"""Sums of the Ledger in one SQLite file: the UsageStore port. The file can be deleted at any time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.usage import COUNTS, SUMS, Cell, Run, Tally

_CELL = tuple(one.name for one in fields(Cell))

USAGE_FORMAT: Final = Format(
    application_id=0x436C7573,
    version=1,
    schema=f"CREATE TABLE tallies ({', '.join(f'{name} TEXT NOT NULL' for name in _CELL)},"
    f" sums TEXT NOT NULL, PRIMARY KEY ({', '.join(_CELL)})) WITHOUT ROWID;"
    f"CREATE TABLE runs (id TEXT PRIMARY KEY, {', '.join(f'{name} TEXT NOT NULL' for name in _CELL)},"
    " ended TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE cursors (stream TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID",
)
"""The application id spells `Clus`. `sums` is a JSON object."""

_HOLES = ", ".join("?" for _ in _CELL)


class SqliteUsage:
    """path: the database file, made when missing; processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, USAGE_FORMAT, timeout_s=timeout_s, read_only=False)

    def cursors(self) -> dict[str, int]:
        with self._file.reading() as connection:
            return _cursors(connection)

    def add(
        self, before: Mapping[str, int], after: Mapping[str, int], tallies: Mapping[Cell, Tally], runs: Sequence[Run]
    ) -> bool:
        with self._file.writing() as connection:
            if _cursors(connection) != dict(before):
                return False
            for cell, tally in tallies.items():
                row = connection.execute(
                    f"SELECT sums FROM tallies WHERE ({', '.join(_CELL)}) = ({_HOLES})",  # noqa: S608 - constants
                    astuple(cell),
                ).fetchone()
                whole = _tally(row[0]) if row else Tally()
                whole.add(tally)
                connection.execute(
                    f"INSERT OR REPLACE INTO tallies VALUES ({_HOLES}, ?)",  # noqa: S608 - constants
                    (*astuple(cell), _sums(whole)),
                )
            connection.executemany(
                f"INSERT OR REPLACE INTO runs VALUES (?, {_HOLES}, ?)",  # noqa: S608 - constants
                [(run.id, *astuple(run.cell), run.ended) for run in runs],
            )
            connection.executemany("INSERT OR REPLACE INTO cursors VALUES (?, ?)", list(after.items()))
        return True

    def tallies(self, since: str, until: str) -> dict[Cell, Tally]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM tallies WHERE day >= ? AND (? = '' OR day <= ?)", (since, until, until)
            ).fetchall()
        return {Cell(*row[:-1]): _tally(row[-1]) for row in rows}

    def runs(self, ids: Sequence[str]) -> dict[str, Run]:
        with self._file.reading() as connection:
            rows = [connection.execute("SELECT * FROM runs WHERE id = ?", (one,)).fetchone() for one in ids]
        return {row[0]: _run(row) for row in rows if row}

    def runs_beginning(self, begin: str, limit: int) -> list[Run]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM runs WHERE id >= ? AND substr(id, 1, ?) = ? ORDER BY id LIMIT ?",
                (begin, len(begin), begin, limit),
            ).fetchall()
        return [_run(row) for row in rows]

    def clear(self) -> None:
        with self._file.writing(erasing=True) as connection:
            for table in ("tallies", "runs", "cursors"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - constants

    def close(self) -> None:
        self._file.close()


def _cursors(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("SELECT stream, number FROM cursors").fetchall())


def _sums(tally: Tally) -> str:
    row = {name: value for name in (*SUMS, *COUNTS) if (value := getattr(tally, name))}
    return json.dumps(row, separators=(",", ":"))


def _tally(text: str) -> Tally:
    row = json.loads(text)
    for name in ("latencies", "evidence"):
        row[name] = {int(bucket): count for bucket, count in row.get(name, {}).items()}
    return Tally(**row)


def _run(row: tuple[str, ...]) -> Run:
    return Run(row[0], Cell(*row[1:-1]), row[-1])
