"""The cache of extracted facts on one SQLite file. It holds what can be computed again, and nothing else."""

# ruff: noqa: S608 - composed of our own constants; every value from outside is bound

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile

FACTS_FORMAT: Final = Format(
    application_id=0x436C6661,
    version=2,
    schema="""
CREATE TABLE facts (key TEXT PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE seen (key TEXT PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE trimmed (day INTEGER NOT NULL)
""",
)
"""The application id spells `Clfa`."""

KEYS_A_QUERY = 500
_CONTENT = "substr(key, 1, instr(key, ':') - 1)"


def today() -> int:
    """Return the number of the day, in UTC."""
    return int(time.time() // 86_400)


class SqliteFactsCache:
    """path: the database file, made when missing. Keys hold the content hash and the facts version: a key's value never
    changes, so a second write of the same key is no conflict.

    Raises (all methods): StoreUnavailable, StoreBusy, StoreTimeout, StoreFull, StoreCorrupt, StoreTooNew.
    """

    def __init__(self, path: Path, *, timeout_s: float = 30.0, day: Callable[[], int] = today) -> None:
        self._file = SqliteFile(path, FACTS_FORMAT, timeout_s=timeout_s, read_only=False)
        self._day = day

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the payloads of the keys that are there."""
        found: dict[str, bytes] = {}
        with self._file.reading() as connection:
            for start in range(0, len(keys), KEYS_A_QUERY):
                found.update(
                    connection.execute(
                        "SELECT key, payload FROM facts WHERE key IN (SELECT value FROM json_each(?))",
                        (json.dumps(keys[start : start + KEYS_A_QUERY]),),
                    )
                )
        return found

    def put_many(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Store the entries in one transaction."""
        day = self._day()
        with self._file.writing() as connection:
            for key, payload in entries:
                connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (key, payload))
                connection.execute("INSERT OR REPLACE INTO seen VALUES (?, ?)", (key, day))

    def retain(self, content_hashes: Collection[str]) -> None:
        """Erase the entries of every other content, from the disk too."""
        with self._file.writing(erasing=True) as connection:
            for table in ("facts", "seen"):
                connection.execute(
                    f"DELETE FROM {table} WHERE {_CONTENT} NOT IN (SELECT value FROM json_each(?))",
                    (json.dumps(list(content_hashes)),),
                )

    def trim(self, content_hashes: Callable[[], Collection[str]], keep_days: int) -> None:
        day = self._day()
        with self._file.reading() as connection:
            if connection.execute("SELECT 1 FROM trimmed WHERE day >= ?", (day,)).fetchone():
                return
        held = json.dumps(list(content_hashes()))
        with self._file.writing() as connection:
            connection.execute(
                f"UPDATE seen SET day = ? WHERE {_CONTENT} IN (SELECT value FROM json_each(?))", (day, held)
            )
            connection.execute(
                "DELETE FROM facts WHERE key IN (SELECT key FROM seen WHERE day < ?)", (day - keep_days,)
            )
            connection.execute("DELETE FROM seen WHERE day < ?", (day - keep_days,))
            connection.execute("DELETE FROM trimmed")
            connection.execute("INSERT INTO trimmed VALUES (?)", (day,))

    def close(self) -> None:
        self._file.close()
