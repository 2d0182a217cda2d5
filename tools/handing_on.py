"""Functions that are handed on to be called: in a table of commands, as an argument, in a field.

Who only looks for calls by a name does not see what makes them run. Where they are named is in the graph; where what a field
holds is called is among the calls that could not be resolved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import Reached
from tools.coverage import MAX_UNCOVERED
from tools.reaching import ids_of, reached

MAX_VALUE_WALK = 6
"""Calls from a function that is handed on to the end of a way."""
MAX_LEADING = 10_000
MAX_UNRESOLVED = 5_000
_RESOLVED = (Tier.EXACT, Tier.INFERRED)
_CALLABLE = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})


def handed_on(
    graph: CodeGraph, scope: Scope, start: Sequence[Symbol], tiers: Sequence[Tier], limit: int
) -> tuple[list[Reached], bool]:
    """Return where functions and methods are named without being called: in a table, as an argument. An import hands nothing on."""
    called = [symbol for symbol in start if symbol.kind in _CALLABLE]
    if not called:
        return [], False
    uses = graph.relations(scope, ids_of(called), "in", kinds=(RelationKind.REFERENCES,), tiers=tiers, limit=limit + 1)
    imports = graph.relations(
        scope,
        sorted({module_id(link.source) for link in uses}),
        "out",
        kinds=(RelationKind.IMPORTS,),
        tiers=tuple(Tier),
    )
    importing = {(link.source.repository, link.site) for link in imports}
    rows = [reached(link.source, link, 1) for link in uses if (link.source.repository, link.site) not in importing]
    return rows[:limit], len(uses) > limit


def calls_of_values(graph: CodeGraph, scope: Scope, near: Mapping[str, int], ends: Sequence[Symbol]) -> list[Uncovered]:
    """Return the calls on the near side of what is kept in a field or a variable (`c->cmd->proc(c)`).

    near: id -> how many links lie before it; the nearest calls come first. Each may run any function that is handed on, and one that leads to the end is: to who is asked for a way, such a call is a way not seen.
    """
    leading = graph.walk(
        scope, ids_of(ends), "in", kinds=(RelationKind.CALLS,), max_depth=MAX_VALUE_WALK, limit=MAX_LEADING
    )
    functions = [*ends, *(step.symbol for step in leading.steps)]
    handed, _ = handed_on(graph, scope, functions, _RESOLVED, 1)
    if not handed:
        return []
    own = {symbol.name for symbol in functions}
    found: list[tuple[int, Uncovered]] = []
    kept: dict[str, bool] = {}
    for site in graph.unresolved_in(scope, list(near), limit=MAX_UNRESOLVED):
        owner, _, name = site.callee.rpartition(".")
        if not owner or name in own:
            continue
        if name not in kept:
            kept[name] = any(one.name == name for one in graph.find(scope, name, kinds=(SymbolKind.VARIABLE,), limit=1))
        if kept[name]:
            reason = f"the call {site.callee!r} runs what is kept there, and that may lead on"
            found.append((near[site.source.id], Uncovered(site.site.path, site.site.line, reason)))
    found.sort(key=lambda one: one[0])
    return [place for _, place in found[:MAX_UNCOVERED]]


def module_id(symbol: Symbol) -> str:
    """Return the id of the module that a symbol lies in."""
    return f"{symbol.repository}:{symbol.path}#"
