"""What `clew ask` and `clew chat` share: one question run to its answer, asked back where a person is there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

import click

from agents.events import (
    Answer,
    AnswerReady,
    AskedBack,
    EvidenceFound,
    NodeStarted,
    Progress,
    Queued,
    SegmentStarted,
    Token,
)
from app.asking import Asked, Assistant
from app.cli.progress import StatusLine
from app.rendering.answers import STEPS
from app.rendering.screen import Screen, is_terminal
from configs.errors import ClewError

NOT_ASKED = "the name means several things: name one of them, or ask where you can be asked back (`clew ask --help`)"
_DRAFT_SHOWN = 400

Choose = Callable[[AskedBack], str]
"""Lets a person choose; returns what they said."""


def can_be_asked(wish: bool | None, *, as_json: bool = False) -> bool:
    """Whether somebody is there to choose: on a terminal, unless they said no; elsewhere never."""
    return wish is not False and not as_json and is_terminal(sys.stdin) and is_terminal(sys.stderr)


def answered(
    runner: asyncio.Runner, assistant: Assistant, asked: Asked, choose: Choose, line: StatusLine | None
) -> Answer:
    """Return the answer; `choose` is called when the question is asked back."""
    ended = runner.run(_ended(assistant, asked, line))
    while isinstance(ended, AskedBack):
        asked = replace(asked, replies=(*asked.replies, choose(ended)))
        ended = runner.run(_ended(assistant, asked, line))
    if isinstance(ended, Answer):
        return ended
    raise ClewError("the run ended without an answer", next_step="ask again; if it stays so, run `clew doctor`")


async def _ended(assistant: Assistant, asked: Asked, line: StatusLine | None) -> Answer | AskedBack | None:
    draft, segment = "", 0
    try:
        async with aclosing(assistant.stream(asked)) as events:
            async for event in events:
                if isinstance(event, AnswerReady):
                    return event.answer
                if isinstance(event, AskedBack):
                    return event
                if isinstance(event, Token):  # what an earlier segment said no longer counts
                    draft = (draft * (event.segment == segment) + event.text)[-_DRAFT_SHOWN:]
                    segment = event.segment
                if line:
                    line.show(_told(event, draft))
    finally:
        if line:
            line.close()
    return None


def choose_on_terminal(asking: AskedBack) -> str:
    """Show the choices and return what the person typed; nothing is the last choice: all of them, or no."""
    screen = Screen(sys.stderr)
    screen.prose(asking.question)
    rows = [
        (f"{number}.", choice["label"].replace("`", ""), (choice["place"], "path"))
        for number, choice in enumerate(asking.choices, 1)
    ]
    screen.table(rows)
    last = len(asking.choices)
    number: int = click.prompt("number", type=click.IntRange(1, last), default=last, err=True)
    return str(number)


def _told(event: Progress, draft: str) -> str:
    if isinstance(event, NodeStarted):
        again = f" (round {event.round + 1})" if event.round else ""
        return f"{event.node}: {STEPS.get(event.node, 'working')}{again}"
    if isinstance(event, EvidenceFound) and event.places:
        return f"found {event.count}: {', '.join(event.places[:3])}"
    if isinstance(event, SegmentStarted):
        return f"{event.model or 'the facts alone'} anew: {event.reason}"
    if isinstance(event, Queued):
        return f"waiting in line before {event.host}: place {event.place}"
    if isinstance(event, Token):
        return f"writing, not checked yet: … {' '.join(draft.split())[-60:]}"
    return ""
