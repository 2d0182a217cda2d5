"""PyCG's micro benchmark: 119 small Python programs with their call graphs.

    python -m benchmarks.callgraph.pycg SNIPPETS [--predictions FILE] [--list] [--no-builtin]

SNIPPETS is `micro-benchmark/snippets` of PyCG's repository, or the micro ground truth of Jarvis'. A case is *complete* without
a false edge, *sound* without a missing one, *exact* with both.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.callgraph.named import NamedEdge, named_calls

Graph = set[NamedEdge]


@dataclass(slots=True)
class Tally:
    """Counts over some cases."""

    cases: int = 0
    true: int = 0
    false: int = 0
    missed: int = 0
    complete: int = 0
    sound: int = 0
    exact: int = 0

    def add(self, truth: Graph, given: Graph) -> None:
        false, missed = len(given - truth), len(truth - given)
        self.cases += 1
        self.true += len(truth & given)
        self.false += false
        self.missed += missed
        self.complete += not false
        self.sound += not missed
        self.exact += not false and not missed

    @property
    def precision(self) -> float:
        return self.true / (self.true + self.false) if self.true + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.true / (self.true + self.missed) if self.true + self.missed else 1.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def truths(snippets: Path) -> dict[str, Graph]:
    """Return case -> its edges, of every folder with a `callgraph.json`."""
    return {
        file.parent.relative_to(snippets).as_posix(): edges_of(file)
        for file in sorted(snippets.rglob("callgraph.json"))
    }


def edges_of(file: Path) -> Graph:
    """Return the edges of a file `{caller: [callee, ...]}`."""
    graph: dict[str, list[str]] = json.loads(file.read_text("utf-8"))
    return {(caller, callee) for caller, callees in graph.items() for callee in callees}


def predict(snippets: Path) -> dict[str, Graph]:
    """Return case -> the edges that we find."""
    return {case: named_calls(snippets / case, (snippets / case).rglob("*.py")) for case in truths(snippets)}


def without_builtins(edges: Graph) -> Graph:
    return {edge for edge in edges if not edge[1].startswith(("<builtin>", "<**"))}


def tallies(truth: dict[str, Graph], given: dict[str, Graph]) -> dict[str, Tally]:
    """Return category -> counts, and `ALL`."""
    counted: dict[str, Tally] = {}
    for case, edges in sorted(truth.items()):
        for category in (case.partition("/")[0], "ALL"):
            counted.setdefault(category, Tally()).add(edges, given.get(case, set()))
    return dict(sorted(counted.items(), key=lambda item: (item[0] == "ALL", item[0])))


def failures(truth: dict[str, Graph], given: dict[str, Graph]) -> Iterator[str]:
    for case, edges in sorted(truth.items()):
        mine = given.get(case, set())
        if mine != edges:
            yield f"{case}: false {sorted(mine - edges)} missed {sorted(edges - mine)}"


def main() -> None:
    parser = argparse.ArgumentParser(description="PyCG's micro benchmark.")
    parser.add_argument("snippets", type=Path)
    parser.add_argument("--predictions", type=Path, help="write our edges here: {case: [[caller, callee], ...]}")
    parser.add_argument("--list", action="store_true", help="show every case that is not exact")
    parser.add_argument("--no-builtin", action="store_true", help="without edges to builtins, on both sides")
    options = parser.parse_args()
    truth, given = truths(options.snippets), predict(options.snippets)
    if options.predictions:
        options.predictions.write_text(json.dumps({case: sorted(edges) for case, edges in given.items()}), "utf-8")
    if options.no_builtin:
        truth = {case: without_builtins(edges) for case, edges in truth.items()}
        given = {case: without_builtins(edges) for case, edges in given.items()}
    if options.list:
        print("\n".join(failures(truth, given)))
    names = ("category", "cases", "true", "false", "missed", "P", "R", "F1", "complete", "sound", "exact")
    print(("{:<14}" + "{:>9}" * 10).format(*names))
    for category, tally in tallies(truth, given).items():
        print(
            f"{category:<14}{tally.cases:>9}{tally.true:>9}{tally.false:>9}{tally.missed:>9}{tally.precision:>9.3f}"
            f"{tally.recall:>9.3f}{tally.f1:>9.3f}{tally.complete:>9}{tally.sound:>9}{tally.exact:>9}"
        )


if __name__ == "__main__":
    main()
