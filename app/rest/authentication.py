"""Who asks, and what they may see: every route that reads a store takes its `Scope` from here, and from nowhere else.

A server without a `Gate` serves one person at their own machine (`app.rest.guard` keeps others out). With one, each request brings an
API key or a bearer token, and the caller that it proves acts in whatever the request starts: routes, MCP tools, runs of the graph.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from fastapi import Depends, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from app.rest.problems import refusal_of
from configs.errors import ClewError
from knowledge.principals import Right
from knowledge.scope import Scope
from ops.policy.callers import acting, caller
from ops.policy.gate import Gate

OPEN: Final = ("/", "/healthz", "/readyz")
OPEN_BELOW: Final = ("/ui/", "/hooks/")
"""Probes, which tell nothing of what is indexed, the web page, which asks for a key itself, and routes with a signature of their own."""
RIGHTS: Final[tuple[tuple[str, Right], ...]] = (
    ("/v1/chat", "ask"),
    ("/v1/feedback", "ask"),
    ("/api/v1/chat", "ask"),
    ("/api/v1/feedback", "ask"),
    ("/api/v1/threads", "ask"),
    ("/api/v1/jobs", "index"),
    ("/api/v1/index", "index"),
    ("/api/v1/sources", "connect"),
    ("/api/v1/credentials", "connect"),
    ("/api/v1/webhooks", "connect"),
    ("/api/v1/schedules", "connect"),
    ("/api/v1/admin", "admin"),
    ("/api/v1/audit", "admin"),
    ("/api/v1/usage", "admin"),
)
"""Beginning of a path -> what its caller must be allowed to do; every other route reads."""


class Authentication:
    """ASGI middleware. gate: None lets everybody in as the person at this machine."""

    def __init__(self, app: ASGIApp, *, gate: Gate | None) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if self._gate is None or scope["type"] != "http" or _is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        try:
            one = await self._gate.caller(Headers(scope=scope).get("authorization", ""), client[0] if client else "")
        except ClewError as error:
            await refusal_of(error)(scope, receive, send)
            return
        with acting(one):
            await self._app(scope, receive, send)


async def scope_of(request: Request) -> Scope:
    """Return what the request may see. Raises PolicyError when its key is not for what the route does."""
    right = right_of(request.url.path)
    one = caller(strict=request.app.state.strict)
    one.require(right)
    return one.scope(right)


Granted: TypeAlias = Annotated[Scope, Depends(scope_of)]
"""The parameter of a route that reads."""


def right_of(path: str) -> Right:
    return next((right for start, right in RIGHTS if path == start or path.startswith(f"{start}/")), "read")


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_BELOW)
