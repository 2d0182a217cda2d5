"""Fits the weights: a softmax over the candidates of each question, L2-bound, judged on repositories left out.

What `tools.fusion.FIXED` holds is given, not learned. The loss of a question is the mean surprise at its answers among its candidates (a listwise logistic), so what is learned
is an order within a question, whatever its absolute scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from tools.fusion import FEATURES, FIXED, GAINS, GAINS_OF, Features, Table, column_of, table_of, weighed
from tools.question_sort import REPORT, QuestionSort

L2 = 1e-3
DEAR = {".long": 20.0, ".long_report": 20.0, ".described": 1.0}
"""How much dearer it is for a weight to change with the length of a question than to be what it is; for descriptions it is to be another."""
MAX_ROUNDS = 500
FIRST = 200
"""How many of a question's candidates are learned from, beside the right ones: the rest is easily told from them."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The candidates of one question, best first as they were found: their features, which are right, and what they are called."""

    repository: str
    names: Sequence[str]
    table: Table
    right: npt.NDArray[np.bool_]
    sought: int
    """Right answers there are, among the candidates or not."""
    sort: QuestionSort = REPORT


def judged(
    repository: str,
    candidates: Sequence[tuple[str, Features]],
    gold: frozenset[str],
    grain: str,
    sort: QuestionSort = REPORT,
) -> Judged:
    """sort: of the question, where it is to count."""
    names = [name for name, _ in candidates]
    table = table_of([features for _, features in candidates], FEATURES[grain])
    right = np.array([name in gold for name in names], np.bool_)
    return Judged(repository, names, table, right, len(gold), sort)


def fitted(questions: Sequence[Judged], grain: str, l2: float = L2, *, any_answer: bool = False) -> dict[str, float]:
    """Return `<grain>.<feature>` weights. Questions without a right candidate teach nothing. Raises ValueError for none.

    any_answer: one right candidate on top is enough, as for sections that say the same; else all are wanted there.
    """
    taught = [question for question in questions if question.right.any()]
    if not taught:
        raise ValueError("no question has its answer among the candidates")
    kept = [question.right | (np.arange(len(question.names)) < FIRST) for question in taught]
    sizes = np.array([np.count_nonzero(one) for one in kept])
    table = np.concatenate([question.table[one] for question, one in zip(taught, kept, strict=True)])
    right = np.concatenate([question.right[one] for question, one in zip(taught, kept, strict=True)]).astype(np.float64)
    starts = np.cumsum(sizes) - sizes
    of = np.repeat(np.arange(len(taught)), sizes)
    wanted = right / np.add.reduceat(right, starts)[of]
    names = FEATURES[grain]
    fixed = np.array([FIXED.get(name, 0.0) for name in names])
    learnable = np.array([name not in FIXED for name in names])
    given, table = table @ fixed, table[:, learnable]
    gaining = [
        (gain, much[of])
        for gain in GAINS_OF[grain]
        if (much := np.array([GAINS[gain](question.sort) for question in taught])).any()
    ]
    dear = np.repeat([l2, *(l2 * DEAR[gain] for gain, _ in gaining)], table.shape[1])
    table = np.concatenate([table, *(table * much[:, None] for _, much in gaining)], axis=1)

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scores = given + table @ weights
        scores -= np.maximum.reduceat(scores, starts)[of]
        odds = np.exp(scores)
        total = np.add.reduceat(odds, starts)
        if any_answer:
            answers = np.add.reduceat(odds * right, starts)
            share = odds * right / answers[of]
            surprise = -(np.log(answers) - np.log(total)).sum() / len(taught)
        else:
            share = wanted
            surprise = -(wanted * (scores - np.log(total)[of])).sum() / len(taught)
        slope = -(table.T @ (share - odds / total[of])) / len(taught)
        return surprise + float(dear @ weights**2), slope + 2 * dear * weights

    start = np.zeros(table.shape[1])
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": MAX_ROUNDS}).x
    count = int(learnable.sum())
    fixed[learnable] = weights[:count]
    changing = [name + gain for gain, _ in gaining for name, learned in zip(names, learnable, strict=True) if learned]
    learned = [*zip(names, fixed, strict=True), *zip(changing, weights[count:], strict=True)]
    return {f"{grain}.{name}": round(float(weight), 4) for name, weight in learned}


def order(question: Judged, weights: Mapping[str, float], grain: str) -> list[str]:
    """Return the candidates, best first."""
    ranked = np.argsort(-weighed(question.table, column_of(weights, grain, question.sort)), kind="stable")
    return [question.names[at] for at in ranked.tolist()]


def left_out(questions: Sequence[Judged], grain: str, l2: float = L2) -> list[list[str]]:
    """Return the order of each question's candidates by weights learned from the other repositories.

    Raises ValueError when there are not two repositories.
    """
    learned = weights_left_out(questions, grain, l2)
    return [order(question, learned[question.repository], grain) for question in questions]


def weights_left_out(questions: Sequence[Judged], grain: str, l2: float = L2) -> dict[str, dict[str, float]]:
    """Return for each repository the weights that the others teach. Raises as `left_out`."""
    repositories = sorted({question.repository for question in questions})
    if len(repositories) < 2:
        raise ValueError("leaving one repository out needs two")
    return {
        name: fitted([question for question in questions if question.repository != name], grain, l2)
        for name in repositories
    }


def scored_by_files(symbols: Judged, files: Judged, weights: Mapping[str, float]) -> Judged:
    """Return `symbols` with what their files' places say by these weights: the looked-at ones saw other weights."""
    scores = weighed(files.table, column_of(weights, "file", files.sort))
    ranked = np.argsort(-scores, kind="stable").tolist()
    if not ranked:
        return symbols
    best, worst = float(scores[ranked[0]]), float(scores[ranked[-1]])
    places = {files.names[at]: (rank, float(scores[at])) for rank, at in enumerate(ranked)}
    found = [places.get(name.partition("::")[0]) for name in symbols.names]
    table = symbols.table.copy()
    names = FEATURES["symbol"]
    table[:, names.index("file_score")] = [(place[1] if place else worst) - best for place in found]
    table[:, names.index("file_rank")] = [1.0 / (1 + place[0]) if place else 0.0 for place in found]
    return replace(symbols, table=table)
