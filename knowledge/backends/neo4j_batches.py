"""Cuts a snapshot into batches of rows, the same ones for the same snapshot, so that a load can go on where it stopped.

Relations and texts are consumed as they come; only paths and names of what is outside are held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from knowledge.backends.names import last_name
from knowledge.backends.neo4j_rows import file_values, issue_values, symbol_values
from knowledge.backends.neo4j_schema import first_row, indexable
from knowledge.backends.neo4j_statements import (
    CREATE_EXTERNAL_RELATIONS,
    CREATE_EXTERNALS,
    CREATE_FILES,
    CREATE_ISSUES,
    CREATE_RELATIONS,
    CREATE_SYMBOLS,
    CREATE_UNRESOLVED,
    CREATE_UNRESOLVED_NAMES,
)
from knowledge.ports.graph import RepositorySnapshot
from knowledge.schema import Strategy, Tier

BATCH_ROWS = 1_000
BATCH_BYTES = 4_000_000
# Members of an enumeration are singletons, and their own hash is a Python call: by identity the look-up is faster.
_VALUES = {id(member): member.value for kind in (Tier, Strategy) for member in kind}


@dataclass(slots=True)
class Batch:
    """Rows for one statement. done, total: of the stage, total 0 when it is not known."""

    stage: str
    statement: str
    rows: list[list[Any]]
    done: int
    total: int = 0


@dataclass(slots=True)
class Counts:
    """What has been seen of a snapshot so far. foreign: pairs of a site's path and its symbol's, where they differ."""

    lines: Counter[str] = field(default_factory=Counter)
    tiers: Counter[str] = field(default_factory=Counter)
    files: int = 0
    symbols: int = 0
    relations: int = 0
    unresolved: int = 0
    foreign: set[tuple[str, str]] = field(default_factory=set)
    next_row: int = 1
    """The first number of a row, counted from the load's first, that no label has given out."""


