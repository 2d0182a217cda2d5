"""What every reply carries, whatever made it: the request's id and the headers that keep a browser careful. The seam for faults.

A request may bring its `X-Request-Id`; one that is not plain and short is replaced, for it is written into logs.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.rest.problems import refusal

REQUEST_ID = "X-Request-Id"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Set where the reply has not set its own."""
OVER_TLS = ("Strict-Transport-Security", "max-age=31536000")
"""A browser that came over TLS once comes so for a year."""

log = logging.getLogger("clew.rest")
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered, for logs."""


class Envelope:
    """ASGI middleware, the outermost one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity = _identity(Headers(scope=scope).get(REQUEST_ID, ""))
        scope.setdefault("state", {})["request_id"] = identity
        token = request_id.set(identity)
        began, status = time.perf_counter(), 0

        async def sealed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID] = identity
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault(*OVER_TLS)
            await send(message)

        try:
            await self._app(scope, receive, sealed)
        except Exception:  # the request handler's seam: the client is told, the log keeps the cause
            log.exception("request %s failed: %s %s", identity, scope["method"], scope["path"])
            if status:
                raise  # it is too late to say so: the connection ends
            await refusal(500, "internal", "Clew met a fault of its own", "see the server's log")(
                scope, receive, sealed
            )
        finally:
            request_id.reset(token)
            took_ms = (time.perf_counter() - began) * 1000
            log.info("%s %s %s %d %.1f ms", identity, scope["method"], scope["path"], status, took_ms)


def _identity(given: str) -> str:
    return given if _PLAIN.fullmatch(given) else uuid.uuid4().hex
