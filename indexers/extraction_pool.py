"""Runs the worker over many files: inline, in processes of our own, or in any `concurrent.futures.Executor`.

Processes, not threads: tree-sitter holds the GIL while it parses. A file that kills its process is reported as `crashed`,
and the rest goes on (`worker_processes`).
"""

from __future__ import annotations

import faulthandler
import os
import sys
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from functools import cache, partial
from pathlib import Path
from typing import TextIO, TypeAlias

from indexers.worker import Job, analyse_files
from indexers.worker_processes import FileWork, in_processes

BATCH_BYTES = 400_000
BATCH_FILES = 64
INLINE_BYTES = 600_000
"""Below this, starting a process costs more than it saves."""
BATCH_LIMIT_S = 120.0
"""A batch takes a fraction of a second; this bounds what a file made to be slow can hold up."""
MOST_PROCESSES = 30 if sys.platform == "win32" else 61
"""Windows waits for 63 things at once; a process is two of them, its pipe and its end."""
IN_FLIGHT_PER_JOB = 4
"""Bounds the results waiting in memory."""

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
        yield from _submit(batches, executor, count or 1, work)
    elif count <= 1 or sum(size for _, size in jobs) < INLINE_BYTES:
        for batch in batches:
            yield from work(batch)
    else:
        yield from in_processes(batches, count, partial(_watched, work, limit_s))


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


def _submit(batches: list[list[Job]], executor: Executor, workers: int, work: FileWork) -> Iterator[tuple[str, bytes]]:
    waiting = deque(batches)
    running: set[Results] = set()
    try:
        while waiting or running:
            while waiting and len(running) < workers * IN_FLIGHT_PER_JOB:
                running.add(executor.submit(work, waiting.popleft()))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield from future.result()
    finally:
        for future in running:
            future.cancel()
