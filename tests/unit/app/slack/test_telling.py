"""A message that changes while its answer is made: seldom, with the draft of the newest segment, and what cannot be changed is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agents.events import AskedBack, EvidenceFound, NodeStarted, Progress, SegmentStarted, Token
from app.slack.messages import Message
from app.slack.telling import Draft, told


async def events(*given: Progress) -> AsyncIterator[Progress]:
    for one in given:
        yield one


def shown(every_s: float, *given: Progress, fails: bool = False) -> tuple[list[str], Message | None]:
    """Return what the message said in turn, a second between two events, and what it says in the end."""
    texts: list[str] = []
    seconds = iter(range(10_000))

    async def change(message: Message) -> None:
        texts.append(message.text)
        if fails:
            raise RuntimeError("message_not_found")

    ended = asyncio.run(told(events(*given), change, {}, every_s, lambda: float(next(seconds))))
    return texts, ended


WORDS = [Token(f"w{number} ", 0) for number in range(20)]


def test_progress_is_shown_as_often_as_it_may_be() -> None:
    often, _ = shown(0, *WORDS)
    seldom, _ = shown(8, *WORDS)
    assert len(often) == len(WORDS)
    assert 0 < len(seldom) < len(often) / 3


def test_a_draft_is_marked_and_begins_anew_with_its_segment() -> None:
    draft = Draft()
    assert draft.after(Token("wrong", 0)) == "_Not checked yet:_\nwrong"
    assert "anew" in draft.after(SegmentStarted(1, None, "refuted"))
    assert draft.after(Token("right", 1)) == "_Not checked yet:_\nright"
    assert draft.after(NodeStarted("watcher", 0)) == ""
    assert "`a.py:3`" in draft.after(EvidenceFound("callers", "found", 1, ("a.py:3",)))


def test_a_message_that_is_gone_costs_the_run_nothing() -> None:
    texts, ended = shown(0, *WORDS, AskedBack("name", "Which?", (), "1. a\n2. b", "t"), fails=True)
    assert len(texts) == len(WORDS)
    assert ended is not None
    assert "2. b" in ended.text
