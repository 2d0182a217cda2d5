"""Sections of real-looking Markdown and RST: names, lines, nesting, first paragraphs, inline code."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest

from indexers.documents.facts import extract_document
from indexers.facts import FileFacts, ScopeKind, decode_facts, encode_facts
from indexers.naming import local_names

MARKDOWN = """\
---
title: Front
# not a heading
---
Intro with `app.run()` and *stress*.

[![ci](http://b)](http://c)

# Task **queue** {#anchor}

First paragraph with [a link](http://x) and
a second line.

Second paragraph.

```python
# not a heading
def f(): pass
```

    # indented, not a heading either

Setext one
----------
See `Task.apply_async`, `--flag`, `x`, `some words` and ``crate::engine::Db``.

### Deep ###
- # not top level
> # quoted

##### Deeper

Tail
====
"""

RST = """\
.. _top:

=======
 Queue
=======

:status: draft

Lead with :class:`~app.Task` and ``app.run()``
on two lines.

.. note:: inside

   Not the lead.

Use
===

.. unknown-directive:: with arguments
   :option: 1

   Hidden ``deep_name``.

Body :unknown:`role text` here.

.. code-block:: python

   Fake
   ====

Nested |sub|
------------

::

   Not
   ---

Another
=======
end
"""


def outline(facts: FileFacts) -> list[tuple[str, int, int, int]]:
    names = local_names(facts)
    return [(name, d.line, d.start_line, d.end_line) for name, d in zip(names, facts.definitions, strict=True)]


def references(facts: FileFacts) -> list[tuple[str, int, int]]:
    return [(reference.path, reference.line, reference.column) for reference in facts.references]


def test_markdown_sections_nest_and_end_where_the_next_begins() -> None:
    facts = extract_document("markdown", MARKDOWN.encode())
    assert outline(facts) == [
        ("Task queue", 9, 9, 32),
        ("Task queue.Setext one", 23, 23, 32),
        ("Task queue.Setext one.Deep", 27, 27, 32),
        ("Task queue.Setext one.Deep.Deeper", 31, 31, 32),
        ("Tail", 33, 33, 34),
    ]
    assert [d.column for d in facts.definitions] == [3, 1, 5, 7, 1]
    assert {d.kind for d in facts.definitions} == {"section"}
    assert {facts.scopes[d.opens].kind for d in facts.definitions} == {ScopeKind.NAMESPACE}
    assert facts.definitions[0].docstring == "First paragraph with a link and a second line."
    assert facts.docstring == "Front\nIntro with app.run() and stress."


def test_markdown_inline_code_becomes_references_in_its_section() -> None:
    facts = extract_document("markdown", MARKDOWN.encode())
    assert references(facts) == [("app.run", 5, 13), ("Task.apply_async", 25, 6), ("crate.engine.Db", 25, 59)]
    owners = [facts.scopes[reference.scope].definition for reference in facts.references]
    assert owners == [-1, 1, 1]


def test_rst_sections_nest_by_style_and_unknown_markup_loses_nothing() -> None:
    facts = extract_document("rst", RST.encode())
    assert outline(facts) == [
        ("Queue", 4, 3, 41),
        ("Queue.Use", 16, 16, 38),
        ("Queue.Use.Nested sub", 31, 31, 38),
        ("Queue.Another", 39, 39, 41),
    ]
    assert [d.column for d in facts.definitions] == [2, 1, 1, 1]
    assert facts.docstring == "Queue\nLead with app.Task and app.run() on two lines."
    assert facts.definitions[1].docstring == "Body role text here."
    assert references(facts) == [("app.Task", 9, 20), ("app.run", 9, 36), ("deep_name", 22, 13)]
    assert facts.issues == []


def test_rst_that_docutils_refuses_is_read_by_its_underlines() -> None:
    text = "A\n=\n\nB\n-\n\nC\n~\n\nD\n=\n\nE\n~\n\nleft `over\n"
    facts = extract_document("rst", text.encode())
    assert [(d.name, d.line) for d in facts.definitions] == [("A", 1), ("B", 4), ("C", 7), ("D", 10), ("E", 13)]
    assert [issue.reason for issue in facts.issues] == ["syntax"]
    assert "docutils" in facts.issues[0].detail


def test_rst_does_nothing_that_a_document_asks_for(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("Stolen\n======\n")
    text = f"T\n=\n\n.. include:: {tmp_path}/secret.txt\n\n.. raw:: html\n   :file: {tmp_path}/secret.txt\n\nend\n"
    facts = extract_document("rst", text.encode())
    assert [d.name for d in facts.definitions] == ["T"]
    assert "Stolen" not in repr(facts)


@pytest.mark.parametrize("language", ["markdown", "rst"])
@pytest.mark.parametrize(
    "source", [b"", b"\n", b"plain text\nwithout a heading\n", b"\xff\xfe\x00broken", b"=" * 300, b"`" * 500]
)
def test_a_document_without_headings_has_no_sections(language: str, source: bytes) -> None:
    facts = extract_document(language, source)
    assert facts.definitions == []
    assert len(facts.scopes) == 1


@pytest.mark.parametrize("language", ["markdown", "rst"])
def test_line_breaks_of_windows_count_as_lines(language: str) -> None:
    facts = extract_document(language, b"One\r\n===\r\n\r\ntext\r\n\r\nTwo\r\n===\r\n")
    assert [(d.name, d.line, d.end_line) for d in facts.definitions] == [("One", 1, 5), ("Two", 6, 7)]
    assert facts.line_count == 7


def test_columns_count_bytes() -> None:
    facts = extract_document("markdown", "# Ü\n\nÄö `app.run`\n".encode())
    assert references(facts) == [("app.run", 3, 7)]


def test_facts_survive_encoding() -> None:
    facts = extract_document("markdown", MARKDOWN.encode())
    assert decode_facts(encode_facts(facts)) == facts


def test_fifty_levels_deep_rst() -> None:
    styles = "=-~^\"'`#*+.:_<>!$%&(),/;?@[]{|}"
    parts = [f"Level {i}\n{style * 10}\n" for i, style in enumerate(styles)]
    overlined = [f"{style * 10}\nOver {i}\n{style * 10}\n" for i, style in enumerate(styles[:20])]
    facts = extract_document("rst", "\n".join([*parts, *overlined]).encode())
    assert len(facts.definitions) == len(parts) + len(overlined)
    assert local_names(facts)[-1].count(".") >= 50


@pytest.mark.parametrize(
    ("language", "unit"),
    [
        ("markdown", "## H `a.b`\n\npara `x.y` and words that go on for a while, to make a line\n\n"),
        ("rst", "Heading\n-------\n\npara ``x.y`` and words that go on for a while, to make a line\n\n"),
        ("markdown", "[[[((**__``" * 4),
        ("rst", "|`*``:a:`<" * 4),
    ],
)
def test_work_is_linear(language: str, unit: str) -> None:
    def calls(count: int) -> int:
        made = 0

        def count_call(_frame: FrameType, _event: str, _argument: object) -> None:
            nonlocal made
            made += 1

        before = sys.getprofile()
        sys.setprofile(count_call)
        try:
            extract_document(language, unit.encode() * count)
        finally:
            sys.setprofile(before)
        return made

    assert calls(1_000) < 5 * calls(250)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (r"AUTH \<enable or disable\>", "AUTH <enable or disable>"),
        ("The `--max-size` <small>flag</small>", "The --max-size flag"),
        ("[Links][ref] and [others](https://x.org) ![badge](b.svg)", "Links and others"),
        ("snake_case, **bold** and __init__.py", "snake_case, bold and init.py"),
        (r"1\. Not \*starred\*", "1. Not *starred*"),
        ("AT&amp;T &lt;T&gt;", "AT&T <T>"),
    ],
)
def test_a_markdown_heading_is_named_as_a_reader_sees_it(written: str, title: str) -> None:
    text = f"## {written}\n\ntext\n\n[ref]: https://x.org\n".encode()
    facts = extract_document("markdown", text)
    assert [one.name for one in facts.definitions] == [title]
