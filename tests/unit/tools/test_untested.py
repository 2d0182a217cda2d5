"""What no test leads to: by calls, through overrides, and what a file runs when it is loaded."""

from __future__ import annotations

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import RelationKind, SymbolKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tools.untested import untested


@pytest.fixture
def mill() -> SnapshotBuilder:
    """A test calls `run`, which calls `Mill.turn`, which `WindMill.turn` overrides; `register` runs when mill/wind.py is loaded."""
    builder = SnapshotBuilder("mill")
    for path in ("mill/base.py", "mill/wind.py", "mill/tools.py", "mill/apart.py"):
        builder.file(path, "\n" * 20)
    builder.file("tests/test_mill.py", "\n" * 9, is_test=True)
    test = builder.symbol("tests/test_mill.py", "test_run", line=3, is_test=True)
    run = builder.symbol("mill/base.py", "run", line=1)
    turn = builder.symbol("mill/base.py", "Mill.turn", SymbolKind.METHOD, 5)
    over = builder.symbol("mill/wind.py", "WindMill.turn", SymbolKind.METHOD, 5)
    register = builder.symbol("mill/tools.py", "register", line=1)
    grease = builder.symbol("mill/tools.py", "grease", line=4)
    lonely = builder.symbol("mill/apart.py", "lonely", line=1)
    builder.relate(test, run, line=4)
    builder.relate(run, turn, line=2)
    builder.relate(over, turn, line=5, kind=RelationKind.OVERRIDES)
    builder.relate("mill:mill/wind.py#", register, line=9)
    builder.relate(lonely, grease, line=2)
    return builder


def test_what_no_way_of_uses_reaches_is_told_most_used_first(graph: SqliteCodeGraph, mill: SnapshotBuilder) -> None:
    graph.replace_repository(mill.build())
    answer = untested(graph, EVERYTHING)
    assert [(one.symbol.name, one.users) for one in answer.functions] == [("grease", 1), ("lonely", 0)]
    assert (answer.total, answer.any_test) == (2, True)
    cut = untested(graph, EVERYTHING, limit=1)
    assert ([one.symbol.name for one in cut.functions], cut.total) == (["grease"], 2)


def test_without_a_test_in_the_index_that_is_said(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("mill")
    builder.file("mill/base.py", "\n" * 3)
    builder.symbol("mill/base.py", "run", line=1)
    graph.replace_repository(builder.build())
    assert not untested(graph, EVERYTHING).any_test
