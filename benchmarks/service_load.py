"""All figures of the service under load, one measurement after the other, in one file.

    python -m benchmarks.service_load STORE --names NAMES.txt --json FIGURES.json [--share 1.0] [--only NAME ...]

In this order: one process in a closed loop; 100 users who think 1 s, for 300 s; 100 who think 5 s, for 120 s; 100 who read streams, for 120 s; 1,000 who think 30 s,
for 180 s; 20 who ask what a model writes about, at 30 tokens a second, for 120 s; 1,000 idle streams, for 25 s; 10,000 answers of one process with its memory; chaos with faults
of 20 s. `--share` takes a share of each time (and of users, idle streams and answers, at least a few), to try it. Each measurement is a process of its own, begins once no server of
the store is left, and waits `--settle-s` before. What fails is told in the file with what it said, and the next one runs. Takes about half an hour; exit 1 when something failed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LONGEST_S = 3_600.0
SAID_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Measurement:
    """One program with its options; `scaled` are those that a share is taken of, with the least they may be."""

    module: str
    fixed: tuple[str, ...] = ()
    scaled: tuple[tuple[str, float, float], ...] = ()
    on_store: bool = True

    def command(self, given: argparse.Namespace, figures: Path) -> list[str]:
        options = list(self.fixed)
        for name, whole, least in self.scaled:
            options += [name, f"{max(round(whole * given.share, 1), least):g}"]
        place = [str(given.store), "--names", str(given.names)] if self.on_store else []
        return [sys.executable, "-m", self.module, *place, *options, "--json", str(figures)]


def _users(count: int, think_s: int, seconds: int, *more: str) -> Measurement:
    scaled = (("--users", count, 4.0), ("--seconds", seconds, 10.0))
    return Measurement("benchmarks.rest_users", ("--think-s", str(think_s), *more), scaled)


MEASUREMENTS = {
    "closed loop": Measurement("benchmarks.rest_load", (), (("--seconds", 30, 5.0),)),
    "100 users, 1 s": _users(100, 1, 300),
    "100 users, 5 s": _users(100, 5, 120),
    "100 streams, 5 s": _users(100, 5, 120, "--via", "stream"),
    "1,000 users, 30 s": _users(1_000, 30, 180),
    "20 users of a model": _users(20, 5, 120, "--model-tokens-s", "30", "--timeout-s", "300"),
    "1,000 idle streams": Measurement(
        "benchmarks.rest_users", (), (("--idle-streams", 1_000, 20.0), ("--seconds", 25, 10.0))
    ),
    "memory": Measurement("benchmarks.rest_memory", (), (("--answers", 10_000, 200.0),)),
    "chaos": Measurement("benchmarks.chaos", (), (("--fault-s", 20, 2.0),), on_store=False),
}


def measured(measurement: Measurement, given: argparse.Namespace) -> dict[str, Any]:
    """Run one; return its figures, or what it said when it failed."""
    with tempfile.TemporaryDirectory(prefix="clew-load-") as made:
        figures = Path(made) / "figures.json"
        command = measurement.command(given, figures)
        began = time.monotonic()
        load = os.getloadavg()[0]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S, check=False)
            said, code = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired as exc:
            said, code = f"not done after {LONGEST_S:g} s: {exc.stdout!r}", -1
        told = {
            "command": ["python", *command[1:-2]],
            "took_s": round(time.monotonic() - began, 1),
            "load_before": round(load, 1),
            "ended_with": code,
        }
        if figures.exists():
            told["figures"] = json.loads(figures.read_text("utf-8"))
        if code != 0:
            told["said"] = said[-SAID_CHARACTERS:]
        return told


def main() -> int:
    """Measure all, and keep what is there after each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store", type=Path)
    parser.add_argument("--names", type=Path, required=True, help="A symbol a line.")
    parser.add_argument("--json", type=Path, required=True, help="Where to keep the figures.")
    parser.add_argument("--share", type=float, default=1.0, help="Of each time and number; below 1 to try it.")
    parser.add_argument("--settle-s", type=float, default=10.0, help="Rest before each.")
    parser.add_argument("--only", nargs="+", choices=list(MEASUREMENTS), default=list(MEASUREMENTS), metavar="NAME")
    given = parser.parse_args()
    told: dict[str, Any] = {}
    for name in given.only:
        time.sleep(given.settle_s)
        print(f"{name} ...", end=" ", flush=True)
        told[name] = measured(MEASUREMENTS[name], given)
        print(f"{told[name]['took_s']:g} s, ended with {told[name]['ended_with']}", flush=True)
        given.json.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 1 if any(one["ended_with"] for one in told.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
