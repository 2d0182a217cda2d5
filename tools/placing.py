"""How candidates stand among each other: what they have in common with those of their file or folder, and the order at last.

Everything is said of all rows of a pool at once, in columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.candidates import Candidate, Column, Pool
from tools.fusion import FEATURES, column_of, scaled, weighed
from tools.paths import folder_shares
from tools.question_sort import REPORT, QuestionSort

CROWDING = 0.3
"""Logits by which a section falls behind for each of the same document that is shown before it."""
SPREAD_AMONG = 40
PLACES: Mapping[str, str] = {
    "chunk": "chunk_in_file",
    "chunk_covered": "chunk_covered_in_file",
    "local": "local_in_file",
    "name": "name_in_file",
    "past_function": "past_in_file",
}
"""What of a symbol is compared with the best of its file, and what the comparison is called."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """A pool with its rows best first; scores: by place in that order."""

    pool: Pool
    order: Sequence[int]
    scores: Sequence[float]

    def candidates(self, count: int) -> list[Candidate]:
        """Return the best as records; documents give way to each other."""
        spreads = self.pool.grain == "doc"
        rows = self.order[: max(count, SPREAD_AMONG) if spreads else count]
        found = [self.pool.candidate(row, score) for row, score in zip(rows, self.scores, strict=False)]
        return spread(found)[:count] if spreads else found


def ranked(pool: Pool, weights: Mapping[str, float], sort: QuestionSort = REPORT) -> Ranking:
    """Return the rows by the weighed sum of their features, equals by key. sort: of the question."""
    keys = pool.keys
    rows = np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int64)
    names = FEATURES[pool.grain]
    table = np.column_stack([pool.column(name)[rows] for name in names])
    scores = weighed(scaled(table, names), column_of(weights, pool.grain, sort))
    order = np.argsort(-scores, kind="stable")
    return Ranking(pool, rows[order].tolist(), scores[order].tolist())


def add_folders(pool: Pool, subject: AbstractSet[bytes]) -> None:
    """Credit each file with the best of its folder's others, for what a question is about often lies together; and with
    what the names of its folders have of the subject."""
    shares = np.array([folder_shares(path, subject) for path in pool.paths], np.float64).reshape(len(pool), 2)
    pool.put("folder_said", shares[:, 0])
    pool.put("folders_said", shares[:, 1])
    groups, first = _groups([(repository, path.rpartition("/")[0]) for repository, path in pool.places])
    for name in ("best", "past"):
        pool.put(f"folder_{name}", _best_of_others(pool.column(name), groups, first))


def _best_of_others(values: Column, groups: Numbers, first: Numbers) -> Column:
    """Return the highest of each row's group but itself, 0 where it is alone."""
    if not len(values):
        return values
    falling = values[np.lexsort((-values, groups))]
    sizes = np.diff(np.append(first, len(values)))
    best = np.where(sizes > 1, falling[first], 0.0)
    second = np.where(sizes > 1, falling[np.minimum(first + 1, len(values) - 1)], 0.0)
    return np.where(values == best[groups], second[groups], best[groups])


def add_files(pool: Pool, ranks: Mapping[tuple[str, str], int], scores: Sequence[float]) -> None:
    """Say how the file of each symbol did. scores: of the files, by rank."""
    best, worst = (scores[0], scores[-1]) if scores else (0.0, 0.0)
    places = [ranks.get(place) for place in pool.places]
    pool.put("file_score", [(scores[rank] if rank is not None else worst) - best for rank in places])
    pool.put("file_rank", [1.0 / (1 + rank) if rank is not None else 0.0 for rank in places])


def add_places(pool: Pool) -> None:
    """Say how a symbol compares with all others, and with those of its own file."""
    groups, first = _groups(pool.places)
    if not len(groups):
        return
    by_group = np.argsort(groups, kind="stable")
    for name, place in PLACES.items():
        values = pool.column(name)
        best = np.maximum.reduceat(values[by_group], first)[groups]
        pool.put(place, np.divide(values, best, out=np.zeros(len(values)), where=best > 0))
    said = pool.column("chunk")
    pool.put("rank", _one_over_place(said, np.zeros(len(said), np.int64), np.zeros(1, np.int64)))
    pool.put("rank_in_file", _one_over_place(said, groups, first))


def _one_over_place(values: Column, groups: Numbers, first: Numbers) -> Column:
    """Return one over the place of each row in its group by falling value; equals share the best place."""
    order = np.lexsort((-values, groups))
    falling, of_group = values[order], groups[order]
    is_new = np.ones(len(values), np.bool_)
    is_new[1:] = (falling[1:] != falling[:-1]) | (of_group[1:] != of_group[:-1])
    leader = np.maximum.accumulate(np.where(is_new, np.arange(len(values)), 0))
    found = np.empty(len(values))
    found[order] = 1.0 / (leader - first[of_group] + 1)
    return found


def _groups(keys: Sequence[tuple[str, str]]) -> tuple[Numbers, Numbers]:
    """Return the number of each key, by first occurrence, and where each group begins when rows are put together by it."""
    known: dict[tuple[str, str], int] = {}
    groups = np.array([known.setdefault(key, len(known)) for key in keys], np.int64)
    sizes = np.bincount(groups, minlength=len(known)) if len(groups) else np.zeros(0, np.int64)
    return groups, np.cumsum(sizes) - sizes


def spread(ranked: list[Candidate]) -> list[Candidate]:
    """Let each document step back by `CROWDING` for each of its sections that comes before."""
    left = ranked[:SPREAD_AMONG]
    shown: Counter[tuple[str, str]] = Counter()
    chosen: list[Candidate] = []
    while left:
        best = max(left, key=lambda one: one.score - CROWDING * shown[one.repository, one.path])
        best.score -= CROWDING * shown[best.repository, best.path]
        shown[best.repository, best.path] += 1
        left.remove(best)
        chosen.append(best)
    return chosen + ranked[SPREAD_AMONG:]
