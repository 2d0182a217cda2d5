"""Documents to symbols, and the inline names that can mean one symbol only."""

from __future__ import annotations

import pytest

from indexers.documents.facts import extract_document
from indexers.documents.relations import Documentation
from knowledge.schema import RelationKind, Symbol, SymbolKind


def code(qualified_name: str, kind: SymbolKind = SymbolKind.FUNCTION, *, is_test: bool = False) -> Symbol:
    name = qualified_name.replace("::", ".").rpartition(".")[2]
    path = "a.py"
    return Symbol(
        f"r:{path}#{qualified_name}", "r", kind, name, name, qualified_name, path, 1, 1, 1, 1, "python", is_test=is_test
    )


CODE = [
    code("app.task.Task", SymbolKind.CLASS),
    code("app.task.Task.apply_async", SymbolKind.METHOD),
    code("app.task.Task.run", SymbolKind.METHOD),
    code("app.beat.Beat.run", SymbolKind.METHOD),
    code("app.task.send"),
    code("tests.send_all", is_test=True),
    code("engine::Db::open_all"),
    code("app.task.limit", SymbolKind.VARIABLE),
]


def documented(text: str, language: str = "markdown") -> Documentation:
    return Documentation("r", [("docs/guide.md", extract_document(language, text.encode()))], CODE)


def meant(written: str) -> list[str]:
    documentation = documented(f"# Guide\n\nSee `{written}`.\n")
    return [CODE[row[5]].qualified_name for row in documentation.relations()]


def test_sections_nest_as_their_headings_do() -> None:
    documentation = documented("# Guide\n\ntext\n\n## Setup\n\nmore\n\n## Use\n\n# Annex\n")
    assert [(one.kind, one.name, one.line, one.end_line) for one in documentation.symbols] == [
        (SymbolKind.DOCUMENT, "guide.md", 1, 11),
        (SymbolKind.SECTION, "Guide", 1, 10),
        (SymbolKind.SECTION, "Setup", 5, 8),
        (SymbolKind.SECTION, "Use", 9, 10),
        (SymbolKind.SECTION, "Annex", 11, 11),
    ]
    file_id = "r:docs/guide.md#"
    assert [one.parent_id for one in documentation.symbols] == [
        None, file_id, f"{file_id}Guide", f"{file_id}Guide", file_id,
    ]  # fmt: skip
    assert documentation.symbols[2].qualified_name == "docs/guide.md#Setup"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("app.task.Task.apply_async", ["app.task.Task.apply_async"]),
        ("Task.apply_async()", ["app.task.Task.apply_async"]),
        ("apply_async", ["app.task.Task.apply_async"]),
        ("Task", ["app.task.Task"]),
        ("Db::open_all", ["engine::Db::open_all"]),
        ("Task.run", ["app.task.Task.run"]),
        ("run", []),
        ("send", []),
        ("task.send", ["app.task.send"]),
        ("ask.send", []),
        ("send_all", []),
        ("app.task.limit", []),
        ("nothing.of_the_kind", []),
        ("a b", []),
    ],
)
def test_only_a_name_that_means_one_symbol_is_bound(written: str, expected: list[str]) -> None:
    assert meant(written) == expected


@pytest.mark.parametrize("written", [":class:`~app.task.Task`", ":py:class:`app.task.Task`", "``app.task.Task``"])
def test_roles_of_restructured_text_name_symbols(written: str) -> None:
    documentation = documented(f"Guide\n=====\n\nSee {written}.\n", "rst")
    assert [CODE[row[5]].qualified_name for row in documentation.relations()] == ["app.task.Task"]


def test_rows_point_from_the_section_at_the_place_of_the_name() -> None:
    text = "Before `Task`.\n\n# Guide\n\nSee `Task` and `Task`, `apply_async`.\n"
    documentation = documented(text)
    rows = list(documentation.relations())
    symbols = [*CODE, *documentation.symbols]
    assert [(row[0], symbols[row[4]].name, symbols[row[5]].name, row[7], row[8]) for row in rows] == [
        (RelationKind.DOCUMENTS, "guide.md", "Task", "docs/guide.md", 1),
        (RelationKind.DOCUMENTS, "Guide", "Task", "docs/guide.md", 5),
        (RelationKind.DOCUMENTS, "Guide", "apply_async", "docs/guide.md", 5),
    ]
    lines = text.split("\n")
    for row in rows:
        assert lines[row[8] - 1][row[9] - 1 :].startswith(symbols[row[5]].name)


def test_rows_of_a_second_document_count_on() -> None:
    files = [(path, extract_document("rst", b"Top\n===\n\nSee ``Task``.\n")) for path in ("a.rst", "b.rst")]
    documentation = Documentation("r", files, CODE)
    symbols = [*CODE, *documentation.symbols]
    assert [(symbols[row[4]].path, symbols[row[4]].name) for row in documentation.relations()] == [
        ("a.rst", "Top"),
        ("b.rst", "Top"),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("from app import Task\nTask()", ["app.task.Task"]),  # re-exported by the package
        ("from app.task import Task\nt = Task()\nt.apply_async()", ["app.task.Task", "app.task.Task.apply_async"]),
        ("import app\napp.task()", []),  # a module is not called
        ("from other import Task", []),
    ],
)
def test_blocks_of_code_document_what_they_call(written: str, expected: list[str]) -> None:
    module = Symbol(
        "r:app/task.py#", "r", SymbolKind.MODULE, "task", "", "app.task", "app/task.py", 1, 1, 1, 1, "python"
    )
    known = [*CODE, module]
    text = f"# Guide\n\n```python\n{written}\n```\n"
    documentation = Documentation("r", [("g.md", extract_document("markdown", text.encode()))], known)
    assert sorted({known[row[5]].qualified_name for row in documentation.relations() if row[5] is not None}) == expected
