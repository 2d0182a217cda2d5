"""A server that takes runs as LangSmith does, and keeps what it was told. Batches come as JSON, since it offers nothing else."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class StubLangSmith:
    """requests: (method and path, decoded body) in order; raw: all bytes that came."""

    requests: list[tuple[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    url: str = ""

    def runs(self) -> dict[str, dict[str, Any]]:
        """Return every run by its id, what was patched laid over what was posted."""
        found: dict[str, dict[str, Any]] = {}
        for route, body in self.requests:
            rows = [*(body.get("post") or []), *(body.get("patch") or [])] if route.endswith("/batch") else [body]
            for row in rows if route.partition(" ")[2].startswith("/runs") else []:
                known = found.setdefault(row["id"], {})
                known.update({key: value for key, value in row.items() if value is not None})
        return found

    def text(self) -> str:
        return b"\n".join(self.raw).decode("utf-8", "replace")


class _Handler(BaseHTTPRequestHandler):
    stub: StubLangSmith

    def do_GET(self) -> None:
        bounds = {"size_limit": 100, "size_limit_bytes": 20_000_000, "scale_up_nthreads_limit": 1}
        batches = {**bounds, "scale_up_qsize_trigger": 1_000, "scale_down_nempty_trigger": 4}
        self._reply({"version": "0", "batch_ingest_config": {**batches, "use_multipart_endpoint": False}})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        self.stub.raw.append(body)
        self.stub.requests.append((f"{self.command} {self.path}", json.loads(body or b"{}")))
        self._reply({})

    do_PATCH = do_POST

    def _reply(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def running_langsmith() -> Iterator[StubLangSmith]:
    stub = StubLangSmith()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"stub": stub}))
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
