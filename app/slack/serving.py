"""How Slack reaches Clew: by HTTP requests that it signs, or over a socket that Clew opens to it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from app.rest.api.closing import Closing
from app.slack.handlers import Handlers
from app.wiring import Wiring

PATH = "/slack/events"


def http_app(wiring: Wiring, bolt: AsyncApp, handlers: Handlers) -> FastAPI:
    """Return the server of `POST /slack/events`, which takes events, commands and buttons, and of `/healthz`."""
    most = wiring.settings.serve.max_body_bytes
    closing = Closing()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        closing.bind()
        async with wiring.background():
            yield
            await handlers.drained(wiring.settings.serve.drain_timeout_s)

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan, redirect_slashes=False)
    app.state.closing = closing

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post(PATH)
    async def receive(request: Request) -> Response:
        try:
            async with asyncio.timeout(wiring.settings.serve.body_timeout_s):
                body = await _body(request, most)
            text = None if body is None else body.decode("utf-8")
        except (TimeoutError, UnicodeDecodeError):
            return Response(status_code=400)
        if text is None:
            return Response(status_code=413)
        done = await bolt.async_dispatch(AsyncBoltRequest(body=text, headers=dict(request.headers)))
        return Response(done.body, done.status, done.first_headers_without_set_cookie())

    return app


async def over_socket(
    wiring: Wiring, bolt: AsyncApp, handlers: Handlers, app_token: str, ready: Callable[[], None]
) -> None:
    """Answer over Slack's socket mode until SIGINT or SIGTERM."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler  # only where it is used

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with wiring.background():
        socket = AsyncSocketModeHandler(bolt, app_token)
        try:
            await socket.connect_async()  # type: ignore[no-untyped-call]
            ready()
            await stopped.wait()
            await handlers.drained(wiring.settings.serve.drain_timeout_s)
        finally:
            await socket.close_async()  # type: ignore[no-untyped-call]


async def _body(request: Request, most: int) -> bytes | None:
    """Return the whole body, None when it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            return None
    return bytes(body)
