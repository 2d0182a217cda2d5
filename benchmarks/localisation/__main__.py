"""Localisation: `python -m benchmarks.localisation --set SET.jsonl=GIT_DIR ... --work FOLDER`.

Prints, for `query` and `query_strict`, plain chunk BM25 (`plain.py`), the release's weights, and weights learned with the asked
repository left out; then what each part brings, by leaving it out and learning again. With `--described GIT_DIR` functions are learned
from descriptions of those repositories too, as `clew eval train-ranker` does. A function is looked for among functions
and methods, as `clew search --kind function` does; `as named` counts only the names that the set has, letter by letter.
"""

from __future__ import annotations

import argparse
import json
import pickle
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from app.ranker.asking import Looked, known_functions, looked_at, retriever_over
from app.ranker.cases import Case, read_cases
from app.ranker.corpora import corpus_at
from app.ranker.descriptions import described_cases, without_descriptions
from app.ranker.learning import Judged, fitted, judged, order, scored_by_files, weights_left_out
from app.ranker.scores import (
    MEASURES,
    file_measures,
    function_recall,
    interval,
    mean_of_sets,
)
from app.ranker.training import name_of
from benchmarks.localisation.plain import PlainChunks
from configs.release import Releases
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from tools.candidates import Grain
from tools.fusion import FEATURES
from tools.question_sort import REPORT, sort_of

