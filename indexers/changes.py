"""Which paths own other rows than before, and those rows: what an index run sends to a code graph that holds the rest.

Every row belongs to the file of its symbol, a relation to that of its source. The rows of a path are summed up in one
digest, as they are resolved; all that was resolved waits in a temporary file until the digests tell what is needed. So
relations are never all in memory, and a path whose rows are as they were costs the store nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from types import TracebackType
from typing import Any

import msgspec
import xxhash

from indexers.spooling import Place, Spool
from knowledge.ports.graph import LinkRow, RelationRow, UnresolvedLinkRow, UnresolvedRow
from knowledge.schema import FileIssue, RelationKind, Strategy, Symbol, Tier

_PlainLink = tuple[str, str, str, float, str, str | None, str | None, str, int, int]
_encode = msgspec.msgpack.Encoder().encode
_decode_links = msgspec.msgpack.Decoder(list[_PlainLink]).decode
_decode_unresolved = msgspec.msgpack.Decoder(list[UnresolvedLinkRow]).decode
_KINDS: dict[str, RelationKind] = {kind.value: kind for kind in RelationKind}
_STRATEGIES: dict[str, Strategy] = {strategy.value: strategy for strategy in Strategy}
_TIERS: dict[str, Tier] = {tier.value: tier for tier in Tier}


class OwnedRows:
    """Sums up the rows of each path. keep: spool relations and unresolved calls, so that they can be asked for.

    Add symbols, files and issues first, in this order, then let `relations` and `unresolved` pass. Close it when done.
    `symbols`: what the rows' indexes point into.
    """

    def __init__(self, symbols: Sequence[Symbol], *, keep: bool) -> None:
        self._symbols = symbols
        self._digests: dict[str, xxhash.xxh3_128] = {}
        self._keep = keep
        self._spool = Spool()
        self._links: dict[str, list[Place]] = {}
        self._unresolved: dict[str, list[Place]] = {}

    def __enter__(self) -> OwnedRows:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spool.close()

    def digests(self) -> dict[str, bytes]:
        """Return the digest of every path that owns anything; complete once all rows have passed."""
        return {path: digest.digest() for path, digest in self._digests.items()}

    # summing up

    def add_file(self, path: str, *columns: str | int) -> None:
        """Add what is stored of a covered file; its text is what its content hash says."""
        self._digest(path).update(_encode(columns))

    def add_issues(self, issues: Iterable[FileIssue]) -> None:
        for issue in issues:
            self._digest(issue.path).update(_encode(("issue", issue)))

    def add_symbols(self, symbols: Iterable[Symbol]) -> None:
        for path, group in groupby(symbols, attrgetter("path")):
            self._digest(path).update(_elements(_encode(list(group))))

    def relations(self, rows: Iterable[RelationRow]) -> Iterator[RelationRow]:
        """Let relations pass, once."""
        symbols = self._symbols
        current, held = "", list[RelationRow]()
        for row in rows:
            home = symbols[row[4]].path
            if home != current:
                self._add_relations(current, held)
                current, held = home, []
            held.append(row)
            yield row
        self._add_relations(current, held)

    def unresolved(self, rows: Iterable[UnresolvedRow]) -> Iterator[UnresolvedRow]:
        """Let unresolved calls pass, once."""
        symbols = self._symbols
        current, held = "", list[UnresolvedRow]()
        for row in rows:
            home = symbols[row[0]].path
            if home != current:
                self._add_unresolved(current, held)
                current, held = home, []
            held.append(row)
            yield row
        self._add_unresolved(current, held)

    def _add_relations(self, path: str, rows: Sequence[RelationRow]) -> None:
        if rows:
            symbols = self._symbols
            linked = [
                (
                    kind, how, tier, sure, symbols[source].id, symbols[target].id if target >= 0 else None, external, site,
                    line, column,
                )
                for kind, how, tier, sure, source, target, external, site, line, column in rows
            ]  # fmt: skip
            self._add(self._links, path, _encode(linked))

    def _add_unresolved(self, path: str, rows: Sequence[UnresolvedRow]) -> None:
        if rows:
            symbols = self._symbols
            self._add(self._unresolved, path, _encode([(symbols[source].id, *rest) for source, *rest in rows]))

    def _add(self, places: dict[str, list[Place]], path: str, payload: bytes) -> None:
        self._digest(path).update(_elements(payload))
        if self._keep:
            places.setdefault(path, []).append(self._spool.put(payload))

    def _digest(self, path: str) -> xxhash.xxh3_128:
        digest = self._digests.get(path)
        if digest is None:
            digest = self._digests[path] = xxhash.xxh3_128()
        return digest

    # what was kept

    def links_of(self, paths: Collection[str]) -> Iterator[LinkRow]:
        """Yield the kept relations that these paths own."""
        for payload in self._kept(self._links, paths):
            for kind, strategy, tier, *rest in _decode_links(payload):
                row: Any = (_KINDS[kind], _STRATEGIES[strategy], _TIERS[tier], *rest)
                yield row

    def unresolved_of(self, paths: Collection[str]) -> Iterator[UnresolvedLinkRow]:
        """Yield the kept unresolved calls that these paths own."""
        for payload in self._kept(self._unresolved, paths):
            yield from _decode_unresolved(payload)

    def _kept(self, places: dict[str, list[Place]], paths: Collection[str]) -> Iterator[bytes]:
        for path in sorted(paths):
            yield from map(self._spool.get, places.get(path, ()))


def changed_paths(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """Return the paths that own other rows than before, those that are new or gone among them."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def _elements(payload: bytes) -> memoryview:
    """Return an encoded list without its length: rows in two lists or in one are then summed up the same."""
    first = payload[0]
    return memoryview(payload)[1 if first < 0xDC else 3 if first == 0xDC else 5 :]
