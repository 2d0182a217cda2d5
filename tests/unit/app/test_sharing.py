"""What processes share: leases that end with who held them, and a state that cannot be had."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app import sharing as sharing_module
from app.rest.api import shared_runs
from app.rest.api.run import Run
from app.rest.api.runs import Runs
from app.rest.api.shared_runs import Elsewhere, SharedRuns
from app.rest.repeats import Repeats
from app.rest.server import create_app
from app.sharing import Sharing
from configs.errors import RateLimited, StoreUnavailable, UnknownRun
from knowledge.backends.sqlite_shared import SqliteShared
from knowledge.scope import EVERYTHING, Scope
from ops.policy.queueing import FairQueue
from tests.clock import Clock
from tests.unit.app.rest.test_api_chat import events_of, question, within
from tests.unit.app.rest.test_server import Composition, Endless, Scripted


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000.0)


class Two:
    """What two processes of one server share, and what each knows of it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.one = Sharing(SqliteShared(path, clock=clock))
        self.other = Sharing(SqliteShared(path, clock=clock))

    def close(self) -> None:
        self.one.close()
        self.other.close()


@pytest.fixture
def two(tmp_path: Path, clock: Clock) -> Any:
    both = Two(tmp_path / "shared.db", clock)
    yield both
    both.close()


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, timeout=20))


def test_what_a_dead_process_had_begun_may_be_begun_again(two: Two, clock: Clock) -> None:
    async def work() -> None:
        assert await two.one.claim("k", b"begun") is None
        assert await two.other.claim("k", b"mine") == b"begun"
        clock.now += sharing_module.LEASE_S + 1
        assert await two.other.claim("k", b"mine") is None

    run(work())


def test_leases_are_renewed_while_a_process_lives(two: Two, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing_module, "RENEWED_EVERY_S", 0.001)

    async def work() -> None:
        async with two.one.running():
            await two.one.claim("k", b"begun")
            place = await two.one.take("a", total=1, each=0)
            for _ in range(4):
                clock.now += sharing_module.LEASE_S * 0.7
                renewed = clock.now + sharing_module.LEASE_S
                while min(_until(two.other.state, "k"), _place_until(two.other.state)) < renewed:  # noqa: ASYNC110 - another task's
                    await asyncio.sleep(0)
            assert await two.other.take("b", total=1, each=0) is None
            assert place is not None
            await two.one.leave(place)
            assert await two.other.take("b", total=1, each=0)

    run(work())


def _until(state: Any, key: str) -> float:
    return float(state._connection.execute("SELECT until FROM things WHERE key = ?", (key,)).fetchone()[0])


def _place_until(state: Any) -> float:
    return float(state._connection.execute("SELECT until FROM places").fetchone()[0])


class Gone:
    """A state that nobody can reach."""

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> Any:
            raise StoreUnavailable(f"no {name}")

        return fail

    def close(self) -> None:
        """Nothing is open."""


def test_without_what_is_shared_each_process_acts_alone() -> None:
    alone = Sharing(Gone())

    async def work() -> None:
        assert await alone.claim("k", b"1") is None
        assert await alone.get("k") is None
        assert await alone.since("k", 0) == []
        assert await alone.take("a", total=1, each=1)
        await alone.settle("k", b"1", 1.0)
        async with FairQueue(total=1, each=1, waiting=1, wait_s=1, common=alone).place("a"):
            """A question is answered."""

    run(work())
    alone.close()


def test_places_of_two_processes_are_counted_together(two: Two) -> None:
    async def work() -> None:
        queues = [FairQueue(total=1, each=1, waiting=9, wait_s=0.2, common=one) for one in (two.one, two.other)]
        async with queues[0].place("a"):
            with pytest.raises(RateLimited, match="no place became free"):
                async with queues[1].place("b"):
                    """There is none."""
        async with queues[1].place("b"):
            """There is one."""

    run(work())


class Counting:
    """An application that says how often it did something; it waits for `go` where it is set."""

    def __init__(self, sharing: Sharing, status: int = 200) -> None:
        self.done = 0
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.go.set()
        self.app = FastAPI()
        self.app.add_middleware(Repeats, sharing=sharing)

        @self.app.post("/api/v1/do", status_code=status)
        async def do() -> dict[str, int]:
            self.done += 1
            self.begun.set()
            await self.go.wait()
            return {"count": self.done}


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


KEY = {"idempotency-key": "k"}


