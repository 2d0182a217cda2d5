"""Threads over the whole assistant: turns one by one, asked back and gone on, kept, listed, expired, and begun long ago."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.events import Answer, AnswerReady, AskedBack, Progress
from agents.services import Services
from app.asking import Asked
from app.assistant import GraphAssistant
from configs.errors import StoreUnavailable, ThreadBusy, UnknownThread
from graph.checkpoints import sqlite_checkpoints
from graph.conversations import DAY_S, Conversations, as_markdown
from knowledge.backends.sqlite_threads import SqliteThreads

STORED = Path(__file__).parent / "stored"
WHO = Asked("Who calls total?", None, "extractive", "default", "t")
SECRET = "ghp_" + "a1B2" * 9
MAIL = "ada.hopper@fernpost.de"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Conversations]:
    register = SqliteThreads(tmp_path / "transcripts.db")
    yield Conversations(register, lambda: sqlite_checkpoints(tmp_path / "threads.db"), wait_s=20)
    register.close()


def asking(services: Services, conversations: Conversations) -> GraphAssistant:
    return GraphAssistant(services, lambda: conversations)


async def ended(assistant: GraphAssistant, asked: Asked) -> Answer | AskedBack:
    last: Progress | None = None
    async for event in assistant.stream(asked):
        last = event
    assert isinstance(last, AnswerReady | AskedBack)
    return last.answer if isinstance(last, AnswerReady) else last


def checkpoints_of(tmp_path: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(tmp_path / "threads.db")) as database:
        return database.execute("SELECT thread_id, count(*) FROM checkpoints GROUP BY thread_id").fetchall()


def test_a_thread_asks_back_and_goes_on_with_the_number_in_the_next_message(
    bookshop: Services, kept: Conversations
) -> None:
    assistant = asking(bookshop, kept)

    async def talk() -> tuple[Answer | AskedBack, Answer | AskedBack, Answer | AskedBack]:
        first = await ended(assistant, replace(WHO, may_ask=True))
        second = await ended(assistant, replace(WHO, question="2", may_ask=True))
        third = await ended(assistant, replace(WHO, question="What does it call?", may_ask=True))
        return first, second, third

    first, second, third = asyncio.run(talk())
    (thread,) = asyncio.run(kept.find())
    assert (thread.title, thread.turns) == ("Who calls total?", 2)
    assert isinstance(first, AskedBack)
    assert first.thread_id == "t"
    assert [choice["label"] for choice in first.choices][-1] == "all of them"
    assert isinstance(second, Answer)
    assert "no call of `shop.orders.GiftOrder.total`" in second.answer
    assert isinstance(third, Answer)
    assert "discount" in third.answer, "the choice is what `it` means from now on"
    assert [turn.question for turn in kept.register.turns("t")] == ["Who calls total?", "What does it call?"]


def test_another_question_instead_of_a_choice_is_answered(bookshop: Services, kept: Conversations) -> None:
    assistant = asking(bookshop, kept)

    async def talk() -> Answer | AskedBack:
        await ended(assistant, replace(WHO, may_ask=True))
        return await ended(assistant, replace(WHO, question="Who calls discount?", may_ask=True))

    answer = asyncio.run(talk())
    assert isinstance(answer, Answer)
    assert answer.verdict == "found"
    assert "shop.pricing.discount" in answer.answer


def test_without_a_thread_the_question_is_asked_again_with_its_reply(bookshop: Services, kept: Conversations) -> None:
    assistant = asking(bookshop, kept)
    alone = replace(WHO, thread_id=None, may_ask=True)
    assert isinstance(asyncio.run(ended(assistant, alone)), AskedBack)
    answer = asyncio.run(ended(assistant, replace(alone, replies=("1",))))
    assert isinstance(answer, Answer)
    assert "`shop.orders.Order.total` has **2 callers**" in answer.answer
    every = asyncio.run(ended(assistant, replace(alone, replies=("3",))))
    assert isinstance(every, Answer)
    assert "Order.total` has **2 callers**" in every.answer
    assert "no call of `shop.orders.GiftOrder.total`" in every.answer
    assert kept.register.find() == []


def test_where_nobody_can_be_asked_all_candidates_are_the_answer(bookshop: Services, kept: Conversations) -> None:
    answer = asyncio.run(ended(asking(bookshop, kept), WHO))
    assert isinstance(answer, Answer)
    assert answer.verdict == "ambiguous"


def test_turns_of_one_thread_wait_for_each_other(bookshop: Services, kept: Conversations) -> None:
    assistant = asking(bookshop, kept)
    questions = ["Who calls discount?", "Explain Order", "Who calls with_tax?", "What does checkout call?"]

    async def together() -> list[Answer | AskedBack]:
        return await asyncio.gather(*(ended(assistant, replace(WHO, question=one)) for one in questions))

    answers = asyncio.run(together())
    assert all(isinstance(one, Answer) and one.verdict == "found" for one in answers)
    turns = kept.register.turns("t")
    assert sorted(turn.question for turn in turns) == sorted(questions)
    assert [turn.number for turn in turns] == [1, 2, 3, 4]


def test_who_waits_too_long_is_told(bookshop: Services, kept: Conversations) -> None:
    hasty = replace(kept, wait_s=0.0)
    release = kept.register.try_lock("t")
    assert release is not None
    with pytest.raises(ThreadBusy, match="still being answered") as caught:
        asyncio.run(ended(asking(bookshop, hasty), WHO))
    assert caught.value.retryable
    release()
    assert isinstance(asyncio.run(ended(asking(bookshop, hasty), WHO)), Answer)


def test_a_turn_that_fails_lets_the_thread_go(bookshop: Services, kept: Conversations) -> None:
    assistant = asking(bookshop, replace(kept, wait_s=0.0))

    async def given_up() -> None:
        stream = assistant.stream(WHO)
        async for _ in stream:
            break
        await stream.aclose()

    asyncio.run(given_up())
    assert isinstance(asyncio.run(ended(assistant, WHO)), Answer)


def test_old_checkpoints_do_not_pile_up(bookshop: Services, kept: Conversations, tmp_path: Path) -> None:
    assistant = asking(bookshop, kept)
    for question in ("Who calls discount?", "Explain Order", "Who calls with_tax?"):
        asyncio.run(ended(assistant, replace(WHO, question=question)))
    assert checkpoints_of(tmp_path) == [("t", 1)]


def test_a_thread_that_nobody_used_is_deleted(bookshop: Services, kept: Conversations, tmp_path: Path) -> None:
    now = [1_000_000.0]
    bounded = replace(kept, ttl_days=2, clock=lambda: now[0])
    assistant = asking(bookshop, bounded)
    for name in ("old", "used"):
        asyncio.run(ended(assistant, replace(WHO, thread_id=name)))
    now[0] += 1.5 * DAY_S
    asyncio.run(ended(assistant, replace(WHO, thread_id="used")))
    now[0] += 1.5 * DAY_S
    assert [thread.id for thread in asyncio.run(bounded.find())] == ["used"]
    assert [name for name, _ in checkpoints_of(tmp_path)] == ["used"]
    now[0] += 9 * DAY_S
    asyncio.run(ended(assistant, replace(WHO, question="What does it call?", thread_id="used")))
    assert [turn.number for turn in kept.register.turns("used")] == [1], "what expired is not continued"
    assert [thread.id for thread in asyncio.run(replace(bounded, ttl_days=0).find())] == ["used"]


def test_a_deleted_thread_leaves_nothing(bookshop: Services, kept: Conversations, tmp_path: Path) -> None:
    assistant = asking(bookshop, kept)
    for name in ("a", "b", "c"):
        asyncio.run(ended(assistant, replace(WHO, thread_id=name)))
    asyncio.run(kept.delete("a"))
    assert [name for name, _ in checkpoints_of(tmp_path)] == ["b", "c"]
    with pytest.raises(UnknownThread, match="'a'"):
        asyncio.run(kept.get("a"))
    with pytest.raises(UnknownThread):
        asyncio.run(kept.delete("a"))
    assert asyncio.run(kept.delete_all()) == 2
    assert checkpoints_of(tmp_path) == []


def test_a_conversation_is_one_markdown_document(bookshop: Services, kept: Conversations) -> None:
    assistant = asking(bookshop, kept)
    asyncio.run(ended(assistant, replace(WHO, question="Who calls discount?")))
    asyncio.run(ended(assistant, replace(WHO, question="What does it call?")))
    asyncio.run(kept.rename("t", "Discounts"))
    text = as_markdown(*asyncio.run(kept.get("t")))
    assert text.startswith("# Discounts\n")
    assert text.index("> Who calls discount?") < text.index("shop/orders.py:16") < text.index("> What does it call?")
    assert "· thread `t`" in text
    assert "*found · structural · release" in text


def test_a_secret_of_a_question_is_not_kept_and_ones_own_address_is(bookshop: Services, kept: Conversations) -> None:
    question = f"Who calls discount with {SECRET}? Tell {MAIL}"
    asyncio.run(ended(asking(bookshop, kept), replace(WHO, question=question)))
    (turn,) = kept.register.turns("t")
    assert SECRET not in json.dumps(turn.to_json())
    assert MAIL in turn.question


@pytest.mark.parametrize("release", ["f1a12d0", "b625900"])
def test_a_thread_begun_by_an_older_clew_goes_on(
    release: str, bookshop: Services, kept: Conversations, tmp_path: Path
) -> None:
    """The stored checkpoints are of the revisions named: the first that kept threads, and one with all channels of before."""
    with closing(sqlite3.connect(tmp_path / "threads.db")) as database:
        database.executescript((STORED / f"thread_of_{release}.sql").read_text())
    if release == "f1a12d0":  # listed before it goes on; the other is gone on with at once
        (thread,) = asyncio.run(kept.find())
        assert (thread.id, thread.title, thread.turns) == ("shop", "Explain Order.total", 2)
    answer = asyncio.run(ended(asking(bookshop, kept), replace(WHO, question="Who calls it?", thread_id="shop")))
    assert isinstance(answer, Answer)
    assert "`shop.orders.expire_stale_baskets`" in answer.answer, "what the older Clew's last turn was about"
    _, turns = asyncio.run(kept.get("shop"))
    assert [turn.question for turn in turns] == [
        "Explain Order.total",
        "Where are unpaid baskets dropped?",
        "Who calls it?",
    ]
    assert "shop/orders.py" in turns[0].answer


def test_a_state_with_channels_that_are_gone_or_not_there_yet_goes_on(bookshop: Services, kept: Conversations) -> None:
    """A later Clew may have dropped a channel, or this one be older than the state."""
    assistant = asking(bookshop, kept)

    async def talk() -> Answer | AskedBack:
        await ended(assistant, replace(WHO, question="Explain Order.total"))
        async with kept.checkpoints() as saver:
            config: Any = {"configurable": {"thread_id": "t"}}
            found = await saver.aget_tuple(config)
            assert found is not None
            values = found.checkpoint["channel_values"]
            for name in ("known_errors", "pseudonyms", "usage", "check"):
                values.pop(name, None)
            values["of_a_later_release"] = {"x": [1]}
            found.checkpoint["id"] = "9" + found.checkpoint["id"][1:]
            versions: Any = {**found.checkpoint["channel_versions"], "of_a_later_release": "1.0"}
            await saver.aput(found.config, found.checkpoint, found.metadata, versions)
        return await ended(assistant, replace(WHO, question="Who calls it?"))

    answer = asyncio.run(talk())
    assert isinstance(answer, Answer)
    assert "`shop.orders.Order.total` has **2 callers**" in answer.answer


def test_a_shared_copy_stays_as_it_was_and_goes_with_its_thread(bookshop: Services, kept: Conversations) -> None:
    assistant = asking(bookshop, kept)
    asyncio.run(ended(assistant, WHO))
    name = asyncio.run(kept.share("t"))
    asyncio.run(ended(assistant, replace(WHO, question="Who calls discount?")))
    assert len(asyncio.run(kept.shared(name))[1]) == 1
    assert [thread.id for thread in asyncio.run(kept.find())] == ["t"], "a copy is no thread of its own"
    assert asyncio.run(kept.share("t")) == name
    assert len(asyncio.run(kept.shared(name))[1]) == 2
    asyncio.run(kept.delete("t"))
    with pytest.raises(UnknownThread):
        asyncio.run(kept.shared(name))


class Away:
    """A register at a server: the methods named in `failing` find nobody."""

    def __init__(self, register: SqliteThreads, *failing: str) -> None:
        self._register, self._failing = register, failing

    def __getattr__(self, name: str) -> Any:
        if name in self._failing:
            raise StoreUnavailable("PostgreSQL at db:5432 cannot be reached")
        return getattr(self._register, name)


@pytest.mark.parametrize("failing", ["try_lock", "get", "record"])
def test_a_question_is_answered_and_says_so_while_its_thread_is_away(
    bookshop: Services, kept: Conversations, failing: str
) -> None:
    away = replace(kept, register=Away(kept.register, failing))  # type: ignore[arg-type]
    answer = asyncio.run(ended(asking(bookshop, away), replace(WHO, question="Who calls discount?")))
    assert isinstance(answer, Answer)
    assert (answer.verdict, bool(answer.citations)) == ("found", True)
    (said,) = [row for row in answer.findings if row["gate"] == "threads"]
    assert "cannot be reached" in said["message"]
    whole = asyncio.run(ended(asking(bookshop, kept), replace(WHO, question="Who calls discount?")))
    assert isinstance(whole, Answer)
    assert not [row for row in whole.findings if row["gate"] == "threads"], "and goes on once it is back"
