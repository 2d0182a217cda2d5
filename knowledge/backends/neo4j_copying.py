"""Copies a repository from another code graph to Neo4j, streaming, under the generation that it has there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_loads import Origin
from knowledge.ports.graph import CodeGraph, Progress, RelationRow, RepositorySnapshot, UnresolvedRow
from knowledge.schema import RepositoryInfo, SourceFile, Symbol, pack_text
from knowledge.scope import EVERYTHING, Scope

ASKED_SYMBOLS = 1_000


@dataclass(frozen=True, slots=True)
class Copied:
    """What became of one repository; `copied` is false when the target held the same generation already."""

    repository: RepositoryInfo
    copied: bool


def copy_repository(
    source: CodeGraph, target: Neo4jCodeGraph, info: RepositoryInfo, progress: Progress | None = None
) -> Copied:
    """Copy `info` from `source` unless `target` has it. Nobody may write the repository in `source` meanwhile."""
    if info in target.repositories(Scope(frozenset({info.name}))):
        return Copied(info, copied=False)
    stored = target.copy_repository(_snapshot(source, info), _origin(info), progress)
    return Copied(stored, copied=True)


def _origin(info: RepositoryInfo) -> Origin:
    totals = {"files": info.file_count, "relations": info.relation_count, "unresolved": info.unresolved_count}
    return Origin(info.generation, info.indexed_at, totals)


def _snapshot(source: CodeGraph, info: RepositoryInfo) -> RepositorySnapshot:
    symbols = StoredSymbols(source, info)
    return RepositorySnapshot(
        info.name,
        info.root,
        info.revision,
        info.notes,
        _files(source, info.name),
        symbols,
        _relations(source, symbols),
        _unresolved(source, symbols),
        source.issues(EVERYTHING, info.name),
        lambda: source.state(EVERYTHING, info.name),
    )


class StoredSymbols(Collection[Symbol]):
    """The symbols of one stored repository, read anew whenever they are iterated; only their ids are held in memory."""

    def __init__(self, source: CodeGraph, info: RepositoryInfo) -> None:
        self._source = source
        self._count = info.symbol_count
        self.scope = Scope(frozenset({info.name}))
        self.places: dict[str, int] = {}
        """Symbol id -> index, once the symbols were iterated."""

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Symbol]:
        for index, symbol in enumerate(self._source.iter_symbols(self.scope)):
            self.places[symbol.id] = index
            yield symbol

    def __contains__(self, symbol: object) -> bool:
        return isinstance(symbol, Symbol) and symbol in self._source.symbols(self.scope, [symbol.id])


def _files(source: CodeGraph, repository: str) -> Iterator[SourceFile]:
    scope = Scope(frozenset({repository}))
    sizes = source.byte_counts(scope, repository)
    for path, (content_hash, language, lines) in source.paths(scope, repository).items():
        text = source.read_text(scope, repository, path) or b""
        yield SourceFile(path, language, content_hash, sizes[path], lines, pack_text(text))


def _relations(source: CodeGraph, symbols: StoredSymbols) -> Iterator[RelationRow]:
    places = symbols.places
    for relation in source.iter_relations(symbols.scope):
        target = -1 if relation.target is None else places[relation.target.id]
        yield (
            *(relation.kind, relation.strategy, relation.tier, relation.confidence, places[relation.source.id], target),
            *(relation.external, relation.site.path, relation.site.line, relation.site.column),
        )


def _unresolved(source: CodeGraph, symbols: StoredSymbols) -> Iterator[UnresolvedRow]:
    """Ask for the calls of so many symbols at a time; one call may hide behind each call site, so no limit cuts them."""
    ids = iter(list(symbols.places))
    while asked := list(islice(ids, ASKED_SYMBOLS)):
        for site in source.unresolved_in(symbols.scope, asked, limit=2**31):
            yield symbols.places[site.source.id], site.callee, site.site.path, site.site.line, site.site.column
