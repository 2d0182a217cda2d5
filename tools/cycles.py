"""Cycles between modules: groups that import each other, each with a shortest way round and its import lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from posixpath import dirname

from knowledge.ports.graph import CodeGraph
from knowledge.schema import Relation, RelationKind, Symbol, SymbolKind
from knowledge.scope import Scope
from tools.answers import Cycle, CycleAnswer

_IMPORTS = (RelationKind.IMPORTS,)


def cycles(graph: CodeGraph, scope: Scope, *, limit: int = 50) -> CycleAnswer:
    """Return the groups of modules that reach each other by imports, the largest first; tests do not count.

    Where a language imports packages and not files (Go, Java), the files of a folder count as its package.
    """
    links = [link for link in graph.iter_relations(scope, kinds=_IMPORTS) if link.target is not None]
    units = _Units(links)
    first: dict[tuple[str, str], Relation] = {}
    for link in links:
        assert link.target is not None
        if link.source.is_test or link.target.is_test:
            continue
        source, target = units.of(link.source), units.of(link.target)
        if source != target:
            first.setdefault((source, target), link)
    nexts: dict[str, list[str]] = {}
    for source, target in first:
        nexts.setdefault(source, []).append(target)
    found = []
    for group in strongly_connected(nexts):
        ring = shortest_ring(group, nexts)
        ways = tuple(first[pair] for pair in zip(ring, [*ring[1:], ring[0]], strict=True))
        members = sorted((units.symbols[unit] for unit in group), key=lambda symbol: symbol.qualified_name)
        found.append(Cycle(tuple(members), ways))
    found.sort(key=lambda cycle: (-len(cycle.modules), cycle.modules[0].qualified_name))
    return CycleAnswer(tuple(found[:limit]), len(found) > limit)


class _Units:
    """What counts as one module: a file, or the package that its folder is."""

    def __init__(self, links: Iterable[Relation]) -> None:
        self.symbols: dict[str, Symbol] = {}
        self._packages: dict[tuple[str, str, str], Symbol] = {}
        for link in links:
            if link.target is not None and link.target.kind is SymbolKind.PACKAGE:
                target = link.target
                self._packages[target.repository, dirname(target.path), target.language] = target

    def of(self, symbol: Symbol) -> str:
        unit = self._packages.get((symbol.repository, dirname(symbol.path), symbol.language), symbol)
        self.symbols.setdefault(unit.id, unit)
        return unit.id


def strongly_connected(nexts: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return the groups of two and more that reach each other. Source: Tarjan (1972), with a stack of its own."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    is_open: set[str] = set()
    groups: list[list[str]] = []
    for root in sorted(nexts):
        if root in index:
            continue
        work = [(root, iter(nexts.get(root, ())))]
        index[root] = low[root] = len(index)
        open_.append(root)
        is_open.add(root)
        while work:
            current, rest = work[-1]
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    open_.append(other)
                    is_open.add(other)
                    work.append((other, iter(nexts.get(other, ()))))
                    break
                if other in is_open:
                    low[current] = min(low[current], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[current])
                if low[current] == index[current]:
                    group = [open_.pop()]
                    while group[-1] != current:
                        group.append(open_.pop())
                    is_open.difference_update(group)
                    if len(group) > 1:
                        groups.append(sorted(group))
    return groups


def shortest_ring(group: Sequence[str], nexts: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a shortest cycle through the first of the group, by name; found breadth first."""
    inside, start = set(group), group[0]
    came: dict[str, str] = {}
    queue = deque([start])
    while queue:
        current = queue.popleft()
        for other in sorted(nexts.get(current, ())):
            if other == start:
                ring = [current]
                while ring[-1] != start:
                    ring.append(came[ring[-1]])
                return ring[::-1]
            if other in inside and other not in came:
                came[other] = current
                queue.append(other)
    raise AssertionError(f"{start!r} lies on no cycle of its group")
