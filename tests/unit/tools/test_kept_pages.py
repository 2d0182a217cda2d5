"""Documents that are kept between questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import RepositoryInfo, SymbolKind
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tools import pages
from tools.pages import Page, Pages

SECTION = "docs:guide.md#Queues"


def write(graph: SqliteCodeGraph, text: str) -> None:
    builder = SnapshotBuilder("docs")
    for path in ("guide.md", "other.md"):
        builder.file(path, text, language="markdown")
        builder.symbol(path, "Queues", SymbolKind.SECTION, 1, 2)
    graph.replace_repository(builder.build())


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[SqliteCodeGraph]:
    with closing(SqliteCodeGraph(tmp_path / "graph.db")) as opened:
        write(opened, "# Queues\nWork waits.\n")
        yield opened


def state(graph: SqliteCodeGraph) -> RepositoryInfo:
    return graph.repositories(EVERYTHING)[0]


def page(graph: SqliteCodeGraph, kept: Pages, path: str = "guide.md") -> Page:
    return kept.page(graph, EVERYTHING, state(graph), path)


def test_a_page_is_read_once_and_its_sections_too(graph: SqliteCodeGraph) -> None:
    kept = Pages()
    first = page(graph, kept)
    assert page(graph, kept) is first
    assert first.passage(SECTION) is first.passage(SECTION)
    assert first.passage(SECTION).text == "# Queues\nWork waits."
    assert page(graph, kept, "other.md") is not first


def test_an_edit_is_seen_by_the_next_question(graph: SqliteCodeGraph) -> None:
    kept = Pages()
    page(graph, kept)
    write(graph, "# Queues\nWork is done.\n")
    assert "done" in page(graph, kept).passage(SECTION).text


def test_what_was_read_longest_ago_is_let_go(graph: SqliteCodeGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_KEPT_CHARACTERS", 30)
    kept = Pages()
    first = page(graph, kept)
    page(graph, kept, "other.md")
    assert page(graph, kept) is not first


def test_a_vocabulary_that_is_full_is_left_with_its_pages(
    graph: SqliteCodeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Pages()
    first = page(graph, kept)
    vocabulary = first.passage(SECTION).vocabulary
    monkeypatch.setattr(pages, "MOST_WORDS", 1)
    page(graph, kept, "other.md")
    monkeypatch.undo()
    again = page(graph, kept)
    assert again is not first
    assert again.passage(SECTION).vocabulary is not vocabulary
