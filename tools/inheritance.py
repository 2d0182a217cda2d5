"""What a class inherits from, what inherits from it, and what overrides a method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowledge.evidence import Uncovered, Verdict
from knowledge.ports.graph import CodeGraph
from knowledge.schema import Strategy, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import HierarchyAnswer, Reached, StructuralAnswer
from tools.coverage import MAX_UNCOVERED, external_links, guessed_links, uncovered_files
from tools.dispatch import ANSWERING
from tools.meaning import CODE_KINDS, definitions_of, understand, written_name
from tools.reaching import HIERARCHY, ids_of, reached
from tools.verdicts import answer_of, without_meaning

MAX_OVERRIDES = 5
"""Overrides one below the other that are followed."""
_CLASSES_ARE_VALUES = frozenset({"python", "javascript", "typescript"})
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
    hidden = _hidden_heirs(graph, scope, meaning.symbols)
    if not rows and not hidden:
        hidden = _unclear_bases(graph, scope, meaning.symbols)
    return answer_of(meaning, rows, hidden, walk.truncated)


def overrides_of(graph: CodeGraph, scope: Scope, method: Symbol, *, limit: int = 200) -> tuple[Reached, ...]:
    """Return the methods that override or implement a method, directly or further down; nearest first."""
    walk = graph.walk(scope, [method.id], "in", kinds=ANSWERING, max_depth=MAX_OVERRIDES, limit=limit)
    return tuple(reached(step.symbol, step.relation, step.depth) for step in walk.steps)


def overriders(graph: CodeGraph, scope: Scope, name: str, *, limit: int = 200) -> StructuralAnswer:
    """Return the methods that override or implement a method, directly or further down; of a class what derives from it.

    Of several methods of that name `overridable` says which are meant.
    """
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.verdict is Verdict.AMBIGUOUS:
        meant = overridable(graph, scope, name)
        if len(meant) != 1:
            return StructuralAnswer(None, Verdict.AMBIGUOUS, (), tuple(meant) or meaning.candidates, ())
        others = tuple(one for one in meaning.candidates if one.qualified_name != meant[0].qualified_name)
        meaning = replace(understand(graph, scope, meant[0].id), candidates=others)
    if meaning.main is None:
        return without_meaning(graph, scope, meaning)
    if meaning.main.kind is not SymbolKind.METHOD:
        return subclasses(graph, scope, name, limit=limit)
    walk = graph.walk(scope, meaning.ids, "in", kinds=ANSWERING, max_depth=MAX_OVERRIDES, limit=limit)
    rows = [reached(step.symbol, step.relation, step.depth) for step in walk.steps]
    owners = graph.symbols(scope, sorted({one.parent_id for one in meaning.symbols if one.parent_id is not None}))
    hidden = [place for owner in owners for place in _hidden_heirs(graph, scope, [owner])]
    if not rows and not hidden:
        hidden = _unclear_bases(graph, scope, owners)
    return answer_of(meaning, rows, hidden, walk.truncated)


def overridable(graph: CodeGraph, scope: Scope, name: str) -> list[Symbol]:
    """Return what a question about the overrides of `name` may mean: the methods that override no other.

    Of these only those that something overrides, where there are any.
    """
    found = definitions_of(graph, scope, written_name(name), kinds=(SymbolKind.METHOD,))
    first = list({(one.repository, one.qualified_name): one for one in reversed(found)}.values())[::-1]
    if not first:
        return []
    above = graph.relations(scope, ids_of(found), "out", kinds=ANSWERING)
    below = graph.relations(scope, ids_of(found), "in", kinds=ANSWERING)
    answering = {link.source.qualified_name for link in above}
    answered = {link.target.qualified_name for link in below if link.target is not None}
    roots = [one for one in first if one.qualified_name not in answering] or first
    return [one for one in roots if one.qualified_name in answered] or roots


def _hidden_heirs(graph: CodeGraph, scope: Scope, types: Sequence[Symbol]) -> list[Uncovered]:
    """Return the places where something may derive from the types that is not seen."""
    return [
        *guessed_links(graph, scope, ids_of(types), "in", HIERARCHY),
        *uncovered_files(graph, scope, types),
        *_protocol_bases(graph, scope, types),
    ]


def _unclear_bases(graph: CodeGraph, scope: Scope, types: Sequence[Symbol]) -> list[Uncovered]:
    """Return the bases that could not be resolved and may be one of the types: of its name, or held by a variable."""
    names = {symbol.name for symbol in types}
    languages = {symbol.language for symbol in types}
    found = []
    for link in graph.iter_relations(scope, kinds=HIERARCHY):
        if link.strategy is not Strategy.NAME or link.tier is not Tier.EXTERNAL or link.external is None:
            continue
        last = link.external.replace("::", ".").rpartition(".")[2]
        is_held = link.source.language in _CLASSES_ARE_VALUES and (last[:1].islower() or "(" in link.external)
        if last in names or (is_held and link.source.language in languages):
            reason = f"the base {link.external} of {link.source.qualified_name} could not be resolved"
            found.append(Uncovered(link.site.path, link.site.line, reason))
    found += [
        Uncovered(one.path, one.line, f"{one.qualified_name} has one method: a lambda may implement it unnamed")
        for one in types
        if one.language == "java" and one.kind is SymbolKind.INTERFACE and _has_one_method(graph, scope, one)
    ]
    return found[:MAX_UNCOVERED]


def _has_one_method(graph: CodeGraph, scope: Scope, type_: Symbol) -> bool:
    """Whether an interface of Java declares one method that is left to others, so that a function in place can be one."""
    members = (one for one in graph.outline(scope, type_.repository, type_.path) if one.parent_id == type_.id)
    methods = [one for one in members if one.kind is SymbolKind.METHOD]
    return sum(not {"default", "static"} & set(one.signature.split("(", 1)[0].split()) for one in methods) == 1


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
