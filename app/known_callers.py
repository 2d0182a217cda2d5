"""The assistant and the conversations where callers are known: everybody has threads of their own, waits in turn, and pays for their own tokens.

A thread is kept under its principal's id and its name, so that two people may use one name and neither sees the other's. It stays its
principal's whatever they are granted later: one that cites what they no longer are is not gone on with, and the answers that do are not shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from agents.events import AnswerReady, AskedBack, Progress
from app.asking import Asked, Assistant
from app.assistant import without_thread
from configs.errors import PolicyError, StoreError, StoreTimeout, StoreUnavailable, UnknownThread
from graph.conversations import Conversations
from knowledge.jobs import Job
from knowledge.schema import RepositoryInfo
from knowledge.scope import Scope
from knowledge.threads import Thread, Threads, Turn
from ops.policy.callers import Caller
from ops.policy.queueing import FairQueue
from ops.policy.rates import Rates

WITHHELD = "This answer rests on what you are no longer granted, and is not shown."
SEPARATOR = "\x1f"
"""No principal's id holds it."""


def owned(principal: str, thread_id: str) -> str:
    """Return the id under which a principal's thread is kept."""
    return f"{principal}{SEPARATOR}{thread_id}"


class CallersAssistant:
    """Implements `app.asking.Assistant` for whoever asks at the moment."""

    def __init__(
        self,
        assistant: Assistant,
        register: Callable[[], Threads],
        caller: Callable[[], Caller],
        queue: FairQueue,
        rates: Rates,
    ) -> None:
        self._assistant = assistant
        self._register = register
        self._caller = caller
        self._queue = queue
        self._rates = rates

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        """Yield the progress of one run. Raises RateLimited, before anything is done, and PolicyError for a key that may not ask, or a project that is not open."""
        one = self._caller()
        one.require("ask")
        who, teams = one.principal.id, one.principal.teams
        if asked.project is not None:
            one.require_project(asked.project)
        await self._rates.check_tokens(who, teams)
        thread_id = asked.thread_id
        away: StoreError | None = None
        if thread_id is not None:
            asked = replace(asked, thread_id=owned(who, thread_id))
            try:
                await self._check(one, owned(who, thread_id), thread_id)
            except (StoreUnavailable, StoreTimeout) as error:
                asked, away = replace(asked, thread_id=None), error  # what cannot be looked at is not gone on with
        async with self._queue.place(who), aclosing(self._assistant.stream(asked)) as events:
            async for event in events:
                if isinstance(event, AnswerReady):
                    usage = event.answer.usage
                    spent = usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
                    await self._rates.count_tokens(who, spent, teams)
                    if thread_id is not None:
                        event = replace(event, answer=replace(event.answer, thread_id=thread_id))
                elif isinstance(event, AskedBack) and thread_id is not None:
                    event = replace(event, thread_id=thread_id)
                yield event if away is None else without_thread(event, away)

    async def _check(self, one: Caller, kept_as: str, thread_id: str) -> None:
        thread = await asyncio.to_thread(lambda: self._register().get(kept_as))
        if thread is not None and not is_granted(thread, one.scope("ask")):
            raise PolicyError(
                f"the thread {thread_id!r} cites what you are no longer granted", next_step="begin another thread"
            )


def is_granted(thread: Thread, scope: Scope) -> bool:
    """Tell whether all that the answers of a thread cite is granted."""
    return all(map(scope.allows, thread.repositories))


def shown_to(one: Caller, info: RepositoryInfo) -> RepositoryInfo:
    """Return a repository as its reader may know it: where it lies on the server is for who looks after the server."""
    return info if one.grants.admin else replace(info, root="")


def shown_job(one: Caller, job: Job) -> Job:
    """Return a job as its reader may know it, as `shown_to`."""
    if one.grants.admin:
        return job
    root = job.order.root
    report = job.report and {**job.report, **({"root": ""} if "root" in job.report else {})}
    error = job.error and {**job.error, "message": str(job.error["message"]).replace(root, Path(root).name)}
    return replace(job, order=replace(job.order, root=""), report=report, error=error)


@dataclass(frozen=True, slots=True)
class OwnConversations:
    """The conversations of one principal, by the names that it gave them. scope: what it may ask about."""

    conversations: Conversations
    principal: str
    scope: Scope

    async def find(self, limit: int | None = None) -> list[Thread]:
        """Return the threads, the one used last first."""
        prefix = owned(self.principal, "")
        found = await self.conversations.find(None, prefix)
        return [self._shown(one, one.id.removeprefix(prefix)) for one in found[:limit]]

    async def get(self, thread_id: str) -> tuple[Thread, list[Turn]]:
        """Return a thread with its turns; what cites what is not granted is withheld. Raises UnknownThread."""
        try:
            thread, turns = await self.conversations.get(owned(self.principal, thread_id))
        except UnknownThread as exc:
            raise _unknown(thread_id) from exc
        return self._shown(thread, thread_id), [
            turn if self._may_show(thread, turn) else _withheld(turn) for turn in turns
        ]

    async def rename(self, thread_id: str, title: str) -> None:
        """Raises UnknownThread."""
        await self.get(thread_id)
        await self.conversations.rename(owned(self.principal, thread_id), title)

    async def share(self, thread_id: str) -> str:
        """See `Conversations.share`."""
        await self.get(thread_id)
        return await self.conversations.share(owned(self.principal, thread_id))

    async def unshare(self, thread_id: str) -> None:
        """See `Conversations.unshare`."""
        await self.get(thread_id)
        await self.conversations.unshare(owned(self.principal, thread_id))

    async def shared(self, name: str) -> tuple[Thread, list[Turn]]:
        """Return a copy that somebody shared. Raises UnknownThread, as for one that nobody shared, where it cites what is not granted."""
        thread, turns = await self.conversations.shared(name)
        known = self.scope.repositories is None or bool(
            thread.repositories
        )  # of what one without citations spoke, nobody knows
        if not known or not is_granted(thread, self.scope):
            raise UnknownThread(
                f"no conversation is shared as {name!r}", next_step="ask who sent the link to share it again"
            )
        return thread, turns

    async def delete(self, thread_id: str) -> None:
        """Delete a thread with its checkpoints. Raises UnknownThread and ThreadBusy."""
        await self.get(thread_id)
        await self.conversations.delete(owned(self.principal, thread_id))

    def _shown(self, thread: Thread, name: str) -> Thread:
        """Return a thread by its own name, with those of its repositories that are granted."""
        return replace(thread, id=name, repositories=tuple(filter(self.scope.allows, thread.repositories)))

    def _may_show(self, thread: Thread, turn: Turn) -> bool:
        """Tell whether all that the answer rests on is granted; for a turn that did not note it, all that its thread cites, if that is known."""
        if self.scope.repositories is None:
            return True
        if turn.repositories is not None:
            return all(map(self.scope.allows, turn.repositories))
        return bool(thread.repositories) and is_granted(thread, self.scope)


def _withheld(turn: Turn) -> Turn:
    """Return what its principal said themselves."""
    return replace(turn, answer=WITHHELD, verdict="", level="", places=(), repositories=None)


def _unknown(thread_id: str) -> UnknownThread:
    return UnknownThread(f"there is no thread {thread_id!r}", next_step="list your threads")
