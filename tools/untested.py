"""What no test reaches: functions and methods of the product to which no way of uses leads from a test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import Untested, UntestedAnswer
from tools.coverage import CONSTRUCTORS, generated_files
from tools.places import is_aside, is_declaration, is_vendored

USES = (RelationKind.TESTS, RelationKind.CALLS, RelationKind.REFERENCES)
ANSWERS = (RelationKind.OVERRIDES, RelationKind.IMPLEMENTS)
"""Followed from what is answered to what answers: a call of a base's method may run any of them."""
Places: TypeAlias = npt.NDArray[np.int64]
_TIERS = (Tier.EXACT, Tier.INFERRED, Tier.AMBIGUOUS)
_KINDS = (SymbolKind.FUNCTION, SymbolKind.METHOD)


def untested(graph: CodeGraph, scope: Scope, *, limit: int = 100) -> UntestedAnswer:
    """Return the functions and methods that no test leads to by uses, those that most of the product uses first.

    What a file runs when it is loaded counts as reached when any of it is, or is imported by what is. A way that was not
    resolved is not seen, so what is returned may be tested after all; what is left out is reached.
    """
    symbols = list(graph.iter_symbols(scope, kinds=tuple(SymbolKind)))
    at = {symbol.id: place for place, symbol in enumerate(symbols)}
    sources, targets = _links(graph, scope, USES, at)
    bases, answers = _links(graph, scope, ANSWERS, at)[::-1]
    importers, imported = _links(graph, scope, (RelationKind.IMPORTS,), at)
    files = _files(symbols)
    forward = (
        np.concatenate([sources, bases, importers, np.arange(len(symbols))]),
        np.concatenate([targets, answers, files[imported], files]),
    )
    reached = np.fromiter((symbol.is_test for symbol in symbols), bool, len(symbols))
    any_test = bool(reached.any())
    while True:
        fresh = reached[forward[0]] & ~reached[forward[1]]
        if not fresh.any():
            break
        reached[forward[1][fresh]] = True
    generated = generated_files(graph, scope)
    declared = {one.id for one in symbols if one.kind is SymbolKind.INTERFACE}
    users = Counter(targets[sources != targets].tolist())
    found = [
        Untested(symbol, users[place])
        for place, symbol in enumerate(symbols)
        if symbol.kind in _KINDS
        and not reached[place]
        and symbol.name not in CONSTRUCTORS
        and not symbol.name.startswith("<")
        and symbol.parent_id not in declared
        and (symbol.repository, symbol.path) not in generated
        and not (is_aside(symbol.path) or is_declaration(symbol.path) or is_vendored(symbol.path))
    ]
    found.sort(key=lambda one: (-one.users, one.symbol.path, one.symbol.line))
    return UntestedAnswer(tuple(found[:limit]), len(found), any_test)


def _files(symbols: Sequence[Symbol]) -> Places:
    """Return the place of the symbol that stands for the whole file of each symbol; its own where there is none."""
    whole = {(one.repository, one.path): place for place, one in enumerate(symbols) if not one.local_name}
    return np.array([whole.get((one.repository, one.path), place) for place, one in enumerate(symbols)], np.int64)


def _links(graph: CodeGraph, scope: Scope, kinds: Sequence[RelationKind], at: dict[str, int]) -> tuple[Places, Places]:
    """Return sources and targets of all relations of these kinds, as places in `at`."""
    columns = graph.relation_columns(scope, kinds=kinds, tiers=_TIERS)
    places = np.fromiter((at[one] for one in columns.ids), np.int64, len(columns.ids))
    return places[columns.sources], places[columns.targets]
