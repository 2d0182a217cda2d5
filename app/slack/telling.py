"""A message that is being answered: changed as the run goes on, seldom enough for Slack, and once more at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

from agents.events import AnswerReady, AskedBack, EvidenceFound, NodeStarted, Progress, Queued, SegmentStarted, Token
from app.slack.messages import Message, answered, said

STEPS: Mapping[str, str] = {
    "planner": "Understanding the question",
    "code_analyst": "Reading the code graph",
    "doc_specialist": "Reading documents",
    "writer": "Writing",
    "quality_checker": "Checking every claim",
}
DRAFT_SHOWN = 2_000
BEGUN = said("_Looking…_")

log = logging.getLogger("clew.slack")


class Change(Protocol):
    """Replaces the message; what it raises is logged by the caller."""

    async def __call__(self, message: Message) -> None: ...


class Draft:
    """What a message says while its answer is made."""

    def __init__(self) -> None:
        self._text, self._segment = "", 0

    def after(self, event: Progress) -> str:
        """Return what to show after an event, empty where it changes nothing."""
        if isinstance(event, NodeStarted):
            return f"_{STEPS[event.node]}…_" if event.node in STEPS else ""
        if isinstance(event, EvidenceFound) and event.places:
            return f"_Found {event.count}:_ " + ", ".join(f"`{place}`" for place in event.places[:3])
        if isinstance(event, Queued):
            return f"_Waiting in line before a model: place {event.place}_"
        if isinstance(event, SegmentStarted):
            self._text, self._segment = "", event.segment
            return "_Writing anew…_"
        if isinstance(event, Token):  # what an earlier segment said no longer counts
            self._text = self._text * (event.segment == self._segment) + event.text
            self._segment = event.segment
            return f"_Not checked yet:_\n{self._text[-DRAFT_SHOWN:]}"
        return ""


async def told(
    events: AsyncIterator[Progress],
    change: Change,
    links: Mapping[str, str],
    every_s: float,
    clock: Callable[[], float] = time.monotonic,
) -> Message | None:
    """Show progress at most every `every_s`, and return the last message: the answer, or what is asked back."""
    draft, shown_at, shown = Draft(), clock(), ""
    async for event in events:
        if isinstance(event, AnswerReady):
            return answered(event.answer, links)
        if isinstance(event, AskedBack):
            return said(f"{event.text}\n_Write it in this thread; in a channel, mention me._")
        text = draft.after(event)
        if text and text != shown and clock() - shown_at >= every_s:
            await quietly(change, said(text))
            shown_at, shown = clock(), text
    return None


async def quietly(change: Change, message: Message) -> None:
    """Change a message; one that cannot be changed any more (deleted, the app was removed) costs the run nothing."""
    try:
        await change(message)
    except Exception as error:  # noqa: BLE001 - whatever the transport raises: the run goes on
        log.warning("a message in Slack could not be changed: %s", error)


def as_arguments(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": message.blocks}
