"""A sentence is cut only where a clause with a subject and a citation of its own begins, and its pieces are the sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.clauses import clauses_in

CUT = [
    ("`a` calls `b` [1].", 1),
    ("`a` calls `b` [1] and `c` [2].", 1),
    ("`a` calls `b` [1], `c` [2] and `d` [3].", 1),
    ("`a` calls `b` [1], which calls `c` [2].", 1),
    ("`a` calls `b` [1] and returns `None` [2].", 1),
    ("`a` calls `b` [1], and `b` in turn calls `c` [2].", 2),
    ("`a` calls `b` (x.py:3), while `c` returns `None` (x.py:9).", 2),
    ("In [1], `a` calls `b`, whereas in [2] `c` calls `d`.", 2),
    ("`a` calls `b` [1]; in addition, the source of `c` is at [2]; `d` raises `E` [3].", 3),
    ("`a; while` calls `b` [1] here, there [2].", 1),
]


@pytest.mark.parametrize(("sentence", "count"), CUT)
def test_where_a_sentence_is_cut(sentence: str, count: int) -> None:
    pieces = clauses_in(sentence)
    assert len(pieces) == count, pieces
    assert "".join(pieces) == sentence


PIECES = st.sampled_from(
    ["`a`", " [1]", " (x.py:3)", ", while ", "; ", " and ", "the ", " calls ", ".", " — ", "`", ")", "\n"]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_the_clauses_of_any_text_are_the_text(text: str) -> None:
    assert "".join(clauses_in(text)) == text
