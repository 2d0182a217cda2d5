"""Segments: the lexical rows of some files, written once, named by their checksum and shared by generations.

A generation is a list of segments, each with the files in it that are dead (rewritten or gone since). Statistics of the
whole corpus are not stored but taken over the live rows, so that a generation of many segments scores as one of a single
one does. `merged` writes the live rows of several as one, the same arrays as a fresh build of the same files gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array, open_arrays
from knowledge.backends.lexical.layout import PackedStrings, pack_strings
from knowledge.backends.lexical.postings import Codes, Postings, packed, smallest, starts_of

ROWS_OF: dict[str, Literal["chunk", "file"]] = {"chunk": "chunk", "name": "chunk", "path": "file"}
"""What a row of each grain is."""
Mask = npt.NDArray[np.bool_]


class Segment:
    """One segment, read-only. Raises (on making) FileNotFoundError, StoreCorrupt, StoreTooNew; KeyError when an array lacks."""

    def __init__(self, name: str, arrays: Mapping[str, Array]) -> None:
        self.name = name
        self.arrays = arrays
        self.words = PackedStrings(arrays, "words")
        self.paths = PackedStrings(arrays, "paths")
        self.symbols = PackedStrings(arrays, "symbols")
        self.first_chunk = starts_of(arrays["file_chunks"])
        self.postings = {grain: Postings(arrays, grain) for grain in ROWS_OF}
        self.chunk_name = arrays["chunk_name"].astype(np.int64) - 1
        """The term of each chunk's name, -1 where its text does not hold it."""

    @classmethod
    def opened(cls, folder: Path, name: str) -> Segment:
        return cls(name, open_arrays(folder / f"{name}.bin")[1])

    @property
    def file_count(self) -> int:
        return len(self.paths)

    @property
    def posting_count(self) -> int:
        return len(self.postings["chunk"])

    @cached_property
    def path_list(self) -> list[bytes]:
        return [self.paths[number] for number in range(len(self.paths))]

    @cached_property
    def first_of_symbol(self) -> Array:
        """The first chunk of the symbol of each chunk; of one outside any symbol, the first of its file that begins where it does."""
        files = np.repeat(np.arange(self.file_count), np.diff(self.first_chunk)).tolist()
        first: dict[tuple[int, bytes | int], int] = {}
        starts = self.arrays["chunk_start"].tolist()
        keys = ((file, self.symbols[chunk] or starts[chunk]) for chunk, file in enumerate(files))
        return np.array([first.setdefault(key, chunk) for chunk, key in enumerate(keys)], np.int64)

    def frequencies(self, chunks: Mask | None) -> Array:
        """Return how many chunks of a mask hold each word; None: of all."""
        postings = self.postings["chunk"]
        counts = np.zeros(len(self.words), np.int64)
        if chunks is None:
            counts[postings.terms] = np.diff(postings.first)
        else:
            rows, terms, _ = postings.all()
            counts += np.bincount(terms[chunks[rows]], minlength=len(counts))
        return counts

    def add_frequencies(self, counts: Array, other: Segment, frequencies: Array) -> None:
        """Add to the counts of this segment's words what `other` counts for them; only words that name a chunk matter."""
        if len(other.words) < len(self.words):
            pairs = ((self.words.find(other.words[number]), number) for number in range(len(other.words)))
        else:
            names = np.unique(self.chunk_name[self.chunk_name >= 0]).tolist()
            pairs = ((number, other.words.find(self.words[number])) for number in names)
        for ours, theirs in pairs:
            if ours >= 0 and theirs >= 0:
                counts[ours] += frequencies[theirs]

    def chunks_of(self, files: Mask) -> Mask:
        """Return which chunks belong to the files of a mask."""
        return np.repeat(files, np.diff(self.first_chunk))


def live_files(segment: Segment, dead: Sequence[int] | Array) -> Mask:
    mask = np.ones(segment.file_count, np.bool_)
    mask[np.asarray(dead, np.int64)] = False
    return mask


def live_share(segment: Segment, live: Mask) -> float:
    """Return the share of the segment's chunks that live."""
    chunks = int(segment.first_chunk[-1]) if segment.file_count else 0
    return float(np.diff(segment.first_chunk)[live].sum()) / chunks if chunks else 0.0


class Ordering:
    """Numbers the live files of several segments by path, and their chunks with them; dead ones get the number after."""

    def __init__(self, segments: Sequence[Segment], live: Sequence[Mask]) -> None:
        places = sorted(
            (path, number, file)
            for number, (segment, mask) in enumerate(zip(segments, live, strict=True))
            for file, path in enumerate(segment.path_list)
            if mask[file]
        )
        self.paths = [path for path, _, _ in places]
        self.file_segment = np.array([number for _, number, _ in places], np.int32)
        self.file_local = np.array([file for _, _, file in places], np.int64)
        self.file_count = len(places)
        self.is_one_as_it_is = len(segments) == 1 and bool(live[0].all())
        """Whether the rows of the only segment have the numbers that they have there."""
        self.file_number: list[Array] = []
        """By segment: local file -> number."""
        self.chunk_number: list[Array] = []
        """By segment: local chunk -> number."""
        counts = np.zeros(self.file_count, np.int64)
        for number, segment in enumerate(segments):
            here = self.file_segment == number
            numbers = np.full(segment.file_count, self.file_count, np.int64)
            numbers[self.file_local[here]] = np.flatnonzero(here)
            counts[here] = np.diff(segment.first_chunk)[self.file_local[here]]
            self.file_number.append(numbers)
        self.first_chunk = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self.chunk_count = int(self.first_chunk[-1])
        after = np.append(self.first_chunk[:-1], self.chunk_count)
        for segment, numbers in zip(segments, self.file_number, strict=True):
            local_counts = np.diff(segment.first_chunk)
            starts = np.repeat(after[numbers] - segment.first_chunk[:-1], local_counts)
            chunk_numbers = starts + np.arange(int(segment.first_chunk[-1]) if segment.file_count else 0)
            chunk_numbers[np.repeat(numbers == self.file_count, local_counts)] = self.chunk_count
            self.chunk_number.append(chunk_numbers)

    def numbers(self, rows: str) -> list[Array]:
        return self.chunk_number if rows == "chunk" else self.file_number

    def count(self, rows: str) -> int:
        return self.chunk_count if rows == "chunk" else self.file_count


