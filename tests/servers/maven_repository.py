"""A Maven repository on this machine with one file, and the faults that real ones have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class MavenRepository:
    """path: where the file lies, without a leading slash.

    cut_after: bytes after which a connection ends, None: never; once, then it is whole. ranges: whether parts can be asked for.
    status: answered to everything instead, when it is not 0. asked: the header `Range` of each request, empty when it had none.
    """

    path: str
    content: bytes
    cut_after: int | None = None
    ranges: bool = True
    status: int = 0
    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(repository: MavenRepository) -> Iterator[MavenRepository]:
    """Serve until the block ends, at `repository.url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            repository.asked.append(wanted)
            self.close_connection = True
            if repository.status or self.path != f"/maven2/{repository.path}":
                self.send_error(repository.status or 404)
                return
            content = repository.content
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and repository.ranges else 0
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            end = repository.cut_after if repository.cut_after is not None else len(content)
            repository.cut_after = None
            self.wfile.write(content[start:end])

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    repository.url = f"http://127.0.0.1:{server.server_port}/maven2"
    try:
        yield repository
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
