"""Server-sent events as bytes: typed, numbered, one line of JSON each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.responses import StreamingResponse

from app.rest.replies import plain_json

MEDIA_TYPE = "text/event-stream"
KEEP_ALIVE_S = 15.0
KEEP_ALIVE = b": still there\n\n"
"""A comment: it shows proxies that the stream lives, and the server when a client does not."""

_LAST_ID = re.compile(r"(?:[0-9a-f]{32}\.)?(\d{1,9})")


def encoded(name: str, data: Mapping[str, Any], identity: str) -> bytes:
    """Return one event."""
    return f"id: {identity}\nevent: {name}\ndata: ".encode() + plain_json(data) + b"\n\n"


def number_of(last_event_id: str | None) -> int:
    """Return the number in a `Last-Event-ID`, 0 where there is none that we gave."""
    found = _LAST_ID.fullmatch(last_event_id or "")
    return int(found[1]) if found else 0


class EventStream(StreamingResponse):
    media_type = MEDIA_TYPE

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        super().init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no", **(headers or {})})
