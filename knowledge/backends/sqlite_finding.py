"""Which symbols a name may mean: one index range of candidates, then the steps of `CodeGraph.find` in order."""

# ruff: noqa: S608 - composed of our own constants and row numbers; every value from outside is bound

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from knowledge.backends.names import key_range, kind_rank, match_step, name_key, prefix_keys
from knowledge.backends.sqlite_rows import Granted
from knowledge.backends.sqlite_schema import SYMBOL_KINDS

HIGHEST = "\U0010ffff"
"""Sorts behind whatever may follow a beginning."""

Candidate = tuple[int, str, str, int, int, str, int, str]
"""Row, qualified name, name, kind, whether it is a test, path, line, id."""


def find_rows(
    connection: sqlite3.Connection, grant: Granted, name: str, kind_codes: set[int], path: str | None
) -> list[int]:
    """Return the rows of the first step of `CodeGraph.find` that has an answer, best first."""
    columns = (
        "SELECT s.id, s.qualified_name, s.name, s.kind, s.is_test, f.path, s.line, s.uid"
        " FROM symbols s JOIN files f ON f.id = s.file"
    )
    scoped = grant.holds("s.repository")

    def kept(rows: Iterator[Candidate]) -> list[Candidate]:
        return [
            row for row in rows if (not kind_codes or row[3] in kind_codes) and (path is None or row[5].endswith(path))
        ]

    by_id = kept(connection.execute(f"{columns} WHERE s.uid = ? AND {scoped}", (name,)))
    if by_id:
        return [by_id[0][0]]
    key = name_key(name)
    if not key:
        return []
    candidates = kept(
        connection.execute(
            f"{columns} WHERE s.name_key >= ? AND s.name_key < ? AND {scoped}"
            f" UNION ALL {columns} WHERE s.other_name_key = ? AND {scoped}",
            (*key_range(key), key),
        )
    )
    steps = [match_step(name, row[1], row[2]) for row in candidates]
    best = min(steps, default=0)
    ranked = sorted(
        (row[4], kind_rank(SYMBOL_KINDS[row[3]]), len(row[1]), row[1], *row[5:], row[0])
        for row, step in zip(candidates, steps, strict=True)
        if step == best
    )
    return [rank[-1] for rank in ranked]


def find_prefix_rows(
    connection: sqlite3.Connection, grant: Granted, prefix: str, kind_codes: set[int], limit: int
) -> list[int]:
    """Return the rows of `CodeGraph.find_by_prefix`, in its order."""
    begins, follows = prefix_keys(prefix)
    if not begins:
        return []
    kinds = f"AND s.kind IN ({', '.join(map(str, sorted(kind_codes)))})" if kind_codes else ""
    found: set[tuple[str, str, int]] = set()
    for column in ("name_key", "other_name_key"):
        rest = f"substr(s.{column}, instr(s.{column}, '.') + 1, length(?2))"
        rows = connection.execute(
            f"SELECT s.{column}, s.uid, s.id FROM symbols s WHERE s.{column} >= ?1 AND s.{column} < ?3"
            f" AND {rest} = ?2 {kinds} AND {grant.holds('s.repository')} ORDER BY s.{column}, s.uid LIMIT ?4",
            (begins, follows, begins + HIGHEST, limit),
        )
        found.update(rows)
    ordered = dict.fromkeys(row for _, _, row in sorted(found))
    return list(ordered)[:limit]
