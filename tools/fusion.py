"""How evidence becomes one score: a logistic over features, its weights from the Release.

A candidate has named features; absent ones are 0. Those of `SCALED` are divided by the best candidate's, so that a
question of few rare words and one of many common ones weigh alike; the rest are what they are. `<grain>.<feature>` is a
weight's name, and `<grain>.<feature>.<sort>` is what it gains with the sort of the question (`GAINS`): a few words are not to be
read as a whole message is, nor a description as a report. `clew eval train-ranker` learns them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tools import passages, question_sort, sections
from tools.question_sort import REPORT, QuestionSort

SCALED = frozenset(
    [
        "file",
        "best",
        "top3",
        "subject",
        "covered",
        "few",
        "best_covered",
        "path",
        "area",
        "name",
        "past",
        "similar",
        "closest",
        "churn",
        "changes",
        "central",
        "dense",
        "chunk",
        "chunk_covered",
        "chunk_few",
        "chunk_subject",
        "placed",
        "local",
        "past_function",
        "folder_best",
        "folder_past",
    ]
)
FIXED: Mapping[str, float] = {
    "test": -2.5,
    "vendored": -2.5,
    "declaration": -2.0,
    "other_platform": -2.0,
    "module": -1.5,
    "mentioned": 4.0,
    "asked_for": 4.0,
}
"""Policy, not learned: what a question names by path, or asks for by name, comes first; tests, foreign code, files
of another platform than the question's, what only declares what another file defines and what no definition owns step back. Most repositories lack some of these, and the answers
learned from are functions, so nothing could be learned."""
_FILE = """file best top3 subject covered few best_covered path area name named exact_symbol phrase folder_best folder_past folder_said folders_said
    past similar closest churn changes recent central dense length aside"""
_SYMBOL = """chunk chunk_covered chunk_few chunk_subject placed local file subject path name name_share name_subject named exact_symbol phrase
    past_function function_changes central dense chunk_length lines chunk_in_file chunk_covered_in_file local_in_file
    name_in_file past_in_file rank_in_file rank aside file_score file_rank"""
_DOCUMENT = f"""chunk chunk_covered file path name named exact_symbol phrase dense aside
    {" ".join(passages.FEATURES)} {" ".join(sections.FEATURES)}"""
FEATURES: Mapping[str, tuple[str, ...]] = {
    grain: (*names.split(), *FIXED) for grain, names in (("file", _FILE), ("symbol", _SYMBOL), ("doc", _DOCUMENT))
}

GAINS: Mapping[str, Callable[[QuestionSort], float]] = {
    ".long": lambda sort: sort.wordy,
    ".long_report": lambda sort: sort.wordy * (1 - sort.described),
    ".described": lambda sort: sort.described,
}
"""By how much of such a weight another changes."""
GAINS_OF: Mapping[str, tuple[str, ...]] = {"file": (".long",), "symbol": (".long_report", ".described"), "doc": ()}
"""Which are learned for each grain. Functions have no plain length: a short commit message is not a short description."""
KNOWN_WEIGHTS = frozenset(
    [f"{grain}.{name}{gain}" for grain, names in FEATURES.items() for name in names for gain in ("", *GAINS_OF[grain])]
    + [f"{question_sort.GRAIN}.{name}" for name in question_sort.FEATURES]
)

Features = Mapping[str, float]
Column = npt.NDArray[np.float64]
Table = npt.NDArray[np.float64]


def table_of(candidates: Sequence[Features], names: Sequence[str]) -> Table:
    """Return one row a candidate, one column a feature, scaled over these candidates."""
    table = np.array([[features.get(name, 0.0) for name in names] for features in candidates], np.float64)
    return scaled(table.reshape(len(candidates), len(names)), names)


def scaled(table: Table, names: Sequence[str]) -> Table:
    """Divide the columns of `SCALED` by their best, in place; return the table."""
    for at, name in enumerate(names):
        if name in SCALED and len(table):
            table[:, at] /= max(float(table[:, at].max()), 1e-9)
    return table


def scores_of(candidates: Sequence[Features], grain: str, weights: Mapping[str, float]) -> list[float]:
    """Return each candidate's logit, for a report of the usual length."""
    scores: list[float] = weighed(table_of(candidates, FEATURES[grain]), column_of(weights, grain)).tolist()
    return scores


def weighed(table: Table, column: Column) -> Column:
    """Return the logit of each row of a scaled table, its columns those of `FEATURES`."""
    logits: Column = table @ column
    return logits


def column_of(weights: Mapping[str, float], grain: str, sort: QuestionSort = REPORT) -> Column:
    """Return the weight of each of `FEATURES` for a question of this sort."""
    names = [f"{grain}.{name}" for name in FEATURES[grain]]
    gains = [(gain, GAINS[gain](sort)) for gain in GAINS_OF[grain]]
    return np.array(
        [weights.get(name, 0.0) + sum(much * weights.get(name + gain, 0.0) for gain, much in gains) for name in names]
    )
