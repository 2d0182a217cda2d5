"""Measures `clew --help` against importing the command-line library alone, in one run, turn by turn.

    python benchmarks/cli_startup.py [--runs 30] [--limit 1.5]

Prints both medians and their ratio; exits with 1 when the ratio is above the limit.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARY = [sys.executable, "-c", "import click"]
HELP = [sys.executable, "-m", "app", "--help"]


def wall_ms(command: list[str]) -> float:
    """Return the wall time of one run of `command`, in milliseconds."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return (time.perf_counter() - started) * 1_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=30, help="pairs of runs (30)")
    parser.add_argument("--limit", type=float, default=1.5, help="highest ratio that passes (1.5)")
    arguments = parser.parse_args()
    wall_ms(LIBRARY), wall_ms(HELP)  # the first ones write byte code
    pairs = [(wall_ms(LIBRARY), wall_ms(HELP)) for _ in range(arguments.runs)]
    library, help_ = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = help_ / library
    print(
        f"import click {library:.1f} ms, clew --help {help_:.1f} ms, ratio {ratio:.2f} ({arguments.runs} pairs, medians)"
    )
    return 0 if ratio <= arguments.limit else 1


if __name__ == "__main__":
    sys.exit(main())
