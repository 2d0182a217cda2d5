"""What watching a node and a call of a model finds, with a clock and a timer of the test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from agents.calls.watched_gateway import WatchedGateway
from agents.calls.watching import Call, Latencies, Notice, Visit, Watch, goes_in_circles
from configs.errors import ModelStopped, ModelUnavailable
from configs.release import Limits
from models.provider import Completion

LIMITS = Limits(stuck_s=20, first_word_s=40)


class Hands:
    """A clock that is set by hand; what is due is called when it passes."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def later(self, delay_s: float, look: Callable[[], None]) -> Any:
        entry = (self.now + delay_s, look)
        self.due.append(entry)
        hands = self

        class Handle:
            def cancel(self) -> None:
                if entry in hands.due:
                    hands.due.remove(entry)

        return Handle()

    async def pass_(self, seconds: float) -> None:
        """Let time go by, and everything that waits for it or for the loop have its turn."""
        self.now += seconds
        for entry in [entry for entry in self.due if entry[0] <= self.now]:
            if entry in self.due:
                self.due.remove(entry)
                entry[1]()
        for _ in range(5):
            await asyncio.sleep(0)

    def watch(self) -> Watch:
        return Watch(clock=lambda: self.now, later=self.later)


class Model:
    """A gateway whose model says the given pieces, each when it is let go; it never ends by itself without `ends`."""

    def __init__(self, *pieces: str, ends: bool = True) -> None:
        self.pieces, self.ends = list(pieces), ends
        self.go = asyncio.Queue[None]()
        self.prompt = ""
        self.cancelled = False

    async def write(self, model: str, prompt: str, *, on_token: Any, max_tokens: int, **_: Any) -> Completion:
        self.prompt = prompt
        try:
            for piece in self.pieces:
                await self.go.get()
                await on_token(piece)
            if not self.ends:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return Completion("".join(self.pieces), model, 1, len(self.pieces))


class Run:
    """One visit with one call of a model."""

    def __init__(
        self, hands: Hands, model: Model, *, room: float = 1e9, remaining_s: float = 1e9, schema: Any = None
    ) -> None:
        self.hands, self.model = hands, model
        self.heard: list[str] = []
        self.watch = hands.watch()
        self.visit = self.watch.visit("writer", stuck_s=LIMITS.stuck_s)
        self.gateway = WatchedGateway(model, self.watch, self.visit, LIMITS, room, remaining_s)  # type: ignore[arg-type]
        self.options = {"schema": schema}
        self.task: asyncio.Task[Completion] | None = None

    async def _write(self) -> Completion:
        async def on_token(text: str) -> None:
            self.heard.append(text)

        async with self.visit:
            return await self.gateway.write(
                "m:7b", "Explain `f`. `g` too.", on_token=on_token, max_tokens=100, **self.options
            )

    async def start(self) -> Run:
        self.task = asyncio.ensure_future(self._write())
        await self.hands.pass_(0)
        return self

    async def say(self, count: int = 1) -> None:
        for _ in range(count):
            self.model.go.put_nowait(None)
            await self.hands.pass_(0)

    async def outcome(self) -> Completion | BaseException:
        assert self.task is not None
        (result,) = await asyncio.gather(self.task, return_exceptions=True)
        return result

    @property
    def kinds(self) -> list[str]:
        return [finding.kind for finding in self.visit.findings]


def test_a_model_that_gives_no_first_word_is_stopped_at_once_and_the_host_hears_of_it() -> None:
    async def case() -> None:
        run = await Run(Hands(), Model("never")).start()
        await run.hands.pass_(39)
        assert not run.kinds
        await run.hands.pass_(1)
        assert isinstance(await run.outcome(), ModelStopped)
        assert (run.kinds, run.model.cancelled) == (["stuck"], True)
        assert run.visit.findings[0].message == "m:7b gave no first word for 40 s"
        assert run.visit.stopped is None, "the node goes on without the model"

    asyncio.run(case())


def test_a_model_that_falls_silent_is_stopped_sooner() -> None:
    async def case() -> None:
        run = await Run(Hands(), Model("One. ", "two", ends=False)).start()
        await run.say(2)
        await run.hands.pass_(19)
        assert not run.kinds
        await run.hands.pass_(1)
        assert isinstance(await run.outcome(), ModelStopped)
        assert (run.kinds, run.model.cancelled) == (["stuck"], True)

    asyncio.run(case())


def test_each_word_is_a_sign_of_life() -> None:
    async def case() -> None:
        run = await Run(Hands(), Model(*["word "] * 9)).start()
        for _ in range(9):
            await run.hands.pass_(19)
            await run.say()
        outcome = await run.outcome()
        assert isinstance(outcome, Completion) and not run.kinds

    asyncio.run(case())


