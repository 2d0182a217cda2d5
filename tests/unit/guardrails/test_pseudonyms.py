"""Stand-ins for personal data: stable in a thread, reversible with its table alone."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from guardrails.pseudonyms import GONE, hide, reveal
from tests.unit.guardrails import planted_personal, planted_secrets

MAIL, OTHER = "ada.hopper@fernpost.de", "ken.kay@inbox.fr"


def test_the_same_datum_has_the_same_name_all_through_a_thread() -> None:
    first, table = hide(f"mail {MAIL} and {OTHER}, again {MAIL}", {})
    assert first == "mail [mail-address-1] and [mail-address-2], again [mail-address-1]"
    second, table = hide(f"{OTHER} called +49 30 901820", table)
    assert second == "[mail-address-2] called [telephone-number-1]"
    assert reveal(f"{first}; {second}", table) == f"mail {MAIL} and {OTHER}, again {MAIL}; {OTHER} called +49 30 901820"


def test_nothing_leads_back_without_the_table() -> None:
    hidden, _ = hide(MAIL, {})
    assert reveal(hidden, {}) == hidden
    assert reveal("[mail-address-9] and [x]", {"[mail-address-1]": MAIL}) == "[mail-address-9] and [x]"


def test_a_secret_is_gone_for_good() -> None:
    token = planted_secrets.tokens(Random(5))["github"]
    hidden, table = hide(f"is {token} valid?", {})
    assert (hidden, table) == (f"is {GONE} valid?", {})


@given(st.integers(0, 10**6), st.text(max_size=30), st.text(max_size=30))
def test_hiding_and_revealing_gives_the_text_back(seed: int, before: str, after: str) -> None:
    (_, _, line), *_ = planted_personal.corpus(seed, 1)
    text = f"{before}\n{line}\n{after}"
    hidden, table = hide(text, {})
    if GONE not in hidden and not any(name in text for name in table):
        assert reveal(hidden, table) == text
