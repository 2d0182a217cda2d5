"""Hotspots: the symbols that most of the code leads to, by PageRank over who uses whom.

Source: Brin and Page, "The anatomy of a large-scale hypertextual web search engine" (1998); damping .85.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from knowledge.ports.graph import CodeGraph, RelationColumns
from knowledge.schema import RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope
from tools.answers import Hotspot, HotspotAnswer
from tools.coverage import CONSTRUCTORS, generated_files
from tools.places import is_aside, is_vendored

USES = (
    RelationKind.CALLS,
    RelationKind.REFERENCES,
    RelationKind.INHERITS,
    RelationKind.IMPLEMENTS,
    RelationKind.READS,
    RelationKind.WRITES,
)
DAMPING = 0.85
TOLERANCE = 1e-9
MAX_ROUNDS = 100
_RANKED = frozenset(
    {SymbolKind.CLASS, SymbolKind.INTERFACE, SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.VARIABLE}
)
_READ_AHEAD = 4
"""Symbols looked at for each one shown: tests, examples and modules are passed over."""


def hotspots(graph: CodeGraph, scope: Scope, *, limit: int = 20) -> HotspotAnswer:
    """Return the symbols with the highest rank, then those of vendored code. Tests, examples, generated files and constructors count, but are not shown.

    A rank is the share of a random reader's time who follows uses from symbol to symbol; all ranks sum to one.
    """
    columns = graph.relation_columns(scope, kinds=USES)
    if not len(columns.ids):
        return HotspotAnswer((), False)
    ranks = page_rank(len(columns.ids), columns.sources, columns.targets)
    users = _distinct_users(columns)
    generated = generated_files(graph, scope)
    order = np.argsort(-ranks, kind="stable")
    found: list[Hotspot] = []
    vendored: list[Hotspot] = []
    step = limit * _READ_AHEAD
    for start in range(0, len(order), step):
        places = order[start : start + step].tolist()
        symbols = {symbol.id: symbol for symbol in graph.symbols(scope, [columns.ids[place] for place in places])}
        for place in places:
            symbol = symbols[columns.ids[place]]
            if _is_ranked(symbol) and users[place] and (symbol.repository, symbol.path) not in generated:
                hotspot = Hotspot(symbol, float(ranks[place]), int(users[place]))
                (vendored if is_vendored(symbol.path) else found).append(hotspot)
        if len(found) > limit:
            break
    found += vendored
    return HotspotAnswer(tuple(found[:limit]), len(found) > limit)


def _is_ranked(symbol: Symbol) -> bool:
    plain = not (symbol.is_test or is_aside(symbol.path) or symbol.name in CONSTRUCTORS)
    return symbol.kind in _RANKED and plain


def _distinct_users(columns: RelationColumns) -> npt.NDArray[np.int64]:
    """Return for each symbol how many others use it."""
    apart = columns.sources != columns.targets
    pairs = np.unique(columns.sources[apart].astype(np.int64) << 32 | columns.targets[apart])
    return np.bincount(pairs & 0xFFFFFFFF, minlength=len(columns.ids))


def page_rank(count: int, sources: npt.NDArray[np.int32], targets: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Return the rank of each of `count` places, summing to one; a place that leads nowhere leads everywhere."""
    out = np.bincount(sources, minlength=count).astype(np.float64)
    dangling = out == 0
    share = 1.0 / np.where(dangling, 1.0, out)
    ranks = np.full(count, 1.0 / count)
    for _ in range(MAX_ROUNDS):
        flowing = np.bincount(targets, weights=(ranks * share)[sources], minlength=count)
        after = (1 - DAMPING) / count + DAMPING * (flowing + ranks[dangling].sum() / count)
        moved = np.abs(after - ranks).sum()
        ranks = after
        if moved < TOLERANCE:
            break
    return ranks


def strongest(values: Sequence[Hotspot]) -> float:
    """Return the highest rank, to show the others in proportion; 1.0 where there is none."""
    return max((hotspot.rank for hotspot in values), default=1.0)
