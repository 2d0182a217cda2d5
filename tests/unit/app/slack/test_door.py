"""Who gets in by Slack, and as whom; the assistant sees the caller, and is closed however the run ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agents.events import NodeStarted, Progress
from app.asking import Asked
from app.slack.door import Door, Ignored, NotLinked
from app.slack.identity import SlackUsers
from configs.errors import InputError, PolicyError
from configs.settings import RateSettings, Settings
from knowledge.backends.sqlite_principals import SqlitePrincipals
from knowledge.principals import Principal
from knowledge.scope import Scope
from models.privacy import Label, Privacy
from ops.policy.access import Access
from ops.policy.callers import caller
from ops.policy.gate import Gate
from ops.policy.keys import Keys
from ops.policy.rates import Rates


class Noted:
    """An assistant that notes who asked what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Asked]] = []
        self.closed = 0

    async def stream(self, asked: Asked) -> AsyncGenerator[Progress, None]:
        self.asked.append((caller(strict=True).principal.id, asked))
        try:
            yield NodeStarted("planner", 0)
            yield NodeStarted("writer", 0)
        finally:
            self.closed += 1


class Graph:
    """What is indexed: two repositories."""

    def repositories(self, scope: Scope) -> list[SimpleNamespace]:
        return [SimpleNamespace(name=name) for name in ("desk", "shop") if scope.allows(name)]


def opened(folder: Path, assistant: Any, **labels: Label) -> Door:
    kept = SqlitePrincipals(folder / "principals.db")
    kept.put_principal(Principal("ann", "Ann", roles=("reader",)))
    users = SlackUsers(folder / "slack.json")
    users.link("U0ANN", "ann", kept, lambda _: None, "root")
    access = Access(folder / "policies.cedar", lambda *_: None)
    gate = Gate(kept, Keys(kept, time.time), access, Rates(RateSettings(failures=3)), lambda: {"shop": "", "desk": ""})
    composition: Any = SimpleNamespace(
        settings=Settings(home=folder), assistant=lambda: assistant, privacy=Privacy(repositories=labels), graph=Graph()
    )
    return Door(composition, gate, users)


def test_a_linked_person_asks_as_their_principal_and_the_run_ends_with_its_reader(tmp_path: Path) -> None:
    assistant = Noted()
    door = opened(tmp_path, assistant, shop="remote")

    async def ask() -> None:
        one = await door.caller("U0ANN")
        async with aclosing(door.answer(one, "who calls price?", "slack-T-C-1")) as events:
            assert await anext(events) == NodeStarted("planner", 0)
        assert assistant.closed == 1
        with pytest.raises(InputError):
            await anext(door.answer(one, "  ", None))

    asyncio.run(ask())
    ((who, asked),) = assistant.asked
    assert (who, asked.door, asked.thread_id, asked.may_ask) == ("ann", "slack", "slack-T-C-1", True)
    assert asked.repositories == ("shop",), "the code of the other one stays inside"


def test_code_that_stays_inside_is_not_sent_to_slack(tmp_path: Path) -> None:
    assistant = Noted()
    door = opened(tmp_path, assistant)

    async def ask() -> None:
        with pytest.raises(PolicyError, match="stays inside"):
            await anext(door.answer(await door.caller("U0ANN"), "who calls price?", None))

    asyncio.run(ask())
    assert assistant.asked == []


def test_who_is_not_linked_is_refused_and_after_a_while_ignored(tmp_path: Path) -> None:
    door = opened(tmp_path, Noted())

    async def knock() -> None:
        for _ in range(3):
            with pytest.raises(NotLinked):
                await door.caller("U0EVE")
        with pytest.raises(Ignored):
            await door.caller("U0EVE")
        with pytest.raises(NotLinked):
            await door.caller("U0ANN", foreign=True)
        assert (await door.caller("U0ANN")).principal.id == "ann", "one who is refused keeps nobody else out"

    asyncio.run(knock())
