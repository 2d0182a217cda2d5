"""From somebody in Slack to their answer: who they are here, the run as they may see it, and what they thought of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, closing
from typing import Protocol

from agents.context import Context
from agents.events import Progress
from app.asking import Asked, Assistant, checked_question
from app.slack.identity import SlackUsers
from configs.errors import PolicyError, RateLimited, Unauthenticated
from configs.settings import Settings
from knowledge.ports.graph import CodeGraph
from models.budgets import Payer
from models.privacy import Privacy
from ops.ledger.feedback import Judgement, LedgerUsage
from ops.policy.callers import Caller, acting
from ops.policy.gate import Gate

DOOR = "slack"


class NotLinked(Unauthenticated):
    """Somebody in Slack who is linked to no principal."""


class Ignored(RateLimited):
    """Somebody who was refused so often that they are told nothing for a while."""


class Composition(Protocol):
    """What is needed of `app.wiring.Wiring`."""

    settings: Settings

    @property
    def privacy(self) -> Privacy: ...

    @property
    def graph(self) -> CodeGraph: ...

    def assistant(self) -> Assistant: ...

    def open_usage(self) -> LedgerUsage: ...

    def payer_for(self, context: Context) -> Payer: ...


class Door:
    """Everything that Slack's people may do; nothing is done before it is known who they are."""

    def __init__(self, composition: Composition, gate: Gate, users: SlackUsers) -> None:
        self._composition = composition
        self._gate = gate
        self._users = users

    async def caller(self, slack_id: str, *, foreign: bool = False) -> Caller:
        """Return who somebody is. foreign: they belong to another workspace, where the same id may be somebody else.

        Raises:
            NotLinked: they are linked to nobody. Unauthenticated: to somebody who is disabled.
            RateLimited: they ask too often; Ignored: they were refused too often.
        """
        address = f"{DOOR}:{slack_id}"
        try:
            await self._gate.rates.check_failures(address)
        except RateLimited as error:
            raise Ignored(error.message, next_step=error.next_step, retry_after_s=error.retry_after_s) from error
        principal = None if foreign else await asyncio.to_thread(self._users.principal_of, slack_id)
        if principal is None:
            await self._gate.rates.count_failure(address)
            raise NotLinked(f"the Slack user {slack_id!r} is linked to nobody", next_step="clew slack link")
        return await self._gate.vouched(principal)

    async def answer(self, one: Caller, question: str, thread_id: str | None) -> AsyncGenerator[Progress, None]:
        """Yield the progress of one run, asked back only within a thread. Raises ClewError."""
        settings = self._composition.settings
        asked = Asked(
            checked_question(question, settings.run.max_question_characters),
            await asyncio.to_thread(self._may_leave, one),
            settings.model.writer,
            settings.run.release,
            thread_id,
            rerank=settings.retrieval.rerank,
            may_ask=thread_id is not None,
            ask_before_tokens=settings.run.ask_before_tokens or None,
            door=DOOR,
        )
        with acting(one):
            assistant = await asyncio.to_thread(self._composition.assistant)
            async with aclosing(assistant.stream(asked)) as events:
                async for event in events:
                    yield event

    def _may_leave(self, one: Caller) -> tuple[str, ...] | None:
        """Return the repositories whose code may go where Slack is, None for all that are granted.

        Raises PolicyError when the code of every one that is granted has to stay inside.
        """
        privacy = self._composition.privacy
        if privacy.is_inside(self._composition.settings.slack.api_url):
            return None
        names = [info.name for info in self._composition.graph.repositories(one.scope("ask"))]
        kept = privacy.kept(names)
        if kept and len(kept) == len(names):
            raise PolicyError(
                "the code that you may see stays inside, and Slack is elsewhere",
                next_step="ask an administrator: privacy.repositories says whose code may leave (docs/slack.md)",
            )
        return tuple(name for name in names if name not in kept)

    async def judge(self, one: Caller, run_id: str, *, right: bool) -> None:
        """Keep in the Ledger what somebody thinks of an answer. Raises InputError for an unknown run."""
        one.require("ask")
        judgement = Judgement(run_id, "thumb", value=1.0 if right else -1.0)

        def work() -> None:
            user = self._composition.payer_for(Context()).user
            with closing(self._composition.open_usage()) as usage:
                usage.give_feedback(judgement, user=user, door=DOOR)

        with acting(one):
            await asyncio.to_thread(work)
