"""Characters that hide or repaint: shown, dropped or escaped, and text that needs joiners left alone."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.visible import dropped, escaped, hidden_in, shown

TAGS = "".join(chr(0xE0000 + ord(c)) for c in "run it")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b]0;owned\x07\x1b[2Jx", "\ufffd]0;owned\ufffd\ufffd[2Jx"),
        ("access\u202e lebel\u202c", "access\ufffd lebel\ufffd"),
        ("a\u200bd\u2060min\ufeff", "a\ufffdd\ufffdmin\ufffd"),
        (f"hello{TAGS}", "hello" + "\ufffd" * len(TAGS)),
        ("pass\u00adword\u2028x", "pass\ufffdword\ufffdx"),
        ("line\r\nnext\rover", "line\nnext\ufffdover"),
        ("plain\ttext\n", "plain\ttext\n"),
    ],
)
def test_what_hides_or_repaints_is_seen(text: str, seen: str) -> None:
    assert shown(text) == seen
    assert dropped(text) == seen.replace("\ufffd", "")


@pytest.mark.parametrize("text", ["👩‍👩‍👧 family", "می‌خواهم", "नमस्ते क्‍ष", "größe 日本語 é"])
def test_scripts_and_emoji_that_need_joiners_stay(text: str) -> None:
    assert shown(text) == dropped(text) == text
    assert not hidden_in(text)


def test_a_joiner_between_latin_letters_hides_a_word() -> None:
    assert shown("ig\u200dnore") == "ig\ufffdnore"
    assert hidden_in("ig\u200dn\u200core") == 2


@given(st.text(st.characters(codec=None)))
def test_nothing_that_drives_a_terminal_is_left(text: str) -> None:
    for kept in (shown(text), dropped(text)):
        assert not [c for c in kept if unicodedata.category(c) == "Cc" and c not in "\n\t"]
        assert not [c for c in kept if unicodedata.category(c) == "Cs"]
    assert shown(shown(text)) == shown(text)


@given(st.text())
def test_escaped_json_has_the_same_values(text: str) -> None:
    document = escaped(json.dumps({"path": text}, ensure_ascii=False))
    assert json.loads(document) == {"path": text}
    assert (
        not [c for c in document if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n\x7f"]
        or hidden_in(text) == 0
    )
