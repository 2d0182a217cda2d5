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
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array

SKIP = 255
LEVELS = np.array([0.5, 1, 1.5, 2, 2.5, 3, 4, 5.5, 7, 9, 12, 16, 24, 40, 80, 160], np.float32)
_BETWEEN = (LEVELS[1:] + LEVELS[:-1]) / 2

_LEVELS_OF_PAIR = LEVELS[np.stack([np.arange(256) & 15, np.arange(256) >> 4], axis=1)].view(np.uint64).reshape(-1)
"""The two weights of each byte, as one number."""

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


def mapped(*grains: str) -> frozenset[str]:
    """Return the names of the arrays that a search reads piece by piece; the others are read whole."""
    return frozenset(f"{grain}_{column}" for grain in grains for column in ("steps", "rows", "weights"))


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


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that hold each of several terms: term by term, ascending, each with its weight. counts: how many a term."""

    rows: Array
    weights: npt.NDArray[np.float32]
    counts: Array

    @property
    def terms(self) -> Array:
        """The place of its term among those asked for, one value a row."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def each(self, values: Array) -> npt.NDArray[np.float32]:
        """Return the value of its term for each row. values: one a term."""
        return np.repeat(values.astype(np.float32), self.counts)


def added(one: Found, other: Found, row_count: int) -> Found:
    """Return what either holds, term by term; weights of the same row are added. Both are about the same terms."""
    if not len(other.rows):
        return one
    keys = np.concatenate([one.terms * row_count + one.rows, other.terms * row_count + other.rows])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = keys[1:] != keys[:-1]
    # A row is at most once in each.
    weights = np.concatenate([one.weights, other.weights])[order]
    again = np.flatnonzero(~is_first)
    weights[again - 1] += weights[again]
    keys, weights = keys[is_first], weights[is_first]
    terms = keys // row_count
    return Found(keys - terms * row_count, weights, np.bincount(terms, minlength=len(one.counts)))


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

    def of(self, terms: Array) -> Found:
        """Return the rows that hold each of these terms; nothing for a term that none holds."""
        at = np.searchsorted(self.terms, terms)
        at[at == len(self.terms)] = 0
        is_held = self.terms[at] == terms if len(self.terms) else np.zeros(len(terms), np.bool_)
        at = at[is_held]
        counts = np.zeros(len(terms), np.int64)
        df = self.first[at + 1] - self.first[at]
        counts[is_held] = df
        return Found(self._rows_at(at, df), self._weights_at(at, df), counts)

    def _weights_at(self, at: Array, df: Array) -> npt.NDArray[np.float32]:
        """Return the weights of the terms at these places, end to end. df: of each."""
        first = self.first[at]
        begins, ends = first >> 1, (first + df + 1) >> 1
        pieces = [self._weights[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
        if not pieces:
            return LEVELS[:0]
        levels: npt.NDArray[np.float32] = _LEVELS_OF_PAIR[np.concatenate(pieces)].view(np.float32)
        # A byte that two terms share holds a weight of the other one, before the first or after the last.
        starts = starts_of(2 * (ends - begins))
        is_own = np.ones(len(levels), np.bool_)
        is_own[starts[:-1][first & 1 > 0]] = False
        is_own[starts[1:][first + df & 1 > 0] - 1] = False
        return levels[is_own]

    def _rows_at(self, at: Array, df: Array) -> Array:
        """Return the rows of the terms at these places, end to end. df: of each."""
        sizes = self._sizes[at]
        narrow = sizes > 0
        starts = self._first_step[at[narrow]].tolist()
        pieces = [self._steps[start : start + size] for start, size in zip(starts, sizes[narrow].tolist(), strict=True)]
        steps = np.concatenate(pieces) if pieces else self._steps[:0]
        reached = np.cumsum(steps, dtype=np.int64)
        before = np.append(0, reached)[starts_of(sizes[narrow])[:-1]]
        found: Array = reached[steps != SKIP] - np.repeat(before, df[narrow])
        if narrow.all():
            return found
        rows = np.empty(int(df.sum()), np.int64)
        is_narrow = np.repeat(narrow, df)
        rows[is_narrow] = found
        starts = self._first_row[at[~narrow]].tolist()
        pieces = [self._rows[start : start + size] for start, size in zip(starts, df[~narrow].tolist(), strict=True)]
        rows[~is_narrow] = np.concatenate(pieces)
        return rows

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


def _nibbles(codes: Codes) -> Codes:
    even = np.append(codes, np.zeros(len(codes) % 2, np.uint8))
    pairs: Codes = (even[::2] | even[1::2] << 4).astype(np.uint8)
    return pairs


def _halves(pairs: Codes) -> Codes:
    codes = np.empty(2 * len(pairs), np.uint8)
    codes[::2] = pairs & 15
    codes[1::2] = pairs >> 4
    return codes
