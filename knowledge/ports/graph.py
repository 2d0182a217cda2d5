"""The ports of the code graph and of the facts it is made of, with the rows that are loaded and the columns that are read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

from knowledge.schema import (
    FileIssue,
    Relation,
    RelationKind,
    RepositoryInfo,
    SourceFile,
    Strategy,
    Symbol,
    SymbolKind,
    Tier,
    UnresolvedSite,
)
from knowledge.scope import Scope

if TYPE_CHECKING:  # numpy costs 50 ms at start, and a structural command needs no vectors
    import numpy as np
    import numpy.typing as npt

Direction = Literal["in", "out"]

RelationRow: TypeAlias = tuple[RelationKind, Strategy, Tier, float, int, int, str | None, str, int, int]
"""kind, strategy, tier, confidence, source index, target index (-1: external), external name, site path, line, column.

Indexes point into `RepositorySnapshot.symbols`.
"""

UnresolvedRow: TypeAlias = tuple[int, str, str, int, int]
"""source index, callee as written (its last name decides look-ups), site path, line, column."""

LinkRow: TypeAlias = tuple[RelationKind, Strategy, Tier, float, str, str | None, str | None, str, int, int]
"""A `RelationRow` with symbol ids in place of indexes; the target id is None when the target is external."""

UnresolvedLinkRow: TypeAlias = tuple[str, str, str, int, int]
"""An `UnresolvedRow` with the source's symbol id in place of its index."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with (stage, done, total); total 0 when it is not known."""


class Extent(NamedTuple):
    """Where a symbol stands, and in what: the few fields of `Symbol` that folding hundreds of candidates asks for.

    parent_id: None where nothing but the module holds it.
    """

    id: str
    kind: SymbolKind
    start_line: int
    end_line: int
    parent_id: str | None


@dataclass(slots=True)
class RepositorySnapshot:
    """Everything a fresh index of one repository holds. `relations` and `unresolved` are streamed once, in order.

    `symbols` hold every definition once, in the same order whenever they are iterated; parents come before children.
    `files` are the covered files.
    `state` is called last, once every stream is consumed: what `CodeGraph.state` gives back for this generation.
    """

    name: str
    root: str
    revision: str
    notes: tuple[str, ...]
    files: Iterable[SourceFile]
    symbols: Collection[Symbol]
    relations: Iterable[RelationRow]
    unresolved: Iterable[UnresolvedRow]
    issues: Iterable[FileIssue]
    state: Callable[[], bytes] = bytes


@dataclass(slots=True)
class RepositoryChanges:
    """What `paths` own in the next generation, in place of what they owned in generation `base`.

    A path owns its file, the symbols defined in it, the issues reported for it, and every relation and unresolved call
    that starts in one of its symbols. All that a path of `paths` owned is taken out and what is given here put in its
    place; a path that is given nothing is gone. Everything else stays, and so do relations that end at a symbol whose id
    is among the given ones again. `root`, `revision`, `notes` and `state` (as in `RepositorySnapshot`) are of the whole
    repository. A target is a given symbol or one that stays.
    """

    name: str
    root: str
    revision: str
    notes: tuple[str, ...]
    base: int
    paths: Collection[str]
    files: Iterable[SourceFile]
    symbols: Sequence[Symbol]
    relations: Iterable[LinkRow]
    unresolved: Iterable[UnresolvedLinkRow]
    issues: Iterable[FileIssue]
    state: Callable[[], bytes] = bytes


@dataclass(frozen=True, slots=True)
class RelationColumns:
    """Relations as columns, for questions about all of them: relation i leads from `ids[sources[i]]` to `ids[targets[i]]`.

    ids: the symbols that a relation touches, once each. sources, targets: int32, one entry a relation inside the project.
    """

    ids: Sequence[str]
    sources: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Step:
    """One symbol reached by a walk: `relation` is the link that reached it first, depth counts links from 1."""

    symbol: Symbol
    depth: int
    relation: Relation


@dataclass(frozen=True, slots=True)
class Walk:
    """The symbols reached, nearest first, then by qualified name. `truncated` when `limit` cut it."""

    steps: tuple[Step, ...]
    truncated: bool


