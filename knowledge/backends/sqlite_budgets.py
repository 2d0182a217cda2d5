"""Budgets in one SQLite file: the BudgetStore port. A reservation looks and books in one writing transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.budgets import SCOPES, Account, Amount, Refusal, Reservation, Standing

BUDGETS_FORMAT: Final = Format(
    application_id=0x436C6262,
    version=1,
    schema="CREATE TABLE used (month TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL, tokens INTEGER NOT NULL,"
    " micro_usd INTEGER NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (month, scope, name)) WITHOUT ROWID;"
    "CREATE TABLE reserved (id TEXT NOT NULL, month TEXT NOT NULL, scope TEXT NOT NULL, name TEXT NOT NULL,"
    " tokens INTEGER NOT NULL, micro_usd INTEGER NOT NULL, until REAL NOT NULL, PRIMARY KEY (id, scope, name)) WITHOUT ROWID;"
    "CREATE INDEX reserved_by_account ON reserved (month, scope, name)",
)
"""The application id spells `Clbb`."""

_STANDING = (
    "SELECT (SELECT total(tokens) FROM used WHERE month = ?1 AND scope = ?2 AND name = ?3),"
    " (SELECT total(micro_usd) FROM used WHERE month = ?1 AND scope = ?2 AND name = ?3),"
    " (SELECT total(calls) FROM used WHERE month = ?1 AND scope = ?2 AND name = ?3),"
    " (SELECT total(tokens) FROM reserved WHERE month = ?1 AND scope = ?2 AND name = ?3 AND until > ?4),"
    " (SELECT total(micro_usd) FROM reserved WHERE month = ?1 AND scope = ?2 AND name = ?3 AND until > ?4)"
)

_RELEASE = "DELETE FROM reserved WHERE id = ?"


class SqliteBudgets:
    """path: the database file, made when missing; threads and other processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, BUDGETS_FORMAT, timeout_s=timeout_s, read_only=False)

    def reserve(self, reservation: Reservation, *, now: float, until: float) -> Refusal | None:
        month, amount = reservation.month, reservation.amount
        with self._file.writing() as connection:
            connection.execute("DELETE FROM reserved WHERE until <= ?", (now,))
            for account, limit in reservation.accounts.items():
                standing = _standing(connection, month, account, now)
                measure = limit.exceeded_by(standing.used + standing.reserved + amount)
                if measure is not None:
                    return Refusal(standing, measure)
            rows = [(a.scope, a.name, amount.tokens, amount.micro_usd, until) for a in reservation.accounts]
            connection.executemany(
                "INSERT INTO reserved VALUES (?, ?, ?, ?, ?, ?, ?)", [(reservation.id, month, *row) for row in rows]
            )
        return None

    def settle(self, reservation: Reservation, used: Amount) -> list[Standing]:
        month = reservation.month
        with self._file.writing() as connection:
            connection.execute(_RELEASE, (reservation.id,))
            connection.executemany(
                "INSERT INTO used VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (month, scope, name) DO UPDATE SET"
                " tokens = tokens + excluded.tokens, micro_usd = micro_usd + excluded.micro_usd, calls = calls + 1",
                [(month, a.scope, a.name, used.tokens, used.micro_usd) for a in reservation.accounts],
            )
            return [_standing(connection, month, account, 0.0) for account in reservation.accounts]

    def release(self, reservation: Reservation) -> None:
        with self._file.writing() as connection:
            connection.execute(_RELEASE, (reservation.id,))

    def standings(self, month: str, *, now: float) -> list[Standing]:
        with self._file.reading() as connection:
            rows: Iterable[tuple[str, str]] = connection.execute(
                "SELECT scope, name FROM used WHERE month = ?1 UNION"
                " SELECT scope, name FROM reserved WHERE month = ?1 AND until > ?2",
                (month, now),
            ).fetchall()
            accounts = [Account(scope, name) for scope, name in rows]  # type: ignore[arg-type]
            accounts.sort(key=lambda account: (SCOPES.index(account.scope), account.name))
            return [_standing(connection, month, account, now) for account in accounts]

    def months(self) -> list[str]:
        with self._file.reading() as connection:
            rows = connection.execute("SELECT DISTINCT month FROM used ORDER BY month DESC").fetchall()
        return [month for (month,) in rows]

    def close(self) -> None:
        self._file.close()


def _standing(connection: sqlite3.Connection, month: str, account: Account, now: float) -> Standing:
    row = connection.execute(_STANDING, (month, account.scope, account.name, now)).fetchone()
    tokens, micro_usd, calls, reserved_tokens, reserved_micro_usd = map(int, row)
    return Standing(account, Amount(tokens, micro_usd), Amount(reserved_tokens, reserved_micro_usd), calls)
