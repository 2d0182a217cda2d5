"""Cloned repositories, sealed credentials, webhooks and schedules in one SQLite file: the SourceStore port."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from configs.errors import SourceExists
from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.sources import LONGEST_WAIT_S, Awaited, Credential, Schedule, Source, Webhook

SOURCES_FORMAT: Final = Format(
    application_id=0x436C6C6F,
    version=1,
    schema="CREATE TABLE sources (id TEXT PRIMARY KEY, repository TEXT NOT NULL UNIQUE, payload BLOB NOT NULL);"
    "CREATE TABLE credentials (name TEXT PRIMARY KEY, payload BLOB NOT NULL);"
    "CREATE TABLE webhooks (id TEXT PRIMARY KEY, source TEXT NOT NULL, payload BLOB NOT NULL);"
    "CREATE TABLE deliveries (webhook TEXT NOT NULL, mark TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (webhook, mark));"
    "CREATE INDEX deliveries_by_age ON deliveries (at);"
    "CREATE TABLE awaited (source TEXT PRIMARY KEY, due_at REAL NOT NULL, first_at REAL NOT NULL,"
    " deleted INTEGER NOT NULL, count INTEGER NOT NULL);"
    "CREATE TABLE schedules (repository TEXT PRIMARY KEY, expression TEXT NOT NULL, next_at REAL NOT NULL,"
    " last_at REAL NOT NULL)",
)
"""The application id spells `Cllo`. `payload` is the whole record in MessagePack; no query looks into it."""

DELIVERIES_KEPT_S = 30 * 86_400.0
"""Longer than any provider sends a delivery again."""

Record = TypeVar("Record", Source, Credential, Webhook)


class SqliteSources:
    """path: the database file, made when missing; other processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        self._file = SqliteFile(path, SOURCES_FORMAT, timeout_s=timeout_s, read_only=False)

    def add(self, source: Source) -> None:
        with self._file.writing(durable=True) as connection:
            try:
                connection.execute(
                    "INSERT INTO sources VALUES (?, ?, ?)", (source.id, source.repository, _packed(source))
                )
            except sqlite3.IntegrityError as exc:
                raise SourceExists(
                    f"a repository {source.repository!r} is cloned already", next_step="give this one another name"
                ) from exc

    def put(self, source: Source) -> None:
        self._write("UPDATE sources SET payload = ? WHERE id = ?", _packed(source), source.id)

    def source(self, repository: str) -> Source | None:
        return self._one(Source, "sources WHERE repository = ?", repository)

    def source_of(self, identity: str) -> Source | None:
        return self._one(Source, "sources WHERE id = ?", identity)

    def sources(self) -> list[Source]:
        return self._many(Source, "sources ORDER BY repository")

    def remove(self, identity: str) -> bool:
        with self._file.writing() as connection:
            connection.execute(
                "DELETE FROM deliveries WHERE webhook IN (SELECT id FROM webhooks WHERE source = ?)", (identity,)
            )
            connection.execute("DELETE FROM webhooks WHERE source = ?", (identity,))
            connection.execute("DELETE FROM awaited WHERE source = ?", (identity,))
            connection.execute(
                "DELETE FROM schedules WHERE repository = (SELECT repository FROM sources WHERE id = ?)", (identity,)
            )
            return connection.execute("DELETE FROM sources WHERE id = ?", (identity,)).rowcount > 0

    def put_credential(self, credential: Credential) -> None:
        # What the secret was before must not stay in free places of the file.
        with self._file.writing(erasing=True, durable=True) as connection:
            connection.execute("REPLACE INTO credentials VALUES (?, ?)", (credential.name, _packed(credential)))

    def credential(self, name: str) -> Credential | None:
        return self._one(Credential, "credentials WHERE name = ?", name)

    def credentials(self) -> list[Credential]:
        return self._many(Credential, "credentials ORDER BY name")

    def remove_credential(self, name: str) -> bool:
        with self._file.writing(erasing=True) as connection:
            return connection.execute("DELETE FROM credentials WHERE name = ?", (name,)).rowcount > 0

    def put_webhook(self, webhook: Webhook) -> None:
        self._write("REPLACE INTO webhooks VALUES (?, ?, ?)", webhook.id, webhook.source, _packed(webhook))

    def webhook(self, identity: str) -> Webhook | None:
        return self._one(Webhook, "webhooks WHERE id = ?", identity)

    def webhooks(self) -> list[Webhook]:
        return sorted(self._many(Webhook, "webhooks"), key=lambda one: (one.created_at, one.id))

    def remove_webhook(self, identity: str) -> bool:
        with self._file.writing() as connection:
            connection.execute("DELETE FROM deliveries WHERE webhook = ?", (identity,))
            return connection.execute("DELETE FROM webhooks WHERE id = ?", (identity,)).rowcount > 0

    def hear(self, webhook: str, marks: tuple[str, ...], at: float, awaited: Awaited | None) -> bool:
        with self._file.writing(durable=True) as connection:
            connection.execute("DELETE FROM deliveries WHERE at < ?", (at - DELIVERIES_KEPT_S,))
            known = any(
                connection.execute(
                    "SELECT 1 FROM deliveries WHERE webhook = ? AND mark = ?", (webhook, mark)
                ).fetchone()
                for mark in marks
            )
            connection.executemany(
                "INSERT OR IGNORE INTO deliveries VALUES (?, ?, ?)", [(webhook, mark, at) for mark in marks]
            )
            if not known and awaited is not None:
                _ask(connection, awaited)
        return not known

    def awaited(self) -> list[Awaited]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT source, due_at, first_at, deleted, count FROM awaited ORDER BY due_at, source"
            )
            return [Awaited(source, due, first, bool(deleted), count) for source, due, first, deleted, count in rows]

    def put_off(self, awaited: Awaited, due_at: float) -> None:
        self._write(
            "UPDATE awaited SET due_at = ?, first_at = ? WHERE source = ? AND count = ?",
            *(due_at, due_at, awaited.source, awaited.count),
        )

    def settle(self, awaited: Awaited) -> bool:
        with self._file.writing() as connection:
            return (
                connection.execute(
                    "DELETE FROM awaited WHERE source = ? AND count = ?", (awaited.source, awaited.count)
                ).rowcount
                > 0
            )

    def put_schedule(self, schedule: Schedule) -> None:
        values = schedule.repository, schedule.expression, schedule.next_at, schedule.last_at
        self._write("REPLACE INTO schedules VALUES (?, ?, ?, ?)", *values)

    def schedule(self, repository: str) -> Schedule | None:
        return next((one for one in self.schedules() if one.repository == repository), None)

    def schedules(self) -> list[Schedule]:
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT repository, expression, next_at, last_at FROM schedules ORDER BY next_at, repository"
            )
            return [Schedule(*row) for row in rows]

    def advance(self, schedule: Schedule, next_at: float, ran_at: float) -> bool:
        with self._file.writing() as connection:
            return (
                connection.execute(
                    "UPDATE schedules SET next_at = ?, last_at = ? WHERE repository = ? AND expression = ? AND next_at = ?",
                    (next_at, ran_at, schedule.repository, schedule.expression, schedule.next_at),
                ).rowcount
                > 0
            )

    def remove_schedule(self, repository: str) -> bool:
        with self._file.writing() as connection:
            return connection.execute("DELETE FROM schedules WHERE repository = ?", (repository,)).rowcount > 0

    def close(self) -> None:
        self._file.close()

    def _write(self, statement: str, *values: Any) -> None:
        with self._file.writing(durable=True) as connection:
            connection.execute(statement, values)

    def _one(self, record: Callable[..., Record], rest: str, *values: Any) -> Record | None:
        return next(iter(self._many(record, rest, *values)), None)

    def _many(self, record: Callable[..., Record], rest: str, *values: Any) -> list[Record]:
        statement = f"SELECT payload FROM {rest}"  # noqa: S608 - constants; values are bound
        with self._file.reading() as connection:
            return [record(**msgspec.msgpack.decode(row[0])) for row in connection.execute(statement, values)]


def _packed(record: Source | Credential | Webhook) -> bytes:
    return msgspec.msgpack.encode(record)


def _ask(connection: sqlite3.Connection, awaited: Awaited) -> None:
    connection.execute(
        "INSERT INTO awaited VALUES (?, ?, ?, ?, 1) ON CONFLICT (source) DO UPDATE SET"
        " due_at = min(excluded.due_at, first_at + ?), deleted = excluded.deleted, count = count + 1",
        (awaited.source, awaited.due_at, awaited.first_at, int(awaited.deleted), LONGEST_WAIT_S),
    )
