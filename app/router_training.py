"""Learns the router's weights from outcomes: for each choice, how likely it answers rightly. Deterministic.

A logistic regression on standardised features, with the ridge that predicts outcomes left out best; the weights are given for the features as they are,
so that scoring is a sum. How well the probabilities hold is measured on outcomes left out as well, in five folds with as many right answers each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agents.writing.router import Seen, features_of

FEWEST = 40
"""Outcomes of a choice before anything is learned about it."""
FEWEST_OF_A_SIDE = 5
"""And so many of them right, and wrong."""
_RIDGES = (0.03, 0.1, 0.3, 1.0)
"""Inverse strengths, the strongest first: it wins a tie."""
_FOLDS = 5
_BINS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """What was seen of a question, who wrote, and whether the answer was right (or passed the check)."""

    seen: Seen
    choice: str
    right: bool


@dataclass(frozen=True, slots=True)
class Learned:
    """weights: of each choice. brier, gap: of each, on outcomes left out: the mean square error of the probabilities, and how far they are off on average.

    skipped: choices with too few outcomes.
    """

    weights: dict[str, dict[str, float]]
    brier: dict[str, float]
    gap: dict[str, float]
    cases: dict[str, int]
    skipped: tuple[str, ...]


def learn(cases: Sequence[Case]) -> Learned:
    """Return the weights of every choice that has enough outcomes."""
    weights, brier, gap, counts, skipped = {}, {}, {}, {}, []
    for choice in sorted({case.choice for case in cases}):
        own = [case for case in cases if case.choice == choice]
        counts[choice] = len(own)
        right = sum(case.right for case in own)
        if len(own) < FEWEST or min(right, len(own) - right) < FEWEST_OF_A_SIDE:
            skipped.append(choice)
            continue
        weights[choice] = fitted(own)
        left_out = _left_out(own, fitted)
        brier[choice] = round(float(np.mean((left_out - _truth(own)) ** 2)), 4)
        gap[choice] = round(calibration_gap(left_out, _truth(own)), 4)
    return Learned(weights, brier, gap, counts, tuple(skipped))


def calibration_gap(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Return the expected calibration error over bins of equal count."""
    order = np.argsort(predicted, kind="stable")
    bins = [part for part in np.array_split(order, _BINS) if len(part)]
    return float(sum(len(part) * abs(predicted[part].mean() - truth[part].mean()) for part in bins) / len(order))


def fitted(cases: Sequence[Case]) -> dict[str, float]:
    """Return the weights that the outcomes of one choice teach; at least two right and two wrong ones are among them."""

    def error(ridge: float) -> float:
        return float(np.mean((_left_out(cases, lambda others: _fitted(others, ridge)) - _truth(cases)) ** 2))

    return _fitted(cases, min(_RIDGES, key=error))


def _fitted(cases: Sequence[Case], ridge: float) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression  # seconds of import

    rows = [features_of(case.seen) for case in cases]
    names = sorted({name for row in rows for name in row} - {"bias"})
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    mean, spread = table.mean(axis=0), table.std(axis=0)
    spread[spread < 1e-9] = 1.0
    model = LogisticRegression(C=ridge, solver="newton-cholesky", max_iter=200).fit(
        (table - mean) / spread, _truth(cases)
    )
    slopes = model.coef_[0] / spread
    bias = float(model.intercept_[0] - (slopes * mean).sum())
    return {"bias": round(bias, 4), **{name: round(float(value), 4) for name, value in zip(names, slopes, strict=True)}}


def _left_out(cases: Sequence[Case], fit: Callable[[Sequence[Case]], dict[str, float]]) -> np.ndarray:
    """Return what each case is predicted by the cases of the other folds."""
    shares = np.zeros(len(cases))
    by_side = sorted(
        range(len(cases)), key=lambda at: cases[at].right
    )  # stable: right and wrong ones are dealt out evenly
    for fold in range(_FOLDS):
        held = by_side[fold::_FOLDS]
        out = set(held)
        weights = fit([case for at, case in enumerate(cases) if at not in out])
        for at in held:
            value = sum(weights.get(name, 0.0) * number for name, number in features_of(cases[at].seen).items())
            shares[at] = 1 / (1 + np.exp(-value))
    return shares


def _truth(cases: Sequence[Case]) -> np.ndarray:
    return np.array([case.right for case in cases], dtype=float)
