"""Conversations as a door sees them: one turn at a time in a thread, kept for as long as the settings say, listed and exported.

Joins the two halves of a thread: the checkpoint from which the graph goes on, and the register that people read.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from agents.events import AnswerReady
from agents.turns import turn_of
from configs.errors import ThreadBusy, UnknownThread
from graph.checkpoints import Checkpointer, thread_ids
from guardrails.pseudonyms import hide, reveal
from knowledge.evidence import place_of
from knowledge.threads import Thread, Threads, Turn

POLL_S = 0.05
SHARED = "\x1fshared\x1f"
"""What the ids of shared copies begin with; no thread of a person begins so."""
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Conversations:
    """register: what people read; checkpoints: opens what the graph reads.

    ttl_days: a thread that nobody used for so long is deleted, 0 keeps all. wait_s: longest wait for another turn of the thread.
    """

    register: Threads
    checkpoints: Callable[[], AbstractAsyncContextManager[Checkpointer]]
    ttl_days: float = 0
    wait_s: float = 30.0
    clock: Callable[[], float] = time.time

    @asynccontextmanager
    async def turn(self, thread_id: str) -> AsyncIterator[Checkpointer]:
        """Hold the thread for one turn. Raises ThreadBusy when another turn did not end in time."""
        release = await self._taken(thread_id)
        try:
            async with self.checkpoints() as checkpoints:
                await self._expire(checkpoints, held=thread_id)
                if await asyncio.to_thread(self.register.get, thread_id) is None:
                    await self._adopt(checkpoints, thread_id)
                yield checkpoints
                await checkpoints.aprune([thread_id])
        finally:
            await asyncio.to_thread(release)

    async def record(self, thread_id: str, ready: AnswerReady) -> None:
        """Write a finished turn into the register."""
        answer = ready.answer
        places = [place_of(c["path"], c["symbol"], c["start_line"], c["end_line"]) for c in answer.citations]
        turn = Turn(
            number=0,
            asked_at=self.clock(),
            question=without_secrets(ready.question),
            answer=answer.answer,
            verdict=answer.verdict,
            level=answer.level,
            release=answer.release,
            run_id=answer.run_id,
            places=tuple(dict.fromkeys(places)),
            repositories=ready.repositories,
        )
        await asyncio.to_thread(self.register.record, thread_id, [turn], ready.repositories)

    async def begin(self, thread_id: str, question: str) -> None:
        """Note a thread whose first question was asked back: it has no turn yet, and expires like any other."""
        await asyncio.to_thread(self.register.begin, thread_id, without_secrets(question), self.clock())

    async def find(self, limit: int | None = None, prefix: str = "") -> list[Thread]:
        """Return the threads whose id begins so, the one used last first; those that an older Clew began are taken in, expired ones deleted."""
        async with self.checkpoints() as checkpoints:
            await self._expire(checkpoints, held=None)
            known = {thread.id for thread in await asyncio.to_thread(self.register.find)}
            for thread_id in await thread_ids(checkpoints):
                if thread_id not in known:
                    await self._adopt(checkpoints, thread_id)
        if prefix:
            return await asyncio.to_thread(self.register.find, limit, prefix)
        found = await asyncio.to_thread(self.register.find)
        return [thread for thread in found if not thread.id.startswith(SHARED)][:limit]

    async def get(self, thread_id: str) -> tuple[Thread, list[Turn]]:
        """Return a thread with its turns. Raises UnknownThread."""
        thread = await asyncio.to_thread(self.register.get, thread_id)
        if thread is None:
            async with self.checkpoints() as checkpoints:
                await self._adopt(checkpoints, thread_id)
            thread = await asyncio.to_thread(self.register.get, thread_id)
        if thread is None:
            raise UnknownThread(
                f"there is no thread {thread_id!r}",
                next_step="list them: `clew threads list`, or `GET /api/v1/threads`",
            )
        return thread, await asyncio.to_thread(self.register.turns, thread_id)

    async def rename(self, thread_id: str, title: str) -> None:
        """Raises UnknownThread."""
        await self.get(thread_id)
        await asyncio.to_thread(self.register.rename, thread_id, title)

    async def share(self, thread_id: str) -> str:
        """Keep a copy of the thread as it is now, for others to read, and return its name; one that was shared before is replaced. Raises UnknownThread."""
        thread, turns = await self.get(thread_id)
        name, kept = shared_name(thread_id), SHARED + shared_name(thread_id)

        def copy() -> None:
            self.register.delete(kept)
            self.register.begin(kept, thread.title, self.clock())
            self.register.record(kept, turns, thread.repositories)
            self.register.rename(kept, thread.title)

        await asyncio.to_thread(copy)
        return name

    async def unshare(self, thread_id: str) -> None:
        """Delete the copy that others read, if there is one. Raises UnknownThread."""
        await self.get(thread_id)
        await asyncio.to_thread(self.register.delete, SHARED + shared_name(thread_id))

    async def shared(self, name: str) -> tuple[Thread, list[Turn]]:
        """Return a shared copy. What it cites, only the caller knows whether somebody may see. Raises UnknownThread."""
        kept = SHARED + name
        thread = await asyncio.to_thread(self.register.get, kept)
        if thread is None:
            raise UnknownThread(
                f"no conversation is shared as {name!r}", next_step="ask who sent the link to share it again"
            )
        return replace(thread, id=name), await asyncio.to_thread(self.register.turns, kept)

    async def delete(self, thread_id: str) -> None:
        """Delete a thread with its checkpoints, and the copy that others read. Raises UnknownThread, and ThreadBusy while a turn does not end."""
        await self.get(thread_id)
        release = await self._taken(thread_id)
        try:
            async with self.checkpoints() as checkpoints:
                await self._delete(checkpoints, thread_id)
        finally:
            await asyncio.to_thread(release)

    async def delete_all(self) -> int:
        """Delete every thread, whether somebody uses it or not; return how many there were."""
        async with self.checkpoints() as checkpoints:
            ids = {thread.id for thread in await asyncio.to_thread(self.register.find)} | set(
                await thread_ids(checkpoints)
            )
            for thread_id in sorted(ids):
                await self._delete(checkpoints, thread_id)
        return sum(not thread_id.startswith(SHARED) for thread_id in ids)

    async def _taken(self, thread_id: str) -> Callable[[], None]:
        deadline = time.monotonic() + self.wait_s
        while True:
            release = await asyncio.to_thread(self.register.try_lock, thread_id)
            if release is not None:
                return release
            if time.monotonic() >= deadline:
                raise ThreadBusy(
                    f"another question in the thread {thread_id!r} is still being answered",
                    next_step="wait for its answer, ask in another thread, or raise CLEW_THREADS__WAIT_S",
                )
            await asyncio.sleep(POLL_S)

    async def _expire(self, checkpoints: Checkpointer, held: str | None) -> None:
        """Delete the threads that nobody used for `ttl_days`, but those that somebody has at this moment."""
        if not self.ttl_days:
            return
        before = self.clock() - self.ttl_days * DAY_S
        for thread_id in await asyncio.to_thread(self.register.idle_since, before):
            release = None if thread_id == held else await asyncio.to_thread(self.register.try_lock, thread_id)
            if thread_id != held and release is None:
                continue
            try:
                await self._delete(checkpoints, thread_id)
            finally:
                if release is not None:
                    await asyncio.to_thread(release)

    async def _delete(self, checkpoints: Checkpointer, thread_id: str) -> None:
        await checkpoints.adelete_thread(thread_id)
        await asyncio.to_thread(self.register.delete, thread_id)
        await asyncio.to_thread(self.register.delete, SHARED + shared_name(thread_id))

    async def _adopt(self, checkpoints: Checkpointer, thread_id: str) -> None:
        """Take in a thread that has a checkpoint only, as an older Clew left them: its messages become its turns."""
        found = await checkpoints.aget_tuple({"configurable": {"thread_id": thread_id}})
        if found is None:
            return
        values = found.checkpoint["channel_values"]
        at = _seconds(found.checkpoint["ts"])
        turns = _turns_of(values, at)
        if turns:
            await asyncio.to_thread(self.register.record, thread_id, turns, ())
        else:
            await asyncio.to_thread(
                self.register.begin, thread_id, turn_of(values.get("question") or "")["content"], at
            )


def shared_name(thread_id: str) -> str:
    """Return the name of a thread's shared copy: the same every time, and nothing that leads back to the thread."""
    return hashlib.sha256(f"shared {thread_id}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def without_secrets(text: str) -> str:
    """Return what a person wrote with its secrets masked; their own personal data stays, as in the rest of the thread."""
    hidden, table = hide(text, {})
    return reveal(hidden, table)


def _turns_of(values: dict[str, Any], at: float) -> list[Turn]:
    table = values.get("pseudonyms") or {}
    spoken = [turn_of(message) for message in values.get("messages") or []]
    answered = [
        (asked["content"], reply["content"])
        for asked, reply in pairwise(spoken)
        if (asked["role"], reply["role"]) == ("user", "assistant")
    ]
    return [
        Turn.from_json({"question": reveal(question, table), "answer": reveal(answer, table), "asked_at": at})
        for question, answer in answered
    ]


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).astimezone(UTC).timestamp()


def as_markdown(thread: Thread, turns: list[Turn]) -> str:
    """Return a conversation as one Markdown document."""
    lines = [f"# {thread.title}", ""]
    repositories = f" · {', '.join(thread.repositories)}" if thread.repositories else ""
    lines += [f"{_day(thread.created_at)} to {_day(thread.updated_at)}{repositories} · thread `{thread.id}`", ""]
    for turn in turns:
        quoted = "\n".join(f"> {line}".rstrip() for line in turn.question.splitlines() or [""])
        lines += [f"## {turn.number}", "", quoted, "", turn.answer.rstrip(), ""]
        further = [place for place in turn.places if f"`{place}`" not in turn.answer]
        if further:
            lines += ["Further citations: " + ", ".join(f"`{place}`" for place in further), ""]
        if turn.verdict:
            lines += [f"*{turn.verdict} · {turn.level} · release {turn.release[:12]} · {_day(turn.asked_at)}*", ""]
    return "\n".join(lines)


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
