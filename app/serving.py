"""One process that answers: composes the application over its store, and serves it at a socket that it was given.

Used by `clew serve` itself, and by each of its workers (`app/serve_worker.py`).
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType

from app.rest.internal import answering_others
from app.rest.listening import serve
from app.rest.server import create_app
from app.wiring import Wiring
from ops.policy.gate import Gate


def answer(
    wiring: Wiring,
    gate: Gate | None,
    listening: socket.socket,
    ready: Callable[[], None],
    alive: Callable[[], None] | None = None,
) -> None:
    """Answer until SIGINT or SIGTERM. ready, alive: as in `app.rest.listening.serve`."""
    app = create_app(wiring, gate)
    with answering_others(wiring, lambda: getattr(app.state, "pace", None)) as url:
        wiring.answer_others(url)
        keep_stops_quiet()
        serve(app, listening, wiring.settings.serve, ready, alive)


def keep_stops_quiet() -> None:
    """uvicorn drains at a signal, then raises it once more: by then the stop is done, and clean."""

    def done(_number: int, _frame: FrameType | None) -> None:
        """Nothing is left to do."""

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, done)
