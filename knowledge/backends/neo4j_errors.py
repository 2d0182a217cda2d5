"""Translates the Neo4j driver's errors at the border, so that no caller ever sees one.

Status codes: https://neo4j.com/docs/status-codes/current/.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from configs.errors import (
    ConfigError,
    StoreAnswerTooLarge,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreRefused,
    StoreTimeout,
    StoreUnavailable,
    StoreUnsupported,
)

MINIMUM_VERSION = (5, 0)

_MESSAGES: tuple[tuple[str, type[StoreError], str, str], ...] = (
    (
        "Neo.ClientError.Security.AuthenticationRateLimit",
        StoreRefused,
        "refuses further attempts for a while: too many wrong passwords",
        "Wait a few seconds, then set CLEW_GRAPH__USER and CLEW_GRAPH__PASSWORD to what the server knows.",
    ),
    (
        "Neo.ClientError.Security.CredentialsExpired",
        StoreRefused,
        "asks for a new password before it answers",
        "Change it once: ALTER CURRENT USER SET PASSWORD FROM '...' TO '...', then set CLEW_GRAPH__PASSWORD.",
    ),
    (
        "Neo.ClientError.Security.Forbidden",
        StoreRefused,
        "does not let this user do that",
        "Grant the user of CLEW_GRAPH__USER what docs/neo4j.md lists, or name another one.",
    ),
    (
        "Neo.ClientError.Security.",
        StoreRefused,
        "refuses the user or the password",
        "Set CLEW_GRAPH__USER and CLEW_GRAPH__PASSWORD to what the server knows.",
    ),
    (
        "Neo.ClientError.Database.DatabaseNotFound",
        StoreUnavailable,
        "has no such database",
        "Create the database, or name another one: graph.database (CLEW_GRAPH__DATABASE).",
    ),
    (
        "Neo.ClientError.Statement.AccessMode",
        StoreUnavailable,
        "was asked to write in a session for reading",
        "Open the store for writing.",
    ),
    (
        "Neo.ClientError.Transaction.TransactionTimedOut",
        StoreTimeout,
        "took longer than allowed to answer",
        "Ask for less (a smaller depth or limit), or raise graph.timeout_s.",
    ),
    (
        "Neo.TransientError.Transaction.LockClientStopped",
        StoreTimeout,
        "took longer than allowed to answer",
        "Ask for less (a smaller depth or limit), or raise graph.timeout_s.",
    ),
    (
        "Neo.TransientError.General.MemoryPoolOutOfMemoryError",
        StoreFull,
        "has not enough memory for this",
        "Ask for less, or raise the server's dbms.memory.transaction.total.max or heap.",
    ),
    (
        "Neo.TransientError.General.DatabaseUnavailable",
        StoreUnavailable,
        "has its database stopped or starting",
        "Wait until the server says that it is started, then try again.",
    ),
    (
        "Neo.TransientError.Transaction.",
        StoreBusy,
        "is being written by another process, which did not finish in time",
        "Wait for the other run to end, then try again.",
    ),
)
"""Status code or its beginning, our error, what the server does, and the next step. The first row that fits is taken."""


def store_error(error: Exception, url: str) -> Exception:
    """Return our error for an error of the driver."""
    from neo4j import exceptions as driver

    where = f"Neo4j at {url!r}"
    if isinstance(error, driver.Neo4jError):
        return _server_error(error.code or "", error, where)
    if isinstance(error, driver.UnsupportedServerProduct):
        return unsupported(url, "no Neo4j that this driver speaks to")
    if isinstance(error, (driver.ConfigurationError, driver.AuthConfigurationError, ValueError)):
        return no_address(url, error)
    return StoreUnavailable(
        f"{where} cannot be reached: {_first_line(error)}",
        next_step="Check that the server runs and that graph.url (CLEW_GRAPH__URL) names it; then try again.",
    )


def _server_error(code: str, error: Exception, where: str) -> StoreError:
    for beginning, kind, what, next_step in _MESSAGES:
        if code.startswith(beginning):
            return kind(f"{where} {what}.", next_step=next_step)
    return StoreError(f"{where} could not answer ({code}): {_first_line(error)}", next_step="Run `clew doctor`.")


def no_address(url: str, error: Exception) -> ConfigError:
    """Return the error for an address that the driver cannot use."""
    return ConfigError(
        f"graph.url {url!r} is no address of a Neo4j server: {_first_line(error)}",
        next_step="Write it as bolt://HOST:7687, or neo4j+s://HOST:7687 with TLS (CLEW_GRAPH__URL).",
    )


def unsupported(url: str, found: str) -> StoreUnsupported:
    """Return the error for a server of a version that we do not speak to."""
    wanted = MINIMUM_VERSION[0]
    return StoreUnsupported(
        f"Neo4j at {url!r} is {found}; Clew needs version {wanted} or later.",
        next_step=f"Install Neo4j {wanted} or later (5.26 is tested), or name another server in graph.url.",
    )


def too_large(url: str, cap: int) -> StoreAnswerTooLarge:
    return StoreAnswerTooLarge(
        f"The answer of Neo4j at {url!r} has more than {cap:,} rows, the most that one question may read.",
        next_step="Ask for less: a smaller depth or limit, fewer kinds, or one repository.",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


@contextmanager
def translated(url: str) -> Iterator[None]:
    """Turn every error of the driver in the block into one of ours that keeps its cause."""
    from neo4j.exceptions import DriverError, Neo4jError

    try:
        yield
    except (Neo4jError, DriverError, OSError) as exc:
        raise store_error(exc, url) from exc


def is_passing(error: Exception) -> bool:
    """Tell whether the same work may succeed at once on another connection: what a restart or a deadlock causes."""
    from neo4j.exceptions import Neo4jError, ServiceUnavailable, SessionExpired

    if isinstance(error, Neo4jError):
        return bool(error.is_retryable()) and "OutOfMemory" not in (error.code or "")
    return isinstance(error, (ServiceUnavailable, SessionExpired, ConnectionError))
