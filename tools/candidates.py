"""What was looked at for a question: each place once, with the features that were found for it.

Features stand in columns, a row a place: a search weighs hundreds of places by some thirty features, and shows ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from knowledge.ports.lexical import Chunk, Hits
from knowledge.schema import Symbol, SymbolKind

Grain = Literal["file", "symbol", "doc"]
Column = npt.NDArray[np.float64]
DOCUMENT_KINDS = frozenset({SymbolKind.DOCUMENT, SymbolKind.SECTION})
ROOM = 32
"""Rows that a pool has room for beside those it begins with."""


@dataclass(slots=True)
class Candidate:
    """What is known of one file (grain file) or symbol. `lines` are of its best chunk."""

    repository: str
    path: str
    symbol_id: str
    lines: tuple[int, int]
    features: dict[str, float] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)
    score: float = 0.0
    chunk: Chunk | None = None


class Pool:
    """Candidates of one search by key: the file at file grain, the symbol otherwise. The hits come first, in their order."""

    def __init__(self, grain: Grain, hits: Hits | None = None) -> None:
        self.grain = grain
        self.repositories: list[str] = []
        self.paths: list[str] = []
        self.symbol_ids: list[str] = []
        self.lines: list[tuple[int, int]] = []
        self.chunks: list[Chunk | None] = []
        self.why: defaultdict[int, list[str]] = defaultdict(list)
        self._rows: dict[str, int] = {}
        self._columns: dict[str, Column] = {}
        self._room = ROOM
        if hits:
            self._add_hits(hits)
        self._hit_count = len(self)

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def keys(self) -> list[str]:
        return list(self._rows)

    @property
    def places(self) -> list[tuple[str, str]]:
        """Repository and path of each row."""
        return list(zip(self.repositories, self.paths, strict=True))

    def column(self, name: str) -> Column:
        """Return a feature of all rows, 0 where nothing was found; what is written there stands."""
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = np.zeros(self._room)
        return column[: len(self)]

    def put(self, name: str, values: Column | list[float]) -> None:
        """Set a feature of all rows."""
        self.column(name)[:] = values

    def credit(self, row: int, features: Mapping[str, float]) -> None:
        """Set features of one row."""
        for name, value in features.items():
            self.column(name)[row] = value

    def add_symbol(self, symbol: Symbol, feature: str, value: float, why: str) -> None:
        """Credit a symbol, or its file; one of the wrong sort for this search is passed over."""
        if (symbol.kind in DOCUMENT_KINDS) != (self.grain == "doc"):
            return
        row = self._row(symbol.repository, symbol.path, symbol.id, (symbol.start_line, symbol.end_line), None)
        if symbol.is_test and row >= self._hit_count:
            self.column("test")[row] = 1.0
        self._raise(row, feature, value, why)

    def credit_known(self, symbol_ids: Mapping[str, float], feature: str, why: str) -> list[str]:
        """Credit those of these symbols that have a row already; return the others, which have to be looked up.

        So have whole files: only their symbol tells whether one is a document.
        """
        unknown = []
        for symbol_id, value in symbol_ids.items():
            row = self._rows.get(symbol_id)
            if row is None or symbol_id.endswith("#"):
                unknown.append(symbol_id)
            else:
                self._raise(row, feature, value, why)
        return unknown

    def _raise(self, row: int, feature: str, value: float, why: str) -> None:
        column = self.column(feature)
        if value > column[row]:
            column[row] = value
            reasons = self.why[row]
            if why not in reasons:
                reasons.insert(0, why) if feature != "dense" else reasons.append(why)

    def candidate(self, row: int, score: float = 0.0) -> Candidate:
        """Return a row as a record of its own."""
        features = {name: float(column[row]) for name, column in self._columns.items()}
        return Candidate(
            self.repositories[row],
            self.paths[row],
            self.symbol_ids[row],
            self.lines[row],
            features,
            list(self.why.get(row, ())),
            score,
            self.chunks[row],
        )

    def merged(self, groups: Mapping[str, list[int]], lines: Mapping[str, tuple[int, int]]) -> Pool:
        """Return a pool of one row a group, by symbol id: what the first row is, the best of each feature, all reasons."""
        pool = Pool(self.grain)
        for symbol_id, rows in groups.items():
            first = rows[0]
            row = pool._row(
                self.repositories[first], self.paths[first], symbol_id, lines[symbol_id], self.chunks[first]
            )
            reasons = pool.why[row] = list(self.why.get(first, ()))
            for one in rows[1:]:
                reasons.extend(why for why in self.why.get(one, ()) if why not in reasons)
        order = np.array([row for rows in groups.values() for row in rows], np.int64)
        sizes = np.array([len(rows) for rows in groups.values()], np.int64)
        if len(order):
            first_of = np.cumsum(sizes) - sizes
            for name in self._columns:
                pool.put(name, np.maximum.reduceat(self.column(name)[order], first_of))
        return pool

    def _add_hits(self, hits: Hits) -> None:
        chunks = hits.chunks
        ids = [chunk.symbol_id or module_id(chunk) for chunk in chunks]
        keys = ids if self.grain != "file" else [f"{chunk.repository}:{chunk.path}" for chunk in chunks]
        self._rows = dict(zip(dict.fromkeys(keys), range(len(keys)), strict=False))
        of_hit = [self._rows[key] for key in keys]
        first: list[int] = [0] * len(self._rows)
        last: list[int] = [0] * len(self._rows)
        for at, row in enumerate(of_hit):
            last[row] = at
        for at in range(len(of_hit) - 1, -1, -1):
            first[of_hit[at]] = at
        leaders = [chunks[at] for at in first]
        self.repositories = [chunk.repository for chunk in leaders]
        self.paths = [chunk.path for chunk in leaders]
        self.symbol_ids = [ids[at] for at in first]
        self.lines = [(chunk.start_line, chunk.end_line) for chunk in leaders]
        self.chunks = [chunks[at] for at in last]
        self._room = len(self._rows) + ROOM
        for name, column in hits.features.items():
            self.put(name, column[last])
        named, mentioned = hits.features["named"], hits.features["mentioned"]
        for at in np.flatnonzero(named + mentioned).tolist():
            self.why[of_hit[at]] += ["name match"] * bool(named[at]) + ["path match"] * bool(mentioned[at])

    def _row(self, repository: str, path: str, symbol_id: str, lines: tuple[int, int], chunk: Chunk | None) -> int:
        key = f"{repository}:{path}" if self.grain == "file" else symbol_id
        row = self._rows.setdefault(key, len(self._rows))
        if row == len(self.paths):
            self.repositories.append(repository)
            self.paths.append(path)
            self.symbol_ids.append(symbol_id)
            self.lines.append(lines)
            self.chunks.append(chunk)
            if row >= self._room:
                self._room *= 2
                for name, column in self._columns.items():
                    self._columns[name] = np.concatenate([column, np.zeros(self._room - len(column))])
        return row


def module_id(chunk: Chunk) -> str:
    """Return the id of the module or document symbol of the chunk's file."""
    return f"{chunk.repository}:{chunk.path}#"
