"""The port that events are told to."""

from __future__ import annotations

from typing import Any, Protocol


class EventSink(Protocol):
    """Receives what happened: run, node, latency, tokens. Never question text or code."""

    def emit(self, event: str, fields: dict[str, Any]) -> None: ...
