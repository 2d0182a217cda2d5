"""What a change puts at risk: who uses what it touches, which tests to run, what no test reaches; with every reason named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from knowledge.changes import ChangedFile, ChangedSymbol, Comparison, Effect, FilePast
from knowledge.evidence import Uncovered
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind, Symbol, SymbolKind, Tier
from knowledge.scope import Scope
from tools.answers import Reached
from tools.frameworks import MANIFESTS
from tools.overview import entries_among
from tools.structure import impact, tests_among

MAX_SYMBOLS = 200
MAX_LOOSE_CALLS = 20
CODE = frozenset({SymbolKind.FUNCTION, SymbolKind.METHOD})
_DECLARING = frozenset({Effect.REMOVED, Effect.SIGNATURE})
"""After these a user may not even run any more; after a changed body it runs, and may do something else."""

_MANY_USERS = 10
_VERY_MANY = 50
_LARGE_LINES = 400
_OFTEN_MENDED = 5
_MENDED_SHARE = 0.3
_MEDIUM, _HIGH = 2, 5
"""Points from which a change is of medium and of high risk."""


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a change is risky. points: 1 (worth a look) to 3 (breaks something for certain)."""

    points: int
    text: str


@dataclass(frozen=True, slots=True)
class Review:
    """comparison: what changed. symbols: what the graph knows of it, by (path, local name).

    will_break: what uses a removed or differently declared symbol directly, resolved exactly. may_break: all else that
    the change reaches. tests: nearest first. untested: changed functions that no test reaches. loose: calls that nothing
    answers to, by the name of a removed symbol. stale: changed files that the index holds neither as they were nor as they are.
    """

    comparison: Comparison
    symbols: Mapping[tuple[str, str], Symbol]
    will_break: tuple[Reached, ...]
    may_break: tuple[Reached, ...]
    tests: tuple[Reached, ...]
    entry_points: tuple[Symbol, ...]
    untested: tuple[Symbol, ...]
    loose: tuple[Uncovered, ...]
    uncovered: tuple[Uncovered, ...]
    stale: tuple[str, ...]
    risk: Risk
    reasons: tuple[Reason, ...]
    truncated: bool


def review(
    graph: CodeGraph, scope: Scope, repository: str, comparison: Comparison, *, max_depth: int = 3, limit: int = 500
) -> Review:
    """Return what `comparison` puts at risk, as far as the index of `repository` knows."""
    stored = {path: content_hash for path, (content_hash, _, _) in graph.paths(scope, repository).items()}
    stale = tuple(file.path for file in comparison.files if file.symbols and not _is_known(file, stored))
    changes = _found(graph, scope, repository, comparison, stored)
    will: dict[str, Reached] = {}
    may: dict[str, Reached] = {}
    tests: dict[str, Reached] = {}
    touched: dict[str, Symbol] = {}
    uncovered: dict[Uncovered, None] = {}
    untested: list[Symbol] = []
    imports = _Imports(graph, scope)
    changed = {symbol.id for _, symbol in changes}
    product = [(change, symbol) for change, symbol in changes if not symbol.is_test]
    truncated = len(product) > MAX_SYMBOLS
    for change, symbol in product[:MAX_SYMBOLS]:
        answer = impact(graph, scope, symbol.id, max_depth=max_depth, limit=limit)
        truncated = truncated or answer.truncated
        reaching = tests_among(answer.results)
        for row in reaching:
            _keep(tests, row)
        if not reaching and symbol.kind in CODE and change.effect is not Effect.REMOVED:
            untested.append(symbol)
        touched.update((one.id, one) for one in (symbol, *(row.symbol for row in answer.results)))
        if change.effect is Effect.ADDED:
            continue  # nobody relied on it before
        for row in answer.results:
            merely_imports = change.effect is not Effect.REMOVED and imports.is_one(row)
            if not row.symbol.is_test and row.symbol.id not in changed and not merely_imports:
                _keep(will if row.certain and change.effect in _DECLARING else may, row)
        uncovered.update(dict.fromkeys(answer.uncovered))
    own = [symbol for _, symbol in changes if symbol.is_test and symbol.kind in CODE]
    links = graph.relations(scope, [symbol.id for symbol in own], "out", kinds=[RelationKind.TESTS])
    proven = {link.source.id for link in links}
    for symbol in own:
        if symbol.id in proven or symbol.name.lower().startswith("test"):
            tests[symbol.id] = Reached(symbol, None, Tier.EXACT, 0, RelationKind.TESTS)
    entries = entries_among(graph, scope, repository, touched.values())
    loose = _loose_calls(graph, scope, _removed(comparison))
    rows = tuple(row for key, row in may.items() if key not in will)
    reasons = tuple(_reasons(comparison, will, rows, entries, untested, loose, stale))
    points = sum(reason.points for reason in reasons)
    risk = Risk.HIGH if points >= _HIGH else Risk.MEDIUM if points >= _MEDIUM else Risk.LOW
    return Review(
        comparison,
        {(change.path, change.local_name): symbol for change, symbol in changes},
        _nearest(will.values()),
        _nearest(rows),
        _nearest(tests.values()),
        entries,
        tuple(untested),
        loose,
        tuple(uncovered),
        stale,
        risk,
        reasons,
        truncated,
    )


