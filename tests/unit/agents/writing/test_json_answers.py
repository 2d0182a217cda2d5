"""JSON answers: whole, wrapped, cut; what can be recovered is, and what is shown while it streams is text alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.writing.json_answers import Shown, prose_of_claims, without_thinking

WHOLE = json.dumps(
    {"claims": [{"text": "`f` calls `g`", "evidence": [1, 3]}, {"text": "It stops.", "evidence": []}], "missing": ""}
)


@pytest.mark.parametrize(
    ("answer", "prose"),
    [
        (WHOLE, "`f` calls `g` [1][3]. It stops."),
        (f"Sure! ```json\n{WHOLE}\n```", "`f` calls `g` [1][3]. It stops."),
        (WHOLE[:60], "`f` calls `g` [1][3]."),
        (f"<think>hm {{</think>{WHOLE}", "`f` calls `g` [1][3]. It stops."),
        ('{"claims": [{"text": "A [2].", "evidence": [2]}], "missing": "The rest."}', "A [2]. The rest."),
        ('{"claims": [{"text": "A", "evidence": ["x", 1, 1]}, {"text": 3}, "y"], "missing": null}', "A [1]."),
        ('[{"text": "A", "evidence": [1]}]', "A [1]."),
        ("`f` calls `g` [1].", "`f` calls `g` [1]."),
        ('{"claims": []}', None),
        ('{"claims": [], "missing": "How it stops is not in the evidence."}', "How it stops is not in the evidence."),
        ("{oops", None),
        ('{"claims": ' + "[" * 9_000, None),
        ("", None),
        ("ok", None),
    ],
)
def test_what_can_be_recovered_is(answer: str, prose: str | None) -> None:
    assert prose_of_claims(answer) == prose


def test_thinking_is_not_an_answer() -> None:
    assert without_thinking("<thinking>a\nb</thinking>\nYes [1].") == "Yes [1]."
    assert without_thinking("<think>never ended") == ""


@given(st.lists(st.text(), max_size=4), st.integers(min_value=1, max_value=7))
def test_a_stream_shows_the_texts_however_it_is_cut(texts: list[str], size: int) -> None:
    answer = json.dumps({"claims": [{"text": text, "evidence": [1]} for text in texts], "missing": ""})
    reader = Shown()
    shown = "".join(reader.feed(answer[at : at + size]) for at in range(0, len(answer), size))
    assert shown.encode("utf-16", "surrogatepass") == "".join(f"{text} " for text in texts).encode(
        "utf-16", "surrogatepass"
    )


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ("`f` calls `g` [1].", "`f` calls `g` [1]."),
        ("It calls `g` [1].", "It calls `g` [1]."),
        ("<thinking>hm</thinking>\nIt is so [1].", "It is so [1]."),
        ("<think>hm</think>" + WHOLE, "`f` calls `g` It stops. "),
        ("<thinking>never ends", ""),
        ("&lt;thinking>hm&lt;/thinking>It is so [1].", "It is so [1]."),
        ("&lt;b> is [1].", "&lt;b> is [1]."),
        ("<b", "<b"),
    ],
)
def test_thinking_is_never_shown_and_prose_is_as_it_is(answer: str, shown: str) -> None:
    for size in (1, 3, 100):
        reader = Shown()
        assert "".join(reader.feed(answer[at : at + size]) for at in range(0, len(answer), size)) == shown


@given(st.text(max_size=200))
def test_no_answer_breaks_the_reader(answer: str) -> None:
    prose_of_claims(answer)
    Shown().feed(answer)
