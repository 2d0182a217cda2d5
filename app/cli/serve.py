"""`clew serve`: the REST server in this process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import json
import os
import signal
from types import FrameType

from app.cli.composition import opened
from app.cli.screen import Screen
from app.errors import FOUND
from app.rest.listening import bound_socket, check_tls, serve
from app.rest.server import create_app


def run(
    host: str | None, port: int | None, tls_cert: str | None, tls_key: str | None, as_json: bool, store: str | None
) -> int:
    """Return 0 after a clean stop. Raises PolicyError for an address that other machines reach, while no caller could be known."""
    options = {"host": host, "port": port, "tls_cert": tls_cert, "tls_key": tls_key}
    with opened(store, {"serve": options}) as wiring:
        settings = wiring.settings.serve
        gate = wiring.gate(settings.host)
        check_tls(settings)
        with bound_socket(settings.host, settings.port, callers_known=gate is not None) as listening:
            address, taken = listening.getsockname()[:2]
            scheme = "https" if settings.tls_cert else "http"
            url = f"{scheme}://[{address}]:{taken}" if ":" in address else f"{scheme}://{address}:{taken}"

            def announce() -> None:
                if as_json:
                    # One line: who starts the server waits for it.
                    print(json.dumps({"url": url, "pid": os.getpid(), "home": str(wiring.settings.home)}), flush=True)
                else:
                    _announce(Screen(), url, known=gate is not None)

            wiring.answer_others(url)
            _keep_stops_quiet()
            serve(create_app(wiring, gate), listening, settings, announce)
    return FOUND


def _announce(screen: Screen, url: str, *, known: bool) -> None:
    screen.line("Clew listens on ", (url, "path"), ": open it in a browser; Ctrl-C stops it")
    ask = '{"messages": [{"role": "user", "content": "who calls main?"}]}'
    key = " -H 'Authorization: Bearer KEY'" if known else ""
    screen.line(f"  curl {url}/v1/chat/completions{key} -H 'Content-Type: application/json' -d '{ask}'")
    screen.flush()


def _keep_stops_quiet() -> None:
    """uvicorn drains at a signal, then raises it once more: by then the stop is done, and clean."""

    def done(_number: int, _frame: FrameType | None) -> None:
        """Nothing is left to do."""

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, done)
