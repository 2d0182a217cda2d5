"""Typed questions about structure, answered from relations alone: who calls, what breaks, what is between.

A verdict is three-valued. `none` is said only when nothing was found and nothing that we could not look into might hold
a result; otherwise it is `unknown`, with those places. Every function takes a name in any form that
`tools.meaning.understand` takes; one that means several things gives `ambiguous` with the candidates.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from knowledge.evidence import Uncovered, Verdict
from knowledge.ports.graph import CodeGraph, Direction
from knowledge.schema import Relation, RelationKind, Site, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import HierarchyAnswer, ImpactAnswer, PathAnswer, Reached, StructuralAnswer
from tools.coverage import (
    MAX_UNCOVERED,
    distinct,
    external_links,
    guessed_links,
    may_define,
    misread_places,
    reason_of,
    uncovered_files,
    unresolved_callees,
    unresolved_calls,
)
from tools.dispatch import ANSWERING, Arrival, arrivals, overridden_by, overriding
from tools.meaning import CODE_KINDS, MAX_MEANINGS, Meaning, modules_at, near_names, understand, written_name
from tools.overview import entries_among
from tools.reaching import ids_of, reached, sites_and_beyond, with_constructors, with_members

RESOLVED = (Tier.EXACT, Tier.INFERRED)
CALLS = (RelationKind.CALLS,)
HANDING_ON = (RelationKind.CALLS, RelationKind.REFERENCES)
"""A function is called, or handed on to be called."""
USES = (
    RelationKind.CALLS,
    RelationKind.REFERENCES,
    RelationKind.INHERITS,
    RelationKind.IMPLEMENTS,
    RelationKind.OVERRIDES,
    RelationKind.IMPORTS,
    RelationKind.READS,
    RelationKind.WRITES,
)
HIERARCHY = (RelationKind.INHERITS, RelationKind.IMPLEMENTS)
TESTING = (RelationKind.CALLS, RelationKind.REFERENCES, RelationKind.TESTS)
MAX_TEST_WALK = 5_000
MAX_TEST_DEPTH = 20
"""Links that are followed to a test where none is near."""
MAX_WAY_WALK = 10_000
MAX_BRIDGE_NAMES = 200

_PROTOCOLS = frozenset({"typing.Protocol", "typing_extensions.Protocol"})
_TESTS = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_MODULES = frozenset({SymbolKind.MODULE, SymbolKind.PACKAGE})


def is_macro(symbol: Symbol) -> bool:
    """Whether a symbol is a macro of the C preprocessor."""
    return symbol.language in ("c", "cpp") and symbol.signature.startswith("#")


def find_symbol(
    graph: CodeGraph,
    scope: Scope,
    name: str,
    *,
    kinds: Sequence[SymbolKind] = (),
    path: str | None = None,
    limit: int = 20,
) -> StructuralAnswer:
    """Return the definitions that `name` may mean, best first, as rows of depth 0 at the line of their name."""
    name = written_name(name)
    found = graph.find(scope, name, kinds=kinds, path=path, limit=max(limit + 1, MAX_MEANINGS))
    found = found or [one for one in modules_at(graph, scope, name) if not kinds or one.kind in kinds]
    if found:
        meaning = understand(graph, scope, name, kinds=kinds, path=path)
        rows = tuple(
            Reached(symbol, Site(symbol.path, symbol.line, symbol.column), Tier.EXACT, 0, RelationKind.CONTAINS)
            for symbol in found[:limit]
        )
        others = tuple(symbol for symbol in meaning.candidates if symbol != meaning.main)
        return StructuralAnswer(meaning.main, meaning.verdict, rows, others, (), len(found) > limit)
    uncovered = _all_uncovered_files(graph, scope)
    verdict = Verdict.UNKNOWN if uncovered else Verdict.NONE
    return StructuralAnswer(None, verdict, (), near_names(graph, scope, name), uncovered)


def callers(
    graph: CodeGraph,
    scope: Scope,
    name: str,
    *,
    max_depth: int = 1,
    limit: int = 200,
    tiers: Sequence[Tier] = RESOLVED,
    dispatch: bool = False,
) -> StructuralAnswer:
    """Return the call sites of a symbol, nearest first, then by site; from depth 2 on one row a caller.

    A class is called where it is constructed, a macro where it is used. With `dispatch`, calls of the methods that it overrides are added, marked.
    """
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return _without_meaning(graph, scope, meaning)
    start = with_constructors(graph, scope, meaning.symbols)
    # A macro is expanded, not called: its uses are references, and the calls made there are of what it expands to.
    kinds = HANDING_ON if all(is_macro(symbol) for symbol in start) else CALLS
    rows, truncated = sites_and_beyond(graph, scope, start, "in", kinds, tiers, max_depth, limit)
    if dispatch:
        further = overridden_by(graph, scope, start)
        rows, truncated = _with_dispatched(graph, scope, rows, truncated, further, "in", tiers, limit)
    hidden = [*unresolved_calls(graph, scope, start), *uncovered_files(graph, scope, start)]
    if Tier.AMBIGUOUS not in tiers:
        hidden = [*guessed_links(graph, scope, ids_of(start), "in", CALLS), *hidden]
    if not rows and not hidden:  # else it is unknown already
        hidden.extend(misread_places(graph, scope, start))
    return _answer(meaning, rows, hidden, truncated)


def callees(
    graph: CodeGraph,
    scope: Scope,
    name: str,
    *,
    max_depth: int = 1,
    limit: int = 200,
    tiers: Sequence[Tier] = RESOLVED,
    dispatch: bool = False,
) -> StructuralAnswer:
    """Return what a symbol calls, by call site; from depth 2 on one row a callee. A class calls what its members call.

    Calls inside it that could not be resolved are listed as uncovered, each as it is written. With `dispatch`, the
    methods that override a callee are added, marked, at the same call site.
    """
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return _without_meaning(graph, scope, meaning)
    start = with_members(graph, scope, meaning.symbols)
    rows, truncated = sites_and_beyond(graph, scope, start, "out", CALLS, tiers, max_depth, limit)
    if dispatch:
        rows, truncated = _with_overriding(graph, scope, rows, truncated, limit)
    hidden = [] if Tier.AMBIGUOUS in tiers else guessed_links(graph, scope, ids_of(start), "out", CALLS)
    hidden.extend(unresolved_callees(graph, scope, start))
    return _answer(meaning, rows, hidden, truncated)


def _with_dispatched(
    graph: CodeGraph,
    scope: Scope,
    rows: list[Reached],
    truncated: bool,
    methods: Sequence[Symbol],
    direction: Direction,
    tiers: Sequence[Tier],
    limit: int,
) -> tuple[list[Reached], bool]:
    """Add the call sites of other methods that may run what was asked for."""
    if not methods:
        return rows, truncated
    more, cut = sites_and_beyond(graph, scope, methods, direction, CALLS, tiers, 1, limit)
    seen = {(row.symbol.id, row.site) for row in rows}
    added = [replace(row, dispatched=True) for row in more if (row.symbol.id, row.site) not in seen]
    return (rows + added)[:limit], truncated or cut or len(rows) + len(added) > limit


def _with_overriding(
    graph: CodeGraph, scope: Scope, rows: list[Reached], truncated: bool, limit: int
) -> tuple[list[Reached], bool]:
    """Put after each callee the methods that may run in its place."""
    found: list[Reached] = []
    for row in rows:
        others = overriding(graph, scope, [row.symbol])
        found += [row, *(replace(row, symbol=other, dispatched=True) for other in others)]
        if len(found) > limit:
            break
    return found[:limit], truncated or len(found) > limit


def impact(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 3, limit: int = 500) -> StructuralAnswer:
    """Return what may break when the symbol changes, by depth: all that uses it or its members, directly or further on.

    Users of a method that it overrides come last, marked as dispatched.
    """
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return _without_meaning(graph, scope, meaning)
    start = with_members(graph, scope, meaning.symbols)
    walk = graph.walk(scope, ids_of(start), "in", kinds=USES, max_depth=max_depth, limit=limit)
    rows = [reached(step.symbol, step.relation, step.depth) for step in walk.steps]
    further = overridden_by(graph, scope, start)
    rows, truncated = _with_dispatched(graph, scope, rows, walk.truncated, further, "in", RESOLVED, limit)
    hidden = [
        *guessed_links(graph, scope, ids_of(start), "in", USES),
        *unresolved_calls(graph, scope, meaning.symbols),
        *uncovered_files(graph, scope, start),
    ]
    if not rows and not hidden:  # else it is unknown already
        hidden.extend(misread_places(graph, scope, meaning.symbols))
    return _answer(meaning, rows, hidden, truncated)


def full_impact(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 3, limit: int = 500) -> ImpactAnswer:
    """Return `impact` with what it means for a change: the tests to run, and the entry points that reach the symbol."""
    uses = impact(graph, scope, name, max_depth=max_depth, limit=limit)
    tests = tests_among(uses.results)
    if uses.symbol is None:
        return ImpactAnswer(uses, tests, ())
    touched = [uses.symbol, *(row.symbol for row in uses.results)]
    return ImpactAnswer(uses, tests, entries_among(graph, scope, uses.symbol.repository, touched))


def tests_among(rows: Sequence[Reached]) -> tuple[Reached, ...]:
    """Return the rows that are tests to run."""
    return tuple(row for row in rows if row.symbol.is_test and row.symbol.kind in _TESTS)


def hierarchy(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 5, limit: int = 200) -> HierarchyAnswer:
    """Return what a class inherits from or implements, and what inherits from or implements it."""
    return HierarchyAnswer(
        superclasses(graph, scope, name, max_depth=max_depth, limit=limit),
        subclasses(graph, scope, name, max_depth=max_depth, limit=limit),
    )


def importers(graph: CodeGraph, scope: Scope, name: str, *, limit: int = 200) -> StructuralAnswer:
    """Return the import sites of a module or symbol; a name that is not ours is looked for among the external imports."""
    kinds = (RelationKind.IMPORTS,)
    if not graph.find(scope, written_name(name), kinds=CODE_KINDS, limit=1):
        rows = _external_imports(graph, scope, written_name(name))
        if rows:
            return StructuralAnswer(None, Verdict.FOUND, tuple(rows[:limit]), (), (), len(rows) > limit)
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return _without_meaning(graph, scope, meaning)
    if meaning.main.kind in _MODULES:
        links = graph.relations(scope, meaning.ids, "in", kinds=kinds, limit=limit + 1)
    else:
        links = _named_imports(graph, scope, meaning.symbols)
    rows = _by_line(reached(link.source, link, 1) for link in links)
    hidden = [
        *guessed_links(graph, scope, meaning.ids, "in", kinds),
        *uncovered_files(graph, scope, meaning.symbols),
    ]
    return _answer(meaning, rows[:limit], hidden, len(rows) > limit)


def subclasses(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 5, limit: int = 200) -> StructuralAnswer:
    """Return the classes that inherit from or implement a class, directly or further down."""
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return _without_meaning(graph, scope, meaning)
    walk = graph.walk(scope, meaning.ids, "in", kinds=HIERARCHY, max_depth=max_depth, limit=limit)
    rows = [reached(step.symbol, step.relation, step.depth) for step in walk.steps]
    hidden = [
        *guessed_links(graph, scope, meaning.ids, "in", HIERARCHY),
        *uncovered_files(graph, scope, meaning.symbols),
        *_protocol_bases(graph, scope, meaning.symbols),
    ]
    return _answer(meaning, rows, hidden, walk.truncated)


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
        return _without_meaning(graph, scope, meaning)
    walk = graph.walk(scope, meaning.ids, "out", kinds=HIERARCHY, max_depth=max_depth, limit=limit)
    rows = [reached(step.symbol, step.relation, step.depth) for step in walk.steps]
    classes = [*meaning.ids, *(row.symbol.id for row in rows)]
    hidden = [
        *guessed_links(graph, scope, classes, "out", HIERARCHY),
        *external_links(graph, scope, classes, HIERARCHY),
    ]
    return _answer(meaning, rows, hidden, walk.truncated)


def tests_of(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 4, limit: int = 200) -> StructuralAnswer:
    """Return the tests that reach the symbol or its members by calls and references, nearest first.

    A test is a function; a file of tests that reaches it outside of any is a row of its own. Where none is within `max_depth` links,
    those further off count, and then those that call a method which something on the way overrides, marked as dispatched.
    """
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return _without_meaning(graph, scope, meaning)
    start = with_members(graph, scope, meaning.symbols)
    rows, truncated = _tests_within(graph, scope, start, max_depth)
    if not rows:
        rows, truncated = _tests_within(graph, scope, start, MAX_TEST_DEPTH)
    if not rows:
        rows, truncated = _tests_through_overrides(graph, scope, start)
    hidden = [
        *guessed_links(graph, scope, ids_of(start), "in", TESTING),
        *unresolved_calls(graph, scope, meaning.symbols),
        *uncovered_files(graph, scope, start),
    ]
    if not rows and truncated:
        hidden.append(Uncovered(meaning.main.path, meaning.main.line, f"more than {MAX_TEST_WALK} symbols use it"))
    return _answer(meaning, rows[:limit], hidden, truncated or len(rows) > limit)


def _tests_within(
    graph: CodeGraph, scope: Scope, start: Sequence[Symbol], max_depth: int
) -> tuple[list[Reached], bool]:
    walk = graph.walk(scope, ids_of(start), "in", kinds=TESTING, max_depth=max_depth, limit=MAX_TEST_WALK)
    found = [reached(step.symbol, step.relation, step.depth) for step in walk.steps if step.symbol.is_test]
    return _of_tests(found), walk.truncated


def _tests_through_overrides(graph: CodeGraph, scope: Scope, start: Sequence[Symbol]) -> tuple[list[Reached], bool]:
    found, truncated = arrivals(
        graph, scope, start, TESTING, lambda symbol: symbol.is_test, max_depth=MAX_TEST_DEPTH, limit=MAX_TEST_WALK
    )
    rows = [
        replace(reached(one.symbol, one.link, max(one.depth, 1)), dispatched=one.dispatched)
        for one in found.values()
        if one.symbol.is_test and one.link.source.id == one.symbol.id
    ]
    return _of_tests(rows), truncated


def _of_tests(found: Sequence[Reached]) -> list[Reached]:
    """Return the rows of test functions, and those of files of tests that have no such row."""
    functions = {row.symbol.path for row in found if row.symbol.kind in _TESTS}
    return [
        row
        for row in found
        if row.symbol.kind in _TESTS or (row.symbol.kind in _MODULES and row.symbol.path not in functions)
    ]


def path_between(
    graph: CodeGraph, scope: Scope, source_name: str, target_name: str, *, max_depth: int = 12
) -> PathAnswer:
    """Return a shortest way from one symbol to another: by calls, else by any use of one by the other.

    Else by calls that run a method in the place of one that it overrides; such a link is the override itself, from the method that runs.
    """
    source = understand(graph, scope, source_name, kinds=CODE_KINDS)
    target = understand(graph, scope, target_name, kinds=CODE_KINDS)
    if source.verdict is Verdict.AMBIGUOUS and target.main is not None:
        any_way = _from_any(graph, scope, source, target, max_depth)
        if any_way is not None:
            return any_way
    if source.main is None or target.main is None:
        unclear = source if source.main is None else target
        return PathAnswer(source.main, target.main, unclear.verdict, (), unclear.candidates, ())
    starts = with_members(graph, scope, source.symbols)
    ends = with_constructors(graph, scope, target.symbols)
    for kinds in (CALLS, USES):
        found = graph.shortest_path(scope, ids_of(starts), ids_of(ends), kinds=kinds, max_depth=max_depth)
        if found is not None:
            candidates = (*source.candidates, *target.candidates)
            return PathAnswer(source.main, target.main, Verdict.FOUND, tuple(found), candidates, ())
    way = _dispatched_way(graph, scope, starts, ends, max_depth)
    if way:
        candidates = (*source.candidates, *target.candidates)
        return PathAnswer(source.main, target.main, Verdict.FOUND, way, candidates, ())
    hidden = distinct(_missing_bridges(graph, scope, starts, ends, max_depth))
    verdict = Verdict.UNKNOWN if hidden else Verdict.NONE
    return PathAnswer(source.main, target.main, verdict, (), (*source.candidates, *target.candidates), hidden)


def _dispatched_way(
    graph: CodeGraph, scope: Scope, starts: Sequence[Symbol], ends: Sequence[Symbol], max_depth: int
) -> tuple[Relation, ...]:
    """Return a way through overrides, empty when none is seen."""
    wanted = frozenset(ids_of(starts))
    found: dict[str, Arrival] = {}
    for kinds in (CALLS, HANDING_ON):
        found, _ = arrivals(
            graph, scope, ends, kinds, lambda symbol: symbol.id in wanted, max_depth=max_depth, limit=MAX_WAY_WALK
        )
        if not wanted.isdisjoint(found):
            break
    way: list[Relation] = []
    at = min((found[one] for one in wanted if one in found), key=lambda one: one.depth, default=None)
    while at is not None:
        way.append(at.link)
        following = at.link.source if at.link.kind in ANSWERING else at.link.target
        at = found.get(following.id) if following is not None else None
    return tuple(way)


def _from_any(graph: CodeGraph, scope: Scope, source: Meaning, target: Meaning, max_depth: int) -> PathAnswer | None:
    """Return a way from one of the meanings of an ambiguous source: the way itself says from which."""
    found = graph.shortest_path(scope, ids_of(source.candidates), target.ids, kinds=CALLS, max_depth=max_depth)
    if not found:
        return None
    others = tuple(one for one in source.candidates if one.id != found[0].source.id)
    return PathAnswer(found[0].source, target.main, Verdict.FOUND, tuple(found), (*others, *target.candidates), ())


def _answer(
    meaning: Meaning, rows: Sequence[Reached], hidden: Iterable[Uncovered], truncated: bool
) -> StructuralAnswer:
    uncovered = distinct(hidden)
    verdict = Verdict.FOUND if rows else Verdict.UNKNOWN if uncovered or truncated else Verdict.NONE
    return StructuralAnswer(meaning.main, verdict, tuple(rows), meaning.candidates, uncovered, truncated)


def _without_meaning(graph: CodeGraph, scope: Scope, meaning: Meaning) -> StructuralAnswer:
    """Answer for a name that means several symbols or none; one that means none may be defined in an uncovered file."""
    uncovered = _all_uncovered_files(graph, scope) if meaning.verdict is Verdict.UNKNOWN else ()
    return StructuralAnswer(None, meaning.verdict, (), meaning.candidates, uncovered)


def _all_uncovered_files(graph: CodeGraph, scope: Scope) -> tuple[Uncovered, ...]:
    found: list[Uncovered] = []
    for info in graph.repositories(scope):
        issues = graph.issues(scope, info.name, covered=False)
        found.extend(Uncovered(issue.path, issue.line, reason_of(issue)) for issue in issues if may_define(issue))
    return tuple(found[:MAX_UNCOVERED])


def _external_imports(graph: CodeGraph, scope: Scope, name: str) -> list[Reached]:
    """Return the import sites of what is outside the project and is `name`, or lies below it.

    Where there is none: the sites that import the package `name` starts with (`zap` of `zap.Logger`), and the module that
    passes a foreign name on as its own (`app.compat.loads`).
    """
    dotted = name.replace("::", ".").replace("/", ".")
    if not dotted:
        return []
    package, _, last = dotted.rpartition(".")
    exact: list[Relation] = []
    related: list[Relation] = []
    for link in graph.iter_relations(scope, kinds=[RelationKind.IMPORTS]):
        if link.external is None:
            continue
        outside = link.external.replace("::", ".").replace("/", ".")
        if outside == dotted or outside.startswith(dotted + "."):
            exact.append(link)
        elif package and (f".{outside}".endswith(f".{package}") or _passes_on(link.source, outside, package, last)):
            related.append(link)
    return _by_line(reached(link.source, link, 1) for link in exact or related)


def _passes_on(source: Symbol, outside: str, package: str, last: str) -> bool:
    return source.qualified_name == package and outside.rpartition(".")[2] == last


def _by_line(rows: Iterable[Reached]) -> list[Reached]:
    """Return one row an importing line: a statement that takes several names from a module is one import of it."""
    kept: dict[tuple[str, str, int], Reached] = {}
    for row in rows:
        if row.site is not None:
            kept.setdefault((row.symbol.repository, row.site.path, row.site.line), row)
    return list(kept.values())


def _named_imports(graph: CodeGraph, scope: Scope, symbols: Sequence[Symbol]) -> list[Relation]:
    """Return the references to the symbols that an import statement makes: those at the site of an import."""
    uses = graph.relations(scope, ids_of(symbols), "in", kinds=[RelationKind.REFERENCES, RelationKind.IMPORTS])
    modules = {f"{link.source.repository}:{link.source.path}#" for link in uses}
    imports = graph.relations(scope, sorted(modules), "out", kinds=[RelationKind.IMPORTS], tiers=tuple(Tier))
    sites = {(link.source.repository, link.site) for link in imports}
    return [link for link in uses if (link.source.repository, link.site) in sites]


def _missing_bridges(
    graph: CodeGraph, scope: Scope, starts: Sequence[Symbol], ends: Sequence[Symbol], max_depth: int
) -> list[Uncovered]:
    """Return where a way may exist that we do not see: an ambiguous or unresolved call from the near to the far side."""
    every_tier = (*RESOLVED, Tier.AMBIGUOUS)
    guessed = graph.shortest_path(
        scope, ids_of(starts), ids_of(ends), kinds=USES, tiers=every_tier, max_depth=max_depth
    )
    if guessed:
        return [
            Uncovered(link.site.path, link.site.line, "this link is one of several candidates")
            for link in guessed
            if link.tier is Tier.AMBIGUOUS
        ]
    near = graph.walk(scope, ids_of(starts), "out", kinds=USES, tiers=every_tier, max_depth=max_depth)
    far = graph.walk(scope, ids_of(ends), "in", kinds=USES, tiers=every_tier, max_depth=max_depth)
    near_ids = {*ids_of(starts), *(step.symbol.id for step in near.steps)}
    far_names = dict.fromkeys(symbol.name for symbol in (*ends, *(step.symbol for step in far.steps)))
    hidden = [
        Uncovered(found.site.path, found.site.line, f"the call {found.callee!r} could not be resolved")
        for name in list(far_names)[:MAX_BRIDGE_NAMES]
        for found in graph.unresolved(scope, name)
        if found.source.id in near_ids
    ]
    hidden += _returning_calls(graph, scope, sorted(near_ids), frozenset(far_names))
    return [*hidden[:MAX_UNCOVERED], *uncovered_files(graph, scope, [*starts, *ends])]


def _returning_calls(
    graph: CodeGraph, scope: Scope, near_ids: Sequence[str], far_names: frozenset[str]
) -> list[Uncovered]:
    """Return the calls on what foreign code returned (`make().send`) by a name of the far side: the object may be ours."""
    links = graph.relations(scope, near_ids, "out", kinds=CALLS, tiers=[Tier.EXTERNAL])
    return [
        Uncovered(link.site.path, link.site.line, f"the call of {link.external!r} may come back into the project")
        for link in links
        if link.external is not None and ")." in link.external and link.external.rpartition(".")[2] in far_names
    ]
