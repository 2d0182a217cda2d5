"""CPU of a whole `clew index` against parsing alone: same files, same process pool, reading included.

    python -m benchmarks.parse_only REPOSITORY [--runs 5]

Both run as fresh processes, in turn. Counted is the user and system time of every process that they start, workers and
fork server included (on Linux this process adopts orphans to count them too).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.speed.processes import adopt_orphans, cpu_of
from indexers.discovery import discover
from indexers.extraction_pool import run_extraction
from indexers.languages import PACKS, parser_for
from indexers.worker import Job


def parse_batch(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    """Read and parse, and throw the trees away."""
    for _, absolute, language, *_ in jobs:
        parser_for(language).parse(Path(absolute).read_bytes())
    return [(path, b"") for path, *_ in jobs]


def parse_repository(root: Path) -> int:
    """Parse every source file below `root`; return how many."""
    files = [file for file in discover(root).files if file.language in PACKS]
    jobs = [((file.path, str(file.absolute), file.language, file.size, b""), file.size) for file in files]
    return sum(1 for _ in run_extraction(jobs, executor=None, workers=None, work=parse_batch))


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU of `clew index` against parsing alone.")
    parser.add_argument("repository", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--parse", action="store_true", help="only parse, once (what the measurement starts)")
    options = parser.parse_args()
    if options.parse:
        print(parse_repository(options.repository))
        return
    adopt_orphans()
    files = [file for file in discover(options.repository).files if file.language in PACKS]
    lines = sum(Path(file.absolute).read_bytes().count(b"\n") for file in files)
    parse_cpu, index_cpu, index_wall = [], [], []
    for _ in range(options.runs):
        parse_cpu.append(cpu_of([sys.executable, "-m", "benchmarks.parse_only", str(options.repository), "--parse"])[0])
        store = tempfile.mkdtemp()
        try:
            cpu, wall = cpu_of([sys.executable, "-m", "app", "--store", store, "index", str(options.repository)])
        finally:
            shutil.rmtree(store)
        index_cpu.append(cpu)
        index_wall.append(wall)
    parse, index = statistics.median(parse_cpu), statistics.median(index_cpu)
    print(f"{len(files)} source files, {lines} lines, {options.runs} runs")
    print(f"parse only  CPU median {parse:.2f} s  ({min(parse_cpu):.2f} .. {max(parse_cpu):.2f})")
    print(
        f"clew index  CPU median {index:.2f} s  ({min(index_cpu):.2f} .. {max(index_cpu):.2f}), wall {statistics.median(index_wall):.2f} s"
    )
    print(f"ratio       {index / parse:.2f}")


if __name__ == "__main__":
    main()
