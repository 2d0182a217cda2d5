"""One SQLite file in WAL mode: a pool of reading connections, one writing transaction at a time.

Owns opening, the format check, snapshots and deadlines. Connections are lent, not bound to threads, so that a reader
under `asyncio.to_thread` or an iteration that outlives its thread is safe; no connection is ever used by two at once.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from configs.errors import StoreCorrupt, StoreError, StoreTooNew, StoreUnavailable
from knowledge.backends.sqlite_errors import REBUILD, translated

MAX_IDLE = 16
READ_CACHE_KIB = 8_000
WRITE_CACHE_KIB = 128_000
CHECK_EVERY_OPS = 20_000
"""Virtual machine steps between two looks at the clock: about a millisecond."""
LOOKED_EVERY_S = 0.01


@dataclass(frozen=True, slots=True)
class Format:
    """What a file of this kind looks like: `application_id` marks it as ours, `version` its layout, `schema` makes it.

    steps: version -> the statements that make the next one of it. Files of versions without a step are not read: what is in them is made
    again, so only a store of what nobody can make again has steps, and has one for each version that was ever released.
    """

    application_id: int
    version: int
    schema: str
    steps: Mapping[int, str] = field(default_factory=dict)

    def leads_from(self, version: int) -> bool:
        """Tell whether steps lead from a version to this one."""
        return all(number in self.steps for number in range(version, self.version))


class SqliteFile:
    """timeout_s bounds a read's run time and a writer's wait for another writer.

    Raises (all methods): StoreUnavailable, StoreBusy, StoreTimeout, StoreFull, StoreCorrupt, StoreTooNew.
    """

    def __init__(self, path: Path, file_format: Format, *, timeout_s: float, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._format = file_format
        self._timeout_s = timeout_s
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        if not read_only:
            self._create()
        self._give_back(self._borrow())

    @contextmanager
    def reading(self, *, bounded: bool = True) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose statements all see one committed state; `bounded` applies the timeout."""
        with translated(self.path):
            connection = self._borrow()
            try:
                if bounded:
                    deadline = time.monotonic() + self._timeout_s
                    connection.set_progress_handler(lambda: time.monotonic() > deadline, CHECK_EVERY_OPS)
                connection.execute("BEGIN")
                yield connection
            finally:
                connection.set_progress_handler(None, 0)
                if connection.in_transaction:
                    connection.rollback()
                self._give_back(connection)

    @contextmanager
    def writing(self, *, erasing: bool = False, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend the writing connection inside one transaction: committed at the end, undone on any exception.

        erasing: write the file anew afterwards, so that nothing of what was deleted stays in its free places, and wait for
        readers so that nothing stays in the write-ahead log; costs a copy of the rest. Without the space for that it is left
        to the next erasing write: the rows are gone all the same. durable: what is committed also survives a lost machine.
        """
        if self.read_only:
            raise StoreUnavailable(
                f"The store {str(self.path)!r} is open for reading only.", next_step="Open it for writing."
            )
        with translated(self.path):
            connection = self._open("rw", WRITE_CACHE_KIB)
            try:
                if durable:
                    connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.commit()
                finally:
                    if connection.in_transaction:
                        connection.rollback()
                if erasing:
                    with suppress(sqlite3.OperationalError):
                        connection.execute("VACUUM")
                # The data is safe in the write-ahead log by now; folding it back is refused while a reader needs the
                # log or when space is short, and is then the next writer's.
                with suppress(sqlite3.OperationalError):
                    if not erasing:
                        connection.execute("PRAGMA busy_timeout = 0")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def open_for_writing(self) -> sqlite3.Connection:
        """Return a connection that the caller keeps, uses from one thread at a time, and closes."""
        with translated(self.path):
            return self._open("rw", READ_CACHE_KIB)

    def close(self) -> None:
        """Close idle connections now and lent ones when they come back. Later calls raise StoreUnavailable."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _borrow(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreUnavailable(f"The store {str(self.path)!r} is closed.", next_step="Open it again.")
        try:
            return self._idle.pop()
        except IndexError:
            return self._open("ro", READ_CACHE_KIB)

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed or len(self._idle) >= MAX_IDLE:
            connection.close()
        else:
            self._idle.append(connection)

    def _connect(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self._timeout_s,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )

    def _open(self, mode: str, cache_kib: int) -> sqlite3.Connection:
        if not self.path.exists():
            raise self._nothing_yet()
        with translated(self.path):
            connection = self._connect(mode)
            try:
                if not self._is_current(connection):
                    raise self._nothing_yet()
                connection.execute(f"PRAGMA cache_size = -{cache_kib}")
                connection.execute("PRAGMA synchronous = NORMAL")
            except (sqlite3.Error, StoreError):
                connection.close()
                raise
            return connection

    def _nothing_yet(self) -> StoreUnavailable:
        return StoreUnavailable(
            f"Nothing is indexed yet in the store {str(self.path.parent)!r}.",
            next_step="Run `clew index PATH`, or name the store that holds an index: --store DIR, or CLEW_HOME.",
        )

    def _create(self) -> None:
        """Lay out a new file. Two processes may do so at once: the second finds it done."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreUnavailable(
                f"The folder {str(self.path.parent)!r} cannot be made: {exc}.",
                next_step="Choose another place with --store.",
            ) from exc
        with translated(self.path):
            connection = self._connect("rwc")
            try:
                if self._is_current(connection, bringing_up=True):
                    return
                keep_log(connection, self._timeout_s)
                connection.execute("BEGIN IMMEDIATE")
                if not self._is_current(connection, bringing_up=True):
                    self._lay_out(connection)
                connection.commit()
            finally:
                connection.close()

    def _lay_out(self, connection: sqlite3.Connection) -> None:
        """Make the tables of an empty file, or what has changed since an older version; all of it or nothing."""
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        texts = [self._format.steps[number] for number in range(found, self._format.version)] if found else []
        for text in texts or [self._format.schema]:
            for statement in filter(None, map(str.strip, text.split(";"))):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {self._format.application_id}")
        connection.execute(f"PRAGMA user_version = {self._format.version}")

    def _is_current(self, connection: sqlite3.Connection, *, bringing_up: bool = False) -> bool:
        """Return whether the file has our layout; False when it is empty, or older and about to be brought up. Raises StoreCorrupt, StoreTooNew."""
        name = str(self.path)
        application_id, version, tables = _marks(connection)
        if application_id == 0 and version == 0 and tables == 0:
            return False
        if application_id != self._format.application_id:
            raise StoreCorrupt(f"The file {name!r} is not a store of Clew.", next_step=REBUILD)
        if version > self._format.version:
            raise StoreTooNew(
                f"The store {name!r} has format {version}; this Clew reads format {self._format.version}.",
                next_step="Update Clew, or index again into a fresh store (`clew index PATH --store DIR`).",
            )
        if version < self._format.version and self._format.leads_from(version):
            if bringing_up:
                return False
            raise StoreUnavailable(
                f"The store {name!r} has format {version}, an older one.",
                next_step="Open it with a command that writes: it is brought up to date then.",
            )
        if version < self._format.version:
            raise StoreCorrupt(
                f"The store {name!r} has format {version}, which this Clew (format {self._format.version}) does not read.",
                next_step=REBUILD,
            )
        return True


def keep_log(connection: sqlite3.Connection, timeout_s: float) -> None:
    """Have a file keep a write-ahead log. While another connection writes its head SQLite refuses at once, however long it may wait else."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(LOOKED_EVERY_S)


def begin_log(path: Path, timeout_s: float = 10.0) -> None:
    """Have a file, made when missing, keep a write-ahead log, for somebody who does not wait for others that make it too."""
    with closing(sqlite3.connect(path, timeout=timeout_s, isolation_level=None)) as connection:
        keep_log(connection, timeout_s)


def _marks(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return application id, version and number of tables, all of one moment: another process may be laying out the file."""
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    try:
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return application_id, version, tables
    finally:
        if alone:
            connection.rollback()
