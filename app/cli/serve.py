"""`clew serve`: the REST server in this process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import json
import os
import signal
from types import FrameType

from app.cli.composition import opened
from app.cli.screen import Screen
from app.errors import FOUND
from app.rest.listening import bound_socket, serve
from app.rest.server import create_app


def run(host: str | None, port: int | None, as_json: bool, store: str | None) -> int:
    """Return 0 after a clean stop. Raises PolicyError for an address that other machines reach."""
    with opened(store, {"serve": {"host": host, "port": port}}) as wiring:
        settings = wiring.settings.serve
        with bound_socket(settings.host, settings.port) as listening:
            address, taken = listening.getsockname()[:2]
            url = f"http://[{address}]:{taken}" if ":" in address else f"http://{address}:{taken}"

            def announce() -> None:
                if as_json:
                    # One line: who starts the server waits for it.
                    print(json.dumps({"url": url, "pid": os.getpid(), "home": str(wiring.settings.home)}), flush=True)
                else:
                    _announce(Screen(), url)

            wiring.answer_others(url)
            _keep_stops_quiet()
            serve(create_app(wiring), listening, settings.drain_timeout_s, announce)
    return FOUND


def _announce(screen: Screen, url: str) -> None:
    screen.line("Clew listens on ", (url, "path"), ": open it in a browser; Ctrl-C stops it")
    ask = '{"messages": [{"role": "user", "content": "who calls main?"}]}'
    screen.line(f"  curl {url}/v1/chat/completions -H 'Content-Type: application/json' -d '{ask}'")
    screen.flush()


def _keep_stops_quiet() -> None:
    """uvicorn drains at a signal, then raises it once more: by then the stop is done, and clean."""

    def done(_number: int, _frame: FrameType | None) -> None:
        """Nothing is left to do."""

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, done)
