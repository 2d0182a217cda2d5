"""OpenAPI and AsyncAPI files: a section for each part, at its own line of the file."""

from __future__ import annotations

import json

import pytest

from indexers.documents.facts import extract_document
from indexers.documents.formats import render
from indexers.documents.openapi import is_openapi, read_openapi
from tests.unit.indexers.documents.samples import ASYNCAPI, OPENAPI


def test_operations_and_schemas_are_sections() -> None:
    assert [(one.title, one.level, one.line, one.lead) for one in read_openapi(OPENAPI).headings] == [
        ("Shop", 1, 2, "Sells things."),
        ("GET /orders/{id}: One order", 2, 11, "Returns it."),
        ("DELETE /orders/{id}", 2, 15, ""),
        ("Schema Order", 2, 18, "What was bought."),
    ]
    facts = extract_document("openapi", OPENAPI.encode())
    assert [(one.path, one.line) for one in facts.references] == [("get_order", 12)]
    assert (facts.definitions[1].start_line, facts.definitions[1].end_line) == (11, 14)


def test_channels_and_messages_are_sections() -> None:
    assert [(one.title, one.line) for one in read_openapi(ASYNCAPI).headings] == [
        ("Events", 1),
        ("Channel orders/placed", 2),
        ("SUBSCRIBE orders/placed", 3),
        ("Message Placed", 4),
    ]


def test_a_file_on_one_line_is_laid_out() -> None:
    whole = json.dumps({"openapi": "3.0.0", "paths": {f"/p{n}": {"get": {"summary": "x" * 40}} for n in range(60)}})
    rendered = render("openapi", whole.encode())
    facts = extract_document("openapi", rendered.text, rendered)
    assert len({one.line for one in facts.definitions}) == 60


@pytest.mark.parametrize(
    "text", ["openapi: 3\npaths: [", "openapi: *x", "\tx: y", "openapi: 3\npaths: {a: [1]}\n", "[" * 5_000]
)
def test_bad_yaml_is_an_issue_at_most(text: str) -> None:
    assert read_openapi(text).headings == []


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"openapi: 3.0.1\n", True),
        (b'# c\n"swagger": "2.0"\n', True),
        (b'{\n  "asyncapi": "3.0.0"', True),
        (b'{"info":{},"openapi":"3.1.0"', True),
        (b"name: openapi\n", False),
        (b'{"openapi-generator": {"version": "1"}}', False),
        (b"openapi:\n  nested: 1\n", False),
    ],
)
def test_the_head_tells_an_interface(head: bytes, expected: bool) -> None:
    assert is_openapi(head) is expected


@pytest.mark.parametrize(
    "text", ["openapi: 3\na: " + "[" * 600 + "]" * 600, "- " * 600 + "x", '{"a":' * 600 + "1" + "}" * 600]
)
def test_what_is_nested_too_deep_for_the_composer_is_an_issue(text: str) -> None:
    """Fifty thousand brackets ended the process that indexed."""
    outline = read_openapi(text)
    assert (outline.headings, [reason for _, reason in outline.issues]) == ([], ["nested deeper than 500 levels"])
