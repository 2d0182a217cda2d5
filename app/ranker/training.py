"""From repositories to weights: mine questions, index the tree they are asked of, ask, fit, judge on those left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.ranker.asking import known_functions, looked_at, retriever_over
from app.ranker.cases import Case, mined_cases
from app.ranker.corpora import corpus_at
from app.ranker.descriptions import described_cases, without_descriptions
from app.ranker.learning import Judged, fitted, judged, left_out, order, scored_by_files, weights_left_out
from app.ranker.scores import FILE_MEASURES, file_measures, mean_of_sets
from app.ranker.sorts import fitted_sorts
from configs.errors import InputError
from configs.release import Releases
from tools.candidates import Grain
from tools.question_sort import sort_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """questions: how many, by repository. left_out: measures in percent, each repository judged by what the others taught;
    empty for a single one. weights: for a release, its hand-set ones included."""

    questions: dict[str, int]
    left_out: dict[str, float]
    weights: dict[str, float]


def train(
    roots: Sequence[Path], work: Path, *, bases: int, cases_a_base: int, descriptions: int, say: Callable[[str], None]
) -> Outcome:
    """Learn from the bug fixes of these repositories, and from at most so many descriptions of functions in each.

    Descriptions teach which of the functions is meant, and what tells such a question from a report; files are learned from
    fixes alone. Raises InputError when the repositories hold too few fixes."""
    weights = dict(Releases().get("default").retrieval.weights)
    fixes: list[Case] = []
    described: list[Case] = []
    for root in roots:
        name, git_dir = name_of(root), git_dir_of(root)
        mined = mined_cases(root, name, bases=bases, cases_a_base=cases_a_base, git_dir=git_dir)
        for base in dict.fromkeys(case.base_commit for case in mined):
            corpus_at(git_dir, base, name, work)
        fixes.extend(mined)
        newest = mined[0].base_commit if mined and descriptions else None
        told = described_cases(git_dir, newest, name, limit=descriptions) if newest else []
        if newest and told:
            corpus_at(git_dir, newest, name, work, without_descriptions)
        described.extend(told)
        say(f"{name}: {len(mined)} bug fixes, {len(told)} descriptions")
    if not fixes:
        raise InputError(
            f"too few bug fixes in the history of {', '.join(name_of(root) for root in roots)}: not {cases_a_base} of them",
            next_step="Give repositories with more history, more of them, or a smaller --cases.",
        )
    weights |= fitted_sorts([case.query for case in fixes], [case.query for case in described])
    files = _judged(fixes, work, weights, "file")
    weights |= _fitted(files, "file")
    say("weights of files learned")
    symbols = _judged(fixes, work, weights, "symbol")
    told_symbols = _judged(described, work, weights, "symbol", edited=True)
    weights |= _fitted([*symbols, *told_symbols], "symbol")
    counts = {
        name: sum(case.repository == name for case in [*fixes, *described])
        for name in dict.fromkeys(c.repository for c in fixes)
    }
    return Outcome(counts, _worth(fixes, files, symbols, told_symbols) if len(counts) > 1 else {}, weights)


def name_of(root: Path) -> str:
    """Return the folder's name, its parent's where that says only what sort of folder it is."""
    return root.parent.name if root.name in {"repo", "git", ".git"} else root.name.removesuffix(".git")


def git_dir_of(root: Path) -> Path:
    """Return the git directory of a work tree, or the folder itself when it is a bare repository."""
    inner = root / ".git"
    if inner.is_file():  # a linked work tree
        return Path(inner.read_text("utf-8").partition(":")[2].strip())
    return inner if inner.is_dir() else root


def _judged(
    cases: Sequence[Case], work: Path, weights: Mapping[str, float], grain: Grain, *, edited: bool = False
) -> list[Judged]:
    """Ask all cases, corpus by corpus; in their order. edited: of the corpora without descriptions."""
    edit = without_descriptions if edited else None
    found: dict[str, Judged] = {}
    for name, base in dict.fromkeys((case.repository, case.base_commit) for case in cases):
        with retriever_over(corpus_at(work, base, name, work, edit), name, dict(weights), dense=True) as retriever:
            for case in cases:
                if (case.repository, case.base_commit) == (name, base):
                    looked = looked_at(retriever, name, case.query, grain)
                    gold = case.gold_files if grain == "file" else known_functions(sorted(case.gold_functions), looked)
                    found[case.id] = judged(name, looked, gold, grain, sort_of(case.query, weights))
    return [found[case.id] for case in cases]


def _fitted(questions: Sequence[Judged], grain: Grain) -> dict[str, float]:
    try:
        return fitted(questions, grain)
    except ValueError as exc:
        raise InputError(
            f"The repositories hold no bug fix to learn {grain} weights from: {exc}",
            next_step="Give repositories with more history, or more of them.",
        ) from exc


def _worth(
    cases: Sequence[Case], files: Sequence[Judged], symbols: Sequence[Judged], described: Sequence[Judged]
) -> dict[str, float]:
    """Return the measures of each repository by what the others taught: of its fixes, and of its descriptions where there are some."""
    rows: dict[str, list[dict[str, float]]] = {}
    weights = weights_left_out(files, "file")
    ranked_files = [order(one, weights[one.repository], "file") for one in files]
    symbols = [scored_by_files(one, file, weights[one.repository]) for one, file in zip(symbols, files, strict=True)]
    measures = (*FILE_MEASURES, "func@10", *(["described@10"] if described else []))
    functions = left_out([*symbols, *described], "symbol")
    for case, ranked, found, question in zip(cases, ranked_files, functions[: len(cases)], symbols, strict=True):
        row = file_measures(ranked, case.gold_files) | _recall("func@10", question, found)
        rows.setdefault(case.repository, []).append(row)
    for found, question in zip(functions[len(cases) :], described, strict=True):
        rows.setdefault(question.repository, []).append(_recall("described@10", question, found))
    return {one: round(mean_of_sets(rows, one), 1) for one in measures}


def _recall(measure: str, question: Judged, found: Sequence[str]) -> dict[str, float]:
    right = {name for name, is_right in zip(question.names, question.right, strict=True) if is_right}
    return {measure: 100.0 * len(right & set(found[:10])) / question.sought} if question.sought else {}
