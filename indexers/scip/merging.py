"""Merges what a compiler says with what we resolved, site by site; both sources are kept.

Agreed: the relation stays, confirmed, as exact. Otherwise the compiler's target is added, and ours stays as disputed
among the ambiguous ones. A site that we could not resolve gets the compiler's target alone. Where the compiler names a
variable it says nothing about what is called: what the variable holds is our finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from indexers.scip.overlay import FileOverlay, Position
from knowledge.ports.graph import RelationRow, UnresolvedRow
from knowledge.schema import STRATEGY_CONFIDENCE, STRATEGY_TIER, RelationKind, Strategy, Symbol, SymbolKind, Tier

_AGAIN = re.compile(r"~\d+$")
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
_NAMES_ONLY = frozenset({SymbolKind.VARIABLE, SymbolKind.MODULE, SymbolKind.PACKAGE})


class Merger:
    """Lays overlays over the rows of one resolution, whose `symbols` start at index `first` of the repository."""

    def __init__(self, symbols: Sequence[Symbol], first: int, overlays: Mapping[str, FileOverlay]) -> None:
        self._symbols = symbols
        self._first = first
        self._meant = {path: overlay.by_position() for path, overlay in overlays.items()}
        self._index = {symbol.id.partition(":")[2]: first + number for number, symbol in enumerate(symbols)}

    def merged(self, path: str, rows: Iterator[RelationRow], unresolved: list[UnresolvedRow]) -> Iterator[RelationRow]:
        """Yield the calls of the file at `path`, laid over; those that the compiler resolves leave `unresolved`."""
        meant = self._meant.get(path)
        if not meant:
            yield from rows
            return
        before = len(unresolved)
        for place, group in groupby(rows, key=lambda row: (row[8], row[9])):
            yield from self._site(list(group), meant.get(place, ""))
        rest = unresolved[before:]
        del unresolved[before:]
        for row in rest:
            added = self._added(row, meant)
            if added is None:
                unresolved.append(row)
            else:
                yield added

    def _site(self, rows: list[RelationRow], target: str) -> Iterator[RelationRow]:
        if target.startswith("="):
            yield from self._outside(rows, target[1:])
        elif (index := self._callable(target)) is not None:
            yield from self._inside(rows, index)
        else:
            yield from rows

    def _callable(self, target: str) -> int | None:
        """Return the index of a symbol that can be called, None for a variable and what is no symbol of ours."""
        index = self._index.get(target)
        if index is None or self._symbols[index - self._first].kind in _NAMES_ONLY:
            return None
        return index

    def _added(self, row: UnresolvedRow, meant: Mapping[Position, str]) -> RelationRow | None:
        source, _, path, line, column = row
        target = meant.get((line, column), "")
        site = (path, line, column)
        if target.startswith("="):
            return _row(RelationKind.CALLS, Strategy.COMPILER, source, -1, target[1:], *site)
        index = self._callable(target)
        return None if index is None else _row(RelationKind.CALLS, Strategy.COMPILER, source, index, None, *site)

    def _inside(self, rows: list[RelationRow], target: int) -> Iterator[RelationRow]:
        """The compiler means a symbol of ours."""
        agreed = [row[5] >= 0 and self._alike(row[5], target) for row in rows]
        if any(agreed) and self._symbols[target - self._first].kind in _TYPES:
            # What else is called where a class is, is the constructor that it inherits.
            agreed = [agrees or self._is_method(row[5]) for row, agrees in zip(rows, agreed, strict=True)]
        for row, agrees in zip(rows, agreed, strict=True):
            yield _restated(row, Strategy.CONFIRMED) if agrees else _disputed(row)
        if not any(agreed):
            kind, _, _, _, source, _, _, path, line, column = rows[0]
            yield _row(kind, Strategy.COMPILER, source, target, None, path, line, column)

    def _is_method(self, index: int) -> bool:
        return index >= 0 and self._symbols[index - self._first].kind is SymbolKind.METHOD

    def _alike(self, ours: int, theirs: int) -> bool:
        """A class and its constructor are one target, and so are definitions of one name in one file."""
        one, other = self._symbols[ours - self._first], self._symbols[theirs - self._first]
        if one.path == other.path and _AGAIN.sub("", one.local_name) == _AGAIN.sub("", other.local_name):
            return True
        return one.parent_id == other.id or other.parent_id == one.id

    def _outside(self, rows: list[RelationRow], name: str) -> Iterator[RelationRow]:
        """The compiler means something outside the project, or inside where its index lacks the definition."""
        ours = [row[5] >= 0 and self._is_called(row[5], name) for row in rows]
        for row, same in zip(rows, ours, strict=True):
            yield row if row[5] < 0 else _restated(row, Strategy.CONFIRMED) if same else _disputed(row)
        if not any(ours) and not any(row[5] < 0 for row in rows):
            kind, _, _, _, source, _, _, path, line, column = rows[0]
            yield _row(kind, Strategy.COMPILER, source, -1, name, path, line, column)

    def _is_called(self, index: int, name: str) -> bool:
        symbol = self._symbols[index - self._first]
        parent = self._index.get((symbol.parent_id or "").partition(":")[2])
        names = {
            symbol.qualified_name,
            self._symbols[parent - self._first].qualified_name if parent is not None else "",
        }
        return name in names


def _disputed(row: RelationRow) -> RelationRow:
    """What was a guess all along stays one."""
    return row if row[2] is Tier.AMBIGUOUS else _restated(row, Strategy.DISPUTED)


def _restated(row: RelationRow, strategy: Strategy) -> RelationRow:
    kind, _, _, _, source, target, external, path, line, column = row
    return _row(kind, strategy, source, target, external, path, line, column)


def _row(
    kind: RelationKind,
    strategy: Strategy,
    source: int,
    target: int,
    external: str | None,
    path: str,
    line: int,
    column: int,
) -> RelationRow:
    outside = target < 0 and strategy is not Strategy.DISPUTED
    tier = Tier.EXTERNAL if outside else STRATEGY_TIER[strategy]
    return (kind, strategy, tier, STRATEGY_CONFIDENCE[strategy], source, target, external, path, line, column)
