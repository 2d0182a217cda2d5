"""PDF, notebooks, DevDocs bundles and wiki exports: Markdown of our own, and clear words for what cannot be read."""

from __future__ import annotations

import json

import pytest

from indexers.documents.facts import extract_document
from indexers.documents.formats import DocumentError, render
from indexers.facts import FileFacts
from tests.unit.indexers.documents.samples import DEVDOCS, MEDIAWIKI, NOTEBOOK, pdf


def extracted(language: str, content: bytes) -> tuple[str, FileFacts]:
    rendered = render(language, content)
    return rendered.text.decode(), extract_document(language, rendered.text, rendered)


def sections(facts: FileFacts) -> list[tuple[str, str]]:
    return [(one.name, one.docstring) for one in facts.definitions]


def references(facts: FileFacts) -> list[str]:
    return [one.path for one in facts.references]


def test_a_notebook_is_its_cells_without_outputs() -> None:
    text, facts = extracted("notebook", NOTEBOOK)
    assert sections(facts) == [("Loading", "How the shop is loaded.")]
    assert references(facts) == ["shop.Queue", "shop.Queue()"]
    assert "```python\nfrom shop import Queue\nQueue()\n```" in text
    assert "secret" not in text
    assert "raw" not in text


def test_notebooks_of_format_3_are_read() -> None:
    old = {
        "worksheets": [
            {"cells": [{"cell_type": "heading", "level": 2, "source": "Old"}, {"cell_type": "code", "input": "f()"}]}
        ]
    }
    text, facts = extracted("notebook", json.dumps(old).encode())
    assert sections(facts) == [("Old", "")]
    assert "f()" in text


def test_a_devdocs_bundle_is_a_section_a_page() -> None:
    text, facts = extracted("devdocs", DEVDOCS)
    assert sections(facts) == [
        ("Shop (index)", "A shop."),
        ("Queue.put (queue/put)", "Adds a Job."),
        ("Errors", ""),
    ]
    assert "# Shop (index)\n\nA shop.\n" in text
    assert "### Errors" not in text  # the levels of a page begin below its title, whatever they were


def test_a_wiki_export_is_a_section_a_page_and_heading() -> None:
    text, facts = extracted("mediawiki", MEDIAWIKI)
    assert sections(facts) == [
        ("Deploying", "Use two hosts."),
        ("Rolling back", "Call shop.rollback first, see the list."),
        ("Second", "& more"),
    ]
    assert references(facts) == ["shop.rollback", "shop.rollback", "shop.rollback()"]
    assert not any(word in text for word in ("Category", "note", "<ref", "{{"))


def test_a_pdf_is_a_section_a_page_below_its_bookmarks() -> None:
    text, facts = extracted("pdf", pdf("All about queues.", "# More about limits."))
    assert sections(facts) == [("Start (page 1)", "All about queues."), ("Page 2", "# More about limits.")]
    assert "\\# More" in text


@pytest.mark.parametrize(
    ("language", "content", "says"),
    [
        ("pdf", b"%PDF-1.4\nnothing", "ended unexpectedly"),
        ("pdf", b"", "empty"),
        ("notebook", b"{", "Expecting"),
        ("notebook", b"[]", "object with cells"),
        ("notebook", b'{"cells": 3}', "no cells"),
        ("notebook", b"[" * 100_000, "nested too deeply"),
        ("devdocs", b"[]", "object of pages"),
        ("devdocs", b'{"a": 1}', "is no text"),
        ("mediawiki", b"<mediawiki><page>", "not well-formed"),
        ("mediawiki", b'<!DOCTYPE m [<!ENTITY a "b">]><mediawiki/>', "entities"),
        ("openapi", b'{"openapi": "3.0"' + b" " * 3_000, "Expecting"),
    ],
)
def test_what_cannot_be_read_says_why(language: str, content: bytes, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        render(language, content)


def test_a_cut_pdf_never_fails_otherwise() -> None:
    whole = pdf("one", "two", "three")
    for end in range(0, len(whole), 37):
        try:
            extracted("pdf", whole[:end])
        except DocumentError as exc:
            assert str(exc)
