"""Questions over three documentation trees: is a section that answers among the first five?

    python -m benchmarks.documents celery=DIR postgres=DIR python=DIR [--show] [--learn] [--questions FILE]

Each tree is indexed with `--docs` into a store of its own and asked the questions of questions.tsv through the search
that `clew ask` uses. The trees: celery 5.5.3's source archive; the folders `html` of Debian 12's packages
postgresql-doc-15 and python3.11-doc (compressed files unpacked or left out). The questions were written, and their
sections chosen by their headings, before the benchmark had run. Since then each was read with its sections and with
those ranked above them; the last column of questions.tsv says what that changed.

--learn: the figure with weights learned from the other trees only, and the weights that all trees together teach.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.ranker.learning import Judged, fitted
from app.wiring import Wiring
from benchmarks.documents.gold import QUESTIONS, Gold, Question, read_questions
from configs.release import Releases
from configs.settings import load_settings
from knowledge.scope import Scope
from tools.candidates import Candidate
from tools.fusion import FEATURES, scores_of, table_of
from tools.placing import spread
from tools.search import Retriever

DEPTH = 5
GIVEN = ("exact_symbol", "phrase", "named", "dense", "aside", "listing")
"""Features that these questions cannot teach: they name nothing on purpose, no vectors are filled, few pages are listings."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what search looked at, best first."""

    question: Question
    gold: Gold
    candidates: list[Candidate]

    def rank(self, weights: Mapping[str, float] | None = None) -> int:
        """Return the place of the first section that answers, 0 below `DEPTH`; by other weights when given."""
        found = self.candidates
        if weights is not None:
            scores = scores_of([one.features for one in found], "doc", weights)
            for one, score in zip(found, scores, strict=True):
                one.score = score
            found = spread(sorted(found, key=lambda one: -one.score))
        return self.gold.rank([one.symbol_id for one in found[:DEPTH]])

    def judged(self) -> Judged:
        names = [one.symbol_id for one in self.candidates]
        right = np.array([self.gold.holds(name) for name in names], np.bool_)
        table = table_of([one.features for one in self.candidates], FEATURES["doc"])
        return Judged(self.question.tree, names, table, right, int(right.sum()))


def ask(wiring: Wiring, retriever: Retriever, question: Question) -> tuple[Asked, float]:
    """Return what was found, and the seconds it took."""
    scope = Scope(frozenset({question.tree}))
    paths = {place.path for place in question.gold}
    gold = Gold(question, {path: wiring.graph.outline(scope, question.tree, path) for path in paths})
    for place in gold.missing:
        print(f"no such section: {question.tree} {place}")
    started = time.perf_counter()
    candidates = retriever.candidates(scope, question.text, "doc")
    return Asked(question, gold, candidates), time.perf_counter() - started


def learned(asked: Sequence[Asked], given: Mapping[str, float]) -> dict[str, float]:
    """Return the weights that these questions teach, with the given ones of `GIVEN`."""
    weights = fitted([one.judged() for one in asked], "doc", any_answer=True)
    return weights | {name: given.get(name, 0.0) for name in (f"doc.{one}" for one in GIVEN)}


def print_ranks(title: str, ranks: Mapping[str, list[int]]) -> None:
    print(title)
    for name, found in [*ranks.items(), ("all", [rank for one in ranks.values() for rank in one])]:
        recall = sum(rank > 0 for rank in found) / len(found)
        first = sum(rank == 1 for rank in found) / len(found)
        reciprocal = statistics.fmean(1 / rank if rank else 0.0 for rank in found)
        print(
            f"{name:10} {len(found):4} questions  recall@{DEPTH} {recall:.3f}  recall@1 {first:.3f}  MRR {reciprocal:.3f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask the questions about documents.")
    parser.add_argument("trees", nargs="+", metavar="NAME=DIR")
    parser.add_argument("--show", action="store_true", help="print the questions that are missed")
    parser.add_argument("--learn", action="store_true", help="learn the weights, each tree's from the others")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="another file of questions")
    options = parser.parse_args()
    trees = dict(one.split("=", 1) for one in options.trees)
    questions = [one for one in read_questions(options.questions.read_text("utf-8")) if one.tree in trees]
    asked: list[Asked] = []
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as store:
        wiring = Wiring(load_settings({"home": store}))
        for name, folder in trees.items():
            wiring.indexing.index(folder, name, progress=lambda *_: None, say=print, documents_only=True)
        retriever = wiring.default_retriever()
        for question in questions:
            one, seconds = ask(wiring, retriever, question)
            asked.append(one)
            latencies.append(seconds)
            if options.show and not one.rank():
                print(f"missed: {question.tree}: {question.text}\n  wanted {' | '.join(map(str, question.gold))}")
                print("".join(f"  got {found.symbol_id}\n" for found in one.candidates[:DEPTH]), end="")
        wiring.close()
    by_tree = {name: [one for one in asked if one.question.tree == name] for name in trees}
    print_ranks("weights of the release", {name: [one.rank() for one in held] for name, held in by_tree.items()})
    print(f"a question: median {1000 * statistics.median(latencies):.1f} ms")
    if options.learn:
        given = Releases().get("default").retrieval.weights
        left_out = {
            name: learned([one for one in asked if one.question.tree != name], given)
            for name in trees
            if len(trees) > 1
        }
        print_ranks(
            "weights learned from the other trees",
            {name: [one.rank(weights) for one in by_tree[name]] for name, weights in left_out.items()},
        )
        print(
            "".join(f"    {name}: {weight:.3f}\n" for name, weight in learned(asked, given).items() if weight), end=""
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
