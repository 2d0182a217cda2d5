"""The units of an answer are the answer, and each knows its kind, its citations and what introduces it."""

from __future__ import annotations

import pytest

from guardrails.reading import Place, UnitKind, places_in, units_of, without_citations

KINDS = [
    ("One. Two.", ["sentence", "sentence"]),
    ("It retries. [1] It stops. [2]", ["sentence", "sentence"]),
    ("See e.g. `a. b` or i.e. that. End", ["sentence", "sentence"]),
    ("As follows:\n\n- one\n- two. Three", ["sentence", "item", "item", "item"]),
    ("1. one\n2. two\n", ["item", "item"]),
    ("| A | B |\n|---|---|\n| `x` | 1 |\n| `y` | 2 |\n", ["frame", "row", "row"]),
    ("# Head\ntext", ["heading", "sentence"]),
    ("Code:\n```py\nx = 1. # no\n```\nDone.", ["sentence", "fence", "sentence"]),
    ("Code:\n\n    x = 1\n", ["sentence", "fence"]),
    ("```py\nnever closed. Really", ["fence"]),
    ("<b>`x` calls `y`.</b> And.", ["sentence", "sentence"]),
    ("[1]: not a hidden definition\n", ["sentence"]),
    ("It is at a/b.py:3. It is not.", ["sentence", "sentence"]),
    ("", []),
]


@pytest.mark.parametrize(("answer", "kinds"), KINDS)
def test_units_are_the_answer_and_have_their_kind(answer: str, kinds: list[str]) -> None:
    units = units_of(answer)
    assert "".join(unit.text for unit in units) == answer
    assert [unit.kind.value for unit in units if unit.text.strip()] == kinds


def test_items_rows_and_code_know_what_introduces_them() -> None:
    units = units_of("Two call it:\n\n- `a` [1]\n\nSee:\n\n```\nx\n```\n")
    assert [unit.lead for unit in units] == [-1, 0, -1, 2]
    assert (units[1].numbers, units[3].code) == ((1,), "x")


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("at [a/b.py:3-5] and (c.go:7)", [("a/b.py", 3, 5), ("c.go", 7, 7)]),
        ("`src/x.c:10` and Makefile/x:2", [("src/x.c", 10, 10), ("Makefile/x", 2, 2)]),
        ("docs/a.md#setup:4", [("docs/a.md", 4, 4)]),
        ("http://host.example:80 and 10:30 and a::b:3", []),
    ],
)
def test_places(text: str, places: list[tuple[str, int, int]]) -> None:
    assert places_in(text) == tuple(Place(*place) for place in places)


def test_citations_go_with_their_brackets() -> None:
    assert without_citations("`a` calls (x/y.py:3) it [2].", "#") == "`a` calls # it #."


def test_a_fence_keeps_its_language() -> None:
    assert [(u.kind, u.language) for u in units_of("```go title=x\na\n```")] == [(UnitKind.FENCE, "go")]
