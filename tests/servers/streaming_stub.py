"""What the stub servers of the vendors' APIs share: a loopback server, scripted faults, server-sent events."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

StubFault = Literal[
    "", "cut_stream", "error_in_stream", "malformed", "hang", "overloaded", "rate_limited", "failed", "no_content"
]
KEY = "sk-test-0123456789abcdef"
LONGEST_HANG_S = 30.0


@dataclass(slots=True)
class Stub:
    """What the endpoint says and does. requests: (path, headers in lower case, body). arrived, left: set when a client came, and when one went away."""

    reply: str = "Three small words"
    models: tuple[str, ...] = ("big-one",)
    fault: StubFault = ""
    key: str = KEY
    length_reached: bool = False
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def pieces(self) -> list[str]:
        words = self.reply.split(" ")
        return [f"{word} " for word in words[:-1]] + words[-1:]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: a client that goes away is what some tests are about."""


@contextmanager
def served(stub: Stub, handler: type[StubHandler], path: str = "") -> Iterator[Stub]:
    """Serve the stub on a free loopback port; its base address, with `path`, is in `stub.url`."""
    server = _Server(("127.0.0.1", 0), type("Handler", (handler,), {"stub": stub}))
    stub.url = f"http://127.0.0.1:{server.server_address[1]}{path}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class StubHandler(BaseHTTPRequestHandler):
    """Reads a POST, and gives its subclass the body to answer."""

    stub: Stub
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"{}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.stub.requests.append((self.path, headers, body))
        self.stub.arrived.set()
        if self.stub.fault == "hang":
            self.wait_for_release()
            self.close_connection = True
            return
        self.answer(headers, body)

    def answer(self, headers: dict[str, str], body: dict[str, Any]) -> None:
        raise NotImplementedError

    def wait_for_release(self) -> None:
        """Say nothing until `released` is set, or until the client goes away."""
        until = time.monotonic() + LONGEST_HANG_S
        while time.monotonic() < until and not self.stub.released.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.01)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                self.stub.left.set()
                return

    def begin_stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, text: str) -> None:
        payload = text.encode()
        self.wfile.write(f"{len(payload):x}\r\n".encode() + payload + b"\r\n")
        self.wfile.flush()

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def send_json(self, status: int, body: dict[str, Any], **headers: str) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""
