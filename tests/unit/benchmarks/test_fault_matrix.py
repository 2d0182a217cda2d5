"""The fault matrix, small: what a cell counts, and that it can fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import stamina

from agents.services import Services
from benchmarks.fault_matrix import DEADLINE_S, Cell, measured, table


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=10):
        yield


def test_a_cut_stream_goes_on_within_the_load_that_is_allowed(bookshop: Services) -> None:
    cell = measured("one host", "cut_stream", bookshop, calls=30, questions=2)
    assert cell.holds
    assert (cell.answered, cell.questions, cell.failed) == (0, 2, 0)
    assert cell.levels == {"extractive": 2}
    assert 0 < cell.seen <= 30 * 0.08 + 2 + 3
    assert cell.segments >= 1


def test_a_host_that_is_down_costs_nothing_where_another_is_up(bookshop: Services) -> None:
    cell = measured("two hosts", "down", bookshop, calls=10, questions=1)
    assert (cell.answered, cell.load, cell.levels) == (10, 1.0, {"model qwen2.5-coder:14b": 1})


def test_a_cell_fails_for_each_broken_promise() -> None:
    good = Cell(
        "one host",
        "x",
        calls=10,
        seen=11,
        questions=1,
        levels={"extractive": 1},
        ms=[DEADLINE_S * 1_000],
        most_probes=1,
    )
    assert good.holds
    for bad in (
        replace(good, seen=12),
        replace(good, ms=[DEADLINE_S * 1_200]),
        replace(good, most_probes=2),
        replace(good, levels={}),
        replace(good, failed=1),
    ):
        assert not bad.holds
        assert "| NO |" in table([bad])
