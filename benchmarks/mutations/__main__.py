"""Prints how many corrupted answers are caught and how many correct ones kept.

    python -m benchmarks.mutations celery=TREE bbolt=TREE libuv=TREE webpack=TREE [--store FOLDER] [--show N] [--only WORD]

Trees: celery 5.5.3, bbolt 1.4.3, libuv 1.51.0, webpack 5.99.9 (lib, bin, hot). --store keeps the index between runs; --show prints
examples of what went wrong, --only those whose operator, kind or set has this word; --sets takes some of `first`, `held`, `third`, `fourth`, `fifth`, `sixth`, `seventh`, `eighth`, `structural`, --every n each nth answer.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from app.wiring import Wiring
from benchmarks.mutations.answers import Answer, correct_answers, read_facts, rendered
from benchmarks.mutations.fifth_operators import FIFTH_PART
from benchmarks.mutations.fourth_operators import FOURTH_PART
from benchmarks.mutations.held_operators import HELD_HALF
from benchmarks.mutations.judging import Checked, Judge
from benchmarks.mutations.mutants import mutants
from benchmarks.mutations.operators import FIRST_HALF, Operator
from benchmarks.mutations.sixth_operators import SIXTH_PART
from benchmarks.mutations.structural import structural_answers
from benchmarks.mutations.third_operators import THIRD_PART
from benchmarks.mutations.world import World
from configs.errors import StoreUnavailable
from configs.reading import Reading
from configs.release import Release, Releases
from configs.settings import load_settings
from knowledge.scope import EVERYTHING

QUESTIONS = 60
"""Structural questions asked of each repository."""


@dataclass(slots=True)
class Tally:
    """Counts of one run; times in milliseconds of CPU and of wall, one entry a checked answer."""

    show: int
    only: str
    kept: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    caught: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    refuted: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    lost: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def checked(self, judge: Judge, answer: Answer) -> Checked:
        wall, cpu = time.perf_counter(), time.process_time()
        found = judge.check(answer)
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)
        return found

    def example(self, label: str, answer: Answer, reasons: Sequence[str] = ()) -> None:
        if self.show and self.only in label:
            self.show -= 1
            print(f"{label} {answer.id}: {rendered(answer).text}\n    {list(reasons)}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the quality checker on corrupted and correct answers.")
    parser.add_argument("trees", nargs="+", help="NAME=TREE")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--sets", nargs="+", default=["first", "held", "structural"])
    parser.add_argument(
        "--operators", nargs="+", default=[], help="first, held, third, fourth, fifth, sixth; all when left out"
    )
    parser.add_argument("--every", type=int, default=1, help="take every nth answer only")
    parser.add_argument(
        "--reading",
        type=Path,
        help="a release of before: its patterns and word lists, where it has them, are those judged by",
    )
    options = parser.parse_args()
    trees = {name: Path(tree) for name, tree in (one.split("=") for one in options.trees)}
    tally = Tally(options.show, options.only)
    with tempfile.TemporaryDirectory() as temporary:
        wiring = Wiring(load_settings({"home": str(options.store or temporary)}))
        try:
            indexed = {one.name for one in wiring.graph.repositories(EVERYTHING)}
        except StoreUnavailable:
            indexed = set()
        for name, tree in trees.items():
            if name not in indexed:
                wiring.indexing.index(str(tree.resolve()), name, progress=lambda *_: None, say=print)
        measure(wiring, trees, tally, options.sets, options.every, options.operators, _release(options.reading))
        wiring.close()
    return 0


def measure(
    wiring: Wiring,
    trees: dict[str, Path],
    tally: Tally,
    sets: Sequence[str],
    every: int = 1,
    only_operators: Sequence[str] = (),
    release: Release | None = None,
) -> None:
    worlds = {name: World.read(tree) for name, tree in trees.items()}
    judges = {name: Judge(wiring.graph, name, release or _release(None)) for name in trees}
    answers = {
        "first": [one for one in correct_answers() if one.repository in trees],
        **{
            told: [one for one in correct_answers(f"{told}_wordings.tsv") if one.repository in trees]
            for told in ("held", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
        },
        "structural": [
            one for name in trees if "structural" in sets
            for one in structural_answers(wiring, name, read_facts()[name], QUESTIONS)
        ],
    }  # fmt: skip
    every_operator: dict[str, Sequence[Operator]] = {
        "first": FIRST_HALF,
        "held": HELD_HALF,
        "third": THIRD_PART,
        "fourth": FOURTH_PART,
        "fifth": FIFTH_PART,
        "sixth": SIXTH_PART,
    }
    chosen = {name: some for name, some in every_operator.items() if not only_operators or name in only_operators}
    for told in sets:
        answers[told] = answers[told][::every]
        for answer in answers[told]:
            checked = tally.checked(judges[answer.repository], answer)
            tally.kept[f"{told} {answer.kind}"].append(checked.passes)
            if not checked.passes:
                tally.lost[_class(checked.reasons[0])] += 1
                tally.example(f"LOST {told} {answer.kind}", answer, checked.reasons)
        for half, operators in chosen.items():
            for mutant in mutants(answers[told], operators, worlds):
                checked = tally.checked(judges[mutant.answer.repository], mutant.answer)
                key = f"{told} x {half} {mutant.operator}"
                tally.caught[key].append(not checked.passes)
                tally.refuted[key].append(checked.is_refuted)
                if checked.passes:
                    tally.missed[f"{mutant.operator} of {mutant.answer.parts[mutant.at].kind}"] += 1
                    tally.example(f"MISSED {key}", mutant.answer)
    report(tally)


def _release(before: Path | None) -> Release:
    """Return the release, with the reading of an earlier one: what was mended since then is taken back."""
    release = Releases().get("default")
    if before is None:
        return release
    held = release.guards.reading
    told = yaml.safe_load(before.read_text("utf-8"))["guards"]["reading"]
    then = Reading.model_validate(
        {**held.model_dump(), **{key: told[key] for key in told if key in Reading.model_fields}}
    )
    return release.model_copy(update={"guards": release.guards.model_copy(update={"reading": then})})


def report(tally: Tally) -> None:
    print(f"correct answers kept: {_share(_all(tally.kept))}")
    for kind, rows in sorted(tally.kept.items()):
        print(f"  {kind:<40} {_share(rows)}")
    groups: dict[str, list[bool]] = defaultdict(list)
    for key, rows in tally.caught.items():
        groups[" ".join(key.split()[:3])] += rows
    print(f"mutants caught: {_share(_all(tally.caught))}")
    for group, rows in groups.items():
        print(f"  wordings x operators: {group:<18} {_share(rows)}")
    for key, rows in tally.caught.items():
        print(f"    {key:<38} {_share(rows)}   refuted {sum(tally.refuted[key]) / len(rows):.3f}")
    print("lost, by reason: " + "; ".join(f"{n} {reason}" for reason, n in tally.lost.most_common(15)))
    print("missed, by operator and fact: " + "; ".join(f"{n} {what}" for what, n in tally.missed.most_common(15)))
    for name, times in (("CPU", tally.cpu), ("wall", tally.wall)):
        p95 = statistics.quantiles(times, n=20)[-1]
        print(
            f"{name} of one check: median {statistics.median(times):.1f} ms, p95 {p95:.1f} ms, most {max(times):.0f} ms"
        )


def _all(rows: dict[str, list[bool]]) -> list[bool]:
    return [one for some in rows.values() for one in some]


def _share(rows: Sequence[bool]) -> str:
    return f"{sum(rows):>5} of {len(rows):>5}  {sum(rows) / len(rows):.4f}" if rows else "none"


def _class(reason: str) -> str:
    """Return a reason without what it names."""
    words = [word for word in reason.split() if "`" not in word and "/" not in word and ":" not in word[:-1]]
    return " ".join(words[:8])


if __name__ == "__main__":
    raise SystemExit(main())
