"""The order of the rows of one generation by a plain sum of the evidence, with their features: what `search.py` joins.

All is done in columns, and only for the rows that may be shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.evidence import Evidence, best_of_files
from knowledge.backends.lexical.generation import Generation, Scores
from knowledge.backends.lexical.postings import starts_of, within

Columns = npt.NDArray[np.float64]
FILE_SUM: Mapping[str, float] = {"file": 0.4, "best": 0.3, "top3": 0.1, "subject": 0.1, "path": 0.05, "name": 0.05}
CHUNK_SUM: Mapping[str, float] = {"chunk": 0.7, "file": 0.2, "name": 0.1}
NAME_BONUS = 0.08
PATH_BONUS = 0.25
TEST_FACTOR = 0.5
"""Test files cost 13 points of hit@1 when ranked as equals (nine repositories, bug-fix questions)."""
CHUNKS_OF_A_FILE = 12
LEAST_SCORE = 1e-9
TERMS_OF_A_LINE = 4.0
"""A chunk that spans more lines than it has this many terms for owns but a part of them, as a class does."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Chunks of one generation, in columns. extra: which were asked for rather than found."""

    rows: npt.NDArray[np.int64]
    scores: Columns
    features: Mapping[str, Columns]
    extra: npt.NDArray[np.bool_]


class Ranker:
    """Orders the rows of one generation by the plain sum, and tells their features."""

    def __init__(self, generation: Generation, found: Evidence, *, about_tests: bool) -> None:
        self._generation = generation
        self._found = found
        self._factor = np.ones(generation.file_count, np.float32)
        if not about_tests:
            self._factor[generation.is_test] = TEST_FACTOR

    def files(self, top_k: int, also: frozenset[str]) -> Rows:
        generation, found = self._generation, self._found
        best = best_of_files(generation, found.chunk)
        names = best_of_files(generation, found.name)
        named = np.logical_or.reduceat(found.named, generation.first_chunk[:-1])
        total = FILE_SUM["file"] * found.file + FILE_SUM["best"] * best + FILE_SUM["subject"] * found.subject
        total += FILE_SUM["path"] * _scaled(found.path) + FILE_SUM["name"] * _scaled(names)
        total += NAME_BONUS * named + PATH_BONUS * found.mentioned
        total *= self._factor * ~generation.is_document
        wanted = _numbers_of(generation, also)
        files = _with_also(generation, _best(total, top_k), wanted)
        inside = _Inside(generation, files)
        top3 = inside.top3(found.chunk)
        features = self._features(files) | {
            "best": best[files],
            "name": names[files],
            "named": named[files],
            "top3": top3,
            "best_covered": inside.best(found.chunk_covered),
            "central": np.log1p(inside.best(generation.mentions_of_name).astype(np.float64)),
        }
        lead = (FILE_SUM["top3"] * top3).astype(np.float32) * self._factor[files]
        scores = (total[files] + lead).astype(np.float64)
        rows = inside.row_of_best(found.chunk + found.named)
        order = np.lexsort((rows, -scores))
        return _rows(rows, scores, features, _among(wanted, generation.file_count)[files], order)

    def chunks(self, top_k: int, also: frozenset[str], *, documents: bool) -> Rows:
        generation, found = self._generation, self._found
        of_file = generation.chunk_file
        total = CHUNK_SUM["chunk"] * found.chunk + CHUNK_SUM["file"] * found.file[of_file]
        total += CHUNK_SUM["name"] * _scaled(found.name)
        total[(found.chunk <= 0) & ~found.named & (found.name <= 0)] = 0
        total += NAME_BONUS * found.named + PATH_BONUS * (found.mentioned[of_file] & (total > 0))
        total *= self._factor[of_file] * (generation.is_document == documents)[of_file]
        wanted = _numbers_of(generation, also)
        rows = _with_also_chunks(generation, _best(total, 2 * top_k), wanted, total)
        features = self._features(of_file[rows]) | {
            "chunk": found.chunk[rows],
            "chunk_covered": found.chunk_covered[rows],
            "chunk_few": found.chunk_few[rows],
            "chunk_subject": found.chunk_subject[rows],
            "placed": found.placed[rows],
            "local": found.local[rows],
            "name": found.name[rows],
            "name_share": found.name_share[rows],
            "named": found.named[rows],
            "central": np.log1p(generation.mentions_of_name[rows]),
            "chunk_length": np.log1p(generation.chunk_lengths[rows]),
            "lines": np.log1p(
                np.minimum(generation.chunk_lines[rows], generation.chunk_lengths[rows] / TERMS_OF_A_LINE)
            ),
        }
        scores = total[rows].astype(np.float64)
        order = np.lexsort((rows, -scores))
        _, first = np.unique(generation.symbol_row[rows[order]], return_index=True)
        best_windows = order[np.sort(first)]
        return _rows(rows, scores, features, _among(wanted, generation.file_count)[of_file[rows]], best_windows)

    def _features(self, files: Array) -> dict[str, Array]:
        found, generation = self._found, self._generation
        return {
            "file": found.file[files],
            "subject": found.subject[files],
            "covered": found.covered[files],
            "few": found.few[files],
            "path": found.path[files],
            "area": found.area[files],
            "mentioned": found.mentioned[files],
            "length": np.log1p(generation.file_lengths[files]),
            "test": generation.is_test[files],
        }


