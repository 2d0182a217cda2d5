"""What a class inherits from, what inherits from it, and what overrides a method."""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol, Tier
from knowledge.scope import Scope
from tools.answers import HierarchyAnswer, Reached, StructuralAnswer
from tools.coverage import external_links, guessed_links, uncovered_files
from tools.meaning import CODE_KINDS, understand
from tools.reaching import ids_of, reached
from tools.verdicts import answer_of, without_meaning

HIERARCHY = (RelationKind.INHERITS, RelationKind.IMPLEMENTS)
_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})


def hierarchy(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 5, limit: int = 200) -> HierarchyAnswer:
    """Return what a class inherits from or implements, and what inherits from or implements it."""
    return HierarchyAnswer(
        superclasses(graph, scope, name, max_depth=max_depth, limit=limit),
        subclasses(graph, scope, name, max_depth=max_depth, limit=limit),
    )


def subclasses(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 5, limit: int = 200) -> StructuralAnswer:
    """Return the classes that inherit from or implement a class, directly or further down."""
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return without_meaning(graph, scope, meaning)
    walk = graph.walk(scope, meaning.ids, "in", kinds=HIERARCHY, max_depth=max_depth, limit=limit)
    rows = [reached(step.symbol, step.relation, step.depth) for step in walk.steps]
    hidden = [
        *guessed_links(graph, scope, meaning.ids, "in", HIERARCHY),
        *uncovered_files(graph, scope, meaning.symbols),
        *_protocol_bases(graph, scope, meaning.symbols),
    ]
    return answer_of(meaning, rows, hidden, walk.truncated)


def overrides_of(graph: CodeGraph, scope: Scope, method: Symbol, *, limit: int = 200) -> tuple[Reached, ...]:
    """Return the methods that override or implement a method, directly or further down; nearest first."""
    kinds = (RelationKind.OVERRIDES, RelationKind.IMPLEMENTS)
    walk = graph.walk(scope, [method.id], "in", kinds=kinds, max_depth=5, limit=limit)
    return tuple(reached(step.symbol, step.relation, step.depth) for step in walk.steps)


def _protocol_bases(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Uncovered]:
    """Return why the implementations of a Python protocol cannot all be seen: a class need not name it."""
    links = graph.relations(scope, ids_of(symbols), "out", kinds=HIERARCHY, tiers=[Tier.EXTERNAL])
    return [
        Uncovered(
            link.site.path, link.site.line, f"{link.source.qualified_name} is a protocol: classes may fit it unnamed"
        )
        for link in links
        if link.external in _PROTOCOLS
    ]


def superclasses(
    graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 5, limit: int = 200
) -> StructuralAnswer:
    """Return the classes that a class inherits from or implements; bases outside the project are named as uncovered."""
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return without_meaning(graph, scope, meaning)
    walk = graph.walk(scope, meaning.ids, "out", kinds=HIERARCHY, max_depth=max_depth, limit=limit)
    rows = [reached(step.symbol, step.relation, step.depth) for step in walk.steps]
    classes = [*meaning.ids, *(row.symbol.id for row in rows)]
    hidden = [
        *guessed_links(graph, scope, classes, "out", HIERARCHY),
        *external_links(graph, scope, classes, HIERARCHY),
    ]
    return answer_of(meaning, rows, hidden, walk.truncated)
