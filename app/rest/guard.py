"""Stands before every route: who may talk to a server without authentication, and how much they may say.

A page in the person's browser can reach loopback too. So the `Host` must be a loopback name (a page that rebinds its
own name to 127.0.0.1 sends that name), a foreign `Origin` is refused, and bodies are bounded and must be JSON (which
a foreign page cannot send without a preflight, which nobody answers).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.rest.problems import Refusal, refusal
from configs.settings import is_loopback


class Guard:
    """ASGI middleware. max_body_bytes bounds a request's body, declared or not."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refused = _refused(scope["method"], headers)
        if refused is None:
            body = await self._read(headers, receive)
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


def _refused(method: str, headers: Headers) -> Refusal | None:
    host, origin = headers.get("host", ""), headers.get("origin")
    if not is_loopback(_host_of(f"//{host}")):
        return refusal(403, "host_refused", f"the Host {host!r} is not a loopback name", "use http://127.0.0.1:PORT")
    if origin is not None and not is_loopback(_host_of(origin)):
        return refusal(403, "origin_refused", f"pages of {origin!r} may not ask", "call from a program on this machine")
    if method == "POST" and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return refusal(415, "not_json", "the body must be JSON", "send Content-Type: application/json")
    return None


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
