"""Learns to tell reports from descriptions (`tools.question_sort`): a logistic, L2-bound, both sorts weighing alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from tools.question_sort import FEATURES, GRAIN, seen_in

L2 = 1e-3


def fitted_sorts(reports: Sequence[str], descriptions: Sequence[str]) -> dict[str, float]:
    """Return `question.<feature>` weights; none where one of the sorts is missing, for there is nothing to tell apart then."""
    if not reports or not descriptions:
        return {}
    table = np.array([[seen_in(query)[name] for name in FEATURES] for query in (*reports, *descriptions)])
    is_described = np.repeat([0.0, 1.0], [len(reports), len(descriptions)])
    share = np.repeat([0.5 / len(reports), 0.5 / len(descriptions)], [len(reports), len(descriptions)])

    def loss(weights: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        logits = table @ weights
        surprise = float(share @ (np.logaddexp(0.0, logits) - is_described * logits))
        slope = table.T @ (share * (1 / (1 + np.exp(-logits)) - is_described))
        return surprise + L2 * float(weights @ weights), slope + 2 * L2 * weights

    weights = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x
    return {f"{GRAIN}.{name}": round(float(weight), 3) for name, weight in zip(FEATURES, weights, strict=True)}
