"""The JSON shapes of search results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.shapes import Shape

if TYPE_CHECKING:
    from tools.search import SearchResult


def search_shape(query: str, results: list[SearchResult]) -> Shape:
    return {"query": query, "results": [_result_shape(result) for result in results]}


def _result_shape(result: SearchResult) -> Shape:
    return {
        "repository": result.repository,
        "path": result.path,
        "start_line": result.start_line,
        "end_line": result.end_line,
        "symbol": result.symbol,
        "kind": result.kind,
        "score": round(result.score, 6),
        "why": result.why,
    }
