"""Runs one job in a process of its own, and says how it goes. The process ends when its stdin is closed, or is killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import signal
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any

LONGEST_LINE = 16_000_000
"""A report names every file that is not covered."""
GRACE_S = 20.0


class JobProcess:
    """command: the program that speaks the protocol of `app.index_worker`."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._process: asyncio.subprocess.Process | None = None
        self._killed_at = math.inf

    async def lines(self, asked: dict[str, Any], tick_s: float) -> AsyncGenerator[dict[str, Any] | None, None]:
        """Start, and yield what it tells; None when it told nothing for `tick_s`."""
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=pipe, stdout=pipe, limit=LONGEST_LINE, start_new_session=True
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asked).encode() + b"\n")
        with contextlib.suppress(OSError):
            await stdin.drain()
        reading: asyncio.Task[bytes] = asyncio.create_task(stdout.readline())
        try:
            while True:
                done, _ = await asyncio.wait({reading}, timeout=tick_s)
                if time.monotonic() > self._killed_at:
                    self._kill(self._process)
                if not done:
                    yield None
                    continue
                line = reading.result()
                if not line:
                    break
                told = _row(line)
                if told is not None:
                    yield told
                reading = asyncio.create_task(stdout.readline())
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def end(self) -> None:
        """Ask it to end as after Ctrl-C; one that does not for GRACE_S is killed, with all that it started."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._killed_at = min(self._killed_at, time.monotonic() + GRACE_S)

    async def ended(self) -> int:
        """End it, and return its exit code."""
        process = self._process
        if process is None:
            return 0
        self.end()
        try:
            async with asyncio.timeout(GRACE_S):
                return await process.wait()
        except TimeoutError:
            self._kill(process)
            return await process.wait()

    def _kill(self, process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
