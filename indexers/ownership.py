"""Whose a file is and how it fared: its CODEOWNERS, who wrote to it, how often, and how many of those commits were fixes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from indexers.revision import ask_git
from knowledge.changes import FilePast

MAX_COMMITS = 2_000
MAX_PATHS = 200
MAX_AUTHORS = 3
SINCE = "2 years ago"
_OWNERS_FILES = ("CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS")
_FIX = re.compile(r"\b(?:fix(?:es|ed|ing)?|bug(?:fix)?|regression|crash(?:es|ed)?|hotfix|revert)\b", re.IGNORECASE)
"""What the first line of a commit that mends something says, by convention."""


def pasts_of(root: Path, revision: str, paths: Sequence[str]) -> tuple[dict[str, FilePast], tuple[str, ...]]:
    """Return (path -> its past before `revision`, notes of what could not be read). Authors are named as git names them."""
    asked = sorted(set(paths))[:MAX_PATHS]
    if not asked:
        return {}, ()
    owners = _owners_of(root, asked)
    log, why = ask_git(
        root, "log", f"--max-count={MAX_COMMITS}", f"--since={SINCE}", "--no-merges", "--no-renames", "--relative", "--name-only", "-z",
        "--format=%x01%aN%x02%s", revision, "--", *(f":(literal){path}" for path in asked),
    )  # fmt: skip
    commits: Counter[str] = Counter()
    fixes: Counter[str] = Counter()
    authors: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in (log or "").split("\x01")[1:]:
        head, _, names = entry.partition("\0")
        author, _, subject = head.partition("\x02")
        for path in (name.lstrip("\n") for name in names.split("\0")):
            if path:
                commits[path] += 1
                fixes[path] += bool(_FIX.search(subject))
                authors[path][author] += 1
    past = {
        path: FilePast(commits[path], fixes[path], tuple(authors[path].most_common(MAX_AUTHORS)), owners.get(path, ()))
        for path in asked
    }
    notes = [f"the history was not read: {why.partition(':')[0]}"] if log is None else []
    if len(set(paths)) > MAX_PATHS:
        notes.append(f"the history of the first {MAX_PATHS} files alone was read")
    return past, tuple(notes)


def _owners_of(root: Path, paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return path -> owners by the repository's CODEOWNERS: the last rule that fits decides, one without owners too."""
    prefix, _ = ask_git(root, "rev-parse", "--show-prefix")
    top, _ = ask_git(root, "rev-parse", "--show-toplevel")
    if top is None:
        return {}
    text = next((text for name in _OWNERS_FILES if (text := _text(Path(top.rstrip("\n")) / name)) is not None), "")
    rules = []
    for line in text.splitlines():
        pattern, *owners = line.partition(" #")[0].split()[:20] or [""]
        if pattern and pattern[0] not in "#[^":
            rules.append((GitIgnoreSpecPattern(pattern), tuple(owners)))
    found = {}
    for path in paths:
        full = (prefix or "").rstrip("\n") + path
        fitting = [owners for rule, owners in rules if rule.match_file(full) is not None]
        if fitting:
            found[path] = fitting[-1]
    return found


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", errors="replace") if path.is_file() and not path.is_symlink() else None
    except OSError:
        return None
