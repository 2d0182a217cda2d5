"""A TCP proxy between a client and a server on this machine: it cuts connections on purpose, or rewrites what passes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65_536


class CuttingProxy:
    """replacements: same-length byte strings that change on their way from the server."""

    def __init__(self, port: int, *, replacements: dict[bytes, bytes] | None = None) -> None:
        self.port = 0
        self.cuts = 0
        self._server_port = port
        self._left: int | None = None
        self._replacements = replacements or {}
        self._broken = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()

    @property
    def url(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    def cut_after(self, count: int) -> None:
        """Cut all once so many more bytes have come from clients, and refuse new connections until `mend` is called."""
        self._left = count

    def mend(self) -> None:
        """Let connections through again."""
        self._broken, self._left = False, None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._broken:
            writer.close()
            return
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        self._writers |= {writer, server_writer}
        await asyncio.gather(self._up(reader, server_writer), self._down(server_reader, writer))
        self._writers -= {writer, server_writer}

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if self._left is not None:
                    self._left -= len(chunk)
                    if self._left < 0:
                        self._cut()
                        return
                writer.write(chunk)
                await writer.drain()
        writer.close()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK):
                for old, new in self._replacements.items():
                    chunk = chunk.replace(old, new)
                writer.write(chunk)
                await writer.drain()
        writer.close()

    def _cut(self) -> None:
        self.cuts += 1
        self._broken = True
        for writer in self._writers:
            writer.transport.abort()

    def run(self, started: threading.Event) -> None:
        """Serve until `stop`, in the calling thread."""
        loop = self._loop
        server = loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        loop.run_forever()
        server.close()
        loop.run_until_complete(self._end())
        loop.close()

    async def _end(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def cut_for_a_moment(self) -> None:
        """Cut all connections now, and let new ones through again."""
        self._loop.call_soon_threadsafe(self._cut)
        self._loop.call_soon_threadsafe(self.mend)


@contextmanager
def proxied(port: int, *, replacements: dict[bytes, bytes] | None = None) -> Iterator[CuttingProxy]:
    """Run a proxy before the server at `port` in a thread of its own."""
    proxy = CuttingProxy(port, replacements=replacements)
    started = threading.Event()
    thread = threading.Thread(target=proxy.run, args=(started,), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(10)
        assert not thread.is_alive()
