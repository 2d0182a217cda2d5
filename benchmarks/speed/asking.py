"""What is asked of a store: callers, impact, and readers while another process writes."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.speed.processes import clew
from knowledge.ports.graph import CodeGraph
from knowledge.schema import RelationKind
from knowledge.scope import EVERYTHING
from tools.structure import callers, impact

IMPACT_DEPTH = 6
SEED = 20


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over `count` questions."""

    count: int
    p50: float
    p95: float
    worst: float

    def __str__(self) -> str:
        return f"p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms, worst {self.worst:.1f} ms of {self.count}"


def latency(samples_s: Sequence[float]) -> Latency:
    """Return the percentiles (nearest rank) of some durations in seconds. Raises ValueError when there is none."""
    if not samples_s:
        raise ValueError("nothing was measured")
    ordered = sorted(1_000 * sample for sample in samples_s)
    rank = max(0, -(-len(ordered) * 95 // 100) - 1)
    return Latency(len(ordered), ordered[len(ordered) // 2], ordered[rank], ordered[-1])


@dataclass(frozen=True, slots=True)
class Targets:
    """Ids of symbols that are called: some at random, and those that are called from most places."""

    typical: list[str]
    hottest: list[str]


def called_symbols(graph: CodeGraph, typical: int = 200, hottest: int = 20) -> Targets:
    """Choose what to ask about; the same store gives the same choice."""
    columns = graph.relation_columns(EVERYTHING, kinds=[RelationKind.CALLS])
    counts = Counter(columns.targets.tolist())
    called = sorted(counts)
    chosen = random.Random(SEED).sample(called, min(typical, len(called)))
    return Targets(
        [columns.ids[index] for index in chosen], [columns.ids[index] for index, _ in counts.most_common(hottest)]
    )


def timed(question: Callable[[str], object], ids: Sequence[str]) -> Latency:
    """Ask about every symbol once, the first one beforehand to open what is opened lazily."""
    question(ids[0])
    samples: list[float] = []
    for symbol_id in ids:
        started = time.perf_counter()
        question(symbol_id)
        samples.append(time.perf_counter() - started)
    return latency(samples)


def ask_callers(graph: CodeGraph, symbol_id: str) -> object:
    return callers(graph, EVERYTHING, symbol_id)


def ask_impact(graph: CodeGraph, symbol_id: str) -> object:
    return impact(graph, EVERYTHING, symbol_id, max_depth=IMPACT_DEPTH)


@dataclass(slots=True)
class Readers:
    """Threads that ask for callers until they are told to stop."""

    graph: CodeGraph
    ids: Sequence[str]
    samples_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, seed: int) -> None:
        choose = random.Random(seed).choice
        while not self._stopped.is_set():
            symbol_id = choose(self.ids)
            started = time.perf_counter()
            try:
                ask_callers(self.graph, symbol_id)
            except Exception as exc:  # noqa: BLE001  whatever a reader meets is what is measured here
                self.errors.append(f"{type(exc).__name__}: {exc}")
            self.samples_s.append(time.perf_counter() - started)

    def stop(self) -> None:
        self._stopped.set()


def read_while_writing(
    graph: CodeGraph,
    ids: Sequence[str],
    store: Path,
    root: Path,
    edit: Callable[[int], object],
    *,
    threads: int,
    runs: int,
) -> tuple[Readers, int]:
    """Let `threads` ask while other processes index `root` anew after each edit; return the readers and failed writers."""
    readers = Readers(graph, ids)
    workers = [threading.Thread(target=readers.run, args=(number,), daemon=True) for number in range(threads)]
    for worker in workers:
        worker.start()
    failed = 0
    for number in range(runs):
        edit(number)
        done = subprocess.run(clew(store, "index", str(root)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        failed += done.returncode != 0
    readers.stop()
    for worker in workers:
        worker.join()
    return readers, failed
