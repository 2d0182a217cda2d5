"""Prints how many corrupted answers are caught and how many correct ones kept.

    python -m benchmarks.mutations celery=TREE bbolt=TREE libuv=TREE webpack=TREE [--store FOLDER] [--show N] [--only WORD]

Trees: celery 5.5.3, bbolt 1.4.3, libuv 1.51.0, webpack 5.99.9. --store keeps the index between runs; --show prints examples of what
went wrong, --only those of one operator or kind of answer.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from app.wiring import Wiring
from benchmarks.mutations.answers import correct_answers, rendered
from benchmarks.mutations.judging import Judge
from benchmarks.mutations.mutants import mutants
from benchmarks.mutations.operators import FIRST_HALF
from benchmarks.mutations.world import World
from configs.release import Releases
from configs.settings import load_settings
from knowledge.scope import EVERYTHING


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the quality checker on corrupted and correct answers.")
    parser.add_argument("trees", nargs="+", help="NAME=TREE")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    trees = {name: Path(tree) for name, tree in (one.split("=") for one in options.trees)}
    with tempfile.TemporaryDirectory() as temporary:
        wiring = Wiring(load_settings({"home": str(options.store or temporary)}))
        indexed = {one.name for one in wiring.graph.repositories(EVERYTHING)}
        for name, tree in trees.items():
            if name not in indexed:
                wiring.index(str(tree.resolve()), name, progress=lambda *_: None, say=print)
        measure(wiring, trees, options.show, options.only)
        wiring.close()
    return 0


def measure(wiring: Wiring, trees: dict[str, Path], show: int, only: str) -> None:
    release = Releases().get("default")
    worlds = {name: World.read(tree) for name, tree in trees.items()}
    judges = {name: Judge(wiring.graph, name, release) for name in trees}
    answers = [answer for answer in correct_answers() if answer.repository in trees]
    kept: dict[str, list[bool]] = defaultdict(list)
    wrong: Counter[str] = Counter()
    times: list[float] = []
    for answer in answers:
        start = time.perf_counter()
        checked = judges[answer.repository].check(answer)
        times.append((time.perf_counter() - start) * 1000)
        kept[answer.kind].append(checked.passes)
        if not checked.passes:
            reasons = checked.reasons
            wrong[" ".join(reasons[0].split()[:5])] += 1
            if show and only in f"kept {answer.kind} {answer.repository}":
                show -= 1
                print(f"LOST {answer.id} {answer.kind}: {rendered(answer).text}\n    {reasons}\n")
    print(f"correct answers: {len(answers)}, kept {share([one for rows in kept.values() for one in rows])}")
    for kind, rows in sorted(kept.items()):
        print(f"  {kind:<10} {len(rows):>5}  {share(rows)}")
    caught: dict[str, list[bool]] = defaultdict(list)
    refuted: dict[str, list[bool]] = defaultdict(list)
    for mutant in mutants(answers, FIRST_HALF, worlds):
        start = time.perf_counter()
        checked = judges[mutant.answer.repository].check(mutant.answer)
        times.append((time.perf_counter() - start) * 1000)
        caught[mutant.operator].append(not checked.passes)
        refuted[mutant.operator].append(checked.is_refuted)
        if checked.passes and show and only in f"caught {mutant.operator}":
            show -= 1
            print(f"MISSED {mutant.operator} {mutant.answer.id}.{mutant.at}: {rendered(mutant.answer).text}\n")
    every = [one for rows in caught.values() for one in rows]
    print(f"mutants: {len(every)}, caught {share(every)}")
    for operator, rows in caught.items():
        print(f"  {operator:<20} {len(rows):>5}  caught {share(rows)}  refuted {share(refuted[operator])}")
    print("why correct answers are lost: " + "; ".join(f"{n} x {reason}" for reason, n in wrong.most_common(12)))
    print(f"time of a check: median {statistics.median(times):.2f} ms, p95 {statistics.quantiles(times, n=20)[-1]:.2f} ms; "
          f"CPU {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.0f} s")  # fmt: skip


def share(rows: list[bool]) -> str:
    return f"{sum(rows) / len(rows):.3f}" if rows else "-"


if __name__ == "__main__":
    raise SystemExit(main())
