"""All relations of some kinds as two columns of numbers, and how many each strategy made."""

# ruff: noqa: S608 - composed of our own constants; every value from outside is bound

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain

import numpy as np

from knowledge.backends.sqlite_rows import Granted, both_ends
from knowledge.backends.sqlite_schema import RELATION_KIND_CODES, STRATEGIES, TIER_CODES, first_row
from knowledge.ports.graph import RelationColumns
from knowledge.schema import RelationKind, Strategy, Tier


def relation_columns(
    connection: sqlite3.Connection, grant: Granted, kinds: Sequence[RelationKind], tiers: Sequence[Tier]
) -> RelationColumns:
    kind_codes = ", ".join(str(RELATION_KIND_CODES[kind]) for kind in kinds)
    tier_codes = ", ".join(str(TIER_CODES[tier]) for tier in tiers)
    pairs = connection.execute(
        f"SELECT r.source, r.target FROM relations r WHERE r.target > 0 AND r.kind IN ({kind_codes})"
        f" AND r.tier IN ({tier_codes}) AND {both_ends(grant)}"
    )
    flat = np.fromiter(chain.from_iterable(pairs), dtype=np.int64)
    rows, places = np.unique(flat, return_inverse=True)
    ids = _ids(connection, rows.tolist())
    order = np.argsort(np.array(ids, dtype=object), kind="stable") if ids else np.zeros(0, np.int64)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    columns = rank[places].reshape(-1, 2)
    return RelationColumns([ids[place] for place in order.tolist()], columns[:, 0].copy(), columns[:, 1].copy())


def _ids(connection: sqlite3.Connection, rows: Sequence[int]) -> list[str]:
    """Return the symbol ids of sorted row numbers, in their order."""
    wanted = set(rows)
    found = connection.execute("SELECT id, uid FROM symbols ORDER BY id")
    return [uid for row, uid in found if row in wanted]


def strategy_counts(connection: sqlite3.Connection, repository: int) -> dict[Strategy, int]:
    rows = connection.execute(
        "SELECT strategy, count(*) FROM relations WHERE source > ? AND source < ? GROUP BY strategy ORDER BY strategy",
        (first_row(repository), first_row(repository + 1)),
    )
    return {STRATEGIES[code]: count for code, count in rows}
