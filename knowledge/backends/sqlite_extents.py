"""Extents of symbols, read once a generation: questions bring up the same functions again and again."""

# ruff: noqa: S608 - composed of our own constants and row numbers; every value from outside is bound

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from knowledge.backends.sqlite_rows import Granted
from knowledge.backends.sqlite_schema import SYMBOL_KINDS
from knowledge.ports.graph import Extent

MOST_KEPT = 20_000
"""Extents, some 5 MB."""


class ExtentReader:
    """Shared by the threads of one store. What is kept counts for its generation alone."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, int, Extent]] = {}
        """By id: number and generation of its repository, and the extent."""

    def read(self, connection: sqlite3.Connection, grant: Granted, ids: Sequence[str]) -> dict[str, Extent]:
        """Return these symbols and all that hold them, modules left out, by id, as the open transaction sees them."""
        generations = dict(connection.execute(f"SELECT id, generation FROM repositories WHERE {grant.holds('id')}"))
        found: dict[str, Extent] = {}
        wanted = [symbol_id for symbol_id in ids if not symbol_id.endswith("#")]
        while wanted:
            unknown = []
            for symbol_id in wanted:
                repository, generation, extent = self._kept.get(symbol_id, _NOTHING)
                if generations.get(repository) == generation:
                    found[symbol_id] = extent
                else:
                    unknown.append(symbol_id)
            if unknown:
                if len(self._kept) + len(unknown) > MOST_KEPT:
                    self._kept.clear()
                for repository, extent in _rows(connection, grant, unknown):
                    self._kept[extent.id] = repository, generations[repository], extent
                    found[extent.id] = extent
            outer = {found[symbol_id].parent_id for symbol_id in wanted if symbol_id in found}
            wanted = [symbol_id for symbol_id in outer if symbol_id is not None and symbol_id not in found]
        return found


_NOTHING = (-1, -1, Extent("", SYMBOL_KINDS[0], 0, 0, None))


def _rows(connection: sqlite3.Connection, grant: Granted, ids: Sequence[str]) -> Iterator[tuple[int, Extent]]:
    rows = connection.execute(
        "SELECT s.repository, s.uid, s.kind, s.start_line, s.end_line, p.uid FROM symbols s"
        " LEFT JOIN symbols p ON p.id = s.parent AND p.local_name != ''"
        f" WHERE s.uid IN (SELECT value FROM json_each(?)) AND s.local_name != '' AND {grant.holds('s.repository')}",
        (json.dumps(ids),),
    )
    for repository, uid, kind, start, end, parent in rows:
        yield repository, Extent(uid, SYMBOL_KINDS[kind], start, end, parent)