class Batches:
    """The batches of one snapshot for one load. `symbols` may be asked for again; `others` consumes the streams."""

    def __init__(self, snapshot: RepositorySnapshot, load: int, totals: dict[str, int] | None = None) -> None:
        self.counts = Counts()
        self._snapshot = snapshot
        self._base = first_row(load)
        self._totals = totals or {}
        self._paths: list[str] = []

    def symbols(self) -> Iterator[Batch]:
        """Yield the batches of symbols; always from the first."""
        self._paths.clear()
        total = len(self._snapshot.symbols)
        rows: list[list[Any]] = []
        for n, symbol in enumerate(self._snapshot.symbols, 1):
            self._paths.append(symbol.path)
            rows.append(symbol_values(self._base + n, symbol))
            if len(rows) == BATCH_ROWS or n == total:
                yield Batch("store symbols", CREATE_SYMBOLS, rows, n, total)
                rows = []
        self.counts.symbols = len(self._paths)
        self._reserve(len(self._paths))

    def others(self) -> Iterator[Batch]:
        """Yield the batches of all the rest, after those of the symbols."""
        yield from self._files()
        yield from self._relations()
        yield from self._unresolved()
        yield from self._issues()

    def _files(self) -> Iterator[Batch]:
        counts, rows, size = self.counts, [], 0
        for file in self._snapshot.files:
            counts.files += 1
            counts.lines[file.language] += file.line_count
            rows.append(file_values(self._base + counts.files, file))
            size += len(rows[-1][-1])
            if len(rows) == BATCH_ROWS or size >= BATCH_BYTES:
                yield Batch("store files", CREATE_FILES, rows, counts.files, self._totals.get("files", 0))
                rows, size = [], 0
        if rows:
            yield Batch("store files", CREATE_FILES, rows, counts.files, self._totals.get("files", 0))
        self._reserve(counts.files)

    def _relations(self) -> Iterator[Batch]:
        buffers = _Buffers("store relations", self._totals.get("relations", 0))
        externals = _Names(self._base, buffers, CREATE_EXTERNALS)
        counts, base, paths = self.counts, self._base + 1, self._paths
        places: Counter[str] = Counter()
        for kind, strategy, tier, confidence, source, target, external, path, line, column in self._snapshot.relations:
            home = paths[source]
            places[home] += 1
            tier_value = _VALUES[id(tier)]
            counts.tiers[tier_value] += 1
            values = [places[home], tier_value, _VALUES[id(strategy)], confidence, line, column, self._site(path, home)]
            if target >= 0:
                row, statement = [base + source, base + target, *values], CREATE_RELATIONS[kind]
            else:
                statement = CREATE_EXTERNAL_RELATIONS[kind]
                assert external is not None
                row = [base + source, externals.row(external), *values]
            yield from buffers.add(statement, row, needs=CREATE_EXTERNALS if target < 0 else None)
        yield from buffers.rest()
        counts.relations = counts.tiers.total()
        self._reserve(externals.count)

    def _unresolved(self) -> Iterator[Batch]:
        buffers = _Buffers("store unresolved calls", self._totals.get("unresolved", 0))
        names = _Names(self._base, buffers, CREATE_UNRESOLVED_NAMES)
        places: Counter[str] = Counter()
        for source, callee, path, line, column in self._snapshot.unresolved:
            home = self._paths[source]
            places[home] += 1
            site = self._site(path, home)
            row = [self._base + 1 + source, names.row(last_name(callee)), places[home], callee, line, column, site]
            yield from buffers.add(CREATE_UNRESOLVED, row, needs=CREATE_UNRESOLVED_NAMES)
        yield from buffers.rest()
        self.counts.unresolved = places.total()
        self._reserve(names.count)

    def _issues(self) -> Iterator[Batch]:
        buffers = _Buffers("store issues")
        count = 0
        for count, issue in enumerate(self._snapshot.issues, 1):
            yield from buffers.add(CREATE_ISSUES, issue_values(self._base + count, issue))
        yield from buffers.rest()
        self._reserve(count)

    def _site(self, path: str, home: str) -> str | None:
        """Return the path of a site as it is stored: None when it is the symbol's own."""
        if path == home:
            return None
        self.counts.foreign.add((path, home))
        return path

    def _reserve(self, count: int) -> None:
        self.counts.next_row = max(self.counts.next_row, count + 1)


class _Buffers:
    """Collects rows by statement and gives out full batches; a batch that others refer to goes first."""

    def __init__(self, stage: str, total: int = 0) -> None:
        self._stage = stage
        self._total = total
        self._rows: dict[str, list[list[Any]]] = {}
        self._done = 0

    def put(self, statement: str, row: list[Any]) -> None:
        self._rows.setdefault(statement, []).append(row)

    def add(self, statement: str, row: list[Any], *, needs: str | None = None) -> Iterator[Batch]:
        """Take a row; yield its batch once it is full, after the rows of the statement that it needs."""
        self.put(statement, row)
        self._done += 1
        if len(self._rows[statement]) >= BATCH_ROWS:
            yield from self._flushed(needs)
            yield from self._flushed(statement)

    def rest(self) -> Iterator[Batch]:
        """Yield what is left: nodes before the relations that end at them."""
        for statement in sorted(self._rows, key=lambda text: " MATCH " in text):
            yield from self._flushed(statement)

    def _flushed(self, statement: str | None) -> Iterator[Batch]:
        rows = self._rows.pop(statement, []) if statement else []
        for start in range(0, len(rows), BATCH_ROWS):
            assert statement is not None
            yield Batch(self._stage, statement, rows[start : start + BATCH_ROWS], self._done, self._total)


class _Names:
    """Gives each name a row, written the first time that it is met."""

    def __init__(self, base: int, buffers: _Buffers, statement: str) -> None:
        self._base = base
        self._buffers = buffers
        self._statement = statement
        self._rows: dict[str, int] = {}

    @property
    def count(self) -> int:
        return len(self._rows)

    def row(self, name: str) -> int:
        found = self._rows.get(name)
        if found is None:
            found = self._rows[name] = self._base + len(self._rows) + 1
            self._buffers.put(self._statement, [found, indexable(name)])
        return found
