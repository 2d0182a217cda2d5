"""A TCP proxy before a server on this machine that fails as networks and servers do: it cuts, refuses, hangs, slows or rewrites what passes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

CHUNK = 65_536


class FaultProxy:
    """Passes everything through until told otherwise. Its faults may be called from any thread.

    replacements: same-length byte strings that change on their way from the server. cuts: how often all connections were cut.
    """

    def __init__(self, server_port: int, *, replacements: dict[bytes, bytes] | None = None) -> None:
        self.port = 0
        self.cuts = 0
        self._server_port = server_port
        self._replacements = replacements or {}
        self._refusing = False
        self._left: int | None = None
        self._delay_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Break every connection at once, in the middle of whatever passes, and refuse new ones."""
        self._refusing = True
        self._say(self._abort)

    def cut_after(self, count: int) -> None:
        """Do that once so many more bytes have come from clients."""
        self._left = count

    def cut_for_a_moment(self) -> None:
        """Break every connection now, and let new ones through."""
        self._say(self._abort)

    def hang(self) -> None:
        """Take connections and bytes, and pass nothing on."""
        self._say(self._flowing.clear)

    def slow(self, delay_s: float) -> None:
        """Hold up whatever passes so long, in either direction."""
        self._delay_s = delay_s

    def mend(self) -> None:
        """Pass everything through again; connections that hung go on."""
        self._refusing, self._left, self._delay_s = False, None, 0.0
        self._say(self._flowing.set)

    def run(self, started: threading.Event) -> None:
        """Serve until `stop`, in the calling thread."""
        server = self._loop.run_until_complete(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    def stop(self) -> None:
        self._say(self._loop.stop)

    def _say(self, what: Callable[[], Any]) -> None:
        self._loop.call_soon_threadsafe(what)

    def _abort(self) -> None:
        self.cuts += 1
        self._close_all()

    def _close_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(asyncio.CancelledError):  # at the end: nobody asks how it went
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._refusing:
                return
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
            self._writers.add(server_writer)
            try:
                async with asyncio.TaskGroup() as both:  # a broken side breaks the other, which lets go what it held
                    both.create_task(self._up(reader, server_writer))
                    both.create_task(self._down(server_reader, writer))
            finally:
                server_writer.transport.abort()
                self._writers.discard(server_writer)
        except* OSError:
            """As networks do."""
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            if self._left is not None:
                self._left -= len(chunk)
                if self._left < 0:
                    self._refusing, self._left = True, None
                    self._abort()
                    return
            await self._pass_on(chunk, writer)
        writer.write_eof()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            for old, new in self._replacements.items():
                chunk = chunk.replace(old, new)
            await self._pass_on(chunk, writer)
        writer.write_eof()

    async def _pass_on(self, chunk: bytes, writer: asyncio.StreamWriter) -> None:
        if self._delay_s:
            await asyncio.sleep(self._delay_s)
        await self._flowing.wait()
        writer.write(chunk)
        await writer.drain()

    async def _end(self) -> None:
        self._close_all()
        ending = list(self._tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)


@contextmanager
def faulty(server_port: int, *, replacements: dict[bytes, bytes] | None = None) -> Iterator[FaultProxy]:
    """Run a proxy before the server at this port in a thread of its own."""
    proxy = FaultProxy(server_port, replacements=replacements)
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
