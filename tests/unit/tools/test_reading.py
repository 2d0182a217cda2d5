from __future__ import annotations

from pathlib import Path

import pytest
import xxhash

from configs.errors import InputError, UnknownRepository
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import SourceFile, pack_text
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder
from tests.unit.tools.kitchen import kitchen
from tools.reading import outline, read_span

MENU = "kitchen/menu.py"


def test_outline(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert [symbol.local_name for symbol in outline(graph, EVERYTHING, "kitchen", MENU)] == ["", "cook", "main"]
    assert outline(graph, EVERYTHING, "kitchen", "no.py") == []


def test_lines_are_one_based_and_inclusive(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    span = read_span(graph, EVERYTHING, "kitchen", MENU, 4, 5)
    assert span.text == "def cook():\n    stove = Stove()"
    assert (span.start_line, span.end_line, span.revision, span.stale) == (4, 5, "c0ffee", False)


def test_the_end_is_cut_to_the_file_and_to_max_lines(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    assert read_span(graph, EVERYTHING, "kitchen", MENU, 11, 99).end_line == 12
    assert read_span(graph, EVERYTHING, "kitchen", MENU, 2, 12, max_lines=3).end_line == 4


def test_an_empty_file_has_one_empty_line(graph: SqliteCodeGraph) -> None:
    builder = SnapshotBuilder("r")
    builder.file("a.py", "")
    graph.replace_repository(builder.build())
    assert read_span(graph, EVERYTHING, "r", "a.py", 1, 1).text == ""


@pytest.mark.parametrize(("start", "end"), [(0, 3), (13, 14), (5, 4), (-2, -1)])
def test_lines_that_are_not_there(graph: SqliteCodeGraph, start: int, end: int) -> None:
    graph.replace_repository(kitchen().build())
    with pytest.raises(InputError, match="has no lines"):
        read_span(graph, EVERYTHING, "kitchen", MENU, start, end)


def test_what_is_not_indexed_or_not_granted(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    with pytest.raises(InputError, match="not indexed"):
        read_span(graph, EVERYTHING, "kitchen", "../secret.py", 1, 1)
    for scope in (Scope(frozenset()), Scope(frozenset({"other"}))):
        with pytest.raises(UnknownRepository):
            read_span(graph, scope, "kitchen", MENU, 1, 1)
        with pytest.raises(UnknownRepository):
            outline(graph, scope, "kitchen", MENU)


def test_a_changed_working_file_is_stale(graph: SqliteCodeGraph, tmp_path: Path) -> None:
    root = tmp_path / "work"
    root.mkdir()
    (root / "a.py").write_bytes(b"x = 1\n")
    builder = SnapshotBuilder("r", root=str(root))
    builder.file("a.py", "x = 1\n")
    digest = xxhash.xxh3_128_hexdigest(b"x = 1\n")
    builder.files = [SourceFile("a.py", "python", digest, 6, 1, pack_text(b"x = 1\n"))]
    graph.replace_repository(builder.build())

    def stale() -> bool:
        return read_span(graph, EVERYTHING, "r", "a.py", 1, 1, check_stale=True).stale

    assert not stale()
    (root / "a.py").write_bytes(b"x = 2\n")
    assert stale()
    (root / "a.py").unlink()
    assert stale()