def _is_known(file: ChangedFile, stored: Mapping[str, str]) -> bool:
    """Whether the index holds the file as it was or as it is; one that is not there was not, or is not."""
    before, after = file.hashes
    return stored.get(file.path, "") == after or stored.get(file.old_path or file.path, "") == before


def _found(
    graph: CodeGraph, scope: Scope, repository: str, comparison: Comparison, stored: Mapping[str, str]
) -> list[tuple[ChangedSymbol, Symbol]]:
    """Return the changed symbols that the index has, under the path of either side, with what it knows of them."""
    asked: dict[str, ChangedSymbol] = {}
    for file in comparison.files:
        path = next((path for path in (file.path, file.old_path) if path in stored), "")
        asked.update((f"{repository}:{path}#{change.local_name}", change) for change in file.symbols if path)
    return [(asked[symbol.id], symbol) for symbol in graph.symbols(scope, list(asked))]


def _removed(comparison: Comparison) -> list[ChangedSymbol]:
    return [change for file in comparison.files for change in file.symbols if change.effect is Effect.REMOVED]


class _Imports:
    """Tells the import of a name, which a new signature or body does not touch, from a use of it."""

    def __init__(self, graph: CodeGraph, scope: Scope) -> None:
        self._graph = graph
        self._scope = scope
        self._sites: dict[str, set[tuple[str, int]]] = {}

    def is_one(self, row: Reached) -> bool:
        if row.relation is RelationKind.IMPORTS:
            return True
        if row.site is None or row.symbol.kind is not SymbolKind.MODULE:
            return False
        key = row.symbol.id
        if key not in self._sites:
            links = self._graph.relations(self._scope, [key], "out", kinds=[RelationKind.IMPORTS], tiers=tuple(Tier))
            self._sites[key] = {(link.site.path, link.site.line) for link in links}
        return (row.site.path, row.site.line) in self._sites[key]


def _keep(rows: dict[str, Reached], row: Reached) -> None:
    known = rows.get(row.symbol.id)
    if known is None or row.depth < known.depth:
        rows[row.symbol.id] = row


def _nearest(rows: Iterable[Reached]) -> tuple[Reached, ...]:
    return tuple(sorted(rows, key=lambda row: (row.depth, row.symbol.path, row.symbol.line)))


def _loose_calls(graph: CodeGraph, scope: Scope, removed: Iterable[ChangedSymbol]) -> tuple[Uncovered, ...]:
    """Return calls that the index could not resolve and that bear the name of something removed."""
    found: dict[Uncovered, None] = {}
    for name in dict.fromkeys(symbol.local_name.rpartition(".")[2] for symbol in removed):
        for call in graph.unresolved(scope, name, limit=MAX_LOOSE_CALLS):
            place = Uncovered(call.site.path, call.site.line, f"calls {call.callee!r}, which nothing answers to now")
            found.setdefault(place)
    return tuple(found)[:MAX_LOOSE_CALLS]


def _reasons(
    comparison: Comparison,
    will: Mapping[str, Reached],
    may: tuple[Reached, ...],
    entries: tuple[Symbol, ...],
    untested: list[Symbol],
    loose: tuple[Uncovered, ...],
    stale: tuple[str, ...],
) -> Iterable[Reason]:
    """Yield why the change is risky, each reason with what it rests on."""
    if will:
        yield Reason(
            3 if len(will) >= _MANY_USERS else 2,
            f"{_count(will, 'direct user')} of a removed or differently declared symbol",
        )
    if loose:
        yield Reason(2, f"{_count(loose, 'call')} by the name of a removed symbol that nothing answers to")
    if len(may) >= _MANY_USERS:
        yield Reason(2 if len(may) >= _VERY_MANY else 1, f"the change reaches {len(may):,} further symbols")
    if untested:
        names = ", ".join(f"`{symbol.qualified_name}`" for symbol in untested[:3])
        more = f" and {len(untested) - 3:,} more" if len(untested) > 3 else ""
        yield Reason(2, f"no test is known to reach {names}{more}")
    if entries:
        yield Reason(
            1, f"{_count(entries, 'entry point')} of the program {'leads' if len(entries) == 1 else 'lead'} to it"
        )
    lines = sum(file.added_lines + file.removed_lines for file in comparison.files)
    if lines >= _LARGE_LINES:
        yield Reason(1, f"it is large: {lines:,} lines in {_count(comparison.files, 'file')}")
    for file in comparison.files:
        past = comparison.past.get(file.old_path or file.path)
        if past is not None and is_often_mended(file, past):
            yield Reason(1, f"{file.path} was mended often: {past.fixes} of its last {past.commits} commits were fixes")
    manifests = [file.path for file in comparison.files if PurePosixPath(file.path).name in MANIFESTS]
    if manifests:
        yield Reason(1, f"it changes what the project depends on: {', '.join(manifests[:3])}")
    if stale:
        yield Reason(1, f"the index is of another state of {_count(stale, 'file')}: run `clew index` for a full answer")


def is_often_mended(file: ChangedFile, past: FilePast) -> bool:
    """Tell whether a changed file of code has a history of fixes."""
    often = past.fixes >= _OFTEN_MENDED and past.fixes >= past.commits * _MENDED_SHARE
    return bool(file.symbols) and not file.is_test and often


def _count(things: Sized, noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"
