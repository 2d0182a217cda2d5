from __future__ import annotations

from app.ranker.sorts import fitted_sorts
from tools.question_sort import described

REPORTS = ["Fix the wrong rounding", "cart: avoid a crash (#12)", "Fix leak\n\nIt grew."]
DESCRIPTIONS = ["Return the rounding of a cart", "Tells whether it is empty"]


def test_reports_are_told_from_descriptions() -> None:
    weights = fitted_sorts(REPORTS, DESCRIPTIONS)
    assert all(described(query, weights) < 0.5 for query in REPORTS)
    assert all(described(query, weights) > 0.5 for query in DESCRIPTIONS)


def test_of_one_sort_alone_nothing_can_be_learned() -> None:
    assert fitted_sorts(REPORTS, []) == fitted_sorts([], DESCRIPTIONS) == {}
