"""Questions over three documentation trees: is a section that answers among the first five?

    python -m benchmarks.documents celery=DIR postgres=DIR python=DIR [--show] [--questions FILE]

Each tree is indexed with `--docs` into a store of its own and asked the questions of questions.tsv through the search
that `clew ask` uses. The trees: celery 5.5.3's source archive; the folders `html` of Debian 12's packages
postgresql-doc-15 and python3.11-doc (compressed files unpacked or left out). The questions were written, and their
sections chosen by their headings, before the benchmark had run. Since then each was read with its sections and with
those ranked above them; the last column of questions.tsv says what that changed.
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
class Place:
    """Sections of a document whose heading begins with `heading`, and those in them.

    alone: the one section whose heading is this (or begins so, with * at the end), without those in it. outer: what the heading around it begins with, empty where that need not be said.
    """

    path: str
    heading: str
    alone: bool = False
    outer: str = ""

    def __str__(self) -> str:
        outer = f"{self.outer} > " if self.outer else ""
        return f"{self.path}#{'=' if self.alone else ''}{outer}{self.heading}"


@dataclass(frozen=True, slots=True)
class Question:
    """gold: the places that answer, any of them."""

    tree: str
    text: str
    gold: tuple[Place, ...]


def read_questions(text: str) -> list[Question]:
    questions = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            tree, question, places = line.split("\t")[:3]
            questions.append(Question(tree, question, tuple(map(_place, places.split(" | ")))))
    return questions


def _place(written: str) -> Place:
    path, _, heading = written.strip().partition("#")
    outer, _, inner = heading.removeprefix("=").rpartition(" > ")
    return Place(path, inner, heading.startswith("="), outer)


class Gold:
    """The sections that answer a question, found among those of its documents."""

    def __init__(self, question: Question, sections: dict[str, list[Symbol]]) -> None:
        known = {section.id: section for found in sections.values() for section in found}
        self._parents = {symbol_id: section.parent_id for symbol_id, section in known.items()}
        self._alone: set[str] = set()
        self._with_parts: set[str] = set()
        self.missing: list[Place] = []
        for place in question.gold:
            ids = {section.id for section in sections.get(place.path, []) if _is_at(section, place, known)}
            (self._alone if place.alone else self._with_parts).update(ids)
            if not ids:
                self.missing.append(place)

    def holds(self, symbol_id: str | None) -> bool:
        if symbol_id in self._alone:
            return True
        while symbol_id is not None and symbol_id not in self._with_parts:
            symbol_id = self._parents.get(symbol_id)
        return symbol_id is not None

    def rank(self, results: list[SearchResult]) -> int:
        """Return the place (from 1) of the first result that answers, 0 for none."""
        return next((place for place, result in enumerate(results, 1) if self.holds(result.symbol_id)), 0)


def _is_at(section: Symbol, place: Place, known: dict[str, Symbol]) -> bool:
    outer = known.get(section.parent_id or "")
    if place.outer and (outer is None or not outer.name.startswith(place.outer)):
        return False
    if place.alone and not place.heading.endswith("*"):
        return section.name == place.heading
    return section.name.startswith(place.heading.removesuffix("*"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask the questions about documents.")
    parser.add_argument("trees", nargs="+", metavar="NAME=DIR")
    parser.add_argument("--show", action="store_true", help="print the questions that are missed")
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="another file of questions")
    options = parser.parse_args()
    trees = dict(one.split("=", 1) for one in options.trees)
    questions = [one for one in read_questions(options.questions.read_text("utf-8")) if one.tree in trees]
    ranks: dict[str, list[int]] = {}
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as store:
        wiring = Wiring(load_settings({"home": store}))
        for name, folder in trees.items():
            wiring.index(folder, name, progress=lambda *_: None, say=print, documents_only=True)
        retriever = wiring.default_retriever()
        for question in questions:
            scope = Scope(frozenset({question.tree}))
            paths = {place.path for place in question.gold}
            gold = Gold(question, {path: wiring.graph.outline(scope, question.tree, path) for path in paths})
            for place in gold.missing:
                print(f"no such section: {question.tree} {place}")
            started = time.perf_counter()
            results = retriever.search_docs(scope, question.text, top_k=DEPTH)
            latencies.append(time.perf_counter() - started)
            rank = gold.rank(results)
            ranks.setdefault(question.tree, []).append(rank)
            if options.show and not rank:
                print(f"missed: {question.tree}: {question.text}\n  wanted {' | '.join(map(str, question.gold))}")
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
