"""Postings of one grain in few bytes: which rows hold a term, and how much of it.

By term, rows ascend. A long list is written as differences of one byte each, where 255 means "255 further, nothing here
yet"; a short one as whole numbers of two or four bytes, whichever is smaller. Weights are four bits a posting, a step of
`LEVELS`: BM25 is so flat in a term's frequency that finer ones change no ranking. Arrays of a grain, by prefix:
`terms` (numbers of the words that occur, as differences), `df` (rows of each), `sizes` (bytes of each), `stream`, `weights`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array

SKIP = 255
LEVELS = np.array([0.5, 1, 1.5, 2, 2.5, 3, 4, 5.5, 7, 9, 12, 16, 24, 40, 80, 160], np.float32)
_BETWEEN = (LEVELS[1:] + LEVELS[:-1]) / 2

Codes = npt.NDArray[np.uint8]


def coded(weights: Array) -> Codes:
    """Return the nearest level of each weight."""
    return np.searchsorted(_BETWEEN, weights, side="left").astype(np.uint8)


def packed(grain: str, rows: Array, terms: Array, codes: Codes, row_count: int) -> dict[str, Array]:
    """Return the stored arrays. No (row, term) comes twice. codes: from `coded`."""
    order = np.lexsort((rows, terms))
    rows, terms, codes = rows[order].astype(np.int64), terms[order], codes[order]
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = terms[1:] != terms[:-1]
    first = np.flatnonzero(is_first)
    df = np.diff(np.append(first, len(rows)))
    apart = np.diff(rows, prepend=0)
    apart[first] = rows[first]
    steps = apart // SKIP + 1
    width = row_width(row_count)
    narrow_sizes = np.add.reduceat(steps, first) if len(first) else np.zeros(0, np.int64)
    narrow = narrow_sizes < df * width
    is_narrow = np.repeat(narrow, df)
    ends = np.cumsum(np.where(is_narrow, steps, width))
    stream = np.full(int(ends[-1]) if len(ends) else 0, SKIP, np.uint8)
    stream[ends[is_narrow] - 1] = apart[is_narrow] % SKIP
    for byte in range(width):
        stream[ends[~is_narrow] - width + byte] = rows[~is_narrow] >> 8 * byte & 255
    return {
        f"{grain}_terms": smallest(np.diff(terms[first].astype(np.int64), prepend=0)),
        f"{grain}_df": smallest(df),
        f"{grain}_sizes": smallest(np.where(narrow, narrow_sizes, df * width)),
        f"{grain}_stream": stream,
        f"{grain}_weights": _nibbles(codes),
    }


def row_width(row_count: int) -> int:
    return 2 if row_count <= 1 << 16 else 4


def smallest(numbers: Array) -> Array:
    """Return non-negative numbers in the smallest type that holds them."""
    return numbers.astype(np.min_scalar_type(int(numbers.max()) if len(numbers) else 0))


def starts_of(counts: Array) -> Array:
    """Return where each run of so many begins, and the end of the last."""
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts


def within(counts: Array) -> Array:
    """Return 0..n-1 for each count, end to end."""
    total = np.cumsum(counts)
    places: Array = np.arange(int(total[-1]) if len(total) else 0) - np.repeat(total - counts, counts)
    return places


class Postings:
    """Read access to the postings of one grain."""

    def __init__(self, arrays: Mapping[str, Array], grain: str, row_count: int) -> None:
        self.terms = np.cumsum(arrays[f"{grain}_terms"], dtype=np.int64)
        self.first = starts_of(arrays[f"{grain}_df"])
        self._byte = starts_of(arrays[f"{grain}_sizes"])
        self._stream = arrays[f"{grain}_stream"]
        self._weights = arrays[f"{grain}_weights"]
        self._width = row_width(row_count)

    def __len__(self) -> int:
        return int(self.first[-1])

    def df(self, term: int) -> int:
        """Return how many rows hold a term."""
        at = self._place(term)
        return int(self.first[at + 1] - self.first[at]) if at >= 0 else 0

    def of(self, term: int) -> tuple[Array, Array]:
        """Return the rows that hold a term, ascending, and its weight in each; nothing for a term that none holds."""
        at = self._place(term)
        if at < 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        first, end = int(self.first[at]), int(self.first[at + 1])
        piece = self._stream[self._byte[at] : self._byte[at + 1]]
        if len(piece) == (end - first) * self._width:
            rows = piece.view(f"<u{self._width}").astype(np.int64)
        else:
            rows = np.cumsum(piece, dtype=np.int64)[piece != SKIP]
        pairs = self._weights[first // 2 : (end + 1) // 2]
        return rows, LEVELS[_halves(pairs)[first % 2 : first % 2 + end - first]]

    def all(self) -> tuple[Array, Array, Codes]:
        """Return rows, terms and weight codes of all postings, by term and row."""
        df, sizes = np.diff(self.first), np.diff(self._byte)
        wide = sizes == df * self._width
        rows = np.empty(len(self), np.int64)
        is_wide = np.repeat(wide, sizes)
        rows[np.repeat(wide, df)] = self._stream[is_wide].view(f"<u{self._width}")
        narrow = self._stream[~is_wide]
        reached = np.concatenate([[0], np.cumsum(narrow, dtype=np.int64)])
        begins = starts_of(sizes[~wide])[:-1]
        rows[np.repeat(~wide, df)] = reached[1:][narrow != SKIP] - np.repeat(reached[begins], df[~wide])
        return rows, np.repeat(self.terms, df), _halves(self._weights)[: len(self)]

    def _place(self, term: int) -> int:
        at = int(np.searchsorted(self.terms, term))
        return at if at < len(self.terms) and self.terms[at] == term else -1


def _nibbles(codes: Codes) -> Codes:
    even = np.append(codes, np.zeros(len(codes) % 2, np.uint8))
    pairs: Codes = (even[::2] | even[1::2] << 4).astype(np.uint8)
    return pairs


def _halves(pairs: Codes) -> Codes:
    codes = np.empty(2 * len(pairs), np.uint8)
    codes[::2] = pairs & 15
    codes[1::2] = pairs >> 4
    return codes
