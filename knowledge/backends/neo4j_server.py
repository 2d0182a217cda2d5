"""One Neo4j server: the connection pool, reading with a deadline and a cap on rows, writing step by step.

The driver is imported when a server is opened: it belongs to the extra `neo4j`. Reads run in sessions that the server
holds to reading; each statement is a transaction of its own with a deadline. A read whose connection was lost is asked
again; a write only where its statement says by itself whether it was done already.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from configs.errors import ConfigError, StoreUnavailable
from knowledge.backends.neo4j_errors import MINIMUM_VERSION, is_passing, no_address, too_large, translated, unsupported
from knowledge.deadlines import in_time

if TYPE_CHECKING:
    from neo4j import Driver, Session, Transaction
    from stamina.instrumentation import RetryDetails

MAX_ROWS = 2_000_000
WRITE_TIMEOUT_S = 120.0
CONNECT_TIMEOUT_S = 5.0
SILENT_S = 2.0
"""How much longer than its own deadline a read is waited for."""
ATTEMPTS = 4
WAITS_S: Final = {"wait_initial": 0.1, "wait_max": 1.0, "wait_jitter": 0.1}
FETCH_ROWS = 5_000
SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
EXTRA = "pip install 'neo4j>=6,<7'"

log = logging.getLogger("clew.neo4j")

Row = list[Any]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Neo4jAddress:
    """Where the server is and who we are there. The password is never part of a message or of the representation."""

    url: str
    user: str = ""
    password: str = ""
    database: str = "neo4j"

    def __repr__(self) -> str:
        return f"Neo4jAddress(url={self.url!r}, user={self.user!r}, database={self.database!r})"


class Reader:
    """Asks statements in one session for reading. Every answer is a list of rows, at most `cap` of them."""

    def __init__(self, session: Session, url: str, timeout_s: float, cap: int) -> None:
        self._session = session
        self._url = url
        self._timeout_s = timeout_s
        self._cap = cap

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        """Raises StoreTimeout and StoreAnswerTooLarge."""
        from neo4j import Query

        result = self._session.run(Query(statement, timeout=self._timeout_s), parameters)
        found: list[Row] = []
        for record in result:
            if len(found) >= self._cap:
                raise too_large(self._url, self._cap)
            found.append(record.values())
        return found

    def one(self, statement: str, **parameters: Any) -> Row | None:
        return next(iter(self.rows(statement, **parameters)), None)


class Writer:
    """Asks statements in one open transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        result = self._transaction.run(statement, parameters)
        return [record.values() for record in result]

    def one(self, statement: str, **parameters: Any) -> Row | None:
        return next(iter(self.rows(statement, **parameters)), None)


