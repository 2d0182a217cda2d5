from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.release import Releases
from tools.question_sort import FEATURES, REPORT, described, seen_in, sort_of

WEIGHTS = Releases().get("default").retrieval.weights


@pytest.mark.parametrize(
    "query",
    [
        "Fix hang of the pool when a worker is lost",
        "worker: do not crash on an empty queue (#4211)",
        "Wrong total after a refund\n\nThe rounding was done twice.",
        "the scheduler panics if the clock goes back",
    ],
)
def test_reports(query: str) -> None:
    assert described(query, WEIGHTS) < 0.5


@pytest.mark.parametrize(
    "query",
    [
        "Return the tasks of a chain.",
        "merging of underfilled nodes with siblings",
        "rounds the size of the map up",
        "Whether a periodic entry is due",
        "wo wird die Datei vergr\u00f6\u00dfert",
    ],
)
def test_descriptions(query: str) -> None:
    assert described(query, WEIGHTS) > 0.5


def test_without_weights_every_question_is_a_report() -> None:
    assert (
        sort_of("Return the tasks of a chain " * 3 + "to me today", {"symbol.chunk": 1.0}).described == REPORT.described
    )


@given(st.text())
def test_any_text_has_a_sort(query: str) -> None:
    seen = seen_in(query)
    assert tuple(seen) == FEATURES
    assert 0 < sort_of(query, WEIGHTS).described < 1