class _Inside:
    """What the chunks of some files come to, file by file."""

    def __init__(self, generation: Generation, files: Array) -> None:
        self._rows = generation.rows_of_files(files)
        self._counts = generation.first_chunk[files + 1] - generation.first_chunk[files]
        self._first = starts_of(self._counts)[:-1]
        self._owner = np.repeat(np.arange(len(files)), self._counts)

    def best(self, scores: Array) -> Array:
        best: Array = np.maximum.reduceat(scores[self._rows], self._first) if len(self._first) else scores[:0]
        return best

    def top3(self, scores: Scores) -> Columns:
        """Return the mean of the best three chunks of each file, of fewer as if the others said nothing."""
        left = scores[self._rows]
        places = []
        for _ in range(3):
            places.append(np.maximum.reduceat(left, self._first) if len(self._first) else left)
            left[self._first_of_best(left, places[-1])] = -1.0
        total = np.zeros(len(self._first), np.float32)
        for place in (2, 1, 0):
            held = self._counts > place
            total[held] += places[place][held]
        return total.astype(np.float64) / 3

    def row_of_best(self, scores: Array) -> Array:
        """Return the best chunk of each file, the first of equals."""
        said = scores[self._rows]
        return (
            self._rows[self._first_of_best(said, np.maximum.reduceat(said, self._first))] if len(said) else self._rows
        )

    def _first_of_best(self, said: Array, best: Array) -> Array:
        """Return where among the rows the best of each file stands first."""
        places = np.flatnonzero(said == np.repeat(best, self._counts))
        owner = self._owner[places]
        return places[np.diff(owner, prepend=-1) > 0]


def _rows(rows: Array, scores: Columns, features: Mapping[str, Array], extra: Array, order: Array) -> Rows:
    """Return these rows in this order."""
    columns = {name: column[order].astype(np.float64) for name, column in features.items()}
    return Rows(rows[order], scores[order], columns, extra[order])


def _scaled(scores: Scores) -> Scores:
    scaled: Scores = scores / np.float32(max(float(scores.max(initial=0.0)), 1e-9))
    return scaled


def _numbers_of(generation: Generation, paths: Collection[str]) -> npt.NDArray[np.int64]:
    """Return the files of these paths that are there, by path."""
    numbers = np.array([generation.file_of(path) for path in sorted(paths)], np.int64)
    return numbers[numbers >= 0]


def _with_also(generation: Generation, best: npt.NDArray[np.int64], wanted: Array) -> npt.NDArray[np.int64]:
    """Return the files of `best`, then those that were asked for, documents left out."""
    is_out = _among(best, generation.file_count) | generation.is_document
    return np.concatenate([best, wanted[~is_out[wanted]]])


def _with_also_chunks(
    generation: Generation, best: npt.NDArray[np.int64], wanted: Array, total: Scores
) -> npt.NDArray[np.int64]:
    """Return the chunks of `best`, then the best ones of each file that was asked for."""
    rows = generation.rows_of_files(wanted)
    sizes = generation.first_chunk[wanted + 1] - generation.first_chunk[wanted]
    least = np.where(sizes > CHUNKS_OF_A_FILE, LEAST_SCORE, np.finfo(np.float64).tiny)
    order = np.lexsort((-total[rows], np.repeat(np.arange(len(wanted)), sizes)))
    likely = (within(sizes) < CHUNKS_OF_A_FILE) & (total[rows[order]] >= np.repeat(least, sizes))
    also = rows[order[likely]]
    return np.concatenate([best, also[~_among(best, generation.chunk_count)[also]]])


def _among(numbers: Array, count: int) -> npt.NDArray[np.bool_]:
    """Return which of `count` are these numbers."""
    mask = np.zeros(count, np.bool_)
    mask[numbers] = True
    return mask


def _best(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    """Return the rows with a positive score, best first, ties by row, at most `count`."""
    rows = np.flatnonzero(scores >= LEAST_SCORE if len(scores) > count else scores > 0)
    if len(rows) > count:
        held = scores[rows]
        rows = rows[held >= np.partition(held, -count)[-count]]
    return rows[np.lexsort((rows, -scores[rows]))][:count]
