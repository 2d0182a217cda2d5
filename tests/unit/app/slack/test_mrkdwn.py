"""Markdown as Slack shows it: never a link, a mention or a ping that Clew did not write, and never a section too long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.slack.mrkdwn import LONGEST, mrkdwn, plain, sections

MARKS = st.text(st.sampled_from("ab <>&@!|*_`#-\n1."), max_size=200)


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**callers** of `price`", "*callers* of `price`"),
        ("*not verified*", "_not verified_"),
        ("## Callers", "*Callers*"),
        ("- one\n- **two**", "• one\n• *two*"),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        (
            "<!channel> <@U1> <https://evil.example|here>",
            "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|here&gt;",
        ),
        ("ping @here", "ping @\u200bhere"),
        ("```python\nx = '<b>'\n```", "```\nx = '&lt;b&gt;'\n```"),
        ("````\n```\n````", "```\n``\u200b`\n```"),
        ("| a | b |\n|---|---|\nafter", "```\n| a | b |\n|---|---|\n```\nafter"),
        ("```\nnever closed", "```\nnever closed\n```"),
        ("`` a`b<T> ``", "`a`b&lt;T&gt;`"),
    ],
)
def test_markdown_becomes_mrkdwn(markdown: str, shown: str) -> None:
    assert mrkdwn(markdown) == shown


@given(MARKS)
def test_nothing_is_left_that_slack_would_read_as_a_mention(text: str) -> None:
    shown = mrkdwn(text)
    assert "<" not in shown and ">" not in shown
    assert re.sub(r"&(?:amp|lt|gt);", "", shown).count("&") == 0
    assert not re.search("@(channel|here|everyone)", shown)


@given(st.lists(st.sampled_from(["```", "a line of code", "x & y", "&" * 80, "word " * 30]), max_size=60))
def test_sections_are_short_and_their_fences_closed(lines: list[str]) -> None:
    for part in sections(mrkdwn("\n".join(lines)), 300):
        assert len(part) <= 300
        assert part.split("\n").count("```") % 2 == 0
        assert not re.search(r"&(?!amp;|lt;|gt;)", part), "no entity is cut"


def test_a_line_of_any_length_fits() -> None:
    assert max(map(len, sections(mrkdwn("<" * 20_000)))) <= LONGEST


def test_what_people_type_comes_back_as_they_typed_it() -> None:
    assert plain("<@U1> who calls &lt;T&gt; in <http://task.run|task.run>?") == "who calls <T> in task.run?"
    assert plain("see <https://a.example/x>") == "see https://a.example/x"
