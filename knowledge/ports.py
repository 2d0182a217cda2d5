"""The ports that everything above speaks to: code graph, lexical and vector index, memory, redactor, events.

A backend in `knowledge/backends/` implements one; its contract suite is in `tests/contract/`. Only `app/wiring.py`
chooses. Every read takes a `Scope` and filters inside the query. Reads see one generation of a repository: the last
one committed, never a half-written one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, overload

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


@dataclass(frozen=True, slots=True)
class Chunk:
    """A retrievable stretch of a file, by its place: `symbol_id` is None for a stretch outside any symbol."""

    repository: str
    path: str
    start_line: int
    end_line: int
    symbol_id: str | None
    kind: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its score: higher is better, comparable within one query only."""

    chunk: Chunk
    score: float
    features: Mapping[str, float] = field(default_factory=dict)
    """What the text says about it, by name (`tools.ranking` lists them); absent counts as 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Hits(Sequence[Hit]):
    """Hits in columns, a row each: a ranker reads them by the hundred, and a record for each would cost more than the search."""

    chunks: Sequence[Chunk]
    scores: npt.NDArray[np.float64]
    features: Mapping[str, npt.NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.chunks)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @overload
    def __getitem__(self, at: int) -> Hit: ...
    @overload
    def __getitem__(self, at: slice) -> list[Hit]: ...
    def __getitem__(self, at: int | slice) -> Hit | list[Hit]:
        if isinstance(at, slice):
            return [self[row] for row in range(*at.indices(len(self)))]
        found = {name: float(column[at]) for name, column in self.features.items()}
        return Hit(self.chunks[at], float(self.scores[at]), found)


@dataclass(frozen=True, slots=True)
class LexicalEntry:
    """One file of a generation. `payload` is an encoded `FileTerms`; `symbol_ids` has one id a definition of its facts."""

    path: str
    kind: Literal["code", "document"]
    is_test: bool
    payload: bytes
    symbol_ids: Sequence[str]


class LexicalBuilder(Protocol):
    """Writes the lexical index. One writer at a time; readers of older generations are never disturbed."""

    def build(
        self, repository: str, generation: int, entries: Iterable[LexicalEntry], progress: Progress | None = None
    ) -> None:
        """Write a generation, whole or not at all. It is read once the code graph says that it is the current one."""
        ...

    def update(
        self,
        repository: str,
        base: int,
        generation: int,
        entries: Iterable[LexicalEntry],
        gone: Collection[str],
        progress: Progress | None = None,
    ) -> None:
        """Write a generation that holds what `base` holds, with these entries in place of those of the same path.

        gone: paths that are left out; unknown ones do no harm. Searches then answer as after `build` of the whole.
        """
        ...

    def has(self, repository: str, generation: int) -> bool:
        """Tell whether a generation is there, whole and readable."""
        ...

    def prune(self, repository: str, keep_generation: int) -> object:
        """Remove the other generations."""
        ...


class LexicalIndex(Protocol):
    """Fielded BM25 over files and chunks of each repository, corpus statistics kept per repository."""

    def search(
        self,
        scope: Scope,
        query: str,
        *,
        kind: Literal["file", "symbol", "doc"],
        top_k: int,
        also: Mapping[str, Collection[str]] | None = None,
    ) -> Hits:
        """Return at most `top_k` hits, best first; kind `file`: one a code file.

        also: paths by repository that other evidence speaks for. They follow, with all that the text says about them:
        such a file at the grain of files, every chunk of it at that of symbols.
        """
        ...

    def words_in(self, scope: Scope, query: str, chunks: Sequence[Chunk]) -> list[list[str]]:
        """Return, for each chunk that `search` gave, which words of the question it holds, the rarest first, a few."""
        ...

    def rarities(self, scope: Scope, words: Collection[str]) -> dict[str, float]:
        """Return, for each word, how rare it is among the sections of granted documents; the highest for one in none."""
        ...


@dataclass(frozen=True, slots=True)
class PastCommit:
    """One commit: message masked; paths it left changed; (old, new) of renames; (path, function name) where that is known."""

    commit: str
    time_s: int
    message: bytes
    paths: tuple[str, ...]
    renames: tuple[tuple[str, str], ...] = ()
    functions: tuple[tuple[str, str], ...] = ()


class HistoryBuilder(Protocol):
    """Writes what past commits said and changed. One writer at a time."""

    def head(self, repository: str) -> str:
        """Return the commit up to which history was read, empty when none was."""
        ...

    def extend(self, repository: str, head: str, commits: Sequence[PastCommit], *, fresh: bool) -> None:
        """Add commits, oldest first, that lead up to `head`; fresh: in place of all that is there."""
        ...

    def forget(self, repository: str) -> object: ...


class PastEvidence(Protocol):
    """What the history of one repository says about one question."""

    def nominees(self, count: int) -> list[str]:
        """Return the paths that it speaks for most, best first."""
        ...

    def features(self, path: str) -> Mapping[str, float]:
        """Return `past`, `similar`, `closest`, `churn` and `recent` of a file; empty for one that has no history."""
        ...

    def function(self, path: str, name: str) -> tuple[float, float]:
        """Return how much the best of the commits that changed a function speaks for it, 0..1, and the logarithm of their number."""
        ...


class HistoryIndex(Protocol):
    """Past commits by repository."""

    def ask(self, scope: Scope, repository: str, query: str) -> PastEvidence | None:
        """Return None for a repository without history, or one that is not granted."""
        ...


class ChunkTable(Protocol):
    """The chunks of one generation of a repository, by row; files by path, and the chunks of a file end to end."""

    @property
    def repository(self) -> str: ...

    @property
    def digests(self) -> npt.NDArray[np.uint64]:
        """The digest of each chunk's own text and name: equal for equal chunks, wherever they lie."""
        ...

    def chunk(self, row: int) -> Chunk: ...

    def rows_of_file(self, path: str) -> range:
        """Return the rows of a file's chunks; empty for an unknown one."""
        ...

    def rows_of_symbol(self, symbol_id: str) -> list[int]:
        """Return the rows of a symbol's chunks; for a module or document (`repository:path#`) those of its whole file."""
        ...


