"""A small HTTP proxy on loopback that opens tunnels (CONNECT, RFC 9110) and looks names up by itself, as a company's does."""

from __future__ import annotations

import base64
import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = 65_536


@dataclass
class ConnectProxy:
    """names: host -> where it leads. asked: the targets of all requests, also of those that were refused.

    user, password: what it wants to hear; closed: it lets nobody through.
    """

    names: dict[str, tuple[str, int]]
    port: int = 0
    user: str = ""
    password: str = ""
    closed: bool = False
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_CONNECT(self) -> None:
        proxy = self.server.proxy
        proxy.asked.append(self.path)
        wanted = "Basic " + base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
        if proxy.user and self.headers.get("Proxy-Authorization") != wanted:
            self._refuse(407, "Proxy-Authenticate", 'Basic realm="proxy"')
            return
        host, _, _ = self.path.rpartition(":")
        leads_to = proxy.names.get(host)
        if leads_to is None or proxy.closed:
            self._refuse(403)
            return
        with socket.create_connection(leads_to, timeout=20) as there:
            self.send_response(200, "Connection established")
            self.end_headers()
            _pass_on(self.connection, there)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _refuse(self, status: int, *header: str) -> None:
        self.send_response(status)
        if header:
            self.send_header(*header)
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: ConnectProxy

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no fault of the server."""


def _pass_on(here: socket.socket, there: socket.socket) -> None:
    """Copy bytes both ways until one side has ended."""
    with selectors.DefaultSelector() as ready, suppress(OSError):
        ready.register(here, selectors.EVENT_READ, there)
        ready.register(there, selectors.EVENT_READ, here)
        while True:
            for key, _ in ready.select():
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                if not (read := source.recv(CHUNK)):
                    return
                target.sendall(read)


@contextmanager
def running_proxy(names: dict[str, tuple[str, int]]) -> Iterator[ConnectProxy]:
    """Run a proxy that knows these names until the block ends."""
    proxy = ConnectProxy(names)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy, proxy.port = proxy, server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