def test_another_process_waits_for_the_reply_and_gives_the_same(two: Two) -> None:
    async def work() -> None:
        first, second = Counting(two.one), Counting(two.other)
        first.go.clear()
        async with client_of(first.app) as one, client_of(second.app) as other:
            asked = asyncio.create_task(one.post("/api/v1/do", content=b"a", headers=KEY))
            await first.begun.wait()
            repeated = asyncio.create_task(other.post("/api/v1/do", content=b"a", headers=KEY))
            changed = await other.post("/api/v1/do", content=b"b", headers={**KEY, "x": "y"})
            first.go.set()
            assert (await asked).json() == (await repeated).json() == {"count": 1}
            assert (await repeated).headers["idempotency-replayed"] == "true"
            assert changed.json()["code"] == "idempotency_mismatch"
        assert (first.done, second.done) == (1, 0)

    run(work())


def test_what_may_work_later_is_tried_by_the_other_process(two: Two) -> None:
    async def work() -> None:
        first, second = Counting(two.one, 503), Counting(two.other)
        async with client_of(first.app) as one, client_of(second.app) as other:
            assert (await one.post("/api/v1/do", content=b"a", headers=KEY)).status_code == 503
            assert (await other.post("/api/v1/do", content=b"a", headers=KEY)).status_code == 200

    run(work())


def test_a_stream_is_read_on_and_stopped_from_another_process(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_runs, "WISHES_EVERY_S", 0.01)
    monkeypatch.setattr(shared_runs, "LOOKED_EVERY_S", 0.001)

    async def work(client: httpx.AsyncClient) -> None:
        endless = Endless()
        runs = Runs(30.0, shared=SharedRuns(two.other))
        here = Runs(30.0, shared=SharedRuns(two.one))
        run_here = here.begin(endless.stream(None), EVERYTHING, "r")  # type: ignore[arg-type]
        await endless.started.wait()
        with pytest.raises(UnknownRun):
            await runs.get(run_here.id, Scope(frozenset()))
        there = await _found(runs, run_here.id)
        assert isinstance(there, Elsewhere)
        following = runs.follow(there)
        assert b"event: started" in await anext(following)
        await runs.stop(there)
        rest = [content async for content in following]
        assert b"event: stopped" in rest[-1]
        await endless.ended.wait()
        assert client is not None
        finished = await client.post("/api/v1/chat", json=question(stream=True))
        known = await _found(runs, finished.headers["x-clew-stream-id"])
        told = "".join([content.decode() async for content in runs.follow(known, 2)])
        names = [name for _, name, _ in events_of(finished.text) if name != "draft"]
        assert [name for _, name, _ in events_of(told)] == names[2:]
        await here.close()

    composition = Composition(tmp_path, Scripted())
    composition.sharing = two.one
    within(create_app(composition), work)


async def _found(runs: Runs, run_id: str) -> Any:
    """Wait until a run has been told of."""
    while True:
        try:
            return await runs.get(run_id, EVERYTHING)
        except UnknownRun:
            await asyncio.sleep(0)


def test_a_run_that_ended_at_once_is_running_for_others_until_its_events_are_told(
    two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        quick = Run("r1", "", EVERYTHING, "r")
        quick.tell("started", {})
        quick.tell("final", {})
        quick.end("finished")
        here, there = SharedRuns(two.one), SharedRuns(two.other)
        states: list[str] = []
        append = two.one.append

        async def watched(*told: Any) -> None:
            known = await there.get(quick.id)
            states.append(known.state if known is not None else "")
            await append(*told)

        monkeypatch.setattr(two.one, "append", watched)
        await here.tell(quick)
        known = await there.get(quick.id)
        assert (states, known.state if known is not None else "") == (["running"], "finished")

    run(work())


def test_a_run_whose_process_died_ends_with_an_error_that_says_so(
    two: Two, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_runs, "LOOKED_EVERY_S", 0.001)

    async def work() -> None:
        endless = Endless()
        here, there = Runs(30.0, shared=SharedRuns(two.one)), Runs(30.0, shared=SharedRuns(two.other))
        begun = here.begin(endless.stream(None), EVERYTHING, "r")  # type: ignore[arg-type]
        await endless.started.wait()
        found = await _found(there, begun.id)
        while not await two.other.since(f"events:{begun.id}", 0):  # noqa: ASYNC110 - another task's
            await asyncio.sleep(0)
        clock.now += sharing_module.LEASE_S + 1
        assert (await there.get(begun.id, EVERYTHING)).state == "failed"
        told = "".join([content.decode() async for content in there.follow(found)])
        assert events_of(told)[-1][1] == "error"
        assert events_of(told)[-1][2]["code"] == "store_unavailable"
        await here.close()

    run(work())
