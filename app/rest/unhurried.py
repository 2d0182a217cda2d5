"""Makes background work give way: a request that asks something counts as running until its last byte is sent."""

from __future__ import annotations

from contextlib import nullcontext

from starlette.types import ASGIApp, Receive, Scope, Send


class Unhurried:
    """ASGI middleware. The application's state holds `pace` while there is background work."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asks = scope["type"] == "http" and scope["method"] == "POST"
        pace = getattr(scope["app"].state, "pace", None) if asks else None
        with pace.question() if pace is not None else nullcontext():
            await self._app(scope, receive, send)
