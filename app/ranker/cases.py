"""Questions with known answers: read from a file, or mined from the history of a repository.

A bug-fix commit asks with its message, the files and functions that it changed are the answer, and the corpus is the tree
at a commit before it. The fixer wrote the message, so such questions are easier than a user's report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.ranker.corpora import is_test_path
from indexers.history import SUFFIXES, commits_of
from knowledge.ports.history import PastCommit

_FIX = re.compile(
    r"\b(?:fix(?:es|ed)?|bug|crash(?:es)?|leaks?|regression|race|deadlock|panics?|incorrect|wrong|broken|hang|overflow)\b",
    re.I,
)
_PATHS = re.compile(r"\S*/\S+|\b[\w-]+\.(?:" + "|".join(SUFFIXES) + r")\b")
MAX_FILES = 5
MAX_MESSAGE = 3_000
MIN_WORDS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One question. gold_functions are `path::Qualified.name`, or `path::name` where that is all that is known.

    strict: the question without the names of what is sought.
    """

    id: str
    repository: str
    base_commit: str
    query: str
    strict: str
    gold_files: frozenset[str]
    gold_functions: frozenset[str]


def read_cases(file: Path) -> list[Case]:
    """Return the cases of a JSON-lines file. Raises OSError, ValueError or KeyError when it is none."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Case(
            row["id"],
            row.get("repo") or file.stem,
            row["base_commit"],
            row["query"],
            row.get("query_strict") or row["query"],
            frozenset(row["gold_files"]),
            frozenset(row["gold_functions"]),
        )
        for row in rows
    ]


def mined_cases(
    root: Path, repository: str, *, bases: int, cases_a_base: int, git_dir: Path | None = None
) -> list[Case]:
    """Return bug-fix commits of a repository, newest first, in groups that share the commit before the oldest of each."""
    found: list[Case] = []
    group: list[PastCommit] = []
    for commit in reversed(commits_of(root, ["HEAD"], git_dir=git_dir)):
        if _is_fix(commit):
            group.append(commit)
        if len(group) == cases_a_base:
            found.extend(_cases(group, repository))
            group = []
            bases -= 1
            if not bases:
                break
    return found


def _is_fix(commit: PastCommit) -> bool:
    subject = commit.message.decode("utf-8", "replace").strip().split("\n", 1)[0]
    sources = list(_sources(commit))
    return bool(_FIX.search(subject)) and len(subject.split()) >= MIN_WORDS and 0 < len(sources) <= MAX_FILES


def _sources(commit: PastCommit) -> Iterator[str]:
    suffixes = {f".{suffix}" for suffix in SUFFIXES}
    return (path for path in commit.paths if PurePosixPath(path).suffix in suffixes and not is_test_path(path))


def _cases(group: Sequence[PastCommit], repository: str) -> Iterator[Case]:
    base = f"{group[-1].commit}^"
    for commit in group:
        files = frozenset(_sources(commit))
        functions = frozenset(f"{path}::{name}" for path, name in commit.functions if path in files)
        query = _PATHS.sub("", commit.message.decode("utf-8", "replace").strip()[:MAX_MESSAGE])
        names = {PurePosixPath(path).stem for path in files} | {one.rpartition("::")[2] for one in functions}
        strict = re.sub(r"\b(?:" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")\b", "", query)
        if len(strict.split()) >= MIN_WORDS:
            yield Case(f"{repository}-{commit.commit[:10]}", repository, base, query, strict, files, functions)
