"""How a background fill and questions get along: a real `clew serve` over a store, its vectors thrown away first.

Questions are asked one after the other while the vectors are filled, and the same ones again when they are complete. CPU is counted for each
thread of the server: the filling ones are those that work while nobody asks. Times of the wall are worth what the machine's load
lets them be; the share of the filling threads tells more on a busy one. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

QUESTIONS = (
    "where are retries with a back-off decided?",
    "where is a message written to the log?",
    "where are time-outs of a connection handled?",
    "where is the configuration read?",
    "where are errors turned into a reply?",
)
PAUSE_S = 2.0
ROUNDS_AFTER = 8
FILLING_SHARE = 0.95
CLEW = (sys.executable, "-m", "app")


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time: its length, and the CPU seconds of each thread in it."""

    wall_s: float
    cpu_s: dict[int, float]

    def cores(self, threads: Iterable[int]) -> float:
        return sum(self.cpu_s.get(thread, 0.0) for thread in threads) / self.wall_s


class Watched:
    """A process whose threads' CPU is read from /proc."""

    def __init__(self, pid: int) -> None:
        self._tasks = Path(f"/proc/{pid}/task")

    @contextmanager
    def window(self, kept: list[Window]) -> Iterator[None]:
        began, before = time.perf_counter(), self._cpu_s()
        yield
        after = self._cpu_s()
        used = {thread: cpu - before.get(thread, 0.0) for thread, cpu in after.items()}
        kept.append(Window(time.perf_counter() - began, used))

    def _cpu_s(self) -> dict[int, float]:
        found = {}
        for stat in self._tasks.glob("*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # it ended meanwhile
                continue
            found[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return found


def states(store: str) -> list[dict[str, object]]:
    done = subprocess.run([*CLEW, "--store", store, "vectors", "--json"], capture_output=True, text=True, check=True)
    rows: list[dict[str, object]] = json.loads(done.stdout)["repositories"]
    return rows


def asked(url: str) -> list[float]:
    """Ask every question once; return the times in milliseconds."""
    times = []
    for question in QUESTIONS:
        body = {"model": "extractive", "messages": [{"role": "user", "content": question}]}
        began = time.perf_counter()
        httpx.post(f"{url}/v1/chat/completions", json=body, timeout=120, trust_env=False).raise_for_status()
        times.append((time.perf_counter() - began) * 1e3)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", help="a store with indexed repositories; its vectors are thrown away")
    store = parser.parse_args().store
    environment = {**os.environ, "CLEW_EMBEDDING__SOURCE": "learned"}
    subprocess.run([*CLEW, "--store", store, "vectors", "--rebuild"], check=True, env=environment)
    command = [*CLEW, "--store", store, "serve", "--port", "0", "--json"]
    began = time.perf_counter()
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdout is not None
    url = json.loads(server.stdout.readline())["url"]
    watched = Watched(server.pid)
    quiet: list[Window] = []
    asking: list[Window] = []
    resting: list[Window] = []
    during: list[float] = []
    after: list[float] = []
    try:
        asked(url)  # loads what answers
        while not all(row["complete"] for row in states(store)):
            with watched.window(asking):
                during += asked(url)
            with watched.window(quiet):
                time.sleep(PAUSE_S)
        filled_s = time.perf_counter() - began
        for _ in range(ROUNDS_AFTER):
            with watched.window(resting):
                after += asked(url)
        total = sum(int(str(row["total"])) for row in states(store))
        print(f"vectors: {total:,}, complete after {filled_s:.0f} s; load {os.getloadavg()[0]:.1f}")
        _tell(quiet, asking, resting, during, after)
    finally:
        server.terminate()
        server.wait()


def _tell(
    quiet: list[Window], asking: list[Window], resting: list[Window], during: list[float], after: list[float]
) -> None:
    filling = _filling(quiet)
    if quiet:
        cores = [window.cores(filling) for window in quiet]
        print(
            f"cores of the {len(filling)} filling threads while nobody asks: median {np.median(cores):.2f}, "
            f"most {max(cores):.2f}; while somebody asks: {np.median([w.cores(filling) for w in asking]):.2f}"
        )
    for name, times, windows in (("while filling", during, asking), ("when complete", after, resting)):
        if not times:
            continue
        p50, p95 = np.percentile(times, [50, 95])
        spent = sum(cpu for window in windows for thread, cpu in window.cpu_s.items() if thread not in filling)
        each = spent / len(times) * 1e3
        print(
            f"a question {name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms of {len(times)}; CPU of other threads {each:.0f} ms"
        )


def _filling(quiet: list[Window]) -> set[int]:
    """Return the threads that do the filling, Chroma's among them: those with nearly all CPU while nobody asks."""
    busy: Counter[int] = Counter()
    for window in quiet:
        busy.update(window.cpu_s)
    wanted, found = FILLING_SHARE * sum(busy.values()), set()
    for thread, cpu in busy.most_common():
        if wanted <= 0:
            break
        found.add(thread)
        wanted -= cpu
    return found


if __name__ == "__main__":
    main()
