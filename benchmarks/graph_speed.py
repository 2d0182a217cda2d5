"""Speed of the code graph on trees of mixed languages, in one run with parsing alone. Linux only.

    python -m benchmarks.graph_speed SOURCE... [--lines 100000 1000000] [--runs 3] [--edits 20] [--work FOLDER]

The SOURCEs are checkouts, from which trees of the given sizes are put together (see `benchmarks/speed/trees.py`). At each size: CPU of
parsing, of extracting facts and of the whole index, each in fresh processes by turns; wall and peak memory of the index. At
the largest size: a run that finds nothing changed, one edited file, callers, impact, readers beside a writer.
Goals are those of issue 3; a figure that misses its goal is marked.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.speed.asking import (
    ask_callers,
    ask_impact,
    called_symbols,
    latency,
    read_while_writing,
    timed,
)
from benchmarks.speed.edits import Edits, timed_edits
from benchmarks.speed.processes import Measured, adopt_orphans, clew, measured, run_clew
from benchmarks.speed.trees import Tree, assemble
from knowledge.backends.sqlite_graph import SqliteCodeGraph

READER_THREADS = 16
WRITER_RUNS = 3
NAME = "measured"


@dataclass(frozen=True, slots=True)
class Size:
    """Medians over the runs at one size of tree. `index_runs` are the whole indexes, cheapest first."""

    tree: Tree
    parse_cpu_s: float
    facts_cpu_s: float
    index_runs: list[Measured]
    relations: int
    store: Path

    @property
    def index(self) -> Measured:
        return self.index_runs[len(self.index_runs) // 2]

    @property
    def peak_mib(self) -> float:
        return max(run.peak_mib for run in self.index_runs)


def measure_size(tree: Tree, store: Path, runs: int) -> Size:
    """Parse, extract and index the tree `runs` times, by turns. The last index stays in `store`."""
    parse: list[float] = []
    facts: list[float] = []
    index: list[Measured] = []
    stage = [sys.executable, "-m", "benchmarks.speed.stages"]
    for _ in range(runs):
        parse.append(measured([*stage, "parse", str(tree.root)]).cpu_s)
        facts.append(measured([*stage, "facts", str(tree.root)]).cpu_s)
        shutil.rmtree(store, ignore_errors=True)
        index.append(measured(clew(store, "index", str(tree.root), "--name", NAME)))
    status = json.loads(run_clew(store, "index", str(tree.root), "--name", NAME, "--json"))
    index.sort(key=lambda run: run.cpu_s)
    return Size(tree, statistics.median(parse), statistics.median(facts), index, int(status["relations"]), store)


def size_lines(size: Size) -> Iterator[str]:
    """Yield what was measured at one size."""
    index = size.index
    yield f"{size.tree.lines:,} lines, {size.tree.files:,} files, {size.relations:,} relations"
    yield f"  parse only         CPU {size.parse_cpu_s:.2f} s"
    facts = size.facts_cpu_s / size.parse_cpu_s
    yield f"  extract facts      CPU {size.facts_cpu_s:.2f} s, {goal(facts, 2.0, 'x parsing')}"
    spread = f"{size.index_runs[0].cpu_s:.2f} .. {size.index_runs[-1].cpu_s:.2f}"
    ratio = index.cpu_s / size.parse_cpu_s
    yield f"  clew index         CPU {index.cpu_s:.2f} s ({spread}), {goal(ratio, 4.0, 'x parsing')}"
    yield f"                     wall {index.wall_s:.1f} s, peak {size.peak_mib:.0f} MiB over all processes"


def growth_lines(small: Size, large: Size) -> Iterator[str]:
    """Yield how CPU and memory grow between two sizes."""
    per_line = (large.index.cpu_s / large.tree.lines) / (small.index.cpu_s / small.tree.lines)
    yield f"growth {small.tree.lines:,} -> {large.tree.lines:,} lines: CPU a line {goal(per_line, 1.2, 'x')}"
    more = (large.relations - small.relations) / 100_000
    if more > 0:
        slope = (large.peak_mib - small.peak_mib) / more
        yield f"memory a further 100,000 relations: {goal(slope, 50.0, 'MiB')}"


def goal(value: float, limit: float, unit: str) -> str:
    """Return the figure beside the most that it may be."""
    return f"{value:.2f} {unit} (goal {limit:g}: {'met' if value <= limit else 'MISSED'})"


def edit_lines(root: Path, store: Path, edits: int) -> Iterator[str]:
    """Yield what edits of each kind cost, and the CPU of them by language."""
    chosen = Edits(root)
    for position, (what, edit) in enumerate(
        (
            ("moved lines", chosen.move_lines),
            ("a new function", chosen.add_function),
            ("another signature", chosen.change_signature),
            ("a new import", chosen.add_import),
        )
    ):
        samples = timed_edits(root, store, NAME, edit, range(position * edits, (position + 1) * edits))
        changed = latency([sample.wall_s for sample in samples])
        runs = sum(not sample.taken for sample in samples)
        yield f"one edited file, store up to date, {what}: {changed}; p95 {goal(changed.p95, 150, 'ms')}; index runs {runs}"
        for language in sorted({sample.language for sample in samples}):
            cpu = latency([sample.cpu_s for sample in samples if sample.language == language])
            yield f"  {language:<12} CPU {cpu}"


def store_lines(size: Size, edits: int) -> Iterator[str]:
    """Yield what was measured on the store of the largest tree."""
    root, store = size.tree.root, size.store
    again = [measured(clew(store, "index", str(root), "--name", NAME)) for _ in range(3)]
    nothing = statistics.median(run.wall_s for run in again)
    yield f"nothing changed: wall {goal(nothing, 2.0, 's')}, from the shell"
    if edits:
        yield from edit_lines(root, store, edits)
    with closing(SqliteCodeGraph(store / "graph.db", read_only=True)) as graph:
        targets = called_symbols(graph)
        called = timed(partial(ask_callers, graph), targets.typical)
        yield f"callers: {called}; p95 {goal(called.p95, 5, 'ms')}"
        for name, ids, limit in (("typical", targets.typical, 50), ("hottest", targets.hottest, 500)):
            reached = timed(partial(ask_impact, graph), ids)
            yield f"impact, depth 6, {name}: {reached}; p95 {goal(reached.p95, limit, 'ms')}"
        readers, failed = read_while_writing(
            graph,
            targets.typical,
            store,
            root,
            Edits(root).add_function,
            threads=READER_THREADS,
            runs=WRITER_RUNS,
        )
        beside = latency(readers.samples_s)
        yield f"{READER_THREADS} readers beside {WRITER_RUNS} index runs: {beside}; errors {len(readers.errors)}, failed writers {failed}"
        yield from sorted(set(readers.errors))[:5]


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of the code graph, in one run with parsing alone.")
    parser.add_argument("sources", type=Path, nargs="+", help="checkouts to put trees together from")
    parser.add_argument("--lines", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--edits", type=int, default=20)
    parser.add_argument("--work", type=Path, help="where trees and stores go; removed at the end")
    options = parser.parse_args()
    adopt_orphans()
    if options.work is not None:
        options.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.work, prefix="clew-speed-") as work:
        sizes: list[Size] = []
        for lines in sorted(options.lines):
            tree = assemble(options.sources, Path(work) / f"tree{lines}", lines)
            sizes.append(measure_size(tree, Path(work) / f"store{lines}", options.runs))
            print(*size_lines(sizes[-1]), sep="\n", flush=True)
        if len(sizes) > 1:
            print(*growth_lines(sizes[0], sizes[-1]), sep="\n", flush=True)
        largest = sizes[-1]
        if largest.tree.lines >= 1_000_000:
            wall, peak = largest.index.wall_s, largest.peak_mib
            print(f"a million lines: wall {goal(wall, 60, 's')}, peak {goal(peak, 1536, 'MiB')}", flush=True)
        for line in store_lines(largest, options.edits):
            print(line, flush=True)


if __name__ == "__main__":
    main()
