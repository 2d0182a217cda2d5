"""How a connection is read before there is a request: heads are bounded in bytes and in time, and what is no HTTP is told so in our words.

uvicorn takes a head of any length for as long as it comes (slowloris), and answers malformed ones with a line of text. Nothing here
speaks web sockets, so an upgrade is an ordinary request. RFC 9110, RFC 9112, RFC 6585 (431).
"""

from __future__ import annotations

import asyncio
import uuid
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.rest.envelope import REQUEST_ID, SECURITY_HEADERS
from app.rest.problems import MEDIA_TYPE, Refusal, refusal
from app.rest.replies import plain_json

MOST_HEADERS = 100
MALFORMED = refusal(
    400, "bad_http", "what came is no request of HTTP/1.1", "speak HTTP/1.1, each header once, one length"
)
SLOW = refusal(408, "too_slow", "the head of the request did not come in time", "send it at once")


class Connection(HttpToolsProtocol):
    """One connection. max_head_bytes: of request line and headers; head_timeout_s: from the first moment to the end of a head."""

    def __init__(self, *arguments: Any, max_head_bytes: int, head_timeout_s: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._max_head_bytes = max_head_bytes
        self._head_timeout_s = head_timeout_s
        self._head_bytes = 0
        self._in_head = True
        self._patience: asyncio.TimerHandle | None = None
        self._problem: Refusal | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_over()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._patience is None:  # the first bytes of a further request
                self._wait_for_head()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self._max_head_bytes and not self.transport.is_closing():
            self._refuse(self._too_large())

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self._max_head_bytes or len(self.headers) > MOST_HEADERS:
            self._problem = self._too_large()
            raise ValueError("the head is too large")
        self._head_is_over()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head_bytes = True, 0

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words are not ours
        self._refuse(self._problem or MALFORMED)

    def _unsupported_upgrade_warning(self) -> None:
        """An upgrade that is not taken is no matter for the log."""

    def _wait_for_head(self) -> None:
        self._patience = self.loop.call_later(self._head_timeout_s, self._gave_up)

    def _head_is_over(self) -> None:
        self._in_head = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _gave_up(self) -> None:
        if not self.transport.is_closing():
            self._refuse(SLOW)

    def _too_large(self) -> Refusal:
        long_target = len(self.url) > self._max_head_bytes or not self.headers
        what, status = ("target", 414) if long_target else ("head", 431)
        said = f"the {what} of the request is larger than {self._max_head_bytes:,} bytes, or has more than {MOST_HEADERS} headers"
        return refusal(status, "head_too_large", said, "send less in it: a body may be larger")

    def _refuse(self, refused: Refusal) -> None:
        """Tell, and close: what comes behind such a head cannot be told from it. A reply that has begun is not written into."""
        self._head_is_over()
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.close()
            return
        identity = uuid.uuid4().hex
        body = plain_json(refused.problem(identity))
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
            REQUEST_ID: identity,
            **SECURITY_HEADERS,
        }
        lines = [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
        self.transport.write(b"".join([STATUS_LINE[refused.status_code], *lines, b"\r\n", body]))
        self.transport.close()


def connections(*, max_head_bytes: int, head_timeout_s: float) -> partial[Connection]:
    """Return what makes the protocol of each connection."""
    return partial(Connection, max_head_bytes=max_head_bytes, head_timeout_s=head_timeout_s)
