"""One generation of one repository, mapped into memory: adds up impacts, knows nothing of ranking policy.

Files and chunks are numbered by path over all segments, and every statistic is taken over live rows, so that the answer
does not depend on how the rows came to lie in segments.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from configs.errors import StoreCorrupt
from knowledge.backends.lexical.container import Array, open_arrays
from knowledge.backends.lexical.layout import DOCUMENT, TEST, index_file, segments_folder
from knowledge.backends.lexical.segments import Ordering, Segment, gathered, live_files, merged, posting_terms
from knowledge.ports import Chunk
from knowledge.terms import ChunkTerms

K1 = 1.5
B = {"chunk": 0.6, "file": 0.6}
Scores = npt.NDArray[np.float32]
Numbers = tuple[int, ...]
"""A term's number in each segment, -1 where it does not occur."""
OpenSegment = Callable[[Path, str], Segment]


class Generation:
    """Read-only view. Raises FileNotFoundError when there is none in `folder`, StoreCorrupt when it is damaged."""

    def __init__(self, folder: Path, open_segment: OpenSegment = Segment.opened) -> None:
        path = index_file(folder)
        meta, arrays = open_arrays(path)
        try:
            self.repository: str = meta["repository"]
            names: list[str] = meta["segments"]
            self.segments = [open_segment(segments_folder(folder.parent), name) for name in names]
            self.live = [live_files(segment, arrays[f"dead_{n}"]) for n, segment in enumerate(self.segments)]
            self._order = Ordering(self.segments, self.live)
            self.first_chunk = self._order.first_chunk
            self._flags = gathered(self.segments, self._order, "file", "file_flags")
        except (KeyError, IndexError) as exc:
            raise StoreCorrupt(
                f"The lexical index {str(path)!r} lacks {exc.args[0]!r}",
                next_step="Run `clew index` on the repository again; it rebuilds the index from the sources.",
            ) from exc

    @property
    def chunk_count(self) -> int:
        return self._order.chunk_count

    @property
    def file_count(self) -> int:
        return self._order.file_count

    @cached_property
    def chunk_file(self) -> Array:
        """The file of each chunk."""
        return np.repeat(np.arange(self.file_count, dtype=np.int32), np.diff(self.first_chunk))

    @cached_property
    def is_document(self) -> npt.NDArray[np.bool_]:
        """One value a file."""
        return _has(self._flags, DOCUMENT)

    @cached_property
    def is_test(self) -> npt.NDArray[np.bool_]:
        """One value a file."""
        return _has(self._flags, TEST)

    @cached_property
    def lower_paths(self) -> list[str]:
        return [path.decode().lower() for path in self._order.paths]

    def path(self, file: int) -> str:
        return self._order.paths[file].decode()

    def numbers(self, terms: Mapping[bytes, float]) -> dict[bytes, Numbers]:
        """Return the numbers of the terms that this generation knows."""
        found = {term: tuple(segment.words.find(term) for segment in self.segments) for term in terms}
        return {term: numbers for term, numbers in found.items() if any(number >= 0 for number in numbers)}

    def named(self, names: Iterable[Numbers]) -> npt.NDArray[np.bool_]:
        """Return which chunks carry one of these names."""
        wanted = list(names)
        found = np.zeros(self.chunk_count + 1, np.bool_)
        for at, (segment, numbers) in enumerate(zip(self.segments, self._order.chunk_number, strict=True)):
            local = [number[at] for number in wanted if number[at] >= 0]
            if local:
                found[numbers[np.isin(segment.arrays["chunk_name"], local)]] = True
        return found[:-1]

    def postings(self, grain: str, numbers: Numbers) -> tuple[Array, Scores]:
        """Return the rows that hold a term (ascending within a segment) and their weights. grain: `chunk` or `file`."""
        rows, weights = [], []
        for segment, number, renumbered in zip(self.segments, numbers, self._order.numbers(grain), strict=True):
            if number >= 0:
                starts = segment.arrays[f"{grain}_term_start"]
                span = slice(int(starts[number]), int(starts[number + 1]))
                row = renumbered[segment.arrays[f"{grain}_ids"][span]]
                alive = row < self._order.count(grain)
                rows.append(row[alive])
                weights.append(segment.arrays[f"{grain}_weights"][span][alive])
        return np.concatenate(rows), np.concatenate(weights).astype(np.float32)

    def rows_of(self, grain: str, numbers: Numbers) -> Array:
        """Return the rows that hold a term, ascending."""
        return np.sort(self.postings(grain, numbers)[0], kind="stable")

    def score(
        self, grain: str, weights: Mapping[bytes, float], numbers: Mapping[bytes, Numbers]
    ) -> tuple[Scores, float]:
        """Return BM25F of every row and the highest score that any row could reach, unknown terms counted as rarest."""
        row_count = self._order.count(grain)
        norms = self._norms[grain]
        scores = np.zeros(row_count, np.float32)
        ceiling = 0.0
        for term, weight in weights.items():
            rows, frequencies = (
                self.postings(grain, numbers[term]) if term in numbers else (np.empty(0, np.int64), None)
            )
            idf = weight * math.log1p((row_count - len(rows) + 0.5) / (len(rows) + 0.5))
            ceiling += idf * (K1 + 1)
            if frequencies is not None:
                scores[rows] += frequencies / (frequencies + norms[rows]) * np.float32(idf * (K1 + 1))
        return scores, ceiling

    @cached_property
    def _norms(self) -> dict[str, Scores]:
        """What BM25 adds to a frequency, one value a row: `k1 (1 - b + b length / average)`."""
        return {grain: self._norms_of(grain) for grain in B}

    def _norms_of(self, grain: str) -> Scores:
        # Lengths are sums of halves: exact, and so is their total, whatever the order.
        lengths = gathered(self.segments, self._order, grain, f"{grain}_length").astype(np.float64)
        average = max(float(lengths.mean()) if len(lengths) else 1.0, 1e-9)
        return (K1 * (1 - B[grain] + B[grain] * lengths / average)).astype(np.float32)

    @cached_property
    def _chunk_places(self) -> tuple[Array, Array]:
        """The segment of each chunk and its number there."""
        segment = np.zeros(self.chunk_count + 1, np.int32)
        local = np.zeros(self.chunk_count + 1, np.int32)
        for at, numbers in enumerate(self._order.chunk_number):
            segment[numbers] = at
            local[numbers] = np.arange(len(numbers))
        return segment, local

    def chunk(self, row: int) -> Chunk:
        """Return a chunk by its row."""
        file = int(self.chunk_file[row])
        segment, at = self._place(row)
        local_name = segment.symbols[at].decode()
        kind = "document" if self.is_document[file] else "code"
        symbol_id = self._symbol_id(file, local_name) if local_name else None
        start, end = int(segment.arrays["chunk_start"][at]), int(segment.arrays["chunk_end"][at])
        return Chunk(self.repository, self.path(file), start, end, symbol_id, kind)

    @cached_property
    def digests(self) -> npt.NDArray[np.uint64]:
        """The digest of each chunk's own text and name."""
        return gathered(self.segments, self._order, "chunk", "chunk_digest")

    def rows_of_file(self, path: str) -> range:
        """Return the rows of a file's chunks; empty for an unknown one."""
        name = path.encode()
        file = bisect_left(self._order.paths, name)
        if file == self.file_count or self._order.paths[file] != name:
            return range(0)
        return range(int(self.first_chunk[file]), int(self.first_chunk[file + 1]))

    def rows_of_symbol(self, symbol_id: str) -> list[int]:
        """Return the rows of a symbol's chunks; for a module or document (`repository:path#`) those of its whole file."""
        start = f"{self.repository}:"
        if not symbol_id.startswith(start):
            return []
        place = symbol_id.removeprefix(start)
        if place.endswith("#"):
            return list(self.rows_of_file(place[:-1]))
        for end in (at for at, sign in enumerate(place) if sign == "#"):  # a path may hold one too
            rows = self.rows_of_file(place[:end])
            found = [row for row in rows if self._local_name(row) in (place[end + 1 :], "\0" + symbol_id)]
            if found:
                return found
        return []

    def _local_name(self, row: int) -> str:
        segment, at = self._place(row)
        return segment.symbols[at].decode()

    def _place(self, row: int) -> tuple[Segment, int]:
        segment, local = self._chunk_places
        return self.segments[int(segment[row])], int(local[row])

    def _symbol_id(self, file: int, local_name: str) -> str:
        return local_name[1:] if local_name.startswith("\0") else f"{self.repository}:{self.path(file)}#{local_name}"

    def chunk_terms(self) -> ChunkTerms:
        """Return every chunk's terms by row (the stored order is by term); costs seconds at a million lines."""
        whole = Segment("", merged(self.segments, self.live))
        terms = posting_terms(whole, "chunk").astype(np.int32)
        rows = whole.arrays["chunk_ids"]
        order = np.argsort(rows, kind="stable")
        row_start = np.zeros(self.chunk_count + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=self.chunk_count), out=row_start[1:])
        weights = whole.arrays["chunk_weights"][order].astype(np.float32)
        impacts = (K1 + 1) * weights / (weights + self._norms["chunk"][rows[order]])
        return ChunkTerms(
            self.digests,
            [whole.words[number] for number in range(len(whole.words))],
            row_start,
            terms[order],
            impacts,
        )


def _has(flags: Array, bit: int) -> npt.NDArray[np.bool_]:
    return (flags & bit).astype(np.bool_)
