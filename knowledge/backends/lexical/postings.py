"""Postings of one grain in few bytes: which rows hold a term, and how much of it.

By term, rows ascend. A long list is written as differences of one byte each, where 255 means "255 further, nothing here
yet"; a short one as whole numbers of two or four bytes, whichever is smaller. Weights are four bits a posting, a step of
`LEVELS`: BM25 is so flat in a term's frequency that finer ones change no ranking. Arrays of a grain, by prefix: `terms`
(numbers of the words that occur, as differences), `df` (rows of each), `skips` (0 where its rows are whole numbers, else one
more than the 255s among its differences), `steps` (the differences, rare terms first: those of equally many rows are alike),
`rows` (the whole numbers), `weights`.
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
    rare_first = np.argsort(np.repeat(df, df), kind="stable")
    rare_first = rare_first[is_narrow[rare_first]]
    ends = np.cumsum(steps[rare_first])
    narrow_steps = np.full(int(ends[-1]) if len(ends) else 0, SKIP, np.uint8)
    narrow_steps[ends - 1] = apart[rare_first] % SKIP
    return {
        f"{grain}_terms": smallest(np.diff(terms[first].astype(np.int64), prepend=0)),
        f"{grain}_df": smallest(df),
        f"{grain}_skips": smallest(np.where(narrow, narrow_sizes - df + 1, 0)),
        f"{grain}_steps": narrow_steps,
        f"{grain}_rows": rows[~is_narrow].astype(f"<u{width}"),
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

    def __init__(self, arrays: Mapping[str, Array], grain: str) -> None:
        df, skips = arrays[f"{grain}_df"].astype(np.int64), arrays[f"{grain}_skips"]
        rare_first = np.argsort(df, kind="stable")
        self._sizes = np.where(skips == 0, 0, df + skips - 1)
        """How many differences each term has."""
        self.terms = np.cumsum(arrays[f"{grain}_terms"], dtype=np.int64)
        self.first = starts_of(df)
        self._first_step = np.empty(len(df), np.int64)
        self._first_step[rare_first] = starts_of(self._sizes[rare_first])[:-1]
        self._first_row = starts_of(np.where(skips == 0, df, 0))
        self._steps = arrays[f"{grain}_steps"]
        self._rows = arrays[f"{grain}_rows"]
        self._weights = arrays[f"{grain}_weights"]

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
        if size := int(self._sizes[at]):
            steps = self._steps[self._first_step[at] : self._first_step[at] + size]
            rows = np.cumsum(steps, dtype=np.int64)[steps != SKIP]
        else:
            rows = self._rows[self._first_row[at] : self._first_row[at + 1]].astype(np.int64)
        pairs = self._weights[first // 2 : (end + 1) // 2]
        return rows, LEVELS[_halves(pairs)[first % 2 : first % 2 + end - first]]

    def all(self) -> tuple[Array, Array, Codes]:
        """Return rows, terms and weight codes of all postings, by term and row."""
        df = np.diff(self.first)
        rows = np.empty(len(self), np.int64)
        is_narrow = np.repeat(self._sizes > 0, df)
        rows[~is_narrow] = self._rows
        rare_first = np.argsort(df, kind="stable")
        rare_first = rare_first[self._sizes[rare_first] > 0]
        counts = df[rare_first]
        reached = np.concatenate([[0], np.cumsum(self._steps, dtype=np.int64)])
        before = np.repeat(reached[self._first_step[rare_first]], counts)
        places = np.repeat(self.first[rare_first], counts) + within(counts)
        rows[places] = reached[1:][self._steps != SKIP] - before
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