def merged(segments: Sequence[Segment], live: Sequence[Mask]) -> dict[str, Array]:
    """Return the arrays of one segment with the live rows of all, files by path."""
    order = Ordering(segments, live)
    used = [_used_terms(segment, mask) for segment, mask in zip(segments, live, strict=True)]
    words = sorted(
        {segment.words[term] for segment, terms in zip(segments, used, strict=True) for term in terms.tolist()}
    )
    number_of = {word: number for number, word in enumerate(words)}
    renumber = []
    for segment, terms in zip(segments, used, strict=True):
        table = np.full(len(segment.words), -1, np.int64)
        table[terms] = [number_of[segment.words[term]] for term in terms.tolist()]
        renumber.append(table)
    arrays: dict[str, Array] = {
        "file_flags": gathered(segments, order, "file", "file_flags").astype(np.uint8),
        "file_chunks": smallest(np.diff(order.first_chunk)),
        **{
            name: smallest(gathered(segments, order, "chunk", name))
            for name in ("chunk_start", "chunk_lines", "chunk_halves")
        },
        "chunk_digest": gathered(segments, order, "chunk", "chunk_digest").astype(np.uint64),
        "chunk_name": smallest(_merged_names(segments, order, renumber) + 1),
    }
    arrays |= pack_strings("words", words)
    arrays |= pack_strings("paths", order.paths)
    arrays |= pack_strings("symbols", _merged_symbols(segments, order))
    for grain in ROWS_OF:
        arrays |= _merged_postings(segments, order, grain, renumber)
    return arrays


def gathered(segments: Sequence[Segment], order: Ordering, rows: str, name: str) -> Array:
    """Return a column of all live rows in order. rows: `chunk` or `file`."""
    kind = np.result_type(np.uint8, *(segment.arrays[name].dtype for segment in segments))
    column: Array = np.zeros(order.count(rows) + 1, kind)
    for segment, numbers in zip(segments, order.numbers(rows), strict=True):
        column[numbers] = segment.arrays[name]
    return column[:-1]


def _used_terms(segment: Segment, live: Mask) -> Array:
    """Return the numbers of the terms that a live row holds, ascending."""
    masks = {"chunk": segment.chunks_of(live), "file": live}
    used = np.zeros(len(segment.words), np.bool_)
    for grain, of in ROWS_OF.items():
        rows, terms, _ = segment.postings[grain].all()
        used[terms[masks[of][rows]]] = True
    return np.flatnonzero(used)


def _merged_names(segments: Sequence[Segment], order: Ordering, renumber: Sequence[Array]) -> Array:
    names = np.full(order.chunk_count + 1, -1, np.int64)
    for segment, numbers, table in zip(segments, order.chunk_number, renumber, strict=True):
        local = segment.chunk_name
        names[numbers] = np.where(local >= 0, table[local], -1) if len(table) else -1
    return names[:-1]


def _merged_symbols(segments: Sequence[Segment], order: Ordering) -> list[bytes]:
    symbols: list[bytes] = []
    for number, file in zip(order.file_segment.tolist(), order.file_local.tolist(), strict=True):
        segment = segments[number]
        first, end = int(segment.first_chunk[file]), int(segment.first_chunk[file + 1])
        symbols.extend(segment.symbols[chunk] for chunk in range(first, end))
    return symbols


def _merged_postings(
    segments: Sequence[Segment], order: Ordering, grain: str, renumber: Sequence[Array]
) -> dict[str, Array]:
    of = ROWS_OF[grain]
    rows: list[Array] = [np.empty(0, np.int64)]
    terms: list[Array] = [np.empty(0, np.int64)]
    codes: list[Codes] = [np.empty(0, np.uint8)]
    for segment, numbers, table in zip(segments, order.numbers(of), renumber, strict=True):
        local, term, code = segment.postings[grain].all()
        row = numbers[local]
        alive = row < order.count(of)
        rows.append(row[alive])
        terms.append(table[term[alive]])
        codes.append(code[alive])
    return packed(grain, np.concatenate(rows), np.concatenate(terms), np.concatenate(codes), order.count(of))


def generation_meta(repository: str, generation: int, names: Sequence[str]) -> dict[str, Any]:
    return {"repository": repository, "generation": generation, "segments": list(names)}
