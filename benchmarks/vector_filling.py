"""How a background fill and questions get along: a real `clew serve` over a store, its vectors thrown away first.

Questions are asked one after the other while the vectors are filled, and the same ones again when they are complete. The CPU is that
of the server process over the time without questions, in cores. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
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
CLEW = (sys.executable, "-m", "app")


def cpu_s(pid: int) -> float:
    """Return user and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
    during: list[float] = []
    cores: list[float] = []
    try:
        asked(url)  # loads what answers
        while not all(row["complete"] for row in states(store)):
            during += asked(url)
            wall, cpu = time.perf_counter(), cpu_s(server.pid)
            time.sleep(PAUSE_S)
            cores.append((cpu_s(server.pid) - cpu) / (time.perf_counter() - wall))
        filled_s = time.perf_counter() - began
        after = [one for _ in range(5) for one in asked(url)]
        print(f"vectors: {sum(int(str(row['total'])) for row in states(store)):,}, complete after {filled_s:.0f} s")
        print(f"CPU while nobody asks: {np.median(cores):.2f} cores (most {max(cores):.2f})")
        for name, times in (("while filling", during), ("when complete", after)):
            p50, p95 = np.percentile(times, [50, 95])
            print(f"a question {name}: p50 {p50:.0f} ms, p95 {p95:.0f} ms of {len(times)}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
