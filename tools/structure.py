"""Typed questions about structure, answered from relations alone: who calls, what breaks, what imports, which tests reach it.

A verdict is three-valued (`tools.verdicts`). `none` is said only when nothing was found and nothing that we could not look
into might hold a result; otherwise it is `unknown`, with those places. Every function takes a name in any form that
`tools.meaning.understand` takes; one that means several things gives `ambiguous` with the candidates. Classes are
`tools.inheritance`, ways from one symbol to another `tools.ways`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from knowledge.evidence import Uncovered, Verdict
from knowledge.languages import is_macro
from knowledge.ports.graph import CodeGraph, Direction
from knowledge.schema import Relation, RelationKind, Site, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import ImpactAnswer, Reached, StructuralAnswer
from tools.coverage import guessed_links, misread_places, uncovered_files, unresolved_callees, unresolved_calls
from tools.dispatch import arrivals, overridden_by, overriding
from tools.handing_on import handed_on, split_imports
from tools.meaning import CODE_KINDS, MAX_MEANINGS, definitions_of, near_names, understand, written_name
from tools.outside import returned_calls, run_from_outside
from tools.overview import entries_among
from tools.reaching import (
    CALLS,
    HANDING_ON,
    RESOLVED,
    USES,
    ids_of,
    reached,
    sites_and_beyond,
    with_constructors,
    with_members,
)
from tools.verdicts import all_uncovered_files, answer_of, without_meaning
from tools.written import unexplained

TESTING = (RelationKind.CALLS, RelationKind.REFERENCES, RelationKind.TESTS)
MAX_TEST_WALK = 5_000
MAX_HIDDEN_WALK = 200
"""Symbols on the way to a test that are looked at for users not seen."""
MAX_TEST_DEPTH = 20
"""Links that are followed to a test where none is near."""

_TESTS = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_MODULES = frozenset({SymbolKind.MODULE, SymbolKind.PACKAGE})


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
    found = found or definitions_of(graph, scope, name, kinds=kinds, path=path)
    if found:
        meaning = understand(graph, scope, name, kinds=kinds, path=path)
        rows = tuple(
            Reached(symbol, Site(symbol.path, symbol.line, symbol.column), Tier.EXACT, 0, RelationKind.CONTAINS)
            for symbol in found[:limit]
        )
        others = tuple(symbol for symbol in meaning.candidates if symbol != meaning.main)
        return StructuralAnswer(meaning.main, meaning.verdict, rows, others, (), len(found) > limit)
    uncovered = all_uncovered_files(graph, scope)
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
    Where no call is seen, the sites come that hand a function on to be called, as references.
    """
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return without_meaning(graph, scope, meaning)
    start = with_constructors(graph, scope, meaning.symbols)
    # A macro is expanded, not called: its uses are references, and the calls made there are of what it expands to. One of Rust
    # is imported by its name as well, which is no use: `handed_on` tells the two apart.
    macros = [one for one in start if is_macro(one.language, one.signature) and one.language != "rust"]
    kinds = HANDING_ON if len(macros) == len(start) else CALLS
    rows, truncated = sites_and_beyond(graph, scope, start, "in", kinds, tiers, max_depth, limit)
    if not rows:
        rows, truncated = handed_on(graph, scope, start, tiers, limit)
    if dispatch:
        further = overridden_by(graph, scope, start)
        rows, truncated = _with_dispatched(graph, scope, rows, truncated, further, "in", tiers, limit)
    hidden = [*unresolved_calls(graph, scope, start), *uncovered_files(graph, scope, start)]
    if Tier.AMBIGUOUS not in tiers:
        hidden = [*guessed_links(graph, scope, ids_of(start), "in", CALLS), *hidden]
    if not rows and not hidden:  # else it is unknown already
        hidden.extend(misread_places(graph, scope, start))
        hidden.extend(run_from_outside(graph, scope, start))
        hidden.extend(unexplained(graph, scope, start))
    return answer_of(meaning, rows, hidden, truncated)


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
        return without_meaning(graph, scope, meaning)
    start = with_members(graph, scope, meaning.symbols)
    rows, truncated = sites_and_beyond(graph, scope, start, "out", CALLS, tiers, max_depth, limit)
    if dispatch:
        rows, truncated = _with_overriding(graph, scope, rows, truncated, limit)
    hidden = [] if Tier.AMBIGUOUS in tiers else guessed_links(graph, scope, ids_of(start), "out", CALLS)
    hidden.extend(unresolved_callees(graph, scope, start))
    if not rows and not hidden:
        hidden.extend(returned_calls(graph, scope, start))
    return answer_of(meaning, rows, hidden, truncated)


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
        return without_meaning(graph, scope, meaning)
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
        hidden.extend(run_from_outside(graph, scope, meaning.symbols))
        hidden.extend(unexplained(graph, scope, meaning.symbols))
    return answer_of(meaning, rows, hidden, truncated)


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


def importers(graph: CodeGraph, scope: Scope, name: str, *, limit: int = 200) -> StructuralAnswer:
    """Return the import sites of a module or symbol; a name that is not ours is looked for among the external imports."""
    kinds = (RelationKind.IMPORTS,)
    if not definitions_of(graph, scope, written_name(name), kinds=CODE_KINDS):
        rows = _external_imports(graph, scope, written_name(name))
        if rows:
            return StructuralAnswer(None, Verdict.FOUND, tuple(rows[:limit]), (), (), len(rows) > limit)
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return without_meaning(graph, scope, meaning)
    if meaning.main.kind in _MODULES:
        links = graph.relations(scope, meaning.ids, "in", kinds=kinds, limit=limit + 1)
    else:
        links = _named_imports(graph, scope, meaning.symbols)
    rows = _by_line(reached(link.source, link, 1) for link in links)
    hidden = [
        *guessed_links(graph, scope, meaning.ids, "in", kinds),
        *uncovered_files(graph, scope, meaning.symbols),
    ]
    return answer_of(meaning, rows[:limit], hidden, len(rows) > limit)


def tests_of(graph: CodeGraph, scope: Scope, name: str, *, max_depth: int = 4, limit: int = 200) -> StructuralAnswer:
    """Return the tests that reach the symbol or its members by calls and references, nearest first.

    A test is a function; a file of tests that reaches it outside of any is a row of its own. Where none is within `max_depth` links,
    those further off count, and then those that call a method which something on the way overrides, marked as dispatched.
    """
    meaning = understand(graph, scope, name, kinds=CODE_KINDS)
    if meaning.main is None:
        return without_meaning(graph, scope, meaning)
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
    if not rows and not hidden:
        hidden.extend(_hidden_users(graph, scope, start))
    if not rows and truncated:
        hidden.append(Uncovered(meaning.main.path, meaning.main.line, f"more than {MAX_TEST_WALK} symbols use it"))
    return answer_of(meaning, rows[:limit], hidden, truncated or len(rows) > limit)


def _hidden_users(graph: CodeGraph, scope: Scope, start: Sequence[Symbol]) -> list[Uncovered]:
    """Return where something not seen may use the symbols, or what uses them, directly or further on."""
    walk = graph.walk(scope, ids_of(start), "in", kinds=TESTING, max_depth=MAX_TEST_DEPTH, limit=MAX_HIDDEN_WALK)
    users = [*start, *(step.symbol for step in walk.steps)]
    named = [one for one in users if one.kind not in _MODULES]
    return [
        *guessed_links(graph, scope, ids_of(users), "in", TESTING),
        *unresolved_calls(graph, scope, named),
        *run_from_outside(graph, scope, named),
        *unexplained(graph, scope, start),
    ]


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
    return split_imports(graph, scope, uses)[0]
