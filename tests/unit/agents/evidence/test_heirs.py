"""Which of several types of one name is meant where those derived from it are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from agents.evidence.structural import _the_one_with_heirs
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.evidence import Verdict
from knowledge.schema import RelationKind, SymbolKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tools.answers import StructuralAnswer
from tools.inheritance import subclasses


def test_the_type_that_something_derives_from_is_meant_and_the_other_stays_in_sight(tmp_path: Path) -> None:
    graph = SqliteCodeGraph(tmp_path / "graph.db")
    builder = SnapshotBuilder("r")
    builder.file("iterator.py", "class Iterator: ...\n")
    builder.file("skiplist.py", "class Iterator: ...\n\n\nclass Heir: ...\n")
    first = builder.symbol("iterator.py", "Iterator", SymbolKind.CLASS, 1)
    second = builder.symbol("skiplist.py", "Iterator", SymbolKind.CLASS, 1)
    heir = builder.symbol("skiplist.py", "Heir", SymbolKind.CLASS, 4)
    builder.relate(heir, first, RelationKind.INHERITS, 4)
    graph.replace_repository(builder.build())

    def ask(name: str) -> StructuralAnswer:
        return subclasses(graph, EVERYTHING, name)

    unclear = ask("Iterator")
    assert unclear.verdict is Verdict.AMBIGUOUS
    answer = _the_one_with_heirs(unclear, ask)
    assert answer.symbol is not None
    assert (answer.symbol.id, [row.symbol.id for row in answer.results]) == (first, [heir])
    assert [one.id for one in answer.candidates] == [second]
    assert _the_one_with_heirs(replace(unclear, candidates=unclear.candidates[:1]), ask).symbol is None
    graph.close()
