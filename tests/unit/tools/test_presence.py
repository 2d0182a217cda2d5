"""Whether something is used at all: a part of an identifier counts, a part of a word does not."""

from __future__ import annotations

import pytest

from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.scope import EVERYTHING
from tests.unit.tools.kitchen import kitchen
from tools.presence import How, mentions_of, pattern_of


@pytest.mark.parametrize(
    ("thing", "text", "is_named"),
    [
        ("Redis", "import redis", True),
        ("redis", "class RedisCache:", True),
        ("redis", "REDIS_URL = 1", True),
        ("redis", "useRedis()", True),
        ("redis", "predispose", False),
        ("go", "google.golang.org", False),
        ("websockets", "new WebSocket(url)", True),
        ("mmap", "mmaps for 64-bit", True),
        ("mmap", "mmapped", False),
        ("TLS", "titles", False),
        ("c++", "compiled as C++ here", True),
    ],
)
def test_what_names_a_thing(thing: str, text: str, is_named: bool) -> None:
    assert bool(pattern_of(thing).search(text)) is is_named


def test_imports_come_first_and_all_files_are_read(graph: SqliteCodeGraph) -> None:
    builder = kitchen()
    builder.file("docs/guide.md", "# Flask\n\nServed by Flask.\n", language="markdown")
    builder.file("requirements.txt", "flask>=3\n", language="text")
    builder.file("kitchen/wash.py", "def wash():\n    return 'a flask'\n")
    graph.replace_repository(builder.build())
    found = mentions_of(graph, EVERYTHING, "Flask", documents=("markdown",))
    assert [(one.how, one.path, one.line, one.word) for one in found.mentions] == [
        (How.IMPORTED, "kitchen/menu.py", 2, "flask"),
        (How.DECLARED, "requirements.txt", 1, "flask"),
        (How.CODE, "kitchen/wash.py", 2, "flask"),
        (How.DOCUMENT, "docs/guide.md", 1, "Flask"),
    ]
    assert found.files == 6
    nothing = mentions_of(graph, EVERYTHING, "Redis")
    assert (nothing.mentions, nothing.files) == ((), 6)


def test_a_symbol_is_looked_into_alone(graph: SqliteCodeGraph) -> None:
    graph.replace_repository(kitchen().build())
    cook = graph.find(EVERYTHING, "cook")[0]
    assert [one.line for one in mentions_of(graph, EVERYTHING, "Stove", within=cook).mentions] == [5]
    assert not mentions_of(graph, EVERYTHING, "flask", within=cook).mentions
