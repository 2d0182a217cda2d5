"""Where a question is cut, and which of its later clauses ask anything. What the pieces are read as is test_triage.py's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.questions.clauses import asks_more, clauses_of
from configs.release import Releases

TRIAGE = Releases().get("default").triage


def texts(question: str) -> list[str]:
    return [clause.text.strip() for clause in clauses_of(question, TRIAGE)]


@pytest.mark.parametrize(
    ("question", "clauses"),
    [
        ("Who calls a.b and what does it call?", ["Who calls a.b", "what does it call?"]),
        ("Explain a.b. Then show who calls it.", ["Explain a.b", "Then show who calls it."]),
        ("who calls a.b & which tests cover it", ["who calls a.b", "which tests cover it"]),
        ("What does a.b do, who calls it, and which tests cover it?", ["What does a.b do", "who calls it", "which tests cover it?"]),
        ("list what a.b calls, and while you're at it, its callers too", ["list what a.b calls", "its callers too"]),
        ("callers of a.b + its tests", ["callers of a.b", "its tests"]),
        ("1. who calls a.b 2. which tests cover it", ["who calls a.b", "which tests cover it"]),
        ("Wer ruft a.b auf und welche Tests decken es ab?", ["Wer ruft a.b auf", "welche Tests decken es ab?"]),
        ("Qui appelle a.b et quels tests le couvrent ?", ["Qui appelle a.b", "quels tests le couvrent ?"]),
        ("¿Quién llama a a.b y qué pruebas lo cubren?", ["¿Quién llama a a.b", "qué pruebas lo cubren?"]),
        ("Where do we open and close the file?", ["Where do we open and close the file?"]),
        ("Who calls a.b and why?", ["Who calls a.b and why?"]),
        ("If I delete a.b, what breaks?", ["If I delete a.b, what breaks?"]),
        ("Explain `who calls; what breaks` and \"a? b and what c\"", ["Explain `who calls; what breaks` and \"a? b and what c\""]),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)  # fmt: skip
def test_a_question_is_cut_where_another_request_begins(question: str, clauses: list[str]) -> None:
    assert texts(question) == clauses


def test_what_is_wanted_earlier_and_what_only_says_why_are_marked() -> None:
    before = clauses_of("Tell me what a.b does and before that who calls it", TRIAGE)
    assert [clause.is_earlier for clause in before] == [False, True]
    why = clauses_of("Tasks hang since today. Where is the limit checked?", TRIAGE)
    assert [clause.is_statement for clause in why] == [True, False]


@pytest.mark.parametrize(
    "aside", ["Tell Bob.", "Please be brief.", "Answer as a table.", "Thanks!", "I need it for the notes."]
)
def test_how_to_answer_is_no_request(aside: str) -> None:
    assert not asks_more(aside, TRIAGE, names_something=False)


@pytest.mark.parametrize(
    "more", ["which tests cover the parser?", "list the tests", "its callers", "show me where pages are split"]
)
def test_what_asks_more_is_one(more: str) -> None:
    assert asks_more(more, TRIAGE, names_something="its" in more)


@given(st.text(alphabet='ab who?and.,;`"what then (1) x', max_size=200))
def test_no_word_is_lost_but_those_between_clauses(question: str) -> None:
    pieces = [clause.text for clause in clauses_of(question, TRIAGE)]
    at = 0
    for piece in pieces:
        at = question.index(piece, at) + len(piece)
