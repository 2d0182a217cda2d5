from __future__ import annotations

from configs.release import Releases
from guardrails.statements import is_assertion, sentences_of, stated_relations

STATED = Releases().get("default").guards.stated


def test_sentences_keep_every_character_and_their_numbers() -> None:
    text = (
        "`a` calls `b` [1]. It is old.\n\n- A point [2][3]\n- Another [4, 5]\n\n```python\nx = 1. # no end\n```\nDone."
    )
    sentences = sentences_of(text)
    assert "".join(sentence.text for sentence in sentences) == text
    assert [sentence.numbers for sentence in sentences if sentence.numbers] == [(1,), (2, 3), (4, 5)]


def test_a_number_after_the_full_stop_belongs_to_its_sentence() -> None:
    first, second = sentences_of("It retries. [1] It stops. [2]")
    assert (first.numbers, second.numbers) == ((1,), (2,))


def test_names_are_what_stands_in_backticks_and_looks_like_a_name() -> None:
    assert sentences_of("`Task.run()` and `x = 1` and `C::f`")[0].names == ("Task.run()", "C::f")


def test_relations_keep_their_direction() -> None:
    sentence = sentences_of("`a` calls `b()`, and `C` inherits from `D`.")[0]
    found = stated_relations(sentence, STATED, lambda name: name.upper())
    assert {(r.kind, r.source_id, r.target_id) for r in found} == {("CALLS", "A", "B"), ("INHERITS", "C", "D")}


def test_a_name_that_is_not_resolved_states_nothing() -> None:
    assert stated_relations(sentences_of("`a` calls `b`.")[0], STATED, lambda name: None) == []


def test_lead_ins_and_headings_assert_nothing() -> None:
    assert [is_assertion(s) for s in sentences_of("# Title\nThese are the steps:\nIt works.")] == [False, False, True]
