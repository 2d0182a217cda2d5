from __future__ import annotations

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.evidence import Verdict
from knowledge.schema import RelationKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tests.unit.tools.kitchen import kitchen, served
from tools import ways


def test_path_between(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    answer = ways.path_between(graph, EVERYTHING, "main", "light")
    assert answer.verdict is Verdict.FOUND
    assert [(link.source.name, link.site.line) for link in answer.relations] == [("main", 9), ("cook", 6), ("heat", 9)]
    assert ways.path_between(graph, EVERYTHING, "light", "main").verdict is Verdict.NONE
    unclear = ways.path_between(graph, EVERYTHING, "main", "heat")
    assert (unclear.verdict, unclear.target, len(unclear.candidates)) == (Verdict.AMBIGUOUS, None, 2)


def test_a_path_leads_on_through_the_method_that_runs_in_the_place_of_another(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(served(kitchen()).build())
    answer = ways.path_between(graph, EVERYTHING, "main", "click")
    assert answer.verdict is Verdict.FOUND
    assert [(link.source.local_name, link.kind.value) for link in answer.relations] == [
        ("main", "CALLS"),
        ("cook", "CALLS"),
        ("Stove.heat", "OVERRIDES"),
        ("Stove.heat", "CALLS"),
    ]
    assert ways.path_between(graph, EVERYTHING, "click", "main").verdict is Verdict.NONE


def test_a_path_may_run_through_a_call_that_is_not_resolved(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.call_unresolved("kitchen:kitchen/stove.py#light", "stove.idle", 13)
    graph.replace_repository(builder.build())
    answer = ways.path_between(graph, EVERYTHING, "main", "idle")
    assert answer.verdict is Verdict.UNKNOWN
    assert [(place.path, place.line) for place in answer.uncovered] == [("kitchen/stove.py", 13)]


def test_a_path_starts_at_the_one_meaning_that_reaches_the_end(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("g")
    for path in ("a/main.go", "b/main.go"):
        builder.file(path, "\n" * 9, language="go")
        builder.symbol(path, "main", line=1)
    start = builder.symbol("b/main.go", "start", line=5)
    builder.relate("g:b/main.go#main", start, RelationKind.CALLS, 2)
    graph.replace_repository(builder.build())
    answer = ways.path_between(graph, EVERYTHING, "main", "start")
    assert (answer.verdict, [link.source.path for link in answer.relations]) == (Verdict.FOUND, ["b/main.go"])
    assert "g:a/main.go#main" in {symbol.id for symbol in answer.candidates}
    assert "g:b/main.go#main" not in {symbol.id for symbol in answer.candidates}


def test_a_call_on_what_foreign_code_returned_may_come_back(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.relate("kitchen:kitchen/stove.py#light", "plugins.load().idle", RelationKind.CALLS, 13)
    builder.relate("kitchen:kitchen/stove.py#light", "os.idle", RelationKind.CALLS, 13)
    graph.replace_repository(builder.build())
    answer = ways.path_between(graph, EVERYTHING, "main", "idle")
    assert answer.verdict is Verdict.UNKNOWN
    assert ["plugins.load().idle" in place.reason for place in answer.uncovered] == [True]
