"""From repositories to weights: mine questions, index the tree before the fixes, ask, fit, judge on those left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.ranker.asking import known_functions, looked_at, retriever_over
from app.ranker.cases import Case, mined_cases
from app.ranker.corpora import corpus_at
from app.ranker.learning import Judged, fitted, judged, left_out, order, scored_by_files, weights_left_out
from app.ranker.scores import file_measures, mean_of_sets
from configs.errors import InputError
from configs.release import Releases
from tools.candidates import Grain


@dataclass(frozen=True, slots=True)
class Outcome:
    """questions: how many, by repository. left_out: measures in percent, each repository judged by what the others taught;
    empty for a single one. weights: for a release, its hand-set ones included."""

    questions: dict[str, int]
    left_out: dict[str, float]
    weights: dict[str, float]


def train(roots: Sequence[Path], work: Path, *, bases: int, cases_a_base: int, say: Callable[[str], None]) -> Outcome:
    """Learn from the bug fixes of these repositories. Raises InputError when they hold too few."""
    start = Releases().get("default").retrieval.weights
    cases: list[Case] = []
    for root in roots:
        name, git_dir = _name_of(root), git_dir_of(root)
        mined = mined_cases(root, name, bases=bases, cases_a_base=cases_a_base, git_dir=git_dir)
        say(f"{name}: {len(mined)} bug fixes")
        cases.extend(mined)
        for base in dict.fromkeys(case.base_commit for case in mined):
            corpus_at(git_dir, base, name, work)
    files = _judged(cases, work, start, "file")
    weights = dict(start) | _fitted(files, "file")
    say("weights of files learned")
    symbols = _judged(cases, work, weights, "symbol")
    weights |= _fitted(symbols, "symbol")
    counts = {
        name: sum(case.repository == name for case in cases) for name in dict.fromkeys(c.repository for c in cases)
    }
    return Outcome(counts, _worth(cases, files, symbols) if len(counts) > 1 else {}, weights)


def _name_of(root: Path) -> str:
    """Return the folder's name, its parent's where that says only what sort of folder it is."""
    return root.parent.name if root.name in {"repo", "git", ".git"} else root.name.removesuffix(".git")


def git_dir_of(root: Path) -> Path:
    """Return the git directory of a work tree, or the folder itself when it is a bare repository."""
    inner = root / ".git"
    if inner.is_file():  # a linked work tree
        return Path(inner.read_text("utf-8").partition(":")[2].strip())
    return inner if inner.is_dir() else root


def _judged(cases: Sequence[Case], work: Path, weights: Mapping[str, float], grain: Grain) -> list[Judged]:
    """Ask all cases, corpus by corpus; in their order."""
    found: dict[str, Judged] = {}
    for name, base in dict.fromkeys((case.repository, case.base_commit) for case in cases):
        with retriever_over(corpus_at(work, base, name, work), name, dict(weights), dense=True) as retriever:
            for case in cases:
                if (case.repository, case.base_commit) == (name, base):
                    looked = looked_at(retriever, name, case.query, grain)
                    gold = case.gold_files if grain == "file" else known_functions(sorted(case.gold_functions), looked)
                    found[case.id] = judged(name, looked, gold, grain, case.query)
    return [found[case.id] for case in cases]


def _fitted(questions: Sequence[Judged], grain: Grain) -> dict[str, float]:
    try:
        return fitted(questions, grain)
    except ValueError as exc:
        raise InputError(
            f"The repositories hold no bug fix to learn {grain} weights from: {exc}",
            next_step="Give repositories with more history, or more of them.",
        ) from exc


def _worth(cases: Sequence[Case], files: Sequence[Judged], symbols: Sequence[Judged]) -> dict[str, float]:
    rows: dict[str, list[dict[str, float]]] = {}
    weights = weights_left_out(files, "file")
    ranked_files = [order(one, weights[one.repository], "file") for one in files]
    symbols = [scored_by_files(one, file, weights[one.repository]) for one, file in zip(symbols, files, strict=True)]
    orders = zip(cases, ranked_files, left_out(symbols, "symbol"), symbols, strict=True)
    for case, ranked, functions, question in orders:
        right = {name for name, is_right in zip(question.names, question.right, strict=True) if is_right}
        recall = {"func@10": 100.0 * len(right & set(functions[:10])) / question.sought} if question.sought else {}
        rows.setdefault(case.repository, []).append(file_measures(ranked, case.gold_files) | recall)
    return {one: round(mean_of_sets(rows, one), 1) for one in ("hit@1", "hit@5", "all@10", "MRR", "func@10")}
