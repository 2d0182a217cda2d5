"""The layout of `graph.db`: tables, row numbers, and the small numbers that stand for kinds, tiers and strategies.

Every row of a repository has a number of `repository << ROW_BITS | n`, so that its rows lie together in each table and
are deleted by range. A repository keeps its number for life; numbers are never given twice.

A relation's `n` is its place among those that start in symbols of the same file: the same whether the file was written
with the whole repository or alone.
"""

from __future__ import annotations

from typing import Final

from knowledge.backends.sqlite_file import Format
from knowledge.schema import RelationKind, Strategy, SymbolKind, Tier

ROW_BITS: Final = 28
"""Up to 268 million rows a table and repository."""

# The position of a value is what is stored: append new values, or raise the version below.
SYMBOL_KINDS: Final = tuple(SymbolKind)
RELATION_KINDS: Final = tuple(RelationKind)
TIERS: Final = tuple(Tier)
STRATEGIES: Final = tuple(Strategy)
SYMBOL_KIND_CODES: Final = {kind: code for code, kind in enumerate(SYMBOL_KINDS)}
RELATION_KIND_CODES: Final = {kind: code for code, kind in enumerate(RELATION_KINDS)}
TIER_CODES: Final = {tier: code for code, tier in enumerate(TIERS)}
STRATEGY_CODES: Final = {strategy: code for code, strategy in enumerate(STRATEGIES)}

_SCHEMA = """
CREATE TABLE repositories (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, root TEXT NOT NULL, revision TEXT NOT NULL,
    generation INTEGER NOT NULL, indexed_at TEXT NOT NULL, file_count INTEGER NOT NULL, line_count INTEGER NOT NULL,
    symbol_count INTEGER NOT NULL, relation_count INTEGER NOT NULL, unresolved_count INTEGER NOT NULL,
    languages TEXT NOT NULL, tiers TEXT NOT NULL, notes TEXT NOT NULL
);
CREATE TABLE files (
    id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, path TEXT NOT NULL, language TEXT NOT NULL,
    content_hash TEXT, byte_count INTEGER NOT NULL, line_count INTEGER NOT NULL, is_test INTEGER NOT NULL
);
CREATE UNIQUE INDEX files_by_path ON files (repository, path);
CREATE TABLE texts (file INTEGER PRIMARY KEY, text BLOB NOT NULL);
CREATE TABLE symbols (
    id INTEGER PRIMARY KEY, uid TEXT NOT NULL, repository INTEGER NOT NULL, file INTEGER NOT NULL, kind INTEGER NOT NULL,
    name TEXT NOT NULL, local_name TEXT NOT NULL, qualified_name TEXT NOT NULL, line INTEGER NOT NULL,
    col INTEGER NOT NULL, start_line INTEGER NOT NULL, end_line INTEGER NOT NULL, language TEXT NOT NULL,
    signature TEXT NOT NULL, docstring TEXT NOT NULL, is_test INTEGER NOT NULL, parent INTEGER,
    name_key TEXT NOT NULL, other_name_key TEXT
);
CREATE UNIQUE INDEX symbols_by_uid ON symbols (uid);
CREATE INDEX symbols_by_name ON symbols (name_key);
CREATE INDEX symbols_by_other_name ON symbols (other_name_key) WHERE other_name_key IS NOT NULL;
CREATE INDEX symbols_by_file ON symbols (file, line);
CREATE TABLE relations (
    source INTEGER NOT NULL, kind INTEGER NOT NULL, tier INTEGER NOT NULL, target INTEGER NOT NULL, n INTEGER NOT NULL,
    strategy INTEGER NOT NULL, confidence REAL NOT NULL, external INTEGER, file INTEGER NOT NULL, line INTEGER NOT NULL,
    col INTEGER NOT NULL, PRIMARY KEY (source, kind, tier, target, n)
) WITHOUT ROWID;
CREATE INDEX relations_by_target ON relations (target, kind, tier) WHERE target > 0;
CREATE TABLE externals (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE INDEX externals_by_name ON externals (name);
CREATE TABLE states (repository INTEGER PRIMARY KEY, state BLOB NOT NULL);
CREATE TABLE unresolved (
    id INTEGER PRIMARY KEY, source INTEGER NOT NULL, callee TEXT NOT NULL, last_name TEXT NOT NULL, file INTEGER NOT NULL,
    line INTEGER NOT NULL, col INTEGER NOT NULL
);
CREATE INDEX unresolved_by_name ON unresolved (last_name);
CREATE INDEX unresolved_by_source ON unresolved (source);
CREATE TABLE issues (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, line INTEGER NOT NULL,
    covered INTEGER NOT NULL
)
"""

GRAPH_FORMAT: Final = Format(application_id=0x436C6577, version=3, schema=_SCHEMA)
"""The application id spells `Clew`."""

ROW_KEYS: Final = {
    "relations": "source",
    "unresolved": "id",
    "symbols": "id",
    "externals": "id",
    "texts": "file",
    "files": "id",
    "issues": "id",
}
"""The numbered column of every table that holds rows of repositories."""


def first_row(repository: int) -> int:
    """Return the row number before a repository's first one; its rows are those above, below the next one's."""
    return repository << ROW_BITS
