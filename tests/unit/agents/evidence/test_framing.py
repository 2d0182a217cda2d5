"""What is left of a question to locate when what only asks is gone."""

from __future__ import annotations

import pytest

from agents.evidence.framing import without_frame
from configs.release import Releases
from configs.triage import Seeking


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Which component is responsible for rotating keys?", "rotating keys"),
        ("Where in the code is it decided whether a lease is over?", "a lease is over"),
        ("Which part of this project evicts or keeps cached pages", "evicts or keeps cached pages"),
        ("wheres the code that makes retries stop", "makes retries stop"),
        ("Where is it checked that a header has the right length?", "a header has the right length"),
        ("rounding of prices, which function", "rounding of prices"),
        ("where tf do they flush the journal", "do flush the journal"),
        ("In which place are hooks run before replies?", "are hooks run before replies"),
        ("Where is the option turned into a function?", "the option turned into a function"),
        ("the file format of the journal", "the file format of the journal"),
        ("where is it", "where is it"),
        ("Which function?", "Which function?"),
        ("Wo wird der Puffer geleert?", "Wo wird der Puffer geleert"),
    ],
)
def test_what_is_asked_about_is_left(question: str, asked: str) -> None:
    seeking = Releases().get("default").seeking
    assert without_frame(question, seeking) == asked
    assert without_frame(asked, seeking) == asked or asked == question


def test_a_release_that_says_nothing_of_it_leaves_the_question_as_it_is() -> None:
    assert without_frame("Which part of the code evicts pages?", Seeking()) == "Which part of the code evicts pages"
