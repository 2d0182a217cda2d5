"""The assistant as the doors use it: the compiled graph over this process's services, with threads kept in the store."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeAlias, cast

from agents.context import Context
from agents.events import Progress
from agents.services import Services
from app.asking import Asked
from graph.runtime import Assistant, Checkpointer, compile_assistant, stream_answer

Threads: TypeAlias = Callable[[], AbstractAsyncContextManager[Checkpointer]]


class GraphAssistant:
    """Implements `app.asking.Assistant`.

    threads: opens the store of conversations; entered only for a question that belongs to a thread, and for as long as
    the answer takes, so that a thread may go on in another process.
    """

    def __init__(self, services: Services, threads: Threads) -> None:
        self._services = services
        self._threads = threads
        self._threadless = compile_assistant(services)

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        """Yield the progress of one run (see `graph.runtime.stream_answer`)."""
        if asked.thread_id is None:
            async for event in self._run(self._threadless, asked):
                yield event
            return
        async with self._threads() as checkpoints:
            async for event in self._run(compile_assistant(self._services, checkpoints), asked):
                yield event

    async def _run(self, assistant: Assistant, asked: Asked) -> AsyncGenerator[Progress, None]:
        names = asked.repositories
        context = Context(
            release=asked.release,
            repositories=None if names is None else list(names),
            model=asked.model,
            rerank=asked.rerank,
        )
        history = [{"role": role, "content": text} for role, text in asked.earlier]
        events = cast(Any, stream_answer(assistant, asked.question, context, asked.thread_id, history))
        # Closed here and now, not when it is collected: a client that leaves ends its run.
        async with aclosing(events):
            async for event in events:
                yield event
