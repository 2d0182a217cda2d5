"""One run as server-sent events: progress while it runs, then the checked answer, then `[DONE]`.

Text is sent as content only after the quality checker has passed it; what an LLM is still writing travels as a
`draft` event under `clew`, with an empty delta.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing

from agents.events import Answer, AnswerReady, AskedBack
from app.asking import Asked, Assistant
from app.errors import http_status
from app.rest.replies import (
    ASKED_MODEL,
    Body,
    chunk,
    error_of,
    model_name,
    plain_json,
    progress_of,
    record_of,
    usage_of,
)
from configs.errors import ClewError

DONE = b"data: [DONE]\n\n"
CONTENT_CHARACTERS = 400
"""Longest content of one chunk; an answer of many paragraphs arrives in several."""

log = logging.getLogger("clew.rest")


async def finished(assistant: Assistant, asked: Asked) -> Answer | AskedBack:
    """Run to the end and return the answer, or what was asked back."""
    async with aclosing(assistant.stream(asked)) as events:
        async for event in events:
            if isinstance(event, AnswerReady):
                return event.answer
            if isinstance(event, AskedBack):
                return event
    raise ClewError("the run ended without an answer", next_step="ask again; if it stays so, run `clew doctor`")


async def streamed(assistant: Assistant, asked: Asked, created: int, *, include_usage: bool) -> AsyncIterator[bytes]:
    """Yield the events of one run. An error after the first byte travels as an event, for the status is gone by then."""
    identity = f"chatcmpl-{uuid.uuid4().hex}"
    yield _event(chunk(identity, created, asked.model, {"role": "assistant", "content": ""}))
    try:
        async with aclosing(assistant.stream(asked)) as events:
            async for event in events:
                if not isinstance(event, AnswerReady):
                    yield _event(chunk(identity, created, asked.model, {}, clew=progress_of(event)))
                    if isinstance(event, AskedBack):
                        yield _event(chunk(identity, created, ASKED_MODEL, {"content": event.text}))
                        yield _event(chunk(identity, created, ASKED_MODEL, {}, finish="stop", clew=progress_of(event)))
                    continue
                for body in _answer_chunks(identity, created, event.answer, include_usage):
                    yield _event(body)
    except ClewError as error:
        yield _event(
            error_of(http_status(error), error.code, error.message, error.next_step, retryable=error.retryable)
        )
    except Exception:  # the request handler's seam: the client is told, the log keeps the cause
        log.exception("a streamed run failed")
        yield _event(error_of(500, "internal", "Clew met a fault of its own", "see the server's log"))
    yield DONE


def _answer_chunks(identity: str, created: int, answer: Answer, include_usage: bool) -> list[Body]:
    model = model_name(answer)
    pieces = _pieces(answer.answer)
    bodies = [chunk(identity, created, model, {"content": piece}) for piece in pieces]
    bodies.append(chunk(identity, created, model, {}, finish="stop", clew=record_of(answer)))
    if include_usage:
        bodies.append({**chunk(identity, created, model, {}, usage=usage_of(answer)), "choices": []})
    return bodies


def _pieces(text: str) -> list[str]:
    """Cut after line breaks, into pieces of about CONTENT_CHARACTERS; joined they are the text."""
    pieces = [""]
    for line in text.splitlines(keepends=True):
        if pieces[-1] and len(pieces[-1]) + len(line) > CONTENT_CHARACTERS:
            pieces.append("")
        pieces[-1] += line
    return pieces


def _event(body: Body) -> bytes:
    return b"data: " + plain_json(body) + b"\n\n"