def test_the_deadline_ends_a_call_in_the_middle() -> None:
    async def case() -> None:
        run = await Run(Hands(), Model("One. ", "two. ", ends=False), remaining_s=12).start()
        await run.say(2)
        await run.hands.pass_(12)
        assert isinstance(await run.outcome(), ModelStopped)
        assert (run.kinds, run.visit.findings[0].action) == (["deadline"], "downgrade")

    asyncio.run(case())


@pytest.mark.parametrize(
    ("pieces", "room", "kind"),
    [
        (["w "] * 200, 1e9, "budget"),
        (["w "] * 40, 30, "budget"),
        (["the same line over again\n"] * 40, 1e9, "looping"),
        ([f"`Widget{n}` makes `Gadget{n}`. " for n in range(20)], 1e9, "drift"),
    ],
)
def test_a_text_that_goes_wrong_is_stopped_while_it_comes(pieces: list[str], room: float, kind: str) -> None:
    async def case() -> None:
        model = Model(*pieces)
        run = await Run(Hands(), model, room=room).start()
        await run.say(len(pieces))
        assert isinstance(await run.outcome(), ModelStopped)
        assert run.kinds == [kind]
        assert model.go.qsize() > 0, "not all of it was read"

    asyncio.run(case())


def test_a_short_text_about_something_else_asks_for_another_round() -> None:
    async def case() -> None:
        run = await Run(Hands(), Model("`Alpha`, `Beta`, `Gamma` and `Delta` do it; `f` does not.")).start()
        await run.say()
        assert isinstance(await run.outcome(), Completion)
        assert [(f.kind, f.action) for f in run.visit.findings] == [("drift", "reroute")]

    asyncio.run(case())


def canary_in(prompt: str) -> str:
    return next(word.rstrip(".") for word in prompt.split() if word.startswith("zq"))


@pytest.mark.parametrize("schema", [None, {"type": "object"}])
@pytest.mark.parametrize("disguise", [str, " ".join, lambda word: word[::-1], "\n".join])
def test_a_model_that_gives_its_canary_away_is_stopped_before_anybody_reads_it(disguise: Any, schema: Any) -> None:
    async def case() -> None:
        model = Model("It is said. ", "", " And more. ", (schema and "") or "Much more. ")
        run = await Run(Hands(), model, schema=schema).start()
        model.pieces[1] = f"The mark is {disguise(canary_in(model.prompt))}. "
        await run.say(4)
        assert isinstance(await run.outcome(), ModelStopped)
        assert run.kinds == ["canary"]
        shown = "".join(c for c in "".join(run.heard) if c.isalnum()).lower()
        assert canary_in(model.prompt) not in shown and canary_in(model.prompt)[::-1] not in shown

    asyncio.run(case())


def test_a_canary_in_the_escapes_of_json_is_one_too() -> None:
    async def case() -> None:
        model = Model('{"answer": "It is. ', "", '"}')
        run = await Run(Hands(), model, schema={"type": "object"}).start()
        model.pieces[1] = "".join(f"\\u{ord(c):04x}" for c in canary_in(model.prompt)) + ". "
        await run.say(3)
        assert isinstance(await run.outcome(), ModelStopped)
        assert run.kinds == ["canary"]

    asyncio.run(case())


def test_what_was_read_out_of_json_is_filtered_on_its_way_to_the_stream() -> None:
    async def case() -> None:
        run = await Run(Hands(), Model("Fine."), schema={"type": "object"}).start()
        await run.say()
        await run.outcome()
        seen: list[Any] = []
        run.visit.tap(seen.append)({"event": "token", "text": "![x](https://evil.example/y)", "segment": 0})
        assert seen == [{"event": "token", "text": "[image: x]", "segment": 0}]

    asyncio.run(case())


def test_each_call_has_a_canary_of_its_own() -> None:
    async def case() -> None:
        hands = Hands()
        marks = set()
        for _ in range(3):
            run = await Run(hands, Model("Fine.")).start()
            await run.say()
            await run.outcome()
            marks.add(canary_in(run.model.prompt))
        assert len(marks) == 3

    asyncio.run(case())


def test_addresses_that_the_prompt_does_not_hold_are_gone_from_draft_and_text() -> None:
    async def case() -> None:
        run = await Run(Hands(), Model("See ![x](htt", "ps://evil.example/a?b=c). ", "Also `f`. ")).start()
        await run.say(3)
        outcome = await run.outcome()
        assert isinstance(outcome, Completion)
        assert outcome.text == "See [image: x]. Also `f`. "
        assert "".join(run.heard) == outcome.text

    asyncio.run(case())


