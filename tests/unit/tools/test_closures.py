from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import SymbolKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tools.candidates import Candidate, Pool
from tools.closures import LONGEST_OUTER_LINES, folded

PATH = "shop/retry.py"
FUNCTION = SymbolKind.FUNCTION


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[SqliteCodeGraph]:
    builder = SnapshotBuilder("shop")
    builder.file(PATH, "\n" * 2_000)
    builder.symbol(PATH, "retry", FUNCTION, 1, 40)
    builder.symbol(PATH, "retry.inner", FUNCTION, 5, 30)
    builder.symbol(PATH, "retry.inner.Local", SymbolKind.CLASS, 10, 20)
    builder.symbol(PATH, "retry.inner.Local.run", SymbolKind.METHOD, 12, 14)
    builder.symbol(PATH, "Policy", SymbolKind.CLASS, 50, 90)
    builder.symbol(PATH, "Policy.next", SymbolKind.METHOD, 60, 70)
    builder.symbol(PATH, "wrapper", FUNCTION, 100, 100 + LONGEST_OUTER_LINES)
    builder.symbol(PATH, "wrapper.part", FUNCTION, 110, 120)
    with closing(SqliteCodeGraph(tmp_path / "graph.db")) as graph:
        graph.replace_repository(builder.build())
        yield graph


def fold(graph: SqliteCodeGraph, **features: dict[str, float]) -> dict[str, Candidate]:
    pool = Pool("symbol")
    for name, values in features.items():
        (symbol,) = graph.symbols(EVERYTHING, [f"shop:{PATH}#{name.replace('__', '.')}"])
        for feature, value in values.items():
            pool.add_symbol(symbol, feature, value, f"why {symbol.id}")
    found = folded(graph, EVERYTHING, pool)
    assert found.keys == found.symbol_ids
    return {found.symbol_ids[row].partition("#")[2]: found.candidate(row) for row in range(len(found))}


def test_an_inner_function_counts_for_the_outermost(graph: SqliteCodeGraph) -> None:
    found = fold(graph, retry__inner={"chunk": 2.0, "name": 1.0}, retry={"chunk": 1.0, "local": 3.0})
    assert list(found) == ["retry"]
    assert {name: value for name, value in found["retry"].features.items() if value} == {
        "chunk": 2.0,
        "name": 1.0,
        "local": 3.0,
    }
    assert found["retry"].lines == (1, 40)
    assert len(found["retry"].why) == 2


def test_an_outer_function_that_was_not_looked_at_is_found_by_its_inner_one(graph: SqliteCodeGraph) -> None:
    assert list(fold(graph, retry__inner__Local__run={"chunk": 1.0})) == ["retry"]


def test_methods_stay_and_classes_are_no_functions(graph: SqliteCodeGraph) -> None:
    assert list(fold(graph, Policy={"chunk": 1.0}, Policy__next={"chunk": 1.0})) == ["Policy.next"]


def test_what_is_asked_for_by_name_or_wrapped_with_a_whole_module_stands_for_itself(graph: SqliteCodeGraph) -> None:
    assert list(fold(graph, retry__inner={"asked_for": 1.0})) == ["retry.inner"]
    assert list(fold(graph, wrapper__part={"chunk": 1.0})) == ["wrapper.part"]
