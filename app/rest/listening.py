"""The socket and the process that serves it: beyond loopback only where callers are known."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app.rest.connections import connections
from configs.errors import ConfigError, PolicyError
from configs.settings import ServeSettings, is_loopback

BACKLOG = 1_024
KEPT_ALIVE_S = 75
"""How long an idle connection stays open. At uvicorn's 5 s, somebody who thinks for 5 s asks just as it is closed."""
ALIVE_EVERY_S = 2
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2, which is the oldest that is spoken: forward secrecy and authenticated encryption only. Those of TLS 1.3 all are so."""

log = logging.getLogger("clew.rest")


def bound_socket(host: str, port: int, *, callers_known: bool = False, together: bool = False) -> socket.socket:
    """Return a listening socket. together: others may listen at the same port, and the system spreads connections over all of them.

    Raises:
        PolicyError: `host` is reachable from other machines, and nobody is asked who they are.
        ConfigError: the address cannot be taken.
    """
    if not callers_known and not is_loopback(host):
        raise PolicyError(
            f"refused to listen on {host!r}: whoever reaches it could read the code, and no authentication is configured",
            next_step="make a key (clew keys create NAME --role reader), or set access.oidc.issuer; or listen on 127.0.0.1",
        )
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        place = (host, port) if family == socket.AF_INET else address
        return socket.create_server(place, family=family, backlog=BACKLOG, reuse_port=together)
    except OSError as exc:
        raise ConfigError(
            f"cannot listen on {host}:{port}: {exc}", next_step="choose another --port (0: a free one)"
        ) from exc


def check_tls(settings: ServeSettings) -> None:
    """Raises ConfigError for a certificate or key that cannot be used, before anything listens."""
    if settings.tls_cert is None and settings.tls_key is None:
        return
    if settings.tls_cert is None or settings.tls_key is None:
        raise ConfigError("TLS needs a certificate and its key", next_step="give --tls-cert and --tls-key")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, lambda: "")
    except (OSError, ValueError) as exc:
        raise ConfigError(
            f"the certificate {str(settings.tls_cert)!r} or its key cannot be used: {exc}",
            next_step="both must be PEM files, readable by this user, without a passphrase",
        ) from exc
    if os.name == "posix" and settings.tls_key.stat().st_mode & 0o007:
        log.warning("everybody on this machine may read the key %s: chmod 600", settings.tls_key)


def serve(
    app: FastAPI,
    listening: socket.socket,
    settings: ServeSettings,
    ready: Callable[[], None],
    alive: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; running answers get `drain_timeout_s` to end.

    ready: called once questions are taken. alive: called from the event loop every ALIVE_EVERY_S.
    """

    async def living() -> None:
        if alive is not None:
            alive()

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        log_config=None,  # no handlers of its own: what it says goes through ours, and the log gate
        server_header=False,
        http=connections(max_head_bytes=settings.max_head_bytes, head_timeout_s=settings.head_timeout_s),  # type: ignore[arg-type]
        ws="none",
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        ssl_ciphers=CIPHERS,
        timeout_graceful_shutdown=max(1, round(settings.drain_timeout_s)),
        timeout_keep_alive=KEPT_ALIVE_S,
        backlog=1,  # also how many connections asyncio takes at a time: the others are for other workers
        callback_notify=living,
        timeout_notify=ALIVE_EVERY_S,
    )
    _Server(config, app.state.closing.begin_by_signal, ready).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Tells of the signal to stop before connections are waited for: some streams have no end of their own."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None], ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for one in sockets or ():
            one.listen(BACKLOG)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_stop()
        super().handle_exit(sig, frame)