SORT = "sort of the question"
"""No feature, but what weights change with."""
DESCRIPTIONS = 20
"""Of each repository that is only learned from. Of six that is a tenth of the fixes in both wordings."""
PARTS: Mapping[str, frozenset[str]] = {
    "history": frozenset(
        {"past", "similar", "closest", "churn", "changes", "recent", "folder_past"}
        | {"past_function", "function_changes", "past_in_file"}
    ),
    "dense (learned vectors)": frozenset({"dense"}),
    "file BM25F": frozenset({"file", "subject", "covered"}),
    "best chunks": frozenset({"best", "top3", "best_covered"}),
    "path and area": frozenset({"path", "area", "placed"}),
    "names": frozenset({"name", "name_share", "named", "exact_symbol", "asked_for", "mentioned", "name_in_file"}),
    "places within the file": frozenset(
        {
            "chunk_in_file",
            "chunk_covered_in_file",
            "local",
            "local_in_file",
            "name_in_file",
            "past_in_file",
            "rank_in_file",
        }
    ),
    "the file's own score": frozenset({"file_score", "file_rank"}),
    "size": frozenset({"lines", "chunk_length", "length"}),
    "the folder's others": frozenset({"folder_best", "folder_past"}),
    "other platforms": frozenset({"other_platform"}),
    "folders and names in the subject": frozenset({"folder_said", "folders_said", "name_subject"}),
    "centrality": frozenset({"central"}),
    "words that few hold": frozenset({"few", "chunk_few"}),
    "the sort of the question": frozenset({SORT}),
    "tests and asides": frozenset({"test", "aside", "declaration"}),
}
GRAINS: tuple[Grain, ...] = ("file", "symbol")
Seen = dict[str, Looked]
"""What was looked at for a question, by grain; under `plain file` and `plain symbol` what the yardstick gives."""
PLAIN_KEPT = 50
Described = list[tuple[Judged, Judged]]
"""Descriptions that functions are learned from: their files and their functions."""
Rows = dict[str, list[dict[str, float]]]
"""By set, one row of measures a question."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localisation", description=__doc__)
    parser.add_argument(
        "--set", action="append", required=True, metavar="FILE=GIT_DIR", help="questions, and where their repository is"
    )
    parser.add_argument("--work", type=Path, required=True, help="where indexes are kept between runs")
    parser.add_argument("--docstrings", metavar="FILE=GIT_DIR", help="the set of docstrings")
    parser.add_argument(
        "--described", type=Path, action="append", default=[], metavar="GIT_DIR", help="learn from descriptions too"
    )
    parser.add_argument("--predictions", type=Path, help="write NAME.VARIANT.jsonl here, for another scorer")
    parser.add_argument("--no-ablation", action="store_true")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    weights = Releases().get("default").retrieval.weights
    described = _described(arguments.described, arguments.work, weights)
    for variant in ("query", "query_strict"):
        asked = [_asked(one, variant, arguments.work, weights) for one in arguments.set]
        cases = [case for found, _ in asked for case in found]
        looked = [look for _, found in asked for look in found]
        _report(variant, cases, looked, weights, described, arguments)
    if arguments.docstrings:
        _report_docstrings(arguments.docstrings, arguments.work, weights)


def _asked(
    named: str, variant: str, work: Path, weights: Mapping[str, float], *, edited: bool = False
) -> tuple[list[Case], list[Seen]]:
    """Return the cases of a set and what was looked at for each; kept in the work folder."""
    file, _, git_dir = named.partition("=")
    cases = read_cases(Path(file))
    kept = work / f"{Path(file).stem}.{variant}.pickle"
    if kept.exists():
        return cases, pickle.loads(kept.read_bytes())
    found: dict[str, Seen] = {}
    for commit in dict.fromkeys(case.base_commit for case in cases):
        name = cases[0].repository
        store = corpus_at(Path(git_dir), commit, name, work, without_descriptions if edited else None)
        with closing(SqliteCodeGraph(store / "graph.db", read_only=True)) as graph:
            plain = PlainChunks(graph, name)
        with retriever_over(store, name, dict(weights), dense=True) as retriever:
            for case in cases:
                if case.base_commit == commit:
                    query = case.query if variant == "query" else case.strict
                    seen: Seen = {grain: looked_at(retriever, name, query, grain) for grain in GRAINS}
                    for grain, names in zip(GRAINS, plain.ranked(query), strict=True):
                        seen[f"plain {grain}"] = [(one, {}) for one in names[:PLAIN_KEPT]]
                    found[case.id] = seen
    looked = [found[case.id] for case in cases]
    kept.write_bytes(pickle.dumps(looked))
    return cases, looked


def _report(
    variant: str,
    cases: Sequence[Case],
    looked: Sequence[Seen],
    weights: Mapping[str, float],
    described: Described,
    arguments: argparse.Namespace,
) -> None:
    print(f"\n## {variant}: {len(cases)} questions, mean of {len({case.repository for case in cases})} sets\n")
    print("| method | " + " | ".join(MEASURES) + " |\n|---|" + "---|" * len(MEASURES))
    questions = {grain: _questions(cases, looked, grain, variant, weights) for grain in GRAINS}
    plain = {grain: [[name for name, _ in look[f"plain {grain}"]] for look in looked] for grain in GRAINS}
    _line("plain chunk BM25", _measured(cases, looked, plain))
    released = {g: [order(q, weights, g) for q in questions[g]] for g in GRAINS}
    _line("the release's weights (fitted on these sets)", _measured(cases, looked, released))
    best_orders = _left_out(questions, described, frozenset())
    best = _measured(cases, looked, best_orders)
    _line("learned, repository left out", best)
    for name in best:
        print(
            f"| ... {name} | " + " | ".join(f"{mean_of_sets({name: best[name]}, one):.1f}" for one in MEASURES) + " |"
        )
    spans = (interval(best, one) for one in MEASURES)
    print("| ... 95 % of the mean | " + " | ".join(f"{low:.1f}-{high:.1f}" for low, high in spans) + " |")
    if arguments.predictions:
        _write_predictions(arguments.predictions, variant, cases, best_orders)
    if arguments.no_ablation:
        return
    print("\n| without | " + " | ".join(MEASURES) + " |\n|---|" + "---|" * len(MEASURES))
    for part, names in PARTS.items():
        rows = _measured(cases, looked, _left_out(questions, described, names))
        cells = []
        for one in MEASURES:
            low, high = interval(rows, one, best)
            cells.append(f"{mean_of_sets(rows, one) - mean_of_sets(best, one):+.1f} ({low:+.1f} to {high:+.1f})")
        print(f"| {part} | " + " | ".join(cells) + " |")


def _questions(
    cases: Sequence[Case], looked: Sequence[Seen], grain: Grain, variant: str, weights: Mapping[str, float]
) -> list[Judged]:
    found = []
    for case, look in zip(cases, looked, strict=True):
        gold = case.gold_files if grain == "file" else known_functions(sorted(case.gold_functions), look["symbol"])
        query = case.query if variant == "query" else case.strict
        found.append(judged(case.repository, look[grain], gold, grain, sort_of(query, weights)))
    return found


def _left_out(
    questions: Mapping[Grain, Sequence[Judged]], described: Described, without: frozenset[str]
) -> dict[Grain, list[list[str]]]:
    """Return the orders by what the other repositories teach; of a symbol's file, too, only what they say."""
    files = [_blanked(question, "file", without) for question in questions["file"]]
    weights = weights_left_out(files, "file")
    symbols = [
        _blanked(scored_by_files(question, file, weights[question.repository]), "symbol", without)
        for question, file in zip(questions["symbol"], files, strict=True)
    ]
    learned = {}
    for repository, of_files in weights.items():
        others = [question for question in symbols if question.repository != repository]
        told = [
            _blanked(scored_by_files(question, _blanked(file, "file", without), of_files), "symbol", without)
            for file, question in described[: len(others) // 10]
        ]
        learned[repository] = fitted([*others, *told], "symbol")
    return {
        "file": [order(question, weights[question.repository], "file") for question in files],
        "symbol": [order(question, learned[question.repository], "symbol") for question in symbols],
    }


def _described(git_dirs: Sequence[Path], work: Path, weights: Mapping[str, float]) -> Described:
    """Return `DESCRIPTIONS` of each repository, all of them mixed; kept in the work folder."""
    found: list[tuple[Case, Seen]] = []
    for git_dir in git_dirs:
        name = name_of(git_dir)
        kept = work / f"{name}.described.pickle"
        if not kept.exists():
            cases = described_cases(git_dir, "HEAD", name, limit=DESCRIPTIONS)
            with retriever_over(
                corpus_at(git_dir, "HEAD", name, work, without_descriptions), name, dict(weights), dense=True
            ) as retriever:
                asked = [
                    (case, {grain: looked_at(retriever, name, case.query, grain) for grain in GRAINS}) for case in cases
                ]
            kept.write_bytes(pickle.dumps(asked))
        found += pickle.loads(kept.read_bytes())
    found.sort(key=lambda one: sha256(one[0].id.encode()).digest())
    cases, looked = [case for case, _ in found], [seen for _, seen in found]
    return list(
        zip(
            _questions(cases, looked, "file", "query", weights),
            _questions(cases, looked, "symbol", "query", weights),
            strict=True,
        )
    )


def _blanked(question: Judged, grain: Grain, names: frozenset[str]) -> Judged:
    table = question.table.copy()
    table[:, [at for at, name in enumerate(FEATURES[grain]) if name in names]] = 0.0
    return replace(question, table=table, sort=REPORT if SORT in names else question.sort)


def _measured(cases: Sequence[Case], looked: Sequence[Seen], orders: Mapping[Grain, Sequence[Sequence[str]]]) -> Rows:
    rows: Rows = {}
    for case, seen, files, functions in zip(cases, looked, orders["file"], orders["symbol"], strict=True):
        gold = known_functions(sorted(case.gold_functions), [*seen["symbol"], *seen["plain symbol"]])
        row = file_measures(files, case.gold_files) | function_recall(functions, gold, case.gold_functions)
        rows.setdefault(case.repository, []).append(row)
    return rows


def _line(label: str, rows: Rows) -> None:
    print(f"| {label} | " + " | ".join(f"{mean_of_sets(rows, one):.1f}" for one in MEASURES) + " |")


def _write_predictions(
    folder: Path, variant: str, cases: Sequence[Case], orders: Mapping[Grain, Sequence[Sequence[str]]]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for case, files, functions in zip(cases, orders["file"], orders["symbol"], strict=True):
        row = {"id": case.id, "files": list(files[:20]), "functions": list(functions[:20])}
        lines.setdefault(case.repository, []).append(json.dumps(row))
    for name, rows in lines.items():
        (folder / f"{name}.{variant}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _report_docstrings(named: str, work: Path, weights: Mapping[str, float]) -> None:
    cases, looked = _asked(named, "query", work, weights, edited=True)
    questions = _questions(cases, looked, "symbol", "query", weights)
    print(f"\n## docstring -> function: {len(cases)} questions, every docstring out of the index\n")
    plain = [[name for name, _ in look["plain symbol"]] for look in looked]
    ours = [order(question, weights, "symbol") for question in questions]
    for label, orders in (("plain chunk BM25", plain), ("the release's weights", ours)):
        rows = {
            "docstrings": [function_recall(ranked, c.gold_functions) for ranked, c in zip(orders, cases, strict=True)]
        }
        low, high = interval(rows, "func@10")
        print(f"- {label}: recall@10 {mean_of_sets(rows, 'func@10'):.1f} ({low:.1f}-{high:.1f})")


if __name__ == "__main__":
    main()
