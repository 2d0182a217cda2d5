"""Measures of a ranking, the same as everybody's: hit@k, all@k, MRR over files, recall@10 over functions, in percent."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

FILE_MEASURES = ("hit@1", "hit@5", "all@10", "MRR")
FUNCTION_MEASURES = ("func@10", "func@10 as named")
MEASURES = (*FILE_MEASURES, *FUNCTION_MEASURES)
DRAWS = 1_000


def file_measures(ranked: Sequence[str], gold: frozenset[str]) -> dict[str, float]:
    rank = next((at for at, path in enumerate(ranked, 1) if path in gold), None)
    return {
        "hit@1": 100.0 * (rank == 1),
        "hit@5": 100.0 * (rank is not None and rank <= 5),
        "all@10": 100.0 * (gold <= set(ranked[:10])),
        "MRR": 100.0 / rank if rank else 0.0,
    }


def function_recall(
    ranked: Sequence[str], gold: frozenset[str], as_named: frozenset[str] | None = None
) -> dict[str, float]:
    """Return nothing for a question that no function answers. as_named: the gold by its own names, where ours differ."""
    both = zip(FUNCTION_MEASURES, (gold, gold if as_named is None else as_named), strict=True)
    return {name: 100.0 * len(sought & set(ranked[:10])) / len(sought) for name, sought in both if sought}


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def mean_of_sets(rows: Mapping[str, Sequence[Mapping[str, float]]], measure: str) -> float:
    """Return the mean over sets of each set's mean."""
    return mean([mean([row[measure] for row in found if measure in row]) for found in rows.values()])


def interval(
    rows: Mapping[str, Sequence[Mapping[str, float]]],
    measure: str,
    beside: Mapping[str, Sequence[Mapping[str, float]]] | None = None,
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval over questions of the mean of sets, or of its gain over `beside`, pair by pair."""
    values = []
    for name, found in rows.items():
        others = beside[name] if beside else [dict.fromkeys(row, 0.0) for row in found]
        values.append(
            [row[measure] - other[measure] for row, other in zip(found, others, strict=True) if measure in row]
        )
    draw = random.Random(0)  # noqa: S311  nothing is kept secret
    means = sorted(mean([mean(draw.choices(one, k=len(one))) for one in values if one]) for _ in range(DRAWS))
    return means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS) - 1]