class Neo4jServer:
    """timeout_s: of one statement for reading. max_rows: the most rows of one answer.

    Raises (all methods): StoreUnavailable, StoreRefused, StoreUnsupported, StoreTimeout, StoreBusy, StoreFull, StoreError,
    ConfigError.
    """

    def __init__(self, address: Neo4jAddress, *, timeout_s: float, max_rows: int = MAX_ROWS) -> None:
        self.address = address
        self._timeout_s = timeout_s
        self._max_rows = max_rows
        self._driver: Driver | None = _opened(address)
        try:
            self.version = self._in_time(self._checked_version)
        except BaseException:
            self.close()
            raise

    def read(self, question: Callable[[Reader], Answer]) -> Answer:
        """Return what `question` makes of a reader; asked again from the start when the connection is lost on the way.

        Raises StoreTimeout, after `timeout_s` and a little more, also for a server that no longer says anything.
        """

        def asked() -> Answer:
            with self._session("READ") as session:
                return question(Reader(session, self.address.url, self._timeout_s, self._max_rows))

        return self._in_time(lambda: self._retried(asked))

    def write_again(self, work: Callable[[Writer], Answer]) -> Answer:
        """Run `work` in one transaction; once more when it is lost on the way.

        The answer to a commit may be lost too: `work` must find out by itself that it was done already.
        """
        return self._retried(lambda: self._written(work))

    def write_once(self, work: Callable[[Writer], Answer]) -> Answer:
        """Run `work` in one transaction, which is undone on any exception."""
        with translated(self.address.url):
            return self._written(work)

    def run_alone(self, statement: str) -> None:
        """Run a statement that may be repeated and needs a transaction of its own, such as a change of the schema."""

        def run() -> None:
            with self._session("WRITE") as session:
                session.run(statement).consume()

        self._retried(run)

    def close(self) -> None:
        """Close the connections. Later calls raise StoreUnavailable."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _in_time(self, work: Callable[[], Answer]) -> Answer:
        return in_time(work, self._timeout_s + SILENT_S, f"Neo4j at {self.address.url!r}")

    def _retried(self, work: Callable[[], Answer]) -> Answer:
        import stamina

        stamina.instrumentation.set_on_retry_hooks((_note_retry,))  # its own hooks write to stdout

        with translated(self.address.url):
            for attempt in stamina.retry_context(on=is_passing, attempts=ATTEMPTS, **WAITS_S):
                with attempt:
                    return work()
        raise AssertionError("the last attempt raises")

    def _written(self, work: Callable[[Writer], Answer]) -> Answer:
        with self._session("WRITE") as session, session.begin_transaction(timeout=WRITE_TIMEOUT_S) as transaction:
            answer = work(Writer(transaction))
            transaction.commit()
            return answer

    @contextmanager
    def _session(self, mode: str) -> Iterator[Session]:
        if self._driver is None:
            raise StoreUnavailable(
                f"The connection to Neo4j at {self.address.url!r} is closed.", next_step="Open it again."
            )
        with self._driver.session(
            database=self.address.database, default_access_mode=mode, fetch_size=FETCH_ROWS
        ) as session:
            yield session

    def _checked_version(self) -> str:
        """Return the server's version after checking that it is there, lets us in and is not too old."""

        def agent() -> str:
            with self._session("READ") as session:
                return str(session.run("RETURN 1").consume().server.agent)

        found = self._retried(agent)
        parts = re.fullmatch(r"Neo4j/(\d+)\.(\d+).*", found)
        if parts is None or (int(parts[1]), int(parts[2])) < MINIMUM_VERSION:
            raise unsupported(self.address.url, found)
        return found.removeprefix("Neo4j/")


def _note_retry(details: RetryDetails) -> None:
    log.info("asked again after %s", details.caused_by)


def _opened(address: Neo4jAddress) -> Driver:
    if "@" in address.url:  # not shown: it holds a password
        raise ConfigError(
            "graph.url names a user or a password",
            next_step="write the address only, and set CLEW_GRAPH__USER and CLEW_GRAPH__PASSWORD",
        )
    if address.url.partition("://")[0] not in SCHEMES:
        raise no_address(address.url, ValueError(f"the scheme must be one of {', '.join(SCHEMES)}"))
    try:
        from neo4j import GraphDatabase
        from neo4j.exceptions import DriverError
    except ImportError as exc:
        raise ConfigError(
            "graph.backend 'neo4j' needs the Neo4j driver, which is not installed",
            next_step=f"install Clew's extra `neo4j`: {EXTRA}",
        ) from exc
    options: Mapping[str, Any] = {
        "auth": (address.user or "neo4j", address.password) if address.user or address.password else None,
        "connection_timeout": CONNECT_TIMEOUT_S,
        "connection_acquisition_timeout": 2 * CONNECT_TIMEOUT_S,
        "telemetry_disabled": True,
        "user_agent": "clew",
    }
    # What the driver tells its loggers is in our errors too; without a handler it would land on stderr. The server's hints,
    # such as that nothing has a label yet, are for people who write queries.
    logging.getLogger("neo4j").addHandler(logging.NullHandler())
    logging.getLogger("neo4j.notifications").setLevel(logging.ERROR)
    try:
        driver: Driver = GraphDatabase.driver(address.url, **options)
    except (DriverError, ValueError) as exc:
        raise no_address(address.url, exc) from exc
    return driver
