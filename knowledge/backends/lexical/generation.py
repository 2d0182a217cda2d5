"""One generation of one repository: adds up impacts, knows nothing of ranking policy.

Files and chunks are numbered by path over all segments, and every statistic is taken over live rows, so that the answer
does not depend on how the rows came to lie in segments.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from configs.errors import StoreCorrupt
from knowledge.backends.lexical.container import Array, open_arrays
from knowledge.backends.lexical.layout import DOCUMENT, TEST, index_file, segments_folder
from knowledge.backends.lexical.postings import LEVELS, Found, added, starts_of, within
from knowledge.backends.lexical.segments import ROWS_OF, Ordering, Segment, gathered, live_files, merged
from knowledge.ports.lexical import Chunk
from knowledge.terms import ChunkTerms

K1 = 1.5
B = 0.6
PLACED_B = 0.4
MOST_REMEMBERED = 20_000
"""Chunks whose records are kept, since questions bring up the same ones again and again."""
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
            self._chunks: dict[int, Chunk] = {}
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
    def chunk_lines(self) -> Array:
        """How many lines each chunk spans."""
        return gathered(self.segments, self._order, "chunk", "chunk_lines").astype(np.int64) + 1

    @cached_property
    def chunk_start(self) -> Array:
        """The line at which each chunk begins."""
        return gathered(self.segments, self._order, "chunk", "chunk_start")

    @cached_property
    def symbol_row(self) -> Array:
        """The first chunk of the symbol of each chunk, in its file; outside of any symbol the first that begins there."""
        found = np.zeros(self.chunk_count + 1, np.int32)
        for segment, numbers in zip(self.segments, self._order.chunk_number, strict=True):
            found[numbers] = numbers[segment.first_of_symbol]
        return found[:-1]

    @cached_property
    def is_document(self) -> npt.NDArray[np.bool_]:
        """One value a file."""
        return _has(self._flags, DOCUMENT)

    @cached_property
    def is_test(self) -> npt.NDArray[np.bool_]:
        """One value a file."""
        return _has(self._flags, TEST)

    @cached_property
    def files_by_name(self) -> dict[str, list[int]]:
        """The files of each last part of a path, in lower case."""
        files: dict[str, list[int]] = {}
        for file in range(self.file_count):
            files.setdefault(self.path(file).lower().rpartition("/")[2], []).append(file)
        return files

    def rows_of_files(self, files: Array) -> Array:
        """Return the rows of the chunks of these files, file by file."""
        sizes = self.first_chunk[files + 1] - self.first_chunk[files]
        return np.repeat(self.first_chunk[files], sizes) + within(sizes)

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
                found[numbers[np.isin(segment.chunk_name, local)]] = True
        return found[:-1]

    def postings(self, grain: str, terms: Sequence[Numbers]) -> Found:
        """Return the rows that hold each of these terms, and their weights. grain: `chunk`, `name` or `path`."""
        of, columns = ROWS_OF[grain], np.array(terms, np.int64).reshape(len(terms), len(self.segments))
        found = [segment.postings[grain].of(columns[:, at]) for at, segment in enumerate(self.segments)]
        if self._order.is_one_as_it_is:
            return found[0]
        alive = []
        for one, renumbered in zip(found, self._order.numbers(of), strict=True):
            rows = renumbered[one.rows]
            lives = rows < self._order.count(of)
            counts = np.bincount(one.terms[lives], minlength=len(terms))
            alive.append(Found(rows[lives], one.weights[lives], counts))
        whole = Found(np.empty(0, np.int64), np.empty(0, np.float32), np.zeros(len(terms), np.int64))
        for one in alive:
            whole = added(whole, one, self._order.count(of))
        return whole

    def by_file(self, chunks: Found) -> tuple[Found, Array]:
        """Return the files of these chunks with the sums of their weights, and how many chunks of each those are."""
        files, terms = self.chunk_file[chunks.rows], chunks.terms
        is_first = np.ones(len(files), np.bool_)
        is_first[1:] = (files[1:] != files[:-1]) | (terms[1:] != terms[:-1])
        first = np.flatnonzero(is_first)
        weights = np.add.reduceat(chunks.weights, first) if len(first) else chunks.weights
        counts = np.bincount(terms[first], minlength=len(chunks.counts))
        return Found(files[first].astype(np.int64), weights, counts), np.diff(first, append=len(files))

    def chunks_of(self, files: Found) -> Found:
        """Return all chunks of these files, each with its file's weight."""
        sizes = self.first_chunk[files.rows + 1] - self.first_chunk[files.rows]
        counts = np.bincount(files.terms, sizes, minlength=len(files.counts)).astype(np.int64)
        return Found(self.rows_of_files(files.rows), np.repeat(files.weights, sizes), counts)

    @cached_property
    def chunk_norms(self) -> Scores:
        """What BM25 adds to a frequency, one value a chunk: `k1 (1 - b + b length / average)`."""
        return _norms(self.chunk_lengths, K1, B)

    @cached_property
    def placed_norms(self) -> Scores:
        """As `chunk_norms`, for a chunk read together with its path; long ones pay less."""
        return _norms(self.chunk_lengths, K1, PLACED_B)

    @cached_property
    def file_norms(self) -> Scores:
        return _norms(self.file_lengths, K1, B)

    @cached_property
    def file_lengths(self) -> npt.NDArray[np.float64]:
        """Sums of all frequencies, one value a file."""
        # Sums of halves are exact, whatever the order.
        return np.add.reduceat(self.chunk_lengths, self.first_chunk[:-1]) if self.file_count else np.zeros(0)

    @cached_property
    def chunk_lengths(self) -> npt.NDArray[np.float64]:
        halves: npt.NDArray[np.float64] = gathered(self.segments, self._order, "chunk", "chunk_halves") / 2.0
        return halves

    @cached_property
    def name_lengths(self) -> Scores:
        """The sum of the weights of each chunk's name terms, at least 1."""
        found = np.ones(self.chunk_count + 1, np.float32)
        for segment, numbers in zip(self.segments, self._order.chunk_number, strict=True):
            rows, _, codes = segment.postings["name"].all()
            found[numbers] = np.maximum(np.bincount(rows, LEVELS[codes], len(numbers)), 1.0)
        return found[:-1]

    @cached_property
    def mentions_of_name(self) -> Scores:
        """How many chunks hold the name of each chunk: what many speak of is central. 0 where the name has no term."""
        tables = [
            segment.frequencies(None if live.all() else segment.chunks_of(live))
            for segment, live in zip(self.segments, self.live, strict=True)
        ]
        found = np.zeros(self.chunk_count + 1, np.float32)
        for at, (segment, numbers) in enumerate(zip(self.segments, self._order.chunk_number, strict=True)):
            total = np.append(tables[at], 0)
            for other, table in zip(self.segments, tables, strict=True):
                if other is not segment:
                    segment.add_frequencies(total, other, table)
            found[numbers] = total[segment.chunk_name]
        return found[:-1]

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
        known = self._chunks.get(row)
        if known is None:
            if len(self._chunks) >= MOST_REMEMBERED:
                self._chunks.clear()
            known = self._chunks[row] = self._made_chunk(row)
        return known

    def _made_chunk(self, row: int) -> Chunk:
        file = int(self.chunk_file[row])
        segment, at = self._place(row)
        local_name = segment.symbols[at].decode()
        kind = "document" if self.is_document[file] else "code"
        symbol_id = self._symbol_id(file, local_name) if local_name else None
        start = int(segment.arrays["chunk_start"][at])
        end = start + int(segment.arrays["chunk_lines"][at])
        return Chunk(self.repository, self.path(file), start, end, symbol_id, kind)

    def row_of(self, chunk: Chunk) -> int:
        """Return the row of a chunk that this generation gave, -1 when it is not there."""
        rows = self.rows_of_file(chunk.path)
        starts = self.chunk_start[rows.start : rows.stop]
        begun = np.flatnonzero(starts == chunk.start_line) + rows.start
        return next((row for row in begun.tolist() if self.chunk(row) == chunk), -1)

    @cached_property
    def digests(self) -> npt.NDArray[np.uint64]:
        """The digest of each chunk's own text and name."""
        return gathered(self.segments, self._order, "chunk", "chunk_digest").astype(np.uint64)

    def file_of(self, path: str) -> int:
        """Return the number of a file, -1 when it is not there."""
        name = path.encode()
        at = bisect_left(self._order.paths, name)
        return at if at < self.file_count and self._order.paths[at] == name else -1

    def rows_of_file(self, path: str) -> range:
        """Return the rows of a file's chunks; empty for an unknown one."""
        file = self.file_of(path)
        return range(int(self.first_chunk[file]), int(self.first_chunk[file + 1])) if file >= 0 else range(0)

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
        rows, terms, codes = whole.postings["chunk"].all()
        files, path_terms, path_codes = whole.postings["path"].all()  # a path says what each of its chunks is about
        counts = np.diff(self.first_chunk)[files]
        rows = np.concatenate([rows, np.repeat(self.first_chunk[files], counts) + within(counts)])
        terms = np.concatenate([terms, np.repeat(path_terms, counts)])
        codes = np.concatenate([codes, np.repeat(path_codes, counts)])
        order = np.argsort(rows, kind="stable")
        row_start = starts_of(np.bincount(rows, minlength=self.chunk_count))
        weights = LEVELS[codes[order]]
        impacts = (K1 + 1) * weights / (weights + self.chunk_norms[rows[order]])
        return ChunkTerms(
            self.digests,
            [whole.words[number] for number in range(len(whole.words))],
            row_start,
            terms[order].astype(np.int32),
            impacts,
        )


def _norms(lengths: npt.NDArray[np.float64], k1: float, b: float) -> Scores:
    average = max(float(lengths.mean()) if len(lengths) else 1.0, 1e-9)
    return (k1 * (1 - b + b * lengths / average)).astype(np.float32)


def _has(flags: Array, bit: int) -> npt.NDArray[np.bool_]:
    return (flags & bit).astype(np.bool_)
