"""Principals and API keys in one SQLite file, readable by its owner alone: the Principals port.

Every look-up reads the file: a key that was revoked in another process is refused by the very next request.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from knowledge.backends.sqlite_file import Format, SqliteFile
from knowledge.principals import ApiKey, Principal

PRINCIPALS_FORMAT: Final = Format(
    application_id=0x436C7070,
    version=1,
    schema="CREATE TABLE principals (id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, teams TEXT NOT NULL,"
    " roles TEXT NOT NULL, disabled INTEGER NOT NULL);"
    "CREATE TABLE keys (id TEXT PRIMARY KEY, principal TEXT NOT NULL REFERENCES principals (id), label TEXT NOT NULL,"
    " digest BLOB NOT NULL, rights TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL, revoked_at REAL, used_at REAL)",
)
"""The application id spells `Clpp`. teams, roles and rights are JSON lists."""

_PRINCIPAL = "p.id, p.name, p.kind, p.teams, p.roles, p.disabled"
_KEY = "k.id, k.principal, k.label, k.digest, k.rights, k.created_at, k.expires_at, k.revoked_at, k.used_at"


class SqlitePrincipals:
    """path: the database file, made when missing; threads and other processes may share it."""

    def __init__(self, path: Path, *, timeout_s: float = 10.0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            path.touch(mode=0o600, exist_ok=False)
        self._file = SqliteFile(path, PRINCIPALS_FORMAT, timeout_s=timeout_s, read_only=False)

    def principal(self, identity: str) -> Principal | None:
        with self._file.reading() as connection:
            row = connection.execute(f"SELECT {_PRINCIPAL} FROM principals p WHERE p.id = ?", (identity,)).fetchone()  # noqa: S608 - constants
        return _principal(row) if row else None

    def principals(self) -> list[Principal]:
        with self._file.reading() as connection:
            return [_principal(row) for row in connection.execute(f"SELECT {_PRINCIPAL} FROM principals p ORDER BY id")]  # noqa: S608 - constants

    def put_principal(self, principal: Principal) -> None:
        one = principal
        row = (one.id, one.name, one.kind, json.dumps(sorted(one.teams)), json.dumps(sorted(one.roles)), one.disabled)
        with self._file.writing() as connection:
            connection.execute(
                "INSERT INTO principals VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
                " kind = excluded.kind, teams = excluded.teams, roles = excluded.roles, disabled = excluded.disabled",
                row,
            )

    def key(self, key_id: str) -> tuple[ApiKey, Principal] | None:
        statement = f"SELECT {_KEY}, {_PRINCIPAL} FROM keys k JOIN principals p ON p.id = k.principal WHERE k.id = ?"  # noqa: S608 - constants
        with self._file.reading() as connection:
            row = connection.execute(statement, (key_id,)).fetchone()
        return (_key(row[:9]), _principal(row[9:])) if row else None

    def all_keys(self) -> list[ApiKey]:
        with self._file.reading() as connection:
            return [_key(row) for row in connection.execute(f"SELECT {_KEY} FROM keys k ORDER BY created_at DESC, id")]  # noqa: S608 - constants

    def put_key(self, key: ApiKey) -> None:
        row = (key.id, key.principal, key.label, key.digest, json.dumps(key.rights))
        times = (key.created_at, key.expires_at, key.revoked_at, key.used_at)
        with self._file.writing() as connection:
            connection.execute("INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *times))

    def end_key(self, key_id: str, *, revoked_at: float | None = None, expires_at: float | None = None) -> bool:
        with self._file.writing() as connection:
            ended = connection.execute(
                "UPDATE keys SET revoked_at = coalesce(revoked_at, ?),"
                " expires_at = CASE WHEN ?2 IS NULL THEN expires_at ELSE min(coalesce(expires_at, ?2), ?2) END WHERE id = ?3",
                (revoked_at, expires_at, key_id),
            )
            return ended.rowcount > 0

    def note_use(self, key_id: str, at: float) -> None:
        with self._file.writing() as connection:
            connection.execute("UPDATE keys SET used_at = max(coalesce(used_at, 0), ?) WHERE id = ?", (at, key_id))

    def close(self) -> None:
        self._file.close()


def _principal(row: tuple[Any, ...]) -> Principal:
    identity, name, kind, teams, roles, disabled = row
    return Principal(identity, name, kind, tuple(json.loads(teams)), tuple(json.loads(roles)), bool(disabled))


def _key(row: tuple[Any, ...]) -> ApiKey:
    identity, principal, label, digest, rights, created_at, expires_at, revoked_at, used_at = row
    return ApiKey(
        identity, principal, label, digest, tuple(json.loads(rights)), created_at, expires_at, revoked_at, used_at
    )
