"""What Slack's events, commands and buttons do, on top of slack-bolt, which verifies signatures and their age before anything here runs.

Bolt acknowledges events at once and lets the work go on; what Slack delivers again is recognised by its id and done once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from agents.events import Progress
from app.slack.deliveries import Deliveries
from app.slack.door import Door, Ignored, NotLinked
from app.slack.messages import DOWN, UP, Message, failed, said, unknown_user
from app.slack.mrkdwn import plain
from app.slack.telling import BEGUN, as_arguments, quietly, told
from configs.errors import ClewError
from configs.settings import SlackSettings

Body = dict[str, Any]
USAGE = said("Ask about the code: `/clew who calls price?`. In a channel mention me, or write to me directly.")
THANKS = said("Thank you: kept.")
FAULT = said("Clew met a fault of its own; its log says more. Ask again, or tell an administrator.")

log = logging.getLogger("clew.slack")


class Handlers:
    """Answers of one process. Register them with `add_to`."""

    def __init__(self, door: Door, settings: SlackSettings, deliveries: Deliveries) -> None:
        self._door = door
        self._settings = settings
        self._deliveries = deliveries
        self._running: set[asyncio.Task[Any]] = set()

    def add_to(self, app: AsyncApp) -> None:
        app.middleware(self._once)
        app.event("app_mention")(self._asked)
        app.event("message")(self._written)
        app.command("/clew")(self._commanded)
        app.action(UP)(self._judged)
        app.action(DOWN)(self._judged)

    async def drained(self, timeout_s: float) -> None:
        """Wait for running answers to end."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=timeout_s)

    async def _once(self, body: Body, next: Callable[[], Any], req: Any) -> BoltResponse | None:
        identity = body.get("event_id") or body.get("trigger_id")
        if identity is None or self._deliveries.take(identity):
            await next()
            return None
        again = req.headers.get("x-slack-retry-num", ["?"])[0]
        log.info("delivered again (%s), and done already: %s", again, identity)
        return BoltResponse(status=200, body="")

    async def _written(self, body: Body, event: Body, client: AsyncWebClient) -> None:
        """A message; only direct ones of people are questions."""
        if event.get("channel_type") == "im" and "bot_id" not in event and "subtype" not in event and event.get("user"):
            await self._asked(body, event, client)

    async def _asked(self, body: Body, event: Body, client: AsyncWebClient) -> None:
        if "bot_id" in event or not event.get("user"):
            return
        channel, thread_ts = event["channel"], event.get("thread_ts") or event["ts"]
        team = body.get("team_id", "")
        foreign = event.get("user_team") not in (None, team)

        async def post(message: Message) -> str:
            made = await client.chat_postMessage(
                channel=channel, thread_ts=thread_ts, unfurl_links=False, unfurl_media=False, **as_arguments(message)
            )
            return str(made["ts"])

        with self._counted():
            try:
                one = await self._door.caller(event["user"], foreign=foreign)
            except ClewError as error:
                if (refusal := refused(error, event["user"])) is not None:
                    await post(refusal)
                return
            ts = await post(BEGUN)

            async def change(message: Message) -> None:
                await client.chat_update(channel=channel, ts=ts, **as_arguments(message))

            thread_id = f"slack-{team}-{channel}-{thread_ts}"
            events = self._door.answer(one, plain(event.get("text", "")), thread_id)
            await quietly(change, await self._ended(events, change))

    async def _commanded(self, ack: Any, body: Body, respond: Any) -> None:
        """`/clew QUESTION`: the answer is for whoever asked alone."""
        question = plain(body.get("text", ""))
        await ack(**as_arguments(BEGUN if question else USAGE))
        if not question:
            return

        async def change(message: Message) -> None:
            await respond(response_type="ephemeral", replace_original=True, **as_arguments(message))

        async def nothing(message: Message) -> None:
            """Slack takes five replies to a command: they are kept for the answer."""

        with self._counted():
            try:
                one = await self._door.caller(body["user_id"])
            except ClewError as error:
                if (refusal := refused(error, body["user_id"])) is not None:
                    await quietly(change, refusal)
                return
            await quietly(change, await self._ended(self._door.answer(one, question, None), nothing))

    async def _judged(self, ack: Any, body: Body, action: Body, respond: Any) -> None:
        await ack()
        user = body["user"]
        foreign = user.get("team_id") not in (None, (body.get("team") or {}).get("id"))

        async def reply(message: Message) -> None:
            await respond(response_type="ephemeral", replace_original=False, **as_arguments(message))

        with self._counted():
            try:
                one = await self._door.caller(user["id"], foreign=foreign)
                await self._door.judge(one, action["value"], right=action["action_id"] == UP)
            except ClewError as error:
                if (refusal := refused(error, user["id"])) is not None:
                    await quietly(reply, refusal)
                return
            await quietly(reply, THANKS)

    async def _ended(self, events: AsyncGenerator[Progress, None], change: Any) -> Message:
        """Return what the message says in the end."""
        try:
            async with aclosing(events):
                return await told(events, change, self._settings.links, self._settings.update_every_s) or FAULT
        except ClewError as error:
            return failed(error)
        except Exception:  # the seam: somebody waits for a reply
            log.exception("a question of Slack met a fault")
            return FAULT

    @contextmanager
    def _counted(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            yield
        finally:
            self._running.discard(task)


def refused(error: ClewError, slack_id: str) -> Message | None:
    """Return what somebody is told who may not; nothing any more to who is not known and goes on."""
    if isinstance(error, NotLinked):
        return unknown_user(slack_id)
    if isinstance(error, Ignored):
        return None
    return failed(error)


def bolt_app(settings: SlackSettings, handlers: Handlers) -> AsyncApp:
    """Return the app over Slack's Web API, which is called again when it says that it was called too often."""
    token = settings.bot_token.get_secret_value()
    client = AsyncWebClient(
        token=token, base_url=settings.api_url, retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=3)]
    )
    app = AsyncApp(client=client, signing_secret=settings.signing_secret.get_secret_value())
    handlers.add_to(app)
    return app
