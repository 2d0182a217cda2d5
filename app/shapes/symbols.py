"""The JSON shapes of symbols, places and relations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.shapes import Shape
from knowledge.evidence import Span, Uncovered
from knowledge.schema import Relation, Site, Symbol

if TYPE_CHECKING:
    from tools.answers import (
        Reached,
    )
    from tools.occurrences import Occurrence


def symbol_shape(symbol: Symbol) -> Shape:
    return {
        "id": symbol.id,
        "kind": symbol.kind.value,
        "qualified_name": symbol.qualified_name,
        "repository": symbol.repository,
        "path": symbol.path,
        "line": symbol.line,
    }


def full_symbol_shape(symbol: Symbol) -> Shape:
    """A row of `export symbols`."""
    return {
        **symbol_shape(symbol),
        "name": symbol.name,
        "column": symbol.column,
        "start_line": symbol.start_line,
        "end_line": symbol.end_line,
        "language": symbol.language,
        "signature": symbol.signature,
        "docstring": symbol.docstring,
        "is_test": symbol.is_test,
        "parent_id": symbol.parent_id,
    }


def outline_shape(repository: str, path: str, symbols: list[Symbol]) -> Shape:
    return {"repository": repository, "path": path, "symbols": [symbol_shape(symbol) for symbol in symbols]}


def occurrence_shape(path: str, line: int, name: str, found: Occurrence) -> Shape:
    """What a name at a line of a file means; `relation` is null where it is the definition itself."""
    return {
        "repository": found.repository,
        "path": path,
        "line": line,
        "name": name,
        "enclosing": symbol_shape(found.enclosing) if found.enclosing else None,
        "meanings": [
            {
                "symbol": full_symbol_shape(one.symbol) if one.symbol else None,
                "external": one.external,
                "relation": one.relation.value if one.relation else None,
                "tier": one.tier.value,
                "site": site_shape(one.site),
            }
            for one in found.meanings
        ],
    }


def span_shape(span: Span) -> Shape:
    return {
        "repository": span.repository,
        "path": span.path,
        "start_line": span.start_line,
        "end_line": span.end_line,
        "text": span.text,
        "revision": span.revision,
        "stale": span.stale,
    }


def site_shape(site: Site) -> Shape:
    return {"path": site.path, "line": site.line, "column": site.column}


def relation_shape(relation: Relation) -> Shape:
    """A row of `export relations`."""
    target = symbol_shape(relation.target) if relation.target else {"external": relation.external}
    return {
        "kind": relation.kind.value,
        "tier": relation.tier.value,
        "strategy": relation.strategy.value,
        "confidence": relation.confidence,
        "source": symbol_shape(relation.source),
        "target": target,
        "site": site_shape(relation.site),
    }


def uncovered_shape(uncovered: Uncovered) -> Shape:
    return {"path": uncovered.path, "line": uncovered.line, "reason": uncovered.reason}


def reached_shape(row: Reached) -> Shape:
    return {
        "symbol": symbol_shape(row.symbol),
        "site": site_shape(row.site) if row.site else None,
        "tier": row.tier.value,
        "depth": row.depth,
        "relation": row.relation.value,
        "dispatched": row.dispatched,
    }
