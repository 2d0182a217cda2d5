"""A canary is known in each of its disguises, as a whole and while it is being written."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable
from functools import partial

import pytest

from guardrails.canaries import Canary, planted_in
from guardrails.redaction import TextRedactor

PLANTED = "clew-canary-0123456789abcdef01"


def _at(shift: int, word: str) -> str:
    return base64.b64encode(b"abc"[:shift] + word.encode() + b"!!").decode()


DISGUISES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "spelled": " ".join,
    "dashed": "-".join,
    "reversed": lambda word: word[::-1],
    "lines": "\n".join,
    "hex": lambda word: word.encode().hex(),
    "rot13": lambda word: codecs.encode(word, "rot13"),
    "base64": partial(_at, 0),
    "base64 after one byte": partial(_at, 1),
    "base64 after two": partial(_at, 2),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_canary_is_found_in_its_disguise(disguise: str) -> None:
    canary = Canary.fresh()
    text = f"The mark is {DISGUISES[disguise](canary.word)} indeed."
    assert canary.is_in(text)
    assert not Canary.fresh().is_in(text)
    assert planted_in(f"the token {DISGUISES[disguise](PLANTED)} is here")


@pytest.mark.parametrize("text", ["", "The canary sings in the coal mine.", "clew-canary-", "zq 12", "a" * 400])
def test_other_text_is_none(text: str) -> None:
    assert not Canary.fresh().is_in(text)
    assert not planted_in(text)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_what_may_become_a_canary_is_held_back_until_it_is_known(disguise: str) -> None:
    canary = Canary.fresh()
    written = DISGUISES[disguise](canary.word)
    for length in range(len(written) // 2, len(written)):
        text = f"It is {written[:length]}"
        if not canary.is_in(text):
            assert canary.held_back(text) >= min(3, length), text


def test_plain_prose_is_not_held_back() -> None:
    assert Canary("zq00112233445566aa").held_back("The order is priced by `total` [1].") == 0


def test_the_other_gates_mask_planted_canaries() -> None:
    kept, findings = TextRedactor().redact(f"token = {PLANTED}\n".encode())
    assert PLANTED.encode() not in kept
    assert [finding.kind for finding in findings] == ["Planted Canary"]


@pytest.mark.parametrize("disguise", ["hex", "base64", "base64 after one byte", "base64 after two"])
def test_the_redactor_masks_an_encoded_canary_whole(disguise: str) -> None:
    written = DISGUISES[disguise](PLANTED)
    kept, findings = TextRedactor().redact(f"x = [{written}]\n".encode())
    assert kept.decode() == f"x = [{'*' * len(written)}]\n"
    assert {finding.kind for finding in findings} == {"Planted Canary"}