@dataclass(frozen=True, slots=True)
class VectorSpace:
    """The vectors that one embedder made of one repository. `embedder` is its identity: two never mix."""

    repository: str
    embedder: str


class VectorIndex(Protocol):
    """Dense vectors by chunk id. One process owns a store at a time (StoreBusy otherwise)."""

    def upsert(self, space: VectorSpace, ids: Sequence[str], vectors: npt.NDArray[np.float32]) -> None:
        """Write vectors, shape (len(ids), dimension). Raises InputError on a wrong shape or a non-finite value."""
        ...

    def ids(self, space: VectorSpace) -> set[str]: ...

    def delete(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Delete these vectors. Unknown ids are ignored."""
        ...

    def set_aside(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Take these vectors out of every query, but keep them for `take_back`: at most as many as are left, else none."""
        ...

    def take_back(self, space: VectorSpace, ids: Sequence[str]) -> None:
        """Bring back those of these vectors that were set aside."""
        ...

    def drop(self, repository: str, *, keep: Collection[VectorSpace] = ()) -> None:
        """Delete every space of the repository but the kept ones."""
        ...

    def query(
        self,
        scope: Scope,
        space: VectorSpace,
        vector: npt.NDArray[np.float32],
        *,
        top_k: int,
        ids: Sequence[str] | None = None,
    ) -> list[tuple[str, float]]:
        """Return (id, cosine similarity) best first. `ids` restricts the candidates inside the query."""
        ...

    def close(self) -> None: ...


class Embedder(Protocol):
    """Texts to unit vectors. `identity` names the method and its weights: vectors of two identities never mix."""

    @property
    def identity(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return shape (len(texts), dimension), rows of unit length (or zero for a text without known words)."""
        ...

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        """Return shape (dimension,)."""
        ...


@dataclass(frozen=True, slots=True)
class MemoryEntry:
    """Something learned. It is served only in the same scope and release and while every dependency hash is unchanged."""

    key: str
    payload: dict[str, Any]
    scope_key: str
    release_id: str
    dependencies: tuple[tuple[str, str, str], ...]
    """(repository, path, content hash) of every cited file."""


class Memory(Protocol):
    """Answers that may be given again. An entry dies with the first cited file that changes."""

    def get(self, key: str, *, scope_key: str, release_id: str) -> MemoryEntry | None: ...

    def put(self, entry: MemoryEntry) -> None: ...

    def forget_repository(self, repository: str) -> None:
        """Erase every entry that cites or names the repository."""
        ...


class EventSink(Protocol):
    """Receives what happened: run, node, latency, tokens. Never question text or code."""

    def emit(self, event: str, fields: dict[str, Any]) -> None: ...
