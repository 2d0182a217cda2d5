"""What sentences state, in many wordings: kind, direction, denial, values and counts."""

from __future__ import annotations

import pytest

from configs.release import Releases
from guardrails.phrases import phrase_of
from guardrails.statements import listed, statements_in

READING = Releases().get("default").guards.reading

STATED = [
    ("`a` calls `b` [1].", "CALLS a b"),
    ("`a` invokes `b()` (x.py:3).", "CALLS a b()"),
    ("`b` is called by `a`.", "CALLS a b"),
    ("`b` gets invoked from `a`.", "CALLS a b"),
    ("The function `a` hands over to the method `b`.", "CALLS a b"),
    ("Inside `a` there is a call to `b` [1].", "CALLS a b"),
    ("In [1], `a` makes a call to `b`.", "CALLS a b"),
    ("One caller of `b` is `a`.", "CALLS a b"),
    ("`a` and `c` call `b`.", "CALLS a b; CALLS c b"),
    ("`a` calls `b` [1] and `c` [2].", "CALLS a b; CALLS a c"),
    ("`a` calls `b`, which in turn calls `c`.", "CALLS a b; CALLS b c"),
    ("`a` reaches `c` through `b`.", "CALLS a b; CALLS b c"),
    ("`a` doesn't call `b`.", "not CALLS a b"),
    ("`a` never calls `b`.", "not CALLS a b"),
    ("`b` is not called by `a`.", "not CALLS a b"),
    ("There is no call to `b` inside `a`.", "not CALLS a b"),
    ("`a` makes no call to `b`.", "not CALLS a b"),
    ("`A` is a subclass of `B`.", "INHERITS A B"),
    ("`B` is the base class of `A`.", "INHERITS A B"),
    ("`A` does not extend `B`.", "not INHERITS A B"),
    ("`A.m` overrides `B.m`.", "OVERRIDES A.m B.m"),
    ("`B.m` is overridden by `A.m`.", "OVERRIDES A.m B.m"),
    ("`a.py` imports `b`.", "IMPORTS a.py b"),
    ("`a` depends on `b`, which it imports at [1].", "IMPORTS a b"),
    ("`a` depends on `b`, which it does not import at [1].", "not IMPORTS a b"),
    ("The parameter `p` of `f` defaults to `3`.", "default f p=3"),
    ("`f` takes `p` with a default of `None`.", "default f p=None"),
    ("`f` has an optional argument `p=3`.", "default f p=3"),
    ("If nothing is passed for `p`, `f` uses `3`.", "default f p=3"),
    ("If nothing is passed for `p`, `f` does not use `3`.", "not default f p=3"),
    ("`f` raises `KeyError` [1].", "raises f =KeyError"),
    ("`KeyError` is never raised by `f`.", "not raises f =KeyError"),
    ("`f` can return `None`.", "returns f =None"),
    ("The limit comes from `LIMIT`, which equals 30.", "equals LIMIT =30"),
    ("`X` is defined in [1].", "defined X"),
    ("The class `C` has a method `m`.", "member m C"),
    ("`m` is a method of `C`.", "member m C"),
    ("`f` has three callers.", "count f #3"),
    ("There are 2 functions that call `f`.", "count f #2"),
    ("`f` is called from five places.", "count f #5"),
    ("Nothing is said here.", ""),
]


@pytest.mark.parametrize(("sentence", "expected"), STATED)
def test_what_a_sentence_states(sentence: str, expected: str) -> None:
    told = []
    for one in statements_in(phrase_of(sentence, READING), READING):
        text = f"{'not ' if one.is_denied else ''}{one.kind} {one.subject} {one.object}".strip()
        text += f" {one.parameter}={one.value.text}" if one.value else ""
        told.append(text + (f" #{one.count}" if one.count is not None else ""))
    wanted = set(filter(None, expected.split("; ")))
    assert wanted <= set(told), told
    assert wanted or not told


def test_a_pronoun_stands_for_the_subject_before() -> None:
    phrase = phrase_of("It calls `b`.", READING, "a", "c")
    assert [(s.subject, s.object) for s in statements_in(phrase, READING)] == [("a", "b")]
    phrase = phrase_of("That function calls `b`.", READING, "a", "c")
    assert [(s.subject, s.object) for s in statements_in(phrase, READING)] == [("c", "b")]


def test_what_a_lead_states_of_its_items() -> None:
    found = listed(phrase_of("`f` has two callers:", READING), READING)
    assert found is not None and (found.kind, found.subject, found.object) == ("CALLS", "", "f")
    assert listed(phrase_of("These are the steps:", READING), READING) is None


def test_names_numbers_and_quotations() -> None:
    phrase = phrase_of('**`Task.run`** waits 30 s, says "too large" and sets `x = 1`, unlike always_eager.', READING)
    assert phrase.names == ("Task.run", "x", "always_eager")
    assert (phrase.numbers, phrase.quoted) == (("30",), ("too large",))
    assert phrase.bare == {"always_eager"}
