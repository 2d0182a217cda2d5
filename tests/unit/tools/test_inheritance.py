from __future__ import annotations

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.evidence import Verdict
from knowledge.schema import FileIssue, RelationKind, SymbolKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tests.unit.tools.kitchen import kitchen, rows
from tools import inheritance, structure


def two_stoves() -> SnapshotBuilder:
    """Return a kitchen in which a lamp can be heated too, and nothing overrides that."""
    builder = kitchen()
    builder.file("kitchen/lamp.py", "class Lamp:\n    def heat(self): ...\n")
    builder.symbol("kitchen/lamp.py", "Lamp", SymbolKind.CLASS, 1, 2)
    builder.symbol("kitchen/lamp.py", "Lamp.heat", SymbolKind.METHOD, 2)
    return builder


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


def test_of_several_methods_the_one_that_is_overridden_is_meant(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(two_stoves().build())
    answer = inheritance.overriders(graph, EVERYTHING, "heat")
    assert answer.verdict is Verdict.FOUND
    assert answer.symbol is not None and answer.symbol.local_name == "Base.heat"
    assert rows(answer) == [("Stove.heat", 8, 1)]
    assert {one.local_name for one in answer.candidates} == {"Stove.heat", "Lamp.heat"}
    nothing = inheritance.overriders(graph, EVERYTHING, "Lamp.heat")
    assert (nothing.verdict, nothing.results) == (Verdict.NONE, ())


def test_where_nothing_is_overridden_each_meaning_stays(graph: SqliteCodeGraph) -> None:
    builder = two_stoves()
    builder.relations[:] = [row for row in builder.relations if row[0] is not RelationKind.OVERRIDES]
    graph.replace_repository(builder.build())
    answer = inheritance.overriders(graph, EVERYTHING, "heat")
    assert (answer.verdict, len(answer.candidates)) == (Verdict.AMBIGUOUS, 3)


def test_an_override_may_hide_in_a_file_that_was_not_read(graph: SqliteCodeGraph) -> None:
    builder = two_stoves()
    builder.issues = [FileIssue("kitchen/oven.py", "too_large")]
    graph.replace_repository(builder.build())
    assert inheritance.overriders(graph, EVERYTHING, "Lamp.heat").verdict is Verdict.UNKNOWN


def test_an_overload_that_is_asked_for_by_its_id_brings_the_others(graph: SqliteCodeGraph) -> None:
    builder = two_stoves()
    again = builder.symbol("kitchen/lamp.py", "Lamp.heat~2", SymbolKind.METHOD, 3)
    builder.relate("kitchen:kitchen/menu.py#main", again, line=9)
    graph.replace_repository(builder.build())
    answer = structure.callers(graph, EVERYTHING, "kitchen:kitchen/lamp.py#Lamp.heat")
    assert rows(answer) == [("main", 9, 1)]
