"""Which words are ordinary, and what one is where it stands."""

from __future__ import annotations

import pytest

from agents.questions.english import Role, is_inflected, is_one_of_many, is_ordinary, role_of

KIND = "(?:functions?|packages?)"


@pytest.mark.parametrize("word", ["lease", "fails", "written", "tries", "stopped", "caches", "leasing"])
def test_ordinary_words_are_told_in_all_their_forms(word: str) -> None:
    assert is_ordinary(word)


@pytest.mark.parametrize("word", ["saferepr", "mlevel", "uv", "apply_async", "s", ""])
def test_names_that_are_no_words_are_not(word: str) -> None:
    assert not is_ordinary(word)
    assert not is_inflected(word)


def test_an_ending_makes_no_base_form() -> None:
    assert is_inflected("fails")
    assert not is_inflected("lease")


@pytest.mark.parametrize(
    ("clause", "word", "role"),
    [
        ("how does a lease end", "lease", Role.WORD),
        ("do I need to run it", "run", Role.WORD),
        ("when one member fails", "fails", Role.WORD),
        ("tests for the latch stuff", "latch", Role.EITHER),
        ("the package lease", "lease", Role.NAME),
        ("a lease function", "lease", Role.NAME),
        ("what is saferepr for", "saferepr", Role.NAME),
        ("what is Lease for", "Lease", Role.NAME),
        ("Explain price to me", "price", Role.NAME),
        ("describe price, please", "price", Role.NAME),
        ("summarise price in two sentences", "price", Role.NAME),
        ("explain price calculation", "price", Role.WORD),
        ("which tests cover price rounding?", "price", Role.WORD),
        ("which tests cover price directly", "price", Role.EITHER),
        ("is price used", "price", Role.EITHER),
        ("who uses price today?", "price", Role.EITHER),
    ],
)
def test_the_words_round_it_say_what_it_is(clause: str, word: str, role: Role) -> None:
    assert role_of(clause, clause.index(word), word, KIND) is role


def test_an_indefinite_article_means_any_of_a_kind() -> None:
    assert is_one_of_many("explain a lease", 10, "lease", KIND)
    assert not is_one_of_many("explain the lease", 12, "lease", KIND)
    assert not is_one_of_many("explain a package lease", 18, "lease", KIND)
