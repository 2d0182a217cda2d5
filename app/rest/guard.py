"""Stands before every route: from where one may talk to the server, and how much they may say, how slowly.

A page in the person's browser can reach loopback too. So, where callers are not known, the `Host` must be a loopback name (a page that
rebinds its own name to 127.0.0.1 sends that name). A foreign `Origin` is refused unless it is configured, and bodies are bounded and
must be JSON (which a foreign page cannot send without a preflight, which only a configured one gets).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.rest.problems import Refusal, refusal
from configs.settings import is_loopback


@dataclass(frozen=True, slots=True)
class From:
    """From where one may ask. known: callers are authenticated; hosts: names that `Host` may have then, none: any; origins: pages that may ask."""

    known: bool = False
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class Guard:
    """ASGI middleware. max_body_bytes bounds a request's body, declared or not; body_timeout_s the wait for all of it."""

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, body_timeout_s: float = 30.0, allowed: From | None = None
    ) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._body_timeout_s = body_timeout_s
        self._allowed = allowed or From()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = _refused(scope["method"], headers, self._allowed)
        if refused is None:
            try:
                async with asyncio.timeout(self._body_timeout_s):
                    body = await self._read(headers, receive)
            except TimeoutError:
                refused = refusal(408, "too_slow", "the body of the request did not come in time", "send it at once")
            else:
                if body is not None:
                    await self._app(scope, _replayed(body, receive), send)
                    return
                said = f"the request is larger than {self._max_body_bytes:,} bytes"
                refused = refusal(413, "too_large", said, "send less, or raise CLEW_SERVE__MAX_BODY_BYTES")
        await refused(scope, receive, send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes | None:
        """Return the whole body, None when it is too large."""
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._max_body_bytes:
            return None
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._max_body_bytes:
                return None
        return bytes(body)


def _refused(method: str, headers: Headers, allowed: From) -> Refusal | None:
    host, origin = headers.get("host", ""), headers.get("origin")
    name = _host_of(f"//{host}")
    if not allowed.known and not is_loopback(name):
        return refusal(403, "host_refused", f"the Host {host!r} is not a loopback name", "use http://127.0.0.1:PORT")
    if allowed.known and allowed.hosts and name not in allowed.hosts and not is_loopback(name):
        return refusal(403, "host_refused", f"the Host {host!r} is not one of this server", "see serve.allowed_hosts")
    if origin is not None and not _may_ask(origin, host, allowed):
        return refusal(403, "origin_refused", f"pages of {origin!r} may not ask", "call from a program on this machine")
    if method == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return refusal(415, "not_json", "the body must be JSON", "send Content-Type: application/json")
    return None


def _may_ask(origin: str, host: str, allowed: From) -> bool:
    """Where callers are known, a page of this very server, or of a configured origin; else any of this machine."""
    if not allowed.known:
        return is_loopback(_host_of(origin))
    return origin in allowed.origins or origin.partition("://")[2] == host


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the body once, then whatever comes: the client's disconnect."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay
