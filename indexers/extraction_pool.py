"""Runs the worker over many files: inline, in processes of our own, or in any `concurrent.futures.Executor`.

Processes, not threads: tree-sitter holds the GIL while it parses. A process that dies takes down what
was handed out; that is repeated file by file in a process of its own, the file that kills it is reported as `crashed`,
and the rest goes on.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import cache, partial
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TextIO, TypeAlias

import msgspec

from configs.errors import IndexingError
from indexers.worker import Analysis, Job, analyse_files, start_worker

BATCH_BYTES = 400_000
BATCH_FILES = 64
INLINE_BYTES = 600_000
"""Below this, starting a process costs more than it saves."""
BATCH_LIMIT_S = 120.0
"""A batch takes a fraction of a second; this bounds what a file made to be slow can hold up."""
MOST_PROCESSES = 61
"""What a process pool can wait for on Windows."""
IN_FLIGHT_PER_JOB = 4
"""Bounds the results waiting in memory."""


FileWork = Callable[[Sequence[Job]], list[tuple[str, bytes]]]
"""What is done with a batch; importable by name, since it travels to other processes."""

Results: TypeAlias = Future[list[tuple[str, bytes]]]


def default_jobs() -> int:
    """Return the number of cores this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def run_extraction(
    jobs: Sequence[tuple[Job, int]],
    *,
    executor: Executor | None,
    workers: int | None,
    work: FileWork = analyse_files,
    limit_s: float = BATCH_LIMIT_S,
) -> Generator[tuple[str, bytes], None, None]:
    """Yield (path, encoded Analysis) as they are ready, in no particular order.

    Args:
        jobs: each with its size in bytes.
        executor: where to run (a Dask client's executor, say); None starts processes of our own when it pays.
        workers: number of processes of our own; None: one a core.
        work: what is done with a batch (a benchmark puts the bare parse in its place).
        limit_s: longest time for a batch, and for each file of one that took longer, in processes of our own.

    Raises:
        IndexingError: processes of our own cannot start here.
    """
    batches = list(_batches(jobs))
    count = min(workers or default_jobs(), len(batches), MOST_PROCESSES)
    if executor is not None:
        yield from _submit(deque(batches), {}, executor, count or 1, work)
    elif count <= 1 or sum(size for _, size in jobs) < INLINE_BYTES:
        for batch in batches:
            yield from work(batch)
    else:
        yield from _in_processes(batches, count, partial(_watched, work, limit_s))


def _batches(jobs: Sequence[tuple[Job, int]]) -> Iterator[list[Job]]:
    batch: list[Job] = []
    weight = 0
    for job, size in jobs:
        batch.append(job)
        weight += size
        if weight >= BATCH_BYTES or len(batch) >= BATCH_FILES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _watched(work: FileWork, limit_s: float, jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    """Do the work, or die: a watchdog thread ends this process when it takes too long, even inside a parser."""
    faulthandler.dump_traceback_later(limit_s, exit=True, file=_nowhere())
    try:
        return work(jobs)
    finally:
        faulthandler.cancel_dump_traceback_later()


@cache
def _nowhere() -> TextIO:
    return Path(os.devnull).open("w")


def _pool(workers: int) -> ProcessPoolExecutor:
    """A fork server imports the worker's modules once; where there is none, each process imports them itself."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context: BaseContext = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["indexers.worker"])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=start_worker)


def _in_processes(batches: list[list[Job]], workers: int, work: FileWork) -> Iterator[tuple[str, bytes]]:
    waiting = deque(batches)
    while waiting:
        running: dict[Results, list[Job]] = {}
        pool = _pool(workers)
        try:
            with suppress(BrokenProcessPool):
                yield from _submit(waiting, running, pool, workers, work)
        finally:
            if running:
                _kill(pool)
            pool.shutdown(wait=True, cancel_futures=True)
        if running:
            _check_that_processes_start(work)
            yield from _one_by_one([job for batch in running.values() for job in batch], work)


def _kill(pool: ProcessPoolExecutor) -> None:
    """End the processes of a broken or abandoned pool.

    A pool that breaks ends those that it knows at that moment; one that is just being started would be waited for, for
    ever. `ProcessPoolExecutor.kill_workers` does this from Python 3.14 on.
    """
    for process in list((pool._processes or {}).values()):
        process.kill()


def _submit(
    waiting: deque[list[Job]], running: dict[Results, list[Job]], executor: Executor, workers: int, work: FileWork
) -> Iterator[tuple[str, bytes]]:
    """Take batches from `waiting`; those that were handed out and not answered are in `running`, also after an error."""
    try:
        while waiting or running:
            while waiting and len(running) < workers * IN_FLIGHT_PER_JOB:
                running[executor.submit(work, waiting[0])] = waiting[0]
                waiting.popleft()
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                results = future.result()
                del running[future]
                yield from results
    finally:
        for future in running:
            future.cancel()


def _check_that_processes_start(work: FileWork) -> None:
    """Tell a file that kills a process from processes that cannot live at all, so that no file is blamed for that."""
    with _pool(1) as pool:
        try:
            pool.submit(work, []).result()
        except BrokenProcessPool as exc:
            raise IndexingError(
                "the worker processes end as soon as they start",
                next_step='Index with `--jobs 1`. A script must call Clew below `if __name__ == "__main__":`.',
            ) from exc


def _one_by_one(jobs: list[Job], work: FileWork) -> Iterator[tuple[str, bytes]]:
    pool = _pool(1)
    try:
        for job in jobs:
            try:
                yield from pool.submit(work, [job]).result()
            except BrokenProcessPool:
                pool.shutdown(wait=False)
                pool = _pool(1)
                crashed = Analysis(
                    "", 0, 0, b"", b"", b"", 0, "crashed", "the worker process died on this file, or took too long"
                )
                yield job[0], msgspec.msgpack.encode(crashed)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
