"""Worker processes of our own, each at the end of a pipe of its own.

`concurrent.futures.ProcessPoolExecutor` has one pipe for the answers of all its processes, and holds that pipe's writing
end itself: a process killed in the middle of an answer (the out-of-memory killer, or ourselves after Ctrl-C) leaves its
reader waiting for ever. Here such a pipe ends, and it is known which batch the process was at: that is repeated file by file,
and a file that kills its process again is reported as `crashed`.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from queue import SimpleQueue
from typing import TypeAlias

import msgspec

from configs.errors import IndexingError
from indexers.worker import Analysis, Job, start_worker

FileWork = Callable[[Sequence[Job]], list[tuple[str, bytes]]]
"""What is done with a batch; importable by name, since it travels to other processes."""

GIVEN_AHEAD = 2
"""Batches that a process holds: the one it is at, and the next, so that it need not wait for us."""

Answer: TypeAlias = "list[tuple[str, bytes]] | Exception"
Pipe: TypeAlias = "Connection[object, object]"


class _ProcessDied(Exception):
    pass


class _Process:
    """A process that does `work` with one batch after the other. It ends when our end of the pipe is closed, or we die."""

    def __init__(self, work: FileWork) -> None:
        context = _context()
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, start_worker, work), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        theirs.close()  # theirs alone is left, so that the pipe ends with them
        self.given: deque[list[Job]] = deque()
        self.started = False

    @property
    def sentinel(self) -> int:
        return int(self._process.sentinel)

    def give(self, batch: list[Job]) -> None:
        self.given.append(batch)
        with suppress(OSError):  # it is dead then, which `answers` says
            self.pipe.send(batch)

    def answers(self) -> Iterator[tuple[str, bytes]]:
        """Yield what has arrived.

        Raises:
            _ProcessDied: and nothing more will arrive.
            Exception: what the work raised.
        """
        try:
            if not self.pipe.poll() and self._process.is_alive():
                return
            answer = self.pipe.recv()
        except (EOFError, OSError):
            raise _ProcessDied from None
        self.started = True
        if answer is None:
            return
        self.given.popleft()
        if isinstance(answer, Exception):
            raise answer
        yield from answer

    def end(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()


def in_processes(batches: Sequence[list[Job]], workers: int, work: FileWork) -> Iterator[tuple[str, bytes]]:
    """Yield (path, encoded Analysis) of every job of every batch, in no particular order.

    Raises:
        IndexingError: processes cannot start here.
        Exception: what the work raised.
    """
    waiting = deque(batches)
    processes: list[_Process] = []
    stillborn = 0
    try:
        while waiting or any(process.given for process in processes):
            while len(processes) < min(workers, len(waiting) + len(processes)):
                processes.append(_Process(work))
            _hand_out(waiting, processes)
            ready = set(wait([end for process in processes for end in (process.pipe, process.sentinel)]))
            for process in list(processes):
                if process.pipe not in ready and process.sentinel not in ready:
                    continue
                try:
                    yield from process.answers()
                except _ProcessDied:
                    processes.remove(process)
                    process.end()
                    if process.started:
                        yield from _after_death(process.given, waiting)
                        continue
                    stillborn += 1
                    if stillborn == workers:
                        raise IndexingError(
                            "the worker processes end as soon as they start",
                            next_step='Index with `--jobs 1`. A script must call Clew below `if __name__ == "__main__":`.',
                        ) from None
                    waiting.extendleft(reversed(process.given))
    finally:
        for process in processes:
            process.end()


def _hand_out(waiting: deque[list[Job]], processes: list[_Process]) -> None:
    for ahead in range(1, GIVEN_AHEAD + 1):  # everyone has something before anyone has two
        for process in processes:
            if waiting and len(process.given) < ahead:
                process.give(waiting.popleft())


def _after_death(given: deque[list[Job]], waiting: deque[list[Job]]) -> Iterator[tuple[str, bytes]]:
    """Put back what a dead process held; a file that it was at alone is answered as crashed."""
    at = given.popleft() if given else []
    waiting.extendleft(reversed(given))
    if len(at) > 1:
        waiting.extendleft([job] for job in reversed(at))
    for job in at if len(at) == 1 else []:
        crashed = Analysis(
            "", 0, 0, b"", b"", b"", 0, "crashed", "the worker process died on this file, or took too long"
        )
        yield job[0], msgspec.msgpack.encode(crashed)


def _context() -> BaseContext:
    """A fork server imports the worker's modules once; where there is none, each process imports them itself."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context: BaseContext = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["indexers.worker_processes"])
    return context


def _serve(pipe: Pipe, start: Callable[[], None], work: FileWork) -> None:
    start()
    batches: SimpleQueue[list[Job]] = SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, batches), daemon=True).start()
    pipe.send(None)
    while True:
        answer: Answer
        try:
            answer = work(batches.get())
        except Exception as exc:  # noqa: BLE001  it is the caller's, who is in another process
            answer = exc
        try:
            pipe.send(answer)
        except OSError:
            return  # nobody listens any more


def _receive(pipe: Pipe, batches: SimpleQueue[list[Job]]) -> None:
    """Take what is given at once, so that neither end can wait for the other; end this process with its parent."""
    try:
        while True:
            batches.put(pipe.recv())  # type: ignore[arg-type]
    except (EOFError, OSError):
        os._exit(1)