class CodeGraph(Protocol):
    """Symbols and relations of all repositories of one store.

    Raises (all methods): StoreUnavailable, StoreTimeout, StoreCorrupt, StoreTooNew; writes also StoreBusy, StoreFull.
    """

    def replace_repository(self, snapshot: RepositorySnapshot, progress: Progress | None = None) -> RepositoryInfo:
        """Store `snapshot` in one transaction in place of the repository's previous generation."""
        ...

    def update_repository(self, changes: RepositoryChanges, progress: Progress | None = None) -> RepositoryInfo:
        """Store the changes in one transaction as the repository's next generation.

        What is stored then equals what `replace_repository` would store of the whole, in every answer; readers see the
        generation before or the one after. Costs by what `changes.paths` own, not by the size of the repository.

        Raises:
            UnknownRepository: it is not stored. StoreBusy: its generation is no longer `changes.base`.
            StoreCorrupt: a relation names a symbol that is neither given nor stored.
        """
        ...

    def state(self, scope: Scope, repository: str) -> bytes:
        """Return what the indexer stored with the current generation; empty when there is none."""
        ...

    def forget_repository(self, name: str) -> bool:
        """Delete a repository and all that belongs to it. False when there was none."""
        ...

    def repositories(self, scope: Scope) -> list[RepositoryInfo]:
        """Return the granted repositories by name, with counts."""
        ...

    def paths(self, scope: Scope, repository: str) -> dict[str, tuple[str, str, int]]:
        """Return path -> (content hash, language, line count) of every covered file."""
        ...

    def byte_counts(self, scope: Scope, repository: str) -> dict[str, int]:
        """Return path -> size in bytes, as it was indexed, of every covered file."""
        ...

    def issues(self, scope: Scope, repository: str, *, covered: bool | None = None) -> list[FileIssue]:
        """Return the reported issues by path; `covered` selects files that are (not) indexed all the same."""
        ...

    def read_text(self, scope: Scope, repository: str, path: str) -> bytes | None:
        """Return the redacted text of a file at the indexed revision, None when it is not covered."""
        ...

    def find(
        self, scope: Scope, name: str, *, kinds: Sequence[SymbolKind] = (), path: str | None = None, limit: int = 50
    ) -> list[Symbol]:
        """Return the symbols that `name` may mean, best first.

        Tried in order, the first non-empty answer wins: id; qualified name; dotted suffix (`Task.run` for
        `app.task.Task.run`; `.`, `::`, `#` and `/` all separate); simple name; the same without regard to case.
        `path` keeps only symbols of files whose path ends with it.
        """
        ...

    def find_by_prefix(
        self, scope: Scope, prefix: str, *, kinds: Sequence[SymbolKind] = (), limit: int = 50
    ) -> list[Symbol]:
        """Return the symbols whose last name begins so, whatever the case, by name and then by id.

        `Task.re` finds `retry` of any `Task`: what stands before the last separator must be whole names. `limit`: 10,000 at most.
        """
        ...

    def symbols(self, scope: Scope, ids: Sequence[str]) -> list[Symbol]:
        """Return the symbols with these ids, in the order asked, unknown or ungranted ones left out."""
        ...

    def extents(self, scope: Scope, ids: Sequence[str]) -> dict[str, Extent]:
        """Return these symbols and all that hold them within their files, by id; modules, unknown and ungranted ones left out."""
        ...

    def outline(self, scope: Scope, repository: str, path: str) -> list[Symbol]:
        """Return the symbols of a file by line, column and id."""
        ...

    def symbol_at(self, scope: Scope, repository: str, path: str, line: int) -> Symbol | None:
        """Return the innermost symbol that covers the line."""
        ...

    def iter_symbols(self, scope: Scope, *, kinds: Sequence[SymbolKind] = ()) -> Iterator[Symbol]:
        """Yield every granted symbol, by repository, path, line, column and id."""
        ...

    def iter_relations(self, scope: Scope, *, kinds: Sequence[RelationKind] = ()) -> Iterator[Relation]:
        """Yield every granted relation, by source path, line and column of its site."""
        ...

    def relations(
        self,
        scope: Scope,
        symbol_ids: Sequence[str],
        direction: Direction,
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = (Tier.EXACT, Tier.INFERRED),
        limit: int = 10_000,
    ) -> list[Relation]:
        """Return the relations into (`in`) or out of (`out`) any of the symbols, by site path, line and column."""
        ...

    def walk(
        self,
        scope: Scope,
        symbol_ids: Sequence[str],
        direction: Direction,
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = (Tier.EXACT, Tier.INFERRED),
        max_depth: int,
        limit: int = 10_000,
    ) -> Walk:
        """Follow relations breadth first. The start symbols themselves are never among the steps."""
        ...

    def shortest_path(
        self,
        scope: Scope,
        source_ids: Sequence[str],
        target_ids: Sequence[str],
        *,
        kinds: Sequence[RelationKind],
        tiers: Sequence[Tier] = (Tier.EXACT, Tier.INFERRED),
        max_depth: int = 12,
    ) -> list[Relation] | None:
        """Return a shortest chain of relations from a source to a target, None when there is none within the depth."""
        ...

    def strategies(self, scope: Scope, repository: str) -> dict[Strategy, int]:
        """Return how many relations each strategy made, in the order of `Strategy`; empty when it is not granted."""
        ...

    def relation_columns(
        self, scope: Scope, *, kinds: Sequence[RelationKind], tiers: Sequence[Tier] = (Tier.EXACT, Tier.INFERRED)
    ) -> RelationColumns:
        """Return every granted relation of these kinds and tiers that stays inside the project, without its site.

        `ids` are sorted; relations are in no particular order, several between two symbols are all there.
        """
        ...

    def unresolved(self, scope: Scope, name: str, *, limit: int = 200) -> list[UnresolvedSite]:
        """Return the unresolved call sites whose callee's last name is `name`."""
        ...

    def unresolved_in(self, scope: Scope, symbol_ids: Sequence[str], *, limit: int = 200) -> list[UnresolvedSite]:
        """Return the unresolved call sites whose source is one of these symbols, by path, line and column."""
        ...

    def close(self) -> None: ...


class FactsCache(Protocol):
    """Extracted facts by content: computed once for a content hash, whatever the repository, branch or path."""

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]: ...

    def put_many(self, entries: Iterable[tuple[str, bytes]]) -> None: ...

    def retain(self, content_hashes: Collection[str]) -> None:
        """Erase the entries of every other content; a key begins with its content hash, closed by a colon."""
        ...

    def trim(self, content_hashes: Callable[[], Collection[str]], keep_days: int) -> None:
        """Drop, at most once a day, what was neither stored nor among these contents for more than `keep_days` days.

        content_hashes: gives the contents that stored repositories hold; asked for only when there is work to do.
        """
        ...
