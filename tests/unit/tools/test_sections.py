"""What reading the sections adds to the candidates."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import SymbolKind
from knowledge.scope import EVERYTHING, Scope
from tests.contract.snapshots import SnapshotBuilder
from tools import passages, sections
from tools.pages import Pages
from tools.sections import Found, read_sections

GUIDE = """# Queues
How work waits.
## Purging
Delete what waits: purge the queue.
### Of one worker
Only its own.
## Priorities
Important work first.
"""


class EvenIndex:
    """Every word is as rare as any other."""

    def rarities(self, scope: Scope, words: Collection[str]) -> dict[str, float]:
        return dict.fromkeys(words, 1.0)


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[SqliteCodeGraph]:
    builder = SnapshotBuilder("docs")
    for path in ("guide.md", "history/changelog.md"):
        builder.file(path, GUIDE, language="markdown")
        for name, start, end in (
            ("Queues", 1, 8),
            ("Queues.Purging", 3, 6),
            ("Queues.Purging.Of one worker", 5, 6),
            ("Queues.Priorities", 7, 8),
        ):
            builder.symbol(path, name, SymbolKind.SECTION, start, end)
    with closing(SqliteCodeGraph(tmp_path / "graph.db")) as opened:
        opened.replace_repository(builder.build())
        yield opened


def read(graph: SqliteCodeGraph, query: str, *names: str, path: str = "guide.md") -> list[dict[str, float]]:
    found = [Found("docs", path, f"docs:{path}#{name}", {}) for name in names]
    read_sections(graph, EvenIndex(), EVERYTHING, query, found, Pages())
    return [one.features for one in found]


def test_a_section_is_read_without_the_sections_in_it(graph: SqliteCodeGraph) -> None:
    outer, inner = read(graph, "worker", "Queues.Purging", "Queues.Purging.Of one worker")
    assert outer["answered"] == 0.0
    assert inner["heading"] == 1.0
    assert set(inner) == {*passages.FEATURES, *sections.FEATURES}


def test_the_headings_around_are_a_field_of_their_own(graph: SqliteCodeGraph) -> None:
    (inner,) = read(graph, "purging queues", "Queues.Purging.Of one worker")
    assert (inner["outer"], inner["heading"], inner["passage"]) == (1.0, 0.0, 0.0)


def test_what_the_rest_of_the_document_says_is_known(graph: SqliteCodeGraph) -> None:
    first, inner = read(graph, "purge the queue", "Queues.Purging", "Queues.Purging.Of one worker")
    assert inner["page"] > first["page"]
    assert inner["around"] == first["passage"] > 0
    assert first["around"] == 0.0


def test_changelogs_are_news_unless_asked_for(graph: SqliteCodeGraph) -> None:
    (plain,) = read(graph, "purge", "Queues.Purging", path="history/changelog.md")
    (asked,) = read(graph, "what changed in purging", "Queues.Purging", path="history/changelog.md")
    (guide,) = read(graph, "purge", "Queues.Purging")
    assert (plain["news"], asked["news"], guide["news"]) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("path", "query", "listing"),
    [
        ("_modules/shop/cart.html", "purge", 1.0),
        ("genindex.html", "purge", 1.0),
        ("docs/genindex-P.html", "purge", 1.0),
        ("_modules/shop/cart.html", "the source code of purge", 0.0),
        ("howto/modules.html", "purge", 0.0),
        ("index.html", "purge", 0.0),
    ],
)
def test_indexes_and_copies_of_code_are_listings(graph: SqliteCodeGraph, path: str, query: str, listing: float) -> None:
    (found,) = read(graph, query, "Queues", path=path)
    assert found["listing"] == listing


def test_a_section_that_is_gone_is_no_error(graph: SqliteCodeGraph) -> None:
    (gone,) = read(graph, "purge", "Nowhere")
    assert gone["passage"] == 0.0


def test_nothing_is_read_of_what_is_not_granted(graph: SqliteCodeGraph) -> None:
    found = [Found("docs", "guide.md", "docs:guide.md#Queues.Purging", {})]
    read_sections(graph, EvenIndex(), Scope(frozenset({"other"})), "purge", found, Pages())
    assert found[0].features == {}
