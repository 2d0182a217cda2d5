from __future__ import annotations

import pytest

from models.tokens import CLAUDE, LARGE_VOCABULARY, SMALL_VOCABULARY, family_of, tokens_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("qwen2.5-coder:7b", LARGE_VOCABULARY),
        ("library/llama3.2:3b", LARGE_VOCABULARY),
        ("gpt-4o-mini", LARGE_VOCABULARY),
        ("codellama:13b", SMALL_VOCABULARY),
        ("claude-sonnet-4", CLAUDE),
        ("somebody/unheard-of", SMALL_VOCABULARY),
        ("", SMALL_VOCABULARY),
    ],
)
def test_a_model_is_of_the_family_that_its_name_tells(model: str, family: object) -> None:
    assert family_of(model) is family


CODE = '''def retried(call, *, attempts: int = 3) -> Result:
    """Run `call` up to `attempts` times."""
    for number in range(attempts):
        try:
            return call()
        except Unavailable as exc:
            log.warning("attempt %d failed: %s", number + 1, exc)
    raise GaveUp(attempts)
'''


@pytest.mark.parametrize(
    ("model", "truth"),
    # what the tokenizers themselves make of it
    [("gpt-4", 79), ("gpt-4o", 81), ("llama3", 81), ("mistral:7b", 96), ("llama2", 98), ("claude-2", 79)],
)
def test_an_estimate_is_on_the_high_side_but_near(model: str, truth: int) -> None:
    assert truth <= tokens_of(CODE, model) <= 1.5 * truth


def test_characters_beyond_ascii_and_digits_count_for_more() -> None:
    assert tokens_of("漢字仮名交じり文") >= 8
    assert tokens_of("123456789") >= 9
    assert tokens_of("") == 1
