"""The ports of the lexical index: chunks of files found by their words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, overload

from knowledge.ports.graph import Progress
from knowledge.scope import Scope

if TYPE_CHECKING:  # numpy costs 50 ms at start, and a structural command needs no vectors
    import numpy as np
    import numpy.typing as npt


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
