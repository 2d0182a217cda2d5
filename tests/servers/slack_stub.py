"""Slack on loopback: its Web API, response addresses and socket mode; and requests signed as Slack signs them."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
from aiohttp import WSMsgType, web

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
BOT, TEAM, CHANNEL = "UBOT0001", "T0001", "C0001"


class Slack:
    """What was called, in order, as (method, arguments). limited: methods that say once that they are called too often."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.limited: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.acknowledged: list[dict[str, Any]] = []
        self.url = ""
        self._changed = threading.Condition()

    def note(self, method: str, arguments: dict[str, Any]) -> None:
        with self._changed:
            self.calls.append((method, arguments))
            self._changed.notify_all()

    def wait_for(self, method: str, needle: str = "", timeout_s: float = 60.0) -> dict[str, Any]:
        """Return the arguments of the first call whose JSON holds `needle`, as soon as it comes."""

        def found() -> dict[str, Any] | None:
            return next((said for name, said in self.calls if name == method and needle in json.dumps(said)), None)

        with self._changed:
            assert self._changed.wait_for(lambda: found() is not None, timeout_s), f"{method} {needle!r}: {self.calls}"
        said = found()
        assert said is not None
        return said

    def count(self, method: str) -> int:
        return sum(name == method for name, _ in self.calls)


def signed(body: str, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """Return the headers that Slack sends with a body."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def send_event(url: str, event: dict[str, Any], identity: str, **headers: str) -> httpx.Response:
    body = json.dumps(event_body(event, identity))
    return httpx.post(
        url, content=body, trust_env=False, headers={"content-type": "application/json"} | signed(body) | headers
    )


def event_body(event: dict[str, Any], identity: str) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": identity, "event": event}


def send_form(url: str, fields: dict[str, str], **headers: str) -> httpx.Response:
    body = urlencode(fields)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return httpx.post(url, content=body, trust_env=False, headers=kind | signed(body) | headers)


@contextmanager
def running_slack() -> Iterator[Slack]:
    """Serve it in a thread of its own."""
    one = Slack()
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(_app(one))

    async def begin() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"

    loop.run_until_complete(begin())
    thread = threading.Thread(target=loop.run_forever, name="slack")
    thread.start()
    try:
        yield one
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _app(one: Slack) -> web.Application:
    async def api(request: web.Request) -> web.Response:
        method = request.match_info["method"]
        said: dict[str, Any] = (
            await request.json() if request.content_type == "application/json" else dict(await request.post())
        )
        if method in one.limited:
            one.limited.discard(method)
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"})
        one.note(method, said)
        replies: dict[str, dict[str, Any]] = {
            "auth.test": {"user_id": BOT, "bot_id": "B1", "team_id": TEAM, "url": one.url, "team": "t", "user": "clew"},
            "chat.postMessage": {"channel": said.get("channel"), "ts": f"1700000000.{len(one.calls):06}"},
            "apps.connections.open": {"url": one.url.replace("http", "ws") + "/socket"},
        }
        return web.json_response({"ok": True, **replies.get(method, {})})

    async def response(request: web.Request) -> web.Response:
        one.note("response_url", await request.json())
        return web.Response(text="ok")

    async def socket(request: web.Request) -> web.WebSocketResponse:
        opened = web.WebSocketResponse()
        await opened.prepare(request)
        await opened.send_json({"type": "hello", "num_connections": 1})
        for envelope in one.sent:
            await opened.send_json(envelope)
        async for message in opened:
            if message.type == WSMsgType.TEXT:
                one.note("acknowledged", json.loads(message.data))
        return opened

    app = web.Application()
    app.router.add_post("/api/{method}", api)
    app.router.add_post("/respond", response)
    app.router.add_get("/socket", socket)
    return app
