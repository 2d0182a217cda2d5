from __future__ import annotations

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.evidence import Verdict
from knowledge.schema import RelationKind, SymbolKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tests.unit.tools.kitchen import kitchen, rows
from tools import inheritance


def test_hierarchy_above_and_below(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = inheritance.hierarchy(graph, EVERYTHING, "kitchen.stove.Stove")
    assert [row.symbol.name for row in answer.ancestors.results] == ["Base"]
    assert (answer.descendants.results, answer.verdict) == ((), Verdict.FOUND)


def test_hierarchy(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert rows(inheritance.subclasses(graph, EVERYTHING, "Base")) == [("Stove", 4, 1)]
    assert inheritance.subclasses(graph, EVERYTHING, "Stove").verdict is Verdict.NONE
    above = inheritance.superclasses(graph, EVERYTHING, "Stove")
    assert rows(above) == [("Base", 4, 1)]
    assert [place.reason for place in above.uncovered] == ["abc.ABC is outside the project"]
    assert inheritance.superclasses(graph, EVERYTHING, "Base").verdict is Verdict.UNKNOWN


def test_a_protocol_may_be_implemented_by_classes_that_do_not_name_it(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("p")
    builder.file("ports.py", "\n" * 9)
    port = builder.symbol("ports.py", "Port", SymbolKind.CLASS, 1, 3)
    plain = builder.symbol("ports.py", "Plain", SymbolKind.CLASS, 5, 6)
    builder.relate(port, "typing.Protocol", RelationKind.INHERITS, 1)
    builder.relate(plain, "abc.ABC", RelationKind.INHERITS, 5)
    graph.replace_repository(builder.build())
    answer = inheritance.subclasses(graph, EVERYTHING, "Port")
    assert (answer.verdict, len(answer.uncovered)) == (Verdict.UNKNOWN, 1)
    assert inheritance.subclasses(graph, EVERYTHING, "Plain").verdict is Verdict.NONE
