"""Stands before every route: from where one may talk to the server, and how much they may say, how slowly.

A page in the person's browser can reach loopback too. So, where callers are not known, the `Host` must be a loopback name (a page that
rebinds its own name to 127.0.0.1 sends that name). A foreign `Origin` is refused unless it is configured, and bodies are bounded and
must be JSON (which a foreign page cannot send without a preflight, which only a configured one gets).
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.rest.problems import Refusal, refusal
from configs.settings import is_loopback

SAID_ONCE = ("host", "authorization", "content-type", "content-encoding", "content-length", "origin", "idempotency-key")
"""Headers that would be read in two ways, were they said twice."""


_HOST = re.compile(r"(?:[A-Za-z0-9_.\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
PROBES = ("/healthz", "/readyz")
"""Asked by address, by what runs the server; they tell nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class From:
    """From where one may ask. known: callers are authenticated; hosts: names that `Host` may have then, none: any; origins: pages that may ask."""

    known: bool = False
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


class Guard:
    """ASGI middleware, before anybody is asked who they are: from where a request comes, and that it can be read in one way only."""

    def __init__(self, app: ASGIApp, *, allowed: From | None = None) -> None:
        self._app = app
        self._allowed = allowed or From()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._app
        if scope["type"] == "http":
            app = _refused(scope["path"], Headers(scope=scope), self._allowed) or app
        await app(scope, receive, send)


class BodyGuard:
    """ASGI middleware. max_body_bytes bounds a request's body, declared or not; body_timeout_s the wait for all of it."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, body_timeout_s: float = 30.0) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._body_timeout_s = body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = _not_json(scope["method"], headers)
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


def _refused(path: str, headers: Headers, allowed: From) -> Refusal | None:
    twice = next((name for name in SAID_ONCE if len(headers.getlist(name)) > 1), None)
    if twice is not None:
        return refusal(400, "ambiguous_header", f"the header {twice!r} was said twice", "say it once")
    host, origin = headers.get("host", ""), headers.get("origin")
    name = _host_of(f"//{host}")
    if not allowed.known and not is_loopback(name):
        return refusal(403, "host_refused", f"the Host {host!r} is not a loopback name", "use http://127.0.0.1:PORT")
    named = not allowed.hosts or name in allowed.hosts or is_loopback(name) or path in PROBES
    if allowed.known and not named:
        return refusal(403, "host_refused", f"the Host {host!r} is not one of this server", "see serve.allowed_hosts")
    if not _HOST.fullmatch(host):
        return refusal(403, "host_refused", f"the Host {host!r} names no host", "send the name of this server")
    if origin is None and _is_fetched_elsewhere(headers):
        return refusal(403, "origin_refused", "pages of other sites may not ask", "see serve.cors_origins")
    if origin is not None and not _may_ask(origin, host, allowed):
        return refusal(403, "origin_refused", f"pages of {origin!r} may not ask", "call from a program on this machine")
    return None


def _is_fetched_elsewhere(headers: Headers) -> bool:
    """Tell whether a page of another site loads this, where a browser says so; one that leads its reader here does not."""
    site, mode = headers.get("sec-fetch-site", ""), headers.get("sec-fetch-mode", "")
    return site in ("cross-site", "same-site") and mode != "navigate"


def _not_json(method: str, headers: Headers) -> Refusal | None:
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if method not in ("POST", "PUT", "PATCH") or (method != "POST" and not has_body):
        return None  # a page cannot send another method than POST without being asked first
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return refusal(415, "not_json", "the body must be JSON", "send Content-Type: application/json")
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return refusal(415, "packed", "the body is compressed", "send it as it is: bodies are bounded as they come")
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