def test_errors_of_the_host_stay_what_they_are() -> None:
    class Broken(Model):
        async def write(self, *_: Any, **__: Any) -> Completion:
            raise ModelUnavailable("gone")

    async def case() -> None:
        run = await Run(Hands(), Broken()).start()
        assert isinstance(await run.outcome(), ModelUnavailable)

    asyncio.run(case())


def test_a_node_without_progress_is_stopped() -> None:
    async def case() -> None:
        hands = Hands()
        visit = hands.watch().visit("doc_specialist", stuck_s=20)

        async def node() -> None:
            async with visit:
                await asyncio.Event().wait()

        task = asyncio.ensure_future(node())
        await hands.pass_(0)
        await hands.pass_(19)
        visit.alive()
        await hands.pass_(19)
        assert not task.done()
        await hands.pass_(1)
        with pytest.raises(TimeoutError):
            await task
        assert visit.stopped is not None and visit.stopped.kind == "stuck"

    asyncio.run(case())


def test_a_tool_that_the_plan_lets_follow_is_no_surprise() -> None:
    async def case() -> None:
        visit = Hands().watch().visit("code_analyst", stuck_s=20, operation="callers", then=frozenset({"tests"}))
        async with visit:
            write = visit.tap(lambda _: None)
            write({"event": "tool_started", "tool": "callers"})
            write({"event": "tool_started", "tool": "tests"})
        assert visit.findings == []

    asyncio.run(case())


def test_a_tool_that_the_task_does_not_name_stops_the_node() -> None:
    async def case() -> None:
        visit = Hands().watch().visit("code_analyst", stuck_s=20, operation="callers")
        seen: list[Any] = []
        with pytest.raises(TimeoutError):
            async with visit:
                write = visit.tap(seen.append)
                write({"event": "tool_started", "tool": "callers"})
                write({"event": "evidence", "count": 1})
                write({"event": "tool_started", "tool": "write_file"})
                await asyncio.Event().wait()
        assert visit.tools == ["callers", "write_file"]
        assert [f.kind for f in visit.findings] == ["unplanned_tool"]
        assert len(seen) == 3, "the stream goes on to who listens"

    asyncio.run(case())


def test_an_unusual_latency_is_noticed_while_it_happens() -> None:
    async def case() -> None:
        hands = Hands()
        watch = hands.watch()
        for _ in range(Latencies.LEAST):
            watch.latencies.add("planner", 500.0)
        visit = watch.visit("planner", stuck_s=100)
        async with visit:
            await hands.pass_(1.9)
            assert not visit.findings
            await hands.pass_(0.2)
            assert [(f.kind, f.severity) for f in visit.findings] == [("unusual_latency", "info")]
            await hands.pass_(5)
        assert len(visit.findings) == 1

    asyncio.run(case())


def test_latencies_are_bounded_and_need_enough_of_them() -> None:
    latencies = Latencies()
    for n in range(10_000):
        latencies.add("writer", float(n))
    assert len(latencies._kept["writer"]) == Latencies.KEPT
    assert latencies.unusual_ms("writer") > 4 * 9_900
    latencies.add("planner", 1.0)
    assert latencies.unusual_ms("planner") == float("inf")


@pytest.mark.parametrize(
    ("text", "circles"),
    [
        ("It is so. " * 4, True),
        ("a long line of a text that a model repeats\n" * 5, True),
        ("It is so. " * 3, False),
        ("| --- | --- | --- | --- |", False),
        ("=" * 400, False),
        ("".join(f"- `call_{n}` is called here\n" for n in range(30)), False),
    ],
)
def test_going_in_circles(text: str, circles: bool) -> None:
    assert goes_in_circles(text) is circles


def test_watching_costs_less_than_a_millisecond_a_run() -> None:
    """Nine visits of nodes and 300 tokens of a model, against the same without watching."""

    async def case() -> float:
        watch = Watch()
        best = 9.0
        for _ in range(5):
            started = time.process_time()
            for _ in range(9):
                visit = watch.visit("planner", stuck_s=20)
                async with visit:
                    visit.tap(lambda _: None)({"event": "token"})
            call = Call("m", 1e9, 0.0, 9.0, 9.0, 10_000, "prompt", lambda _: None)
            for n in range(300):
                assert call.heard(f"word{n} ", 0.0) is None
            best = min(best, time.process_time() - started)
        return best

    assert asyncio.run(case()) < 0.010


def test_kinds_of_notice_are_typed() -> None:
    assert {notice.value for notice in Notice} >= {"stuck", "looping", "deadline", "budget", "drift", "unusual_latency"}
    assert isinstance(Watch().visit("x", stuck_s=1), Visit)
