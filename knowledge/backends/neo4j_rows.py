"""Rows of Neo4j to records and back: the values of a node or relation in the order that `neo4j_schema` gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from knowledge.backends.names import name_key
from knowledge.backends.neo4j_schema import ROW_BITS, SYMBOL_PROPERTIES, indexable, key_prefix
from knowledge.schema import (
    FileIssue,
    Relation,
    RelationKind,
    RepositoryInfo,
    Site,
    SourceFile,
    Strategy,
    Symbol,
    SymbolKind,
    Tier,
)

SYMBOL_COLUMNS = ", ".join(
    f"s.{name}" for name in SYMBOL_PROPERTIES if name not in ("name_key", "other_name_key")
)  # fmt: skip
"""What a statement returns of a symbol `s` for `symbol_of`."""

_KINDS = {kind.value: kind for kind in SymbolKind}
_RELATION_KINDS = {kind.value: kind for kind in RelationKind}
_TIERS = {tier.value: tier for tier in Tier}
_STRATEGIES = {strategy.value: strategy for strategy in Strategy}


class LinkRecord(NamedTuple):
    """A relation as read: source and target are row numbers, target 0 when it is external."""

    path: str
    line: int
    column: int
    n: int
    source: int
    kind: str
    tier: str
    strategy: str
    confidence: float
    target: int
    external: str | None


def symbol_values(row: int, symbol: Symbol) -> list[Any]:
    """Return the values of `SYMBOL_PROPERTIES`. What is too long for an index stands in full in `overlong`."""
    key, own_key = name_key(symbol.qualified_name), name_key(symbol.name)
    indexed = {"id": indexable(symbol.id), "qualified_name": indexable(symbol.qualified_name)}
    full = {name: getattr(symbol, name) for name, value in indexed.items() if value != getattr(symbol, name)}
    return [
        row,
        indexed["id"],
        symbol.kind.value,
        symbol.name,
        symbol.local_name,
        indexed["qualified_name"],
        symbol.path,
        symbol.line,
        symbol.column,
        symbol.start_line,
        symbol.end_line,
        symbol.language,
        symbol.signature,
        symbol.docstring,
        symbol.is_test,
        symbol.parent_id,
        key_prefix(key),
        key_prefix(own_key) if own_key and not key.startswith(own_key) else None,
        json.dumps(full) if full else None,
    ]


def symbol_of(values: list[Any], repositories: Mapping[int, str]) -> Symbol:
    """Return the symbol of a row of `SYMBOL_COLUMNS`. repositories: load -> name."""
    row, symbol_id, kind, name, local_name, qualified_name, *places, parent_id, overlong = values
    if overlong is not None:
        full = json.loads(overlong)
        symbol_id, qualified_name = full.get("id", symbol_id), full.get("qualified_name", qualified_name)
    fields: tuple[Any, ...] = (
        *(symbol_id, repositories[row >> ROW_BITS], _KINDS[kind], name, local_name, qualified_name),
        *places,
        parent_id,
    )
    return Symbol(*fields)


def relation_of(record: LinkRecord, symbols: Mapping[int, Symbol]) -> Relation:
    return Relation(
        _RELATION_KINDS[record.kind],
        _TIERS[record.tier],
        _STRATEGIES[record.strategy],
        record.confidence,
        symbols[record.source],
        symbols[record.target] if record.target else None,
        record.external,
        Site(record.path, record.line, record.column),
    )


def file_values(row: int, file: SourceFile) -> list[Any]:
    """Return the values of `FILE_PROPERTIES`."""

    return [row, file.path, file.language, file.content_hash, file.byte_count, file.line_count, file.packed_text]


def issue_values(row: int, issue: FileIssue) -> list[Any]:
    """Return the values of `ISSUE_PROPERTIES`."""
    return [row, issue.path, issue.reason, issue.detail, issue.line, issue.covered]


INFO_PROPERTIES = (
    "name", "root", "revision", "generation", "indexed_at", "file_count", "line_count", "symbol_count", "relation_count",
    "unresolved_count", "languages", "tiers", "notes",
)  # fmt: skip
INFO_COLUMNS = ", ".join(f"r.{name}" for name in INFO_PROPERTIES)


def info_properties(info: RepositoryInfo) -> dict[str, Any]:
    """Return the properties of a `(:Repository)`; what is a mapping stands there as JSON."""
    values = {name: getattr(info, name) for name in INFO_PROPERTIES}
    mappings = {"languages": json.dumps(info.languages), "tiers": json.dumps(info.tiers)}
    return {**values, **mappings, "notes": list(info.notes)}


def info_of(values: list[Any]) -> RepositoryInfo:
    """Return the description from a row of `INFO_COLUMNS`."""
    *plain, languages, tiers, notes = values
    fields: tuple[Any, ...] = (*plain, json.loads(languages), json.loads(tiers), tuple(notes))
    return RepositoryInfo(*fields)
