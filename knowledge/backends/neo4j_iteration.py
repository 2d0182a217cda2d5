"""Everything there is, one after the other, as of one generation.

Neo4j cannot hold a state for a slow reader. What is iterated is therefore read at once into a temporary file, page by page,
and given out only when the repositories are found to be at the generation at which the reading began.
"""

from __future__ import annotations

import pickle
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import IO, Any

import numpy as np

from knowledge.backends.neo4j_reading import Granted, consistent, in_order, link_columns, pattern, relations_of, types
from knowledge.backends.neo4j_rows import SYMBOL_COLUMNS, LinkRecord, symbol_of
from knowledge.backends.neo4j_schema import first_row
from knowledge.backends.neo4j_server import Neo4jServer, Reader
from knowledge.ports.graph import RelationColumns
from knowledge.schema import Relation, RelationKind, Strategy, Symbol, SymbolKind, Tier
from knowledge.scope import Scope

PAGE_SYMBOLS = 1_000
MAX_KNOWN_SYMBOLS = 50_000
"""Symbols kept while relations are read; about 40 MB."""
COLUMN_ROWS = 20_000
"""Symbols whose relations one statement returns as columns."""
SPOOL_BYTES = 16_000_000
"""Kept in memory up to this size."""


def iter_symbols(server: Neo4jServer, scope: Scope, kinds: Sequence[SymbolKind]) -> Iterator[Symbol]:
    condition = "AND s.kind IN $kinds" if kinds else ""
    statement = f"MATCH (s:Symbol) WHERE s.load = $load AND s.path IN $paths {condition} RETURN {SYMBOL_COLUMNS}"
    wanted = [kind.value for kind in kinds]

    def pages(reader: Reader, grant: Granted) -> Iterator[list[Symbol]]:
        for load in sorted(grant.names, key=grant.names.__getitem__):
            for paths in _path_pages(_counts(reader, [load])):
                rows = reader.rows(statement, load=load, paths=paths, kinds=wanted)
                found = [symbol_of(row, grant.names) for row in rows]
                yield sorted(found, key=lambda symbol: (symbol.path, symbol.line, symbol.column, symbol.id))

    yield from _spooled(server, scope, pages)


def iter_relations(server: Neo4jServer, scope: Scope, kinds: Sequence[RelationKind]) -> Iterator[Relation]:
    wanted = tuple(kinds) or tuple(RelationKind)

    def pages(reader: Reader, grant: Granted) -> Iterator[list[Relation]]:
        elsewhere = _foreign_sites(reader, grant)
        counts = _counts(reader, grant.loads)
        counts.update(dict.fromkeys(elsewhere.keys() - counts.keys(), 1))
        known: dict[int, Symbol] = {}
        for paths in _path_pages(counts):
            if len(known) > MAX_KNOWN_SYMBOLS:
                known.clear()
            homes = sorted({home for path in paths for home in elsewhere.get(path, [])} | set(paths))
            yield relations_of(reader, grant, _links_at(reader, grant, paths, homes, wanted), known)

    yield from _spooled(server, scope, pages)


def strategies(server: Neo4jServer, scope: Scope, repository: str) -> dict[Strategy, int]:
    statement = (
        f"MATCH (s:Symbol)-[r:{types(RelationKind)}]->(:Symbol|External) WHERE s.row > $first AND s.row <= $last"
        " RETURN r.strategy, count(*)"
    )

    def read(reader: Reader, grant: Granted) -> dict[Strategy, int]:
        load = grant.load(repository)
        if load is None:
            return {}
        counts: Counter[str] = Counter()
        base = first_row(load)
        for first in range(base, _next_row(reader, load), COLUMN_ROWS):
            for strategy, count in reader.rows(statement, first=first, last=first + COLUMN_ROWS):
                counts[strategy] += count
        return {strategy: counts[strategy.value] for strategy in Strategy if counts[strategy.value]}

    return consistent(server, scope, read)


def relation_columns(
    server: Neo4jServer, scope: Scope, kinds: Sequence[RelationKind], tiers: Sequence[Tier]
) -> RelationColumns:
    statement = (
        f"MATCH (s:Symbol){pattern('out', kinds)} WHERE s.row > $first AND s.row <= $last AND r.tier IN $tiers"
        " AND t.load = $load RETURN collect(s.row - $base), collect(t.row - $base)"
    )
    wanted = [tier.value for tier in tiers if tier is not Tier.EXTERNAL]

    def read(reader: Reader, grant: Granted) -> RelationColumns:
        parts: list[tuple[list[str], np.ndarray[Any, Any]]] = []
        for load in grant.loads if kinds else []:
            base = first_row(load)
            ids = _ids_by_place(reader, load)
            flat: list[int] = []
            for first in range(base, _next_row(reader, load), COLUMN_ROWS):
                bounds = {"first": first, "last": first + COLUMN_ROWS, "base": base}
                row = reader.one(statement, load=load, tiers=wanted, **bounds)
                if row:
                    flat.extend(chain.from_iterable(zip(row[0], row[1], strict=True)))
            places, columns = np.unique(np.array(flat, dtype=np.int64), return_inverse=True)
            parts.append(([ids[place] for place in places.tolist()], columns.reshape(-1, 2)))
        return _joined(parts)

    return consistent(server, scope, read)


