"""The socket and the process that serves it: loopback only, until there is authentication."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from configs.errors import ConfigError, PolicyError
from configs.settings import is_loopback


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        PolicyError: `host` is reachable from other machines.
        ConfigError: the address cannot be taken.
    """
    if not is_loopback(host):
        raise PolicyError(
            f"refused to listen on {host!r}: whoever reaches it could read the code, and there is no authentication yet",
            next_step="listen on 127.0.0.1 and tunnel to it (ssh -L), or put an authenticating proxy in front",
        )
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((host, port) if family == socket.AF_INET else address, family=family, backlog=128)
    except OSError as exc:
        raise ConfigError(
            f"cannot listen on {host}:{port}: {exc}", next_step="choose another --port (0: a free one)"
        ) from exc


def serve(app: FastAPI, listening: socket.socket, drain_timeout_s: float, announce: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; running answers get `drain_timeout_s` to end."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        log_config=None,  # no handlers of its own: what it says goes through ours, and the log gate
        server_header=False,
        timeout_graceful_shutdown=max(1, round(drain_timeout_s)),
    )
    server = _Server(config, app.state.closing.begin_by_signal)
    announce()
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Tells of the signal to stop before connections are waited for: some streams have no end of their own."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_stop()
        super().handle_exit(sig, frame)
