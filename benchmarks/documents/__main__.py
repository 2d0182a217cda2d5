"""Questions over three documentation trees: is a section that answers among the first five?

    python -m benchmarks.documents celery=DIR postgres=DIR python=DIR [--show]

Each tree is indexed with `--docs` into a store of its own and asked the questions of questions.tsv through the search
that `clew ask` uses. The trees: celery 5.5.3's source archive; the folders `html` of Debian 12's packages
postgresql-doc-15 and python3.11-doc (compressed files unpacked or left out). The questions were written, and their
sections chosen by their headings, before the benchmark had run.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.wiring import Wiring
from configs.settings import load_settings
from knowledge.schema import Symbol
from knowledge.scope import Scope
from tools.search import SearchResult

QUESTIONS = Path(__file__).with_name("questions.tsv")
DEPTH = 5


@dataclass(frozen=True, slots=True)
class Question:
    """gold: (path, beginning of the section's heading) of each section that answers."""

    tree: str
    text: str
    gold: tuple[tuple[str, str], ...]


def read_questions(text: str) -> list[Question]:
    questions = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            tree, question, places = line.split("\t")
            gold = tuple(
                (path, heading) for path, _, heading in (one.strip().partition("#") for one in places.split(" | "))
            )
            questions.append(Question(tree, question, gold))
    return questions


def rank_of(question: Question, results: list[SearchResult], sections: dict[str, list[Symbol]]) -> int:
    """Return the place (from 1) of the first result that is a section of the gold or lies in one, 0 for none."""
    wanted = {
        section.id
        for path, heading in question.gold
        for section in sections.get(path, [])
        if section.name.startswith(heading)
    }
    parents = {section.id: section.parent_id for path, _ in question.gold for section in sections.get(path, [])}
    for place, result in enumerate(results, 1):
        at = result.symbol_id
        while at is not None:
            if at in wanted:
                return place
            at = parents.get(at)
    return 0


def missing(question: Question, sections: dict[str, list[Symbol]]) -> list[str]:
    """Return the sections that the tree does not have: a fault of the questions."""
    return [
        f"{path}#{heading}"
        for path, heading in question.gold
        if not any(section.name.startswith(heading) for section in sections.get(path, []))
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask the questions about documents.")
    parser.add_argument("trees", nargs="+", metavar="NAME=DIR")
    parser.add_argument("--show", action="store_true", help="print the questions that are missed")
    options = parser.parse_args()
    trees = dict(one.split("=", 1) for one in options.trees)
    questions = [one for one in read_questions(QUESTIONS.read_text("utf-8")) if one.tree in trees]
    ranks: dict[str, list[int]] = {}
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as store:
        wiring = Wiring(load_settings({"home": store}))
        for name, folder in trees.items():
            wiring.index(folder, name, progress=lambda *_: None, say=print, documents_only=True)
        retriever = wiring.default_retriever()
        for question in questions:
            scope = Scope(frozenset({question.tree}))
            sections = {path: wiring.graph.outline(scope, question.tree, path) for path, _ in question.gold}
            for place in missing(question, sections):
                print(f"no such section: {question.tree} {place}")
            started = time.perf_counter()
            results = retriever.search_docs(scope, question.text, top_k=DEPTH)
            latencies.append(time.perf_counter() - started)
            rank = rank_of(question, results, sections)
            ranks.setdefault(question.tree, []).append(rank)
            if options.show and not rank:
                print(f"missed: {question.tree}: {question.text}\n  wanted {question.gold[0]}")
                print("".join(f"  got {one.path}:{one.start_line} {one.symbol}\n" for one in results), end="")
        wiring.close()
    for name, found in [*ranks.items(), ("all", [rank for one in ranks.values() for rank in one])]:
        recall = sum(rank > 0 for rank in found) / len(found)
        first = sum(rank == 1 for rank in found) / len(found)
        reciprocal = statistics.fmean(1 / rank if rank else 0.0 for rank in found)
        print(
            f"{name:10} {len(found):4} questions  recall@{DEPTH} {recall:.3f}  recall@1 {first:.3f}  MRR {reciprocal:.3f}"
        )
    print(f"a question: median {1000 * statistics.median(latencies):.1f} ms")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
