"""What stands in Neo4j: labels, constraints, short row numbers, and the order of the properties of each label.

Every row of a repository belongs to a *load*, the number of one writing of the whole repository; `(:Repository)` says
which load readers may see. All rows of a load have a number of `load << ROW_BITS | n` in `row`, by which relations find
their ends; relations never leave their load. docs/neo4j.md describes all this for people.
"""

from __future__ import annotations

from typing import Final

import xxhash

FORMAT: Final = 1
ROW_BITS: Final = 28
"""Up to 268 million rows a label and load."""

ROW_LABELS: Final = ("Symbol", "File", "External", "UnresolvedName", "Issue")
"""The labels whose nodes belong to a load."""

CONSTRAINTS: Final = (
    "CREATE CONSTRAINT clew_store IF NOT EXISTS FOR (c:ClewStore) REQUIRE c.name IS UNIQUE",
    "CREATE CONSTRAINT clew_repository IF NOT EXISTS FOR (r:Repository) REQUIRE r.name IS UNIQUE",
    "CREATE CONSTRAINT clew_load IF NOT EXISTS FOR (l:Load) REQUIRE l.id IS UNIQUE",
    *(
        f"CREATE CONSTRAINT clew_{label.lower()}_row IF NOT EXISTS FOR (n:{label}) REQUIRE n.row IS UNIQUE"
        for label in ROW_LABELS
    ),
    "CREATE CONSTRAINT clew_symbol IF NOT EXISTS FOR (s:Symbol) REQUIRE (s.load, s.id) IS UNIQUE",
    "CREATE CONSTRAINT clew_file IF NOT EXISTS FOR (f:File) REQUIRE (f.load, f.path) IS UNIQUE",
    "CREATE CONSTRAINT clew_external IF NOT EXISTS FOR (e:External) REQUIRE (e.load, e.name) IS UNIQUE",
    "CREATE CONSTRAINT clew_unresolved IF NOT EXISTS FOR (u:UnresolvedName) REQUIRE (u.load, u.name) IS UNIQUE",
)
INDEXES: Final = (
    "CREATE INDEX clew_symbol_key IF NOT EXISTS FOR (s:Symbol) ON (s.load, s.name_key)",
    "CREATE INDEX clew_symbol_other_key IF NOT EXISTS FOR (s:Symbol) ON (s.load, s.other_name_key)",
    "CREATE INDEX clew_symbol_qualified IF NOT EXISTS FOR (s:Symbol) ON (s.load, s.qualified_name)",
    "CREATE INDEX clew_symbol_path IF NOT EXISTS FOR (s:Symbol) ON (s.load, s.path)",
    "CREATE INDEX clew_issue_path IF NOT EXISTS FOR (i:Issue) ON (i.load, i.path)",
)
AWAIT_INDEXES: Final = "CALL db.awaitIndexes(300)"

UNRESOLVED: Final = "UNRESOLVED"
"""The relationship from a symbol to the last name of a call in it that could not be resolved."""

SYMBOL_PROPERTIES: Final = (
    "row", "id", "kind", "name", "local_name", "qualified_name", "path", "line", "column", "start_line", "end_line",
    "language", "signature", "docstring", "is_test", "parent_id", "name_key", "other_name_key", "overlong",
)  # fmt: skip
FILE_PROPERTIES: Final = ("row", "path", "language", "content_hash", "byte_count", "line_count", "text")
ISSUE_PROPERTIES: Final = ("row", "path", "reason", "detail", "line", "covered")
NAME_PROPERTIES: Final = ("row", "name")
RELATION_PROPERTIES: Final = ("n", "tier", "strategy", "confidence", "line", "column", "path")
UNRESOLVED_PROPERTIES: Final = ("n", "callee", "line", "column", "path")

MAX_INDEXED_BYTES: Final = 2_000
"""An index of Neo4j refuses keys above some eight thousand bytes; the longest we give it has two such values."""


def first_row(load: int) -> int:
    """Return the row number before a load's first one; its rows are those above, below the next load's."""
    return load << ROW_BITS


def indexable(value: str) -> str:
    """Return the value as an index can hold it: itself, or its beginning and a hash when it is too long."""
    content = value.encode()
    if len(content) <= MAX_INDEXED_BYTES:
        return value
    return f"{key_prefix(value)}…{xxhash.xxh3_128_hexdigest(content)}"


def key_prefix(value: str) -> str:
    """Return as much of the beginning as an index can hold."""
    content = value.encode()
    return value if len(content) <= MAX_INDEXED_BYTES else content[:MAX_INDEXED_BYTES].decode("utf-8", "ignore")
