"""A function written inside another is a part of it: what was found for it counts for the outermost one.

None of the 1,077 functions that 600 bug fixes in four languages changed is reported by the name of an inner one, and no other
code can call it. An inner function that is asked for by name stands for itself, and so does one inside a function of so many
lines that it is no answer, as where a whole module is wrapped in one.
"""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.ports.graph import CodeGraph, Extent
from knowledge.schema import SymbolKind
from knowledge.scope import Scope
from tools.candidates import Pool

FUNCTION_KINDS = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
LONGEST_OUTER_LINES = 500


def folded(graph: CodeGraph, scope: Scope, pool: Pool) -> Pool:
    """Return the functions and methods of a pool, inner ones folded: the best of each feature, all reasons."""
    known = graph.extents(scope, pool.symbol_ids)
    asked_for = pool.column("asked_for").tolist()
    groups: dict[str, list[int]] = {}
    lines: dict[str, tuple[int, int]] = {}
    for row, symbol_id in enumerate(pool.symbol_ids):
        symbol = known.get(symbol_id)
        if symbol is None or symbol.kind not in FUNCTION_KINDS:
            continue
        outer = symbol if asked_for[row] else _outermost(symbol, known)
        groups.setdefault(outer.id, []).append(row)
        lines[outer.id] = outer.start_line, outer.end_line
    return pool.merged(groups, lines)


def _outermost(symbol: Extent, known: Mapping[str, Extent]) -> Extent:
    outermost = at = symbol
    while at.parent_id is not None:
        at = known[at.parent_id]
        if at.kind in FUNCTION_KINDS and at.end_line - at.start_line < LONGEST_OUTER_LINES:
            outermost = at
    return outermost
