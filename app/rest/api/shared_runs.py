"""Streamed answers as all processes of a server know them: the one that runs an answer tells the others its events, and they read them on.

Events go there a moment after they were told, many at once, without drafts. The others can have a run stopped, and keep it from being
taken for abandoned while they read it. A run whose process died ends with an error that says so.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import msgspec

from app.rest.api.run import FALLIBLE, Run
from app.rest.api.sse import encoded
from app.rest.problems import refusal_of
from app.sharing import Sharing
from configs.errors import StoreUnavailable
from knowledge.scope import Scope

KEPT_S = 300.0
RUNNING_S = 3_600.0
"""Longest that a running answer's events are kept: nothing runs for so long."""
TOGETHER_S = 0.03
"""How long the first event waits for others."""
LOOKED_EVERY_S = 0.1
LOOKED_LEAST_EVERY_S = 1.0
"""How often another process looks for more events; less and less often while there are none."""
WISHES_EVERY_S = 0.5
READING_S = 3.0
"""How long a wish to go on is good for; it is repeated each second."""
STOP, READ = b"stop", b"read"


class Record(msgspec.Struct):
    """A run as it stands."""

    owner: str
    repositories: list[str] | None
    request_id: str
    state: str
    answer: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A run of another process."""

    id: str
    owner: str
    scope: Scope
    request_id: str
    state: str
    answer: dict[str, Any] | None


class SharedRuns:
    """The runs of all processes, by their ids."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing
        self._mirrors: dict[str, Run] = {}

    async def tell(self, run: Run) -> None:
        """Tell of a run of this process until it has ended."""
        sharing, sent = self._sharing, 0
        await sharing.lease(_alive(run.id))
        # Running, even if it has ended by now: what is written down as ended has all its events told.
        await sharing.put(_record(run.id), _packed(run, "running"), RUNNING_S)
        try:
            while True:
                waiting, running = run.changed, run.is_running
                told = run.since(sent)
                if told:
                    sent = told[-1].number
                    rows = [b"%d %s" % (one.number, one.content) for one in told if one.name not in FALLIBLE]
                    await sharing.append(_events(run.id), rows, RUNNING_S if running else KEPT_S)
                if not running:
                    break
                try:
                    async with asyncio.timeout(WISHES_EVERY_S):
                        await waiting.wait()
                    await asyncio.sleep(TOGETHER_S)
                except TimeoutError:
                    await self._heed(run)
        finally:
            await sharing.put(_record(run.id), _packed(run), KEPT_S)
            await sharing.release(_alive(run.id))

    async def get(self, run_id: str) -> Elsewhere | None:
        held = await self._sharing.get(_record(run_id))
        if held is None:
            return None
        one = msgspec.msgpack.decode(held, type=Record)
        state = one.state
        if state == "running" and await self._sharing.get(_alive(run_id)) is None:
            state = "failed"
        scope = Scope(None if one.repositories is None else frozenset(one.repositories))
        return Elsewhere(run_id, one.owner, scope, one.request_id, state, one.answer)

    async def stop(self, run_id: str) -> None:
        await self._sharing.put(_wish(run_id), STOP, KEPT_S)

    def mirrored(self, there: Elsewhere, mirror: Run) -> Run:
        """Return the run as it is read here: one for all its readers, filled while there are any. mirror: an empty one."""
        known = self._mirrors.get(there.id)
        if known is None or not known.is_running:
            known = self._mirrors[there.id] = mirror
            mirror.task = asyncio.create_task(self._read_on(there, mirror))
            mirror.task.add_done_callback(lambda _: self._mirrors.pop(there.id, None))
        return known

    async def _read_on(self, there: Elsewhere, mirror: Run) -> None:
        read, pause_s, wished_at = 0, LOOKED_EVERY_S, 0.0
        while True:
            now = time.monotonic()
            if mirror.readers and now - wished_at >= 1.0:
                wished_at = now
                await self._sharing.put(_wish(there.id), READ, READING_S)
            standing = await self.get(there.id)  # before its events: what it told last is among them then
            rows = await self._sharing.since(_events(there.id), read)
            read += len(rows)
            for row in rows:
                number, _, content = row.partition(b" ")
                mirror.repeat(int(number), content)
            if standing is None or (standing.state == "failed" and await self._is_lost(there.id)):
                last = mirror.told[-1].number if mirror.told else 0
                mirror.repeat(last + 1, _lost(there, last + 1))
                mirror.end("failed")
                return
            if standing.state != "running":
                mirror.end(standing.state)
                return
            pause_s = LOOKED_EVERY_S if rows else min(pause_s * 1.5, LOOKED_LEAST_EVERY_S)
            await asyncio.sleep(pause_s)

    async def _is_lost(self, run_id: str) -> bool:
        """Tell whether a run ended with its process: nobody has written down how it ended."""
        held = await self._sharing.get(_record(run_id))
        return held is None or msgspec.msgpack.decode(held, type=Record).state == "running"

    async def _heed(self, run: Run) -> None:
        """Do what other processes wish: stop the run, or let it go on without a reader here."""
        wish = await self._sharing.get(_wish(run.id))
        if wish == STOP and run.task is not None:
            run.task.cancel()
        elif wish == READ:
            run.postpone()


def _packed(run: Run, state: str = "") -> bytes:
    names = run.scope.repositories
    answer = None if state else run.answer
    return msgspec.msgpack.encode(
        Record(run.owner, None if names is None else sorted(names), run.request_id, state or run.state, answer)
    )


def _lost(run: Elsewhere, number: int) -> bytes:
    error = StoreUnavailable("the process that was answering has ended", next_step="ask again")
    return encoded("error", refusal_of(error).problem(run.request_id), f"{run.id}.{number}")


def _record(run_id: str) -> str:
    return f"run:{run_id}"


def _events(run_id: str) -> str:
    return f"events:{run_id}"


def _alive(run_id: str) -> str:
    return f"alive:{run_id}"


def _wish(run_id: str) -> str:
    return f"wish:{run_id}"
