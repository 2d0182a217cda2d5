"""How a PostgreSQL server is reached, and the translation of its driver's errors at the border."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from configs.errors import (
    ConfigError,
    StoreBusy,
    StoreCorrupt,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreTimeout,
    StoreTooNew,
    StoreUnavailable,
)

_FORMATS = "CREATE TABLE IF NOT EXISTS clew_formats (name TEXT PRIMARY KEY, version INTEGER NOT NULL)"
_NOTING = 0x436C6666
"""Advisory lock under which formats are noted: ledger and conversations may come at once."""
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
"""A connection to a machine that is gone is given up within half a minute, not after the quarter of an hour that a system would wait."""
_ALIVE_THERE = {
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
"""The same on the server's side, which else holds what a machine that is gone had locked for two hours."""
_IDLE_TIMES = 2.0
"""How many deadlines of one statement a transaction may stand still, because its process or a proxy does: then its locks are free."""
_REFUSALS = ("password authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist")
"""What a server says before there is a session, and so without a code of its own."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """url: `postgresql://USER@HOST:PORT/DATABASE`. Nothing is said to the server before the first command.

    setting: the group of the settings that named it, for what is said of errors.
    """

    url: str
    password: str = field(default="", repr=False)
    timeout_s: float = 10.0
    setting: str = "threads"

    @property
    def place(self) -> str:
        try:
            parts: dict[str, Any] = conninfo_to_dict(self.url)
        except psycopg.ProgrammingError:
            return "its address"
        return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}"

    def dsn(self) -> str:
        """Return what the driver connects with. Raises ConfigError for what is no address."""
        deadline_ms = round(self.timeout_s * 1000)
        session = {
            "statement_timeout": deadline_ms,
            "lock_timeout": deadline_ms,
            "idle_in_transaction_session_timeout": round(deadline_ms * _IDLE_TIMES),
            **_ALIVE_THERE,
        }
        options: dict[str, Any] = {
            "connect_timeout": max(1, round(self.timeout_s)),
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
            "application_name": "clew",
            **_ALIVE,
        }
        if self.password:
            options["password"] = self.password
        try:
            return make_conninfo(self.url, **options)
        except psycopg.ProgrammingError as exc:
            raise ConfigError(
                f"{self.setting}.url is no address of a PostgreSQL server",
                next_step="write it as postgresql://USER@HOST:PORT/DATABASE",
            ) from exc

    def check_format(self, connection: psycopg.Connection[Any], name: str, version: int) -> None:
        """Note which layout our tables have, where nobody has; an older Clew does not write into those of a newer one.

        Called under the lock that tables are made under. Raises StoreTooNew, and StoreCorrupt for an older one.
        """
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_NOTING,))
        connection.execute(_FORMATS)
        connection.execute("INSERT INTO clew_formats VALUES (%s, %s) ON CONFLICT (name) DO NOTHING", (name, version))
        row = connection.execute("SELECT version FROM clew_formats WHERE name = %s", (name,)).fetchone()
        found = version if row is None else int(row[0])
        said = f"the {name} in PostgreSQL at {self.place} has format {found}; this Clew reads format {version}"
        if found > version:
            raise StoreTooNew(said, next_step=f"take a newer Clew, or another database for {self.setting}.url")
        if found < version:
            raise StoreCorrupt(said, next_step="see CHANGELOG.md: an earlier Clew of this line brings it up to date")

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the driver's errors into the house's."""
        try:
            yield
        except psycopg.Error as exc:
            raise self._error(exc) from exc

    def _error(self, exc: psycopg.Error) -> StoreError:
        where = f"PostgreSQL at {self.place}"
        if isinstance(exc, errors.QueryCanceled | errors.ConnectionTimeout):
            return StoreTimeout(f"{where} did not answer in time", next_step="look after the server")
        if isinstance(exc, errors.LockNotAvailable | errors.DeadlockDetected | errors.SerializationFailure):
            return StoreBusy(f"{where} is busy with the same rows", next_step="try again")
        if isinstance(exc, errors.DiskFull | errors.OutOfMemory | errors.TooManyConnections):
            return StoreFull(f"{where} has no room left", next_step="look after the server")
        refused = isinstance(exc, errors.InsufficientPrivilege | errors.InvalidAuthorizationSpecification)
        if refused or any(word in str(exc) for word in _REFUSALS):
            return StoreRefused(
                f"{where} refuses the user, the password or the right",
                next_step=f"set CLEW_{self.setting.upper()}__PASSWORD and the user of {self.setting}.url to what the server knows",
            )
        if isinstance(exc, psycopg.OperationalError | psycopg.InterfaceError):
            return StoreUnavailable(
                f"{where} cannot be reached", next_step=f"start it, or set {self.setting}.store to sqlite"
            )
        return StoreError(f"{where} failed: {type(exc).__name__}", next_step="see the server's log")


def hang_up(connection: Any) -> None:
    """Break a connection as a network does: who waits for it is told at once."""
    if not connection.closed:
        with closing(socket.socket(fileno=os.dup(connection.fileno()))) as held, suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)
