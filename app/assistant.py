"""The assistant as the doors use it: the compiled graph over this process's services, with threads kept in the store."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from agents.context import Context
from agents.events import AnswerReady, AskedBack, Progress
from agents.records import finding_row
from agents.services import Services
from app.asking import Asked
from app.recording import Recorder, recorded
from configs.errors import StoreError, StoreTimeout, StoreUnavailable
from graph.conversations import Conversations
from graph.runtime import Assistant, brief_checkpoints, compile_assistant, stream_answer
from knowledge.evidence import Finding

log = logging.getLogger("clew.assistant")


class GraphAssistant:
    """Implements `app.asking.Assistant`.

    conversations: gives the store of threads; asked only for a question that belongs to one, and held for as long as
    the answer takes, so that a thread may go on in another process. recorder: tells the Ledger of every run.
    """

    def __init__(
        self, services: Services, conversations: Callable[[], Conversations], recorder: Recorder | None = None
    ) -> None:
        self._services = services
        self._conversations = conversations
        self._recorder = recorder
        self._threadless = compile_assistant(services)

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        """Yield the progress of one run (see `graph.runtime.stream_answer`)."""
        if self._recorder is None:
            events = self._answering(asked, None)
        else:
            recording = self._recorder.begun(asked, self._context(asked, None))
            events = recorded(recording, self._answering(asked, recording.run))
        async with aclosing(events):
            async for event in events:
                yield event

    async def _answering(self, asked: Asked, run_id: str | None) -> AsyncGenerator[Progress, None]:
        if asked.thread_id is None:
            brief = asked.may_ask or bool(asked.replies)  # standing still needs a checkpoint to stand on
            assistant = compile_assistant(self._services, brief_checkpoints()) if brief else self._threadless
            async with aclosing(self._run(assistant, asked, run_id)) as events:
                async for event in events:
                    yield event
            return
        ready = False
        try:
            async with aclosing(self._in_thread(asked, asked.thread_id, run_id)) as events:
                async for event in events:
                    ready = ready or isinstance(event, AnswerReady | AskedBack)
                    yield event
        except (StoreUnavailable, StoreTimeout) as away:
            if ready:  # what was lost then is the turn, not the answer
                log.warning("the end of a turn was not kept: %s", away)
                return
            # Where the thread is not at fault, the same is raised again.
            async with aclosing(self._run(self._threadless, asked, run_id)) as events:
                async for event in events:
                    yield without_thread(event, away)

    async def _in_thread(self, asked: Asked, thread_id: str, run_id: str | None) -> AsyncGenerator[Progress, None]:
        conversations = self._conversations()
        async with conversations.turn(thread_id) as checkpoints:
            run = self._run(compile_assistant(self._services, checkpoints), asked, run_id)
            async with aclosing(run) as events:
                async for event in events:
                    if isinstance(event, AnswerReady):
                        try:
                            await conversations.record(thread_id, event)
                        except (StoreUnavailable, StoreTimeout) as away:
                            event = without_thread(event, away)
                    elif isinstance(event, AskedBack):
                        await conversations.begin(thread_id, asked.question)
                    yield event

    def _context(self, asked: Asked, run_id: str | None) -> Context:
        names = asked.repositories
        return Context(
            release=asked.release,
            repositories=None if names is None else list(names),
            model=asked.model,
            rerank=asked.rerank,
            clarify=asked.may_ask or bool(asked.replies),
            ask_before_tokens=asked.ask_before_tokens,
            project=asked.project,
            depth=asked.depth,
            diagram=asked.diagram,
            run_id=run_id,
        )

    async def _run(self, assistant: Assistant, asked: Asked, run_id: str | None) -> AsyncGenerator[Progress, None]:
        context = self._context(asked, run_id)
        history = [{"role": role, "content": text} for role, text in asked.earlier]
        events = cast(Any, stream_answer(assistant, asked.question, context, asked.thread_id, history, asked.replies))
        # Closed here and now, not when it is collected: a client that leaves ends its run.
        async with aclosing(events):
            async for event in events:
                yield event


def without_thread(event: Progress, away: StoreError) -> Progress:
    """Return an answer with the finding that it knows nothing of its thread, nor the thread of it."""
    if not isinstance(event, AnswerReady):
        return event
    said = f"answered without what was said before, and not kept: {away.message}"
    found = Finding(gate="threads", kind=away.code, severity="warning", message=said, action="annotate")
    return replace(event, answer=replace(event.answer, findings=(*event.answer.findings, dict(finding_row(found)))))
