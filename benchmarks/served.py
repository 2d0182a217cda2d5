"""A `clew serve` of its own for a measurement: started on an idle store, looked at from outside, ended whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.backends.chroma_ownership import owner_of

IDLE_WITHIN_S = 120.0
ENDS_WITHIN_S = 90.0
LOOKED_EVERY_S = 0.2


class NotServing(RuntimeError):
    """The server did not come up, or an earlier one does not end; the message holds all that it said."""


@dataclass(slots=True)
class Served:
    """A running server. process: the one that was started; workers: those that answer."""

    url: str
    process: subprocess.Popen[str]
    workers: tuple[int, ...]

    def pids(self) -> list[int]:
        """Return the server's process and all below it."""
        found = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        parents = [tuple(map(int, line.split())) for line in found.splitlines()]
        below = {self.process.pid}
        while more := {pid for pid, parent in parents if parent in below} - below:
            below |= more
        return sorted(below)

    def cpu_s(self) -> float:
        return sum(cpu_of(pid) for pid in self.pids())

    def memory_mb(self, kind: str = "Pss") -> float:
        """Return the proportional memory: what processes share counts once. kind `Pss_Anon`: without mapped files, such as the text index."""
        return sum(_pss_of(pid, kind) for pid in self.pids()) / 1e6

    def connections(self) -> list[int]:
        """Return how many connections each worker has."""
        port = self.url.rpartition(":")[2]
        command = ["ss", "-tnpH", "state", "established", "sport", "=", f":{port}"]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return [found.count(f"pid={pid},") for pid in self.workers]


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process, 0 when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss_of(pid: int, kind: str) -> int:
    try:
        found = re.search(rf"^{kind}:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


@contextmanager
def serving(store: Path, workers: int = 1, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve a store for the block, once no earlier server of it is left, and wait for the end of the whole server.

    Raises NotServing. What the server says on stderr is shown only then, and after an end with an error.
    """
    _wait_until_idle(store)
    command = [sys.executable, "-m", "app", "--store", str(store), "serve", "--port", "0", "--json"]
    command += ["--workers", str(workers)] if workers > 1 else []
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **(environment or {})}
        ) as server,
    ):
        assert server.stdout is not None
        first = server.stdout.readline()
        told = _announced(first)
        if told is None:  # an error is told as JSON too, over several lines
            said = first + server.stdout.read()
            log.seek(0)
            raise NotServing(f"the server ended with {server.wait()}: {said}{log.read()[-4_000:]}")
        try:
            yield Served(told["url"], server, tuple(told.get("workers", [told["pid"]])))
        finally:
            _end(server)


def _announced(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) and "url" in told else None


def _wait_until_idle(store: Path) -> None:
    """Wait for the process that owns the store's vectors: a server that still drains takes CPU, and files, from the next one."""
    until = time.monotonic() + IDLE_WITHIN_S
    while (owner := owner_of(store / "vectors")) is not None:
        if time.monotonic() > until:
            raise NotServing(f"process {owner.pid} serves {store} already: end it first")
        time.sleep(LOOKED_EVERY_S)


def _end(server: subprocess.Popen[str]) -> None:
    server.terminate()
    try:
        server.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
