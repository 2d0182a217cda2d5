"""The cache of extracted facts on one SQLite file. It holds what can be computed again, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from knowledge.backends.sqlite_file import Format, SqliteFile

FACTS_FORMAT: Final = Format(
    application_id=0x436C6661, version=1, schema="CREATE TABLE facts (key TEXT PRIMARY KEY, payload BLOB NOT NULL)"
)
"""The application id spells `Clfa`."""

KEYS_A_QUERY = 500


class SqliteFactsCache:
    """path: the database file, made when missing. Keys hold the content hash and the facts version: a key's value never
    changes, so a second write of the same key is no conflict.

    Raises (all methods): StoreUnavailable, StoreBusy, StoreTimeout, StoreFull, StoreCorrupt, StoreTooNew.
    """

    def __init__(self, path: Path, *, timeout_s: float = 30.0) -> None:
        self._file = SqliteFile(path, FACTS_FORMAT, timeout_s=timeout_s, read_only=False)

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
        with self._file.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", entries)

    def retain(self, content_hashes: Collection[str]) -> None:
        """Erase the entries of every other content, from the disk too."""
        with self._file.writing(erasing=True) as connection:
            connection.execute(
                "DELETE FROM facts WHERE substr(key, 1, instr(key, ':') - 1) NOT IN (SELECT value FROM json_each(?))",
                (json.dumps(list(content_hashes)),),
            )

    def close(self) -> None:
        self._file.close()
