"""The intent classifier: what a wording is reduced to, and that the release's weights are read as they were learned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.questions.intents import NAME, PATH, IntentClassifier, buckets, classifier_of, masked
from configs.release import Releases

RELEASE = Releases().get("default")
SUFFIXES = RELEASE.triage.file_suffixes


@pytest.fixture(scope="module")
def classifier() -> IntentClassifier:
    found = classifier_of(RELEASE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "names", "seen"),
    [
        ("who calls `Order.total`?", (), f"who calls {NAME}?"),
        ("who calls discount", ("discount",), f"who calls {NAME}"),
        ("explain shop/orders.py, please", (), f"explain {PATH}, please"),
        ("谁调用了 with_tax?", (), f"谁调用了 {NAME}?"),
        ("how does NAME reach OTHER", (), f"how does {NAME} reach {NAME}"),
        ("nothing here", (), "nothing here"),
    ],
)
def test_names_are_masked(text: str, names: tuple[str, ...], seen: str) -> None:
    assert masked(text, names, SUFFIXES) == seen


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Wer ruft `total` auf?", "callers"),
        ("¿Qué se rompe si cambio `total`?", "impact"),
        ("`total` はどこで定義されていますか", "define"),
        ("Какие тесты покрывают `total`?", "tests"),
        ("यह प्रोजेक्ट क्या है", "overview"),
        ("yo whats calling `total` anyway", "callers"),
    ],
)
def test_wordings_that_no_rule_knows(text: str, intent: str, classifier: IntentClassifier) -> None:
    shares = classifier.probabilities(masked(text, (), SUFFIXES))
    assert max(shares, key=lambda one: shares[one]) == intent


@given(st.text(max_size=300))
def test_whatever_is_asked_has_probabilities(text: str) -> None:
    found = classifier_of(RELEASE)
    assert found is not None
    shares = found.probabilities(masked(text, (), SUFFIXES))
    assert abs(sum(shares.values()) - 1) < 1e-6
    assert set(shares) <= set(RELEASE.routes)
    assert buckets(text) == buckets(text)
