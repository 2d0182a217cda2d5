"""The assistant of several people: turns, tokens, and threads that are each one's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.events import Answer, AnswerReady, AskedBack, Progress
from app.asking import Asked
from app.known_callers import WITHHELD, CallersAssistant, OwnConversations, owned, shown_job
from configs.errors import PolicyError, RateLimited, StoreUnavailable, UnknownThread
from configs.settings import RateSettings
from graph.checkpoints import sqlite_checkpoints
from graph.conversations import Conversations, as_markdown
from knowledge.backends.sqlite_threads import SqliteThreads
from knowledge.jobs import Job, JobState, Order
from knowledge.principals import Principal
from knowledge.scope import Scope
from knowledge.threads import Turn
from ops.policy.access import NOTHING, Grants
from ops.policy.callers import Caller
from ops.policy.queueing import FairQueue
from ops.policy.rates import Rates

ANSWER = Answer(
    answer="yes",
    level="structural",
    citations=(),
    claims=(),
    unknowns=(),
    known_errors=(),
    route="",
    model=None,
    release="",
    usage={"input_tokens": 90, "output_tokens": 20},
    cost_usd=0.0,
    latency_ms=1.0,
    run_id="r",
    thread_id="",
    verdict="found",
)
BACK = AskedBack("which", "which?", (), "which?", "")


def person(name: str, *granted: str) -> Caller:
    scope = Scope(frozenset(granted))
    return Caller(Principal(name, name), Grants(scope, NOTHING, NOTHING, False), frozenset({"ask"}))


ANN, BOB = person("ann", "shop"), person("bob", "shop")


class Scripted:
    """Answers, and remembers what it was asked."""

    def __init__(self, event: AskedBack | None = None) -> None:
        self.asked: list[Asked] = []
        self._event = event

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        self.asked.append(asked)
        await asyncio.sleep(0)
        if self._event is not None:
            yield replace(self._event, thread_id=asked.thread_id or "")
        else:
            yield AnswerReady(replace(ANSWER, thread_id=asked.thread_id or ""))


def assistant(scripted: Scripted, one: Caller, register: Any = None, **rates: int) -> CallersAssistant:
    values = {"user_answers": 2, "answers": 3, **rates}
    settings = RateSettings.model_validate(values)
    queue = FairQueue(total=settings.answers, each=settings.user_answers, waiting=settings.waiting, wait_s=5)
    return CallersAssistant(scripted, lambda: register, lambda: one, queue, Rates(settings))


async def answers(one: CallersAssistant, thread_id: str | None = None) -> list[Progress]:
    async with aclosing(one.stream(Asked("why?", None, "auto", "default", thread_id))) as events:
        return [event async for event in events]


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    return Conversations(SqliteThreads(tmp_path / "turns.db"), lambda: _opened(tmp_path / "threads.db"))


@asynccontextmanager
async def _opened(path: Path) -> Any:
    async with sqlite_checkpoints(path) as checkpoints:
        yield checkpoints


def turn(text: str) -> Turn:
    return Turn(0, 1.0, text, "answer", "found", "structural", "r", "run")


def test_a_thread_is_kept_for_its_principal_and_told_by_its_name(conversations: Conversations) -> None:
    scripted = Scripted()
    (ready,) = asyncio.run(answers(assistant(scripted, ANN, conversations.register), "mine"))
    assert scripted.asked[0].thread_id == owned("ann", "mine") != owned("bob", "mine")
    assert isinstance(ready, AnswerReady)
    assert ready.answer.thread_id == "mine"
    (back,) = asyncio.run(answers(assistant(Scripted(BACK), ANN, conversations.register), "mine"))
    assert isinstance(back, AskedBack)
    assert back.thread_id == "mine"


def test_names_of_principals_and_threads_cannot_be_mixed_up() -> None:
    assert len({owned(who, name) for who in ("a", "ab", "a b") for name in ("c", "bc", "b c", "")}) == 12


def test_each_lists_reads_renames_and_deletes_its_own(conversations: Conversations) -> None:
    for who in ("ann", "bob"):
        conversations.register.record(owned(who, "t"), [turn(f"{who} asks")], ("shop",))
    mine = OwnConversations(conversations, "ann", Scope(frozenset({"shop"})))
    assert [(one.id, one.title) for one in asyncio.run(mine.find())] == [("t", "ann asks")]
    asyncio.run(mine.rename("t", "better"))
    thread, turns = asyncio.run(mine.get("t"))
    assert (thread.id, thread.title, turns[0].question) == ("t", "better", "ann asks")
    asyncio.run(mine.delete("t"))
    with pytest.raises(UnknownThread, match="no thread 't'"):
        asyncio.run(mine.get("t"))
    others = OwnConversations(conversations, "bob", Scope(frozenset({"shop"})))
    assert len(asyncio.run(others.find())) == 1


def test_what_is_no_longer_granted_is_withheld_and_the_thread_stays_its_principals(
    conversations: Conversations,
) -> None:
    told = [
        replace(turn(question), places=(f"{question}.py:1",), repositories=cited)
        for question, cited in (("a", ("shop",)), ("b", ("shop", "till")), ("c", ()), ("d", None))
    ]
    conversations.register.record(owned("ann", "t"), told, ("shop", "till"))
    mine = OwnConversations(conversations, "ann", Scope(frozenset({"shop"})))
    assert [(one.id, one.turns, one.repositories) for one in asyncio.run(mine.find())] == [("t", 4, ("shop",))]
    thread, turns = asyncio.run(mine.get("t"))
    assert (thread.id, thread.repositories) == ("t", ("shop",))
    assert [one.question for one in turns] == ["a", "b", "c", "d"], "what somebody asked is their own"
    assert [(one.answer == WITHHELD, bool(one.places)) for one in turns] == [
        (False, True), (True, False), (False, True), (True, False),
    ]  # fmt: skip
    assert "b.py" not in as_markdown(thread, turns)
    everything = OwnConversations(conversations, "ann", Scope(frozenset({"shop", "till"})))
    assert all(one.answer != WITHHELD for one in asyncio.run(everything.get("t"))[1])
    name = asyncio.run(mine.share("t"))
    assert len(asyncio.run(everything.shared(name))[1]) == 4
    with pytest.raises(UnknownThread):
        asyncio.run(mine.shared(name))
    scripted = Scripted()
    with pytest.raises(PolicyError, match="no longer granted"):
        asyncio.run(answers(assistant(scripted, ANN, conversations.register), "t"))
    assert scripted.asked == []
    asyncio.run(answers(assistant(scripted, person("ann", "shop", "till"), conversations.register), "t"))
    assert len(scripted.asked) == 1
    asyncio.run(mine.rename("t", "x"))
    asyncio.run(mine.delete("t"))
    for act in (mine.get("t"), mine.rename("t", "x"), mine.delete("t"), mine.share("t")):
        with pytest.raises(UnknownThread) as caught:
            asyncio.run(act)
        assert "\x1f" not in caught.value.message


def test_a_thread_whose_answers_cite_nothing_is_its_principals_and_nobody_elses(conversations: Conversations) -> None:
    conversations.register.record(owned("ann", "t"), [replace(turn("what is this?"), repositories=())], ())
    mine, none = (OwnConversations(conversations, "ann", Scope(frozenset(names))) for names in (("shop",), ()))
    for one in (mine, none):
        assert [thread.id for thread in asyncio.run(one.find())] == ["t"]
        assert asyncio.run(one.get("t"))[1][0].answer != WITHHELD
    name = asyncio.run(mine.share("t"))
    with pytest.raises(UnknownThread):
        asyncio.run(OwnConversations(conversations, "bob", Scope(frozenset({"shop"}))).shared(name))


def test_where_a_repository_lies_is_for_who_looks_after_the_server() -> None:
    error = {"code": "indexing", "message": "'/srv/code/shop' holds no file", "next_step": ""}
    job = Job(
        "a" * 32, Order("/srv/code/shop", "shop"), JobState.FAILED, 1.0, report={"root": "/srv/code/shop"}, error=error
    )
    root = replace(ANN, grants=replace(ANN.grants, admin=True))
    assert shown_job(root, job) is job
    shown = shown_job(ANN, job)
    assert "/srv" not in repr(shown)
    assert (shown.order.repository, shown.report, shown.error["message"] if shown.error else "") == (
        "shop", {"root": ""}, "'shop' holds no file",
    )  # fmt: skip
    dropped = replace(job, report={"repository": "shop", "dropped": True}, error=None)
    assert (shown_job(ANN, dropped).report, shown_job(ANN, dropped).error) == (dropped.report, None)


def test_tokens_of_an_answer_count_for_who_asked() -> None:
    async def run() -> None:
        one = assistant(Scripted(), ANN, user_tokens=100)
        assert len(await answers(one)) == 1
        with pytest.raises(RateLimited):
            await answers(one)

    asyncio.run(run())


def test_a_key_that_may_not_ask_asks_nothing() -> None:
    scripted, one = Scripted(), replace(ANN, rights=frozenset({"read"}))
    with pytest.raises(PolicyError, match="may not ask"):
        asyncio.run(answers(assistant(scripted, one)))
    assert scripted.asked == []


def test_a_client_that_leaves_gives_its_place_back() -> None:
    async def run() -> None:
        one = assistant(Scripted(), ANN, answers=1, user_answers=1)
        for _ in range(3):
            events = one.stream(Asked("why?", None, "auto", "default"))
            await anext(events)
            await events.aclose()
        async with asyncio.timeout(2):
            assert len(await answers(one)) == 1

    asyncio.run(run())


class NoRegister:
    """Where threads are kept, and nobody answers."""

    def get(self, thread_id: str) -> Any:
        raise StoreUnavailable(f"nobody knows {thread_id!r} now")


def test_a_thread_that_cannot_be_looked_at_is_not_gone_on_with() -> None:
    scripted = Scripted()
    *_, last = asyncio.run(answers(assistant(scripted, ANN, NoRegister()), "t"))
    assert [asked.thread_id for asked in scripted.asked] == [None]
    assert isinstance(last, AnswerReady)
    assert last.answer.findings[-1]["kind"] == "store_unavailable"
