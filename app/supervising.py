"""Keeps the workers of one server alive: one that dies or says nothing any more is replaced at once by a spare that was waiting.

Sockets are bound here and inherited, so that connections wait while a worker is replaced, and none is refused. A spare has imported all that
it needs, and does nothing until it is told what to serve. A worker ends when its stdin does: the end of this process, however it comes, is the end of all. At SIGTERM and SIGINT the
workers drain, and get so long for it.
"""

from __future__ import annotations

import json
import logging
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from configs.errors import ClewError

SILENT_S = 30.0
"""A worker whose event loop has not said for so long that it lives is killed."""
LOOKED_EVERY_S = 1.0
WELL_S = 10.0
"""A worker that lived so long is replaced at once; others after a pause, which doubles."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
STOP = "stop"

log = logging.getLogger("clew.workers")


@dataclass(eq=False, slots=True)
class Worker:
    """One process. heard_at: when it last said something."""

    number: int
    process: subprocess.Popen[str]
    started_at: float = field(default_factory=time.monotonic)
    heard_at: float = field(default_factory=time.monotonic)
    ready: bool = False

    @property
    def is_silent(self) -> bool:
        return time.monotonic() - self.heard_at > SILENT_S


class Supervisor:
    """command: the program of a worker, as `app.serve_worker`. listening: the socket of each. asked: what each is told.

    drain_s: how long they may take to end.
    """

    def __init__(
        self, command: Sequence[str], listening: Sequence[socket.socket], asked: dict[str, Any], drain_s: float
    ) -> None:
        self._command = tuple(command)
        self._listening = tuple(listening)
        self._asked = asked
        self._spare: subprocess.Popen[str] | None = None
        self._drain_s = drain_s
        self._told: queue.SimpleQueue[tuple[Worker | None, str]] = queue.SimpleQueue()
        self._workers: dict[int, Worker] = {}
        self._pauses: dict[int, float] = {}
        self._due: dict[int, float] = {}
        self._missing: dict[int, float] = {}

    @property
    def pids(self) -> list[int]:
        return [worker.process.pid for worker in self._workers.values()]

    def run(self, announce: Callable[[], None]) -> int:
        """Serve until SIGINT or SIGTERM, and return 0. announce: called once all workers are ready.

        Raises ClewError when a worker ends before it was ready for the first time: its settings cannot be served.
        """
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, self._stop_by_signal)
        for number in range(len(self._listening)):
            self._start(number)
        announced = False
        try:
            while True:
                worker, said = self._next()
                if said == STOP:
                    return 0
                if worker is not None and said == "":
                    self._ended(worker, announced=announced)
                self._replace()
                if not announced and all(one.ready for one in self._workers.values()):
                    announced = True
                    announce()
                    self._spare = self._born()
        finally:
            self._end_all()

    def _next(self) -> tuple[Worker | None, str]:
        """Wait for what a worker says, or for the time to look after them."""
        try:
            worker, said = self._told.get(timeout=LOOKED_EVERY_S if not self._due else FIRST_PAUSE_S)
        except queue.Empty:
            return None, ""
        if worker is not None and said:
            worker.heard_at = time.monotonic()
            if not worker.ready:
                worker.ready = True
                if (since := self._missing.pop(worker.number, None)) is not None:
                    log.warning("worker %d serves again after %.1f s", worker.number, worker.heard_at - since)
        return worker, said

    def _born(self) -> subprocess.Popen[str]:
        """Start a process that waits to be told what to serve."""
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[one.fileno() for one in self._listening],
            start_new_session=True,  # Ctrl-C in a terminal is for this process, which lets them drain
        )

    def _start(self, number: int) -> None:
        spare, self._spare = self._spare, None
        process = spare if spare is not None and spare.poll() is None else self._born()
        assert process.stdin is not None
        worker = self._workers[number] = Worker(number, process)
        try:
            process.stdin.write(json.dumps({**self._asked, "socket": self._listening[number].fileno()}) + "\n")
            process.stdin.flush()
        except OSError:
            """It has ended already, and its end will be heard."""
        threading.Thread(target=self._hear, args=(worker,), daemon=True).start()
        if spare is not None:
            self._spare = self._born()

    def _hear(self, worker: Worker) -> None:
        assert worker.process.stdout is not None
        for line in worker.process.stdout:
            self._told.put((worker, line.strip()))
        worker.process.wait()
        self._told.put((worker, ""))

    def _ended(self, worker: Worker, *, announced: bool) -> None:
        code = worker.process.wait()
        if not announced and not worker.ready:
            raise ClewError(
                f"a worker ended with {code} before it could serve", next_step="see above, or try without --workers"
            )
        lived_s = time.monotonic() - worker.started_at
        pause_s = 0.0 if lived_s >= WELL_S else min(self._pauses.get(worker.number, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        self._pauses[worker.number] = pause_s * 2 or FIRST_PAUSE_S
        self._missing.setdefault(worker.number, time.monotonic())
        self._due[worker.number] = time.monotonic() + pause_s
        log.warning(
            "worker %d (process %d) ended with %d; another takes its place", worker.number, worker.process.pid, code
        )

    def _replace(self) -> None:
        now = time.monotonic()
        for number in [number for number, due in self._due.items() if due <= now]:
            del self._due[number]
            self._start(number)
        for worker in self._workers.values():
            if worker.ready and worker.is_silent and worker.process.poll() is None:
                log.warning(
                    "worker %d (process %d) says nothing any more; it is killed", worker.number, worker.process.pid
                )
                worker.process.kill()

    def _end_all(self) -> None:
        """Let all drain; kill what has not ended in time, and whoever is stopped."""
        if self._spare is not None:
            self._spare.kill()  # it holds nothing
            self._spare.wait()
        living = [one.process for one in self._workers.values() if one.process.poll() is None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + self._drain_s
        for process in living:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process %d did not end in time; it is killed", process.pid)
                process.kill()
                process.wait()

    def _stop_by_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._told.put((None, STOP))
