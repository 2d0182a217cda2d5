"""The labelled questions keep their promises: enough of them, split by repository and author, and judged by their labels."""

from __future__ import annotations

import dataclasses
from collections import Counter
from itertools import combinations

from benchmarks.questions.judging import is_right, macro_f1
from benchmarks.questions.labels import PARTS, Place, Question, read
from configs.triage import INTENTS

QUESTION = Question(
    id="q",
    repository="r",
    author="a",
    language="en",
    text="who calls f?",
    intent="callers",
    complexity="single",
    expected=(Place("a.py", (3,), "g"), Place("b.py", (7, 9), "h")),
    complete=True,
)


def claim(path: str, start: int, end: int | None = None, text: str = "`g` calls `f`") -> dict[str, object]:
    return {"text": text, "citations": [{"path": path, "start_line": start, "end_line": end or start}]}


def test_the_set_is_large_and_split_by_repository_and_author() -> None:
    parts = [read(part) for part in PARTS]
    assert sum(map(len, parts)) >= 500
    assert all(len(part) >= 100 for part in parts)
    assert all(len({question.id for question in part}) == len(part) for part in parts)
    for one, other in combinations(parts, 2):
        assert not {q.repository for q in one} & {q.repository for q in other}
        assert not {q.author for q in one} & {q.author for q in other}
        assert not {q.text for q in one} & {q.text for q in other}


def test_requests_are_of_one_thing_and_of_several() -> None:
    questions = read("requests")
    assert len({question.text for question in questions}) == len(questions) >= 200
    assert all(set(question.parts) <= set(INTENTS) and question.parts for question in questions)
    counts = Counter(question.complexity for question in questions)
    assert counts["compound"] >= 100
    assert counts["single"] >= 80


def test_every_intent_is_asked_for_and_other_languages_are_there() -> None:
    for part in PARTS:
        questions = read(part)
        counts = Counter(question.intent for question in questions)
        assert set(counts) == set(INTENTS)
        assert min(counts.values()) >= 5
        assert {"de", "fr", "es", "ja"} <= {question.language for question in questions}
        assert {"single", "compound", "follow_up"} <= {question.complexity for question in questions}


def test_all_places_and_hardly_any_others() -> None:
    right = [claim("a.py", 3), claim("b.py", 9)]
    assert is_right(QUESTION, {"claims": right})
    assert not is_right(QUESTION, {"claims": right[:1]})
    assert not is_right(QUESTION, {"claims": [*right, claim("c.py", 1), claim("d.py", 2)]})
    assert is_right(QUESTION, {"claims": [*right, claim("tests/test_c.py", 1), claim("t/d.py", 2)]})
    assert not is_right(QUESTION, {"claims": [claim("a.py", 1, 90), claim("b.py", 9)]})


def test_a_callee_must_be_named_and_any_is_enough_where_it_says_so() -> None:
    callee = dataclasses.replace(QUESTION, intent="callees", expected=(Place("a.py", (3,), "h"),))
    assert not is_right(callee, {"claims": [claim("a.py", 3)]})
    assert is_right(callee, {"claims": [claim("a.py", 3, text="`f` calls `h`")]})
    either = dataclasses.replace(QUESTION, need="any", complete=False)
    assert is_right(either, {"claims": [claim("b.py", 1, 90)]})


def test_the_mean_over_intents() -> None:
    mean, each = macro_f1([("a", "a"), ("a", "b"), ("b", "b")])
    assert each == {"a": 2 / 3, "b": 2 / 3}
    assert mean == 2 / 3
