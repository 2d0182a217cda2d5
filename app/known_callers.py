"""The assistant and the conversations where callers are known: everybody has threads of their own, waits in turn, and pays for their own tokens.

A thread is kept under its principal's id and its name, so that two people may use one name and neither sees the other's.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from agents.events import AnswerReady, AskedBack, Progress
from app.asking import Asked, Assistant
from configs.errors import UnknownThread
from graph.conversations import Conversations
from knowledge.threads import Thread, Turn
from ops.policy.callers import Caller
from ops.policy.queueing import FairQueue
from ops.policy.rates import Rates

SEPARATOR = "\x1f"
"""No principal's id holds it."""


def owned(principal: str, thread_id: str) -> str:
    """Return the id under which a principal's thread is kept."""
    return f"{principal}{SEPARATOR}{thread_id}"


class CallersAssistant:
    """Implements `app.asking.Assistant` for whoever asks at the moment."""

    def __init__(self, assistant: Assistant, caller: Callable[[], Caller], queue: FairQueue, rates: Rates) -> None:
        self._assistant = assistant
        self._caller = caller
        self._queue = queue
        self._rates = rates

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        """Yield the progress of one run. Raises RateLimited, before anything is done, and PolicyError for a key that may not ask."""
        one = self._caller()
        one.require("ask")
        who = one.principal.id
        await self._rates.check_tokens(who)
        thread_id = asked.thread_id
        if thread_id is not None:
            asked = replace(asked, thread_id=owned(who, thread_id))
        async with self._queue.place(who), aclosing(self._assistant.stream(asked)) as events:
            async for event in events:
                if isinstance(event, AnswerReady):
                    usage = event.answer.usage
                    spent = usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
                    await self._rates.count_tokens(who, spent)
                    if thread_id is not None:
                        event = replace(event, answer=replace(event.answer, thread_id=thread_id))
                elif isinstance(event, AskedBack) and thread_id is not None:
                    event = replace(event, thread_id=thread_id)
                yield event


@dataclass(frozen=True, slots=True)
class OwnConversations:
    """The conversations of one principal, by the names that it gave them."""

    conversations: Conversations
    principal: str

    async def find(self, limit: int | None = None) -> list[Thread]:
        """Return the threads, the one used last first."""
        prefix = owned(self.principal, "")
        found = await self.conversations.find(limit, prefix)
        return [replace(thread, id=thread.id.removeprefix(prefix)) for thread in found]

    async def get(self, thread_id: str) -> tuple[Thread, list[Turn]]:
        """Return a thread with its turns. Raises UnknownThread, as for one that nobody has."""
        try:
            thread, turns = await self.conversations.get(owned(self.principal, thread_id))
        except UnknownThread as exc:
            raise UnknownThread(f"there is no thread {thread_id!r}", next_step=exc.next_step) from exc
        return replace(thread, id=thread_id), turns

    async def rename(self, thread_id: str, title: str) -> None:
        """Raises UnknownThread."""
        await self.get(thread_id)
        await self.conversations.rename(owned(self.principal, thread_id), title)

    async def delete(self, thread_id: str) -> None:
        """Delete a thread with its checkpoints. Raises UnknownThread and ThreadBusy."""
        await self.get(thread_id)
        await self.conversations.delete(owned(self.principal, thread_id))
