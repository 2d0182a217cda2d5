"""Dispatch: which methods a call of a method may really run. Expanded when asked; the graph stores no such guesses."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope

MAX_EXPANDED = 2_000
MAX_LINE = 20
"""Classes one above the other that are followed."""

_HIERARCHY = (RelationKind.INHERITS, RelationKind.IMPLEMENTS)
_OVERRIDES = (RelationKind.OVERRIDES,)


def overridden_by(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the methods further up that a call may name and still run one of `symbols`."""
    return _along(graph, scope, symbols, upwards=True)


def overriding(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Symbol]:
    """Return the methods further down that a call of one of `symbols` may run instead."""
    return _along(graph, scope, symbols, upwards=False)


def _along(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol], *, upwards: bool) -> list[Symbol]:
    methods = [symbol for symbol in symbols if symbol.kind is SymbolKind.METHOD]
    if not methods:
        return []
    known = {symbol.id for symbol in symbols}
    walk = graph.walk(
        scope,
        [symbol.id for symbol in methods],
        "out" if upwards else "in",
        kinds=_OVERRIDES,
        max_depth=MAX_LINE,
        limit=MAX_EXPANDED,
    )
    found = {step.symbol.id: step.symbol for step in walk.steps}
    for method in methods:
        for other in _by_name(graph, scope, method, upwards=upwards):
            found.setdefault(other.id, other)
    return [symbol for symbol in found.values() if symbol.id not in known]


def _by_name(graph: CodeGraph, scope: Scope, method: Symbol, *, upwards: bool) -> list[Symbol]:
    """Where a type satisfies an interface without naming it (Go), its methods override nothing: match them by name."""
    if method.parent_id is None:
        return []
    walk = graph.walk(
        scope,
        [method.parent_id],
        "out" if upwards else "in",
        kinds=_HIERARCHY,
        max_depth=MAX_LINE,
        limit=MAX_EXPANDED,
    )
    found = []
    for step in walk.steps:
        owner = step.symbol
        wanted = f"{owner.local_name}.{method.name}"
        outline = graph.outline(scope, owner.repository, owner.path)
        found += [member for member in outline if member.parent_id == owner.id and member.local_name == wanted]
    return found