def _joined(parts: list[tuple[list[str], np.ndarray[Any, Any]]]) -> RelationColumns:
    """Put the parts after each other and number their symbols by sorted id."""
    ids = [symbol_id for part, _ in parts for symbol_id in part]
    order = sorted(range(len(ids)), key=ids.__getitem__)
    rank = np.empty(len(ids), dtype=np.int32)
    rank[order] = np.arange(len(ids), dtype=np.int32)
    shifts = np.cumsum([0, *(len(part) for part, _ in parts)])
    pairs = [columns + shift for (_, columns), shift in zip(parts, shifts.tolist(), strict=False)]
    joined = rank[np.concatenate(pairs)] if pairs else np.zeros((0, 2), dtype=np.int32)
    return RelationColumns([ids[place] for place in order], joined[:, 0].copy(), joined[:, 1].copy())


def _next_row(reader: Reader, load: int) -> int:
    """Return the first number above all rows of the load."""
    row = reader.one("MATCH (l:Load {id: $load}) RETURN l.next_row", load=load)
    return int(row[0]) if row else 0


def _ids_by_place(reader: Reader, load: int) -> dict[int, str]:
    """Return row number, counted from the load's first -> symbol id."""
    base = first_row(load)
    rows = reader.rows(
        "MATCH (s:Symbol) WHERE s.row > $first AND s.row < $last RETURN s.row - $first, s.id",
        first=base,
        last=first_row(load + 1),
    )
    return {row[0]: row[1] for row in rows}


def _links_at(
    reader: Reader, grant: Granted, paths: list[str], homes: list[str], kinds: Sequence[RelationKind]
) -> list[LinkRecord]:
    """Return the relations whose site is in one of the paths, by site. homes: the paths of their symbols."""
    rows = []
    for target, condition in (("Symbol", "AND t.load IN $loads"), ("External", "")):
        rows += reader.rows(
            "UNWIND $loads AS load UNWIND $homes AS home MATCH (s:Symbol {load: load, path: home})"
            f"{pattern('out', kinds, target)} WHERE coalesce(r.path, s.path) IN $paths {condition}"
            f" RETURN {link_columns('out', external=target == 'External')}",
            loads=grant.loads,
            homes=homes,
            paths=paths,
        )
    return in_order(LinkRecord(*row) for row in rows)


def _counts(reader: Reader, loads: list[int]) -> dict[str, int]:
    """Return path -> number of symbols."""
    rows = reader.rows(
        "MATCH (s:Symbol) WHERE s.load IN $loads AND s.path IS NOT NULL RETURN s.path, count(*)", loads=loads
    )
    return {row[0]: row[1] for row in rows}


def _foreign_sites(reader: Reader, grant: Granted) -> dict[str, list[str]]:
    """Return the path of a site -> the paths of symbols in other files whose relations are written there."""
    found: dict[str, list[str]] = {}
    for (pairs,) in reader.rows("MATCH (l:Load) WHERE l.id IN $loads RETURN l.foreign_sites", loads=grant.loads):
        for pair in pairs or ():
            site, _, home = pair.partition("\n")
            found.setdefault(site, []).append(home)
    return found


def _path_pages(counts: dict[str, int]) -> Iterator[list[str]]:
    """Yield the paths in order, so many at a time as hold about a page of symbols."""
    page: list[str] = []
    held = 0
    for path in sorted(counts):
        page.append(path)
        held += counts[path]
        if held >= PAGE_SYMBOLS:
            yield page
            page, held = [], 0
    if page:
        yield page


def _spooled(
    server: Neo4jServer, scope: Scope, pages: Callable[[Reader, Granted], Iterator[list[Any]]]
) -> Iterator[Any]:
    """Yield the records of the pages, all of one generation."""
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:

        def read(reader: Reader, grant: Granted) -> None:
            spool.seek(0)
            spool.truncate()
            for page in pages(reader, grant):
                pickle.dump(page, spool, pickle.HIGHEST_PROTOCOL)

        consistent(server, scope, read)
        spool.seek(0)
        yield from _unspooled(spool)


def _unspooled(spool: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            page = pickle.load(spool)  # noqa: S301 - written by ourselves, into a file that nobody else can open
        except EOFError:
            return
        yield from page
