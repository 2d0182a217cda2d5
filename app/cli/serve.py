"""`clew serve`: the REST server in this process or in several workers, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from app.cli.composition import opened
from app.errors import FOUND
from app.rendering.screen import Screen
from app.rest.listening import bound_socket, check_tls
from app.serving import answer
from app.shared_file import shared_file
from app.supervising import Supervisor
from app.wiring import Wiring
from configs.errors import ConfigError
from configs.settings import ServeSettings, use_file

WORKER = (sys.executable, "-m", "app.serve_worker")
ENDING_S = 10.0
"""What a worker may take beyond the time that running answers get."""


def run(
    host: str | None,
    port: int | None,
    workers: int | None,
    config: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    as_json: bool,
    store: str | None,
) -> int:
    """Return 0 after a clean stop. Raises PolicyError for an address that other machines reach, while no caller could be known."""
    if config is not None:
        use_file(config)
    options = {"host": host, "port": port, "workers": workers, "tls_cert": tls_cert, "tls_key": tls_key}
    with opened(store, {"serve": options}) as wiring:
        settings = wiring.settings.serve
        gate = wiring.gate(settings.host)
        check_tls(settings)
        with bound_socket(settings.host, settings.port, callers_known=gate is not None) as listening:
            url, listening_at = _url(listening, settings), listening.getsockname()[:2]

            def announce(pids: list[int]) -> None:
                if as_json:
                    # One line: who starts the server waits for it.
                    told: dict[str, Any] = {"url": url, "pid": os.getpid(), "home": str(wiring.settings.home)}
                    print(json.dumps(told | ({"workers": pids} if pids else {})), flush=True)
                else:
                    _announce(Screen(), url, len(pids), known=gate is not None)

            if settings.workers > 1:
                listening.close()  # it has shown that the port is free, and which one it is
                return _supervised(wiring, listening_at, store, options, announce)
            answer(wiring, gate, listening, lambda: announce([]))
    return FOUND


def _supervised(
    wiring: Wiring,
    address: tuple[str, int],
    store: str | None,
    options: dict[str, Any],
    announce: Callable[[list[int]], None],
) -> int:
    """Serve in several processes. Raises ConfigError where sockets cannot be inherited."""
    settings = wiring.settings
    if os.name != "posix":
        raise ConfigError("several workers need a POSIX system", next_step="serve without --workers")
    wiring.close()
    asked = {"store": store, "overrides": {"serve": options}}
    with shared_file(settings.home), ExitStack() as bound:
        sockets = _sockets(bound, address, settings.serve.workers)
        supervisor = Supervisor(WORKER, sockets, asked, settings.serve.drain_timeout_s + ENDING_S)
        return supervisor.run(lambda: announce(supervisor.pids))


def _sockets(bound: ExitStack, address: tuple[str, int], count: int) -> list[socket.socket]:
    """Return a socket for each worker. Linux spreads connections evenly over several of one port; elsewhere all take from one."""
    together = sys.platform == "linux"
    made = [bound_socket(*address, callers_known=True, together=together) for _ in range(count if together else 1)]
    for one in made:
        bound.enter_context(one)
    return made * (count // len(made))


def _url(listening: socket.socket, settings: ServeSettings) -> str:
    address, taken = listening.getsockname()[:2]
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://[{address}]:{taken}" if ":" in address else f"{scheme}://{address}:{taken}"


def _announce(screen: Screen, url: str, workers: int, *, known: bool) -> None:
    by = f" with {workers} workers" if workers else ""
    screen.line("Clew listens on ", (url, "path"), f"{by}: open it in a browser; Ctrl-C stops it")
    ask = '{"messages": [{"role": "user", "content": "who calls main?"}]}'
    key = " -H 'Authorization: Bearer KEY'" if known else ""
    screen.line(f"  curl {url}/v1/chat/completions{key} -H 'Content-Type: application/json' -d '{ask}'")
    screen.flush()
