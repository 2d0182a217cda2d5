"""How passages are held against questions."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.passages import FEATURES, Passage, Wanted
from tools.wording import alike, is_weak, stem


def rarities(words: Collection[str]) -> dict[str, float]:
    return dict.fromkeys(words, 2.0)


def features(query: str, text: str, heading: str = "", outer: str = "") -> dict[str, float]:
    return Wanted(query, rarities).features(Passage(heading, outer, text))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("compress messages", "Compression of the message."),
        ("retry policies", "What a policy says of retries and retrying."),
        ("read csv", "readCsv(path) reads"),
        ("error bars", "Basic errorbars"),
        ("delete rows", "DELETE removes a ROW"),
        ("max connections", "set max_connections"),
        ("chapter 21", "see section 21"),
    ],
)
def test_other_forms_of_the_words_answer(query: str, text: str) -> None:
    assert features(query, text)["answered"] > 0.4


def test_a_synonym_counts_half_and_a_word_that_begins_alike_is_only_near() -> None:
    assert features("folder", "a directory")["answered"] == pytest.approx(0.5)
    assert features("folder", "a folder")["answered"] == 1.0
    near = features("describe", "description")
    assert near["answered"] == 0.0
    assert near["nearly"] == pytest.approx(0.8)


def test_words_within_words_do_not_count() -> None:
    assert features("art", "start the cartridge")["answered"] == 0.0
    assert features("1", "version 21")["answered"] == 0.0


def test_each_field_is_told_apart() -> None:
    found = features("purge queues", "nothing here", heading="Purge", outer="All queues")
    assert (found["heading"], found["outer"], found["passage"]) == (0.5, 0.5, 0.0)
    assert found["answered"] == 0.5


def test_words_that_stand_together_are_closer() -> None:
    apart = f"purge {'and so on ' * 40} queues"
    assert features("purge queues", apart)["close"] == 0.5
    assert features("purge queues", "purge the queues")["close"] == 1.0
    assert features("purge queues", apart)["answered"] == 1.0


def test_the_opening_is_where_a_section_says_what_it_is_about() -> None:
    assert features("purge", "purge it")["opening"] == 1.0
    assert features("purge", f"{'and so on ' * 60} purge")["opening"] == 0.0


def test_words_that_say_little_weigh_little() -> None:
    assert features("delete everything", "delete")["answered"] == pytest.approx(2.0 / 2.6)


def test_a_question_of_stop_words_says_nothing() -> None:
    assert features("what is it", "it is what it is") == {}


def test_scripts_without_spaces_are_read_by_pairs_of_characters() -> None:
    assert (
        features("\u518d\u5e30\u7684\u306b\u524a\u9664", "\u518d\u5e30\u7684\u306b\u524a\u9664\u3057\u307e\u3059")[
            "answered"
        ]
        > 0.5
    )


@given(st.text(max_size=60), st.text(max_size=200), st.text(max_size=40))
def test_every_share_lies_between_nothing_and_all(query: str, text: str, heading: str) -> None:
    found = features(query, text, heading)
    assert found == {} or set(found) == set(FEATURES)
    assert all(0 <= value <= 1 + 1e-9 for name, value in found.items() if name != "length")


def test_synonyms_go_both_ways_and_never_to_themselves() -> None:
    assert stem("directory") in alike(stem("folder"))
    for one in ("folder", "delete", "limit", "header"):
        assert stem(one) not in alike(stem(one))
        assert all(stem(one) in alike(other) for other in alike(stem(one)))
    assert is_weak(stem("everything"))
    assert not is_weak(stem("queue"))
