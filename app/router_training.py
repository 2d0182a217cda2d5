"""Learns the router's weights from outcomes: for each choice, how likely it answers rightly. Deterministic.

A logistic regression with a ridge, on standardised features; the weights are given for the features as they are, so that scoring is a sum.
How well the probabilities hold is measured on outcomes left out, in five folds by the order given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.router import Seen, features_of

FEWEST = 40
"""Outcomes of a choice, with at least a hundredth of them on each side, before anything is learned about it."""
_RIDGE = 1.0
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
        if len(own) < FEWEST or min(right, len(own) - right) < len(own) / 100:
            skipped.append(choice)
            continue
        weights[choice] = fitted(own)
        left_out = np.concatenate([_left_out(own, fold) for fold in range(_FOLDS)])
        truth = np.concatenate([_truth(own[fold::_FOLDS]) for fold in range(_FOLDS)])
        brier[choice] = round(float(np.mean((left_out - truth) ** 2)), 4)
        gap[choice] = round(calibration_gap(left_out, truth), 4)
    return Learned(weights, brier, gap, counts, tuple(skipped))


def calibration_gap(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Return the expected calibration error over bins of equal count."""
    order = np.argsort(predicted, kind="stable")
    bins = [part for part in np.array_split(order, _BINS) if len(part)]
    return float(sum(len(part) * abs(predicted[part].mean() - truth[part].mean()) for part in bins) / len(order))


def fitted(cases: Sequence[Case]) -> dict[str, float]:
    """Return the weights that the outcomes of one choice teach; both right and wrong ones are among them."""
    from sklearn.linear_model import LogisticRegression  # seconds of import

    rows = [features_of(case.seen) for case in cases]
    names = sorted({name for row in rows for name in row} - {"bias"})
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    mean, spread = table.mean(axis=0), table.std(axis=0)
    spread[spread < 1e-9] = 1.0
    model = LogisticRegression(C=_RIDGE, solver="newton-cholesky", max_iter=200).fit(
        (table - mean) / spread, _truth(cases)
    )
    slopes = model.coef_[0] / spread
    bias = float(model.intercept_[0] - (slopes * mean).sum())
    return {"bias": round(bias, 4), **{name: round(float(value), 4) for name, value in zip(names, slopes, strict=True)}}


def _left_out(cases: Sequence[Case], fold: int) -> np.ndarray:
    others = [case for at, case in enumerate(cases) if at % _FOLDS != fold]
    weights = fitted(others)
    values = [
        sum(weights.get(name, 0.0) * v for name, v in features_of(one.seen).items()) for one in cases[fold::_FOLDS]
    ]
    shares: np.ndarray = 1 / (1 + np.exp(-np.array(values)))
    return shares


def _truth(cases: Sequence[Case]) -> np.ndarray:
    return np.array([case.right for case in cases], dtype=float)
