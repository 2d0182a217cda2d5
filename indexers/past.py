"""What changed a place, when, by whom and why: a symbol's lines, a file, a folder or the whole repository. Asks git, read-only.

Bounded: at most MAX_READ commits are listed and each call of git has a deadline. `git log -L` follows lines through time,
`git blame` tells where what a commit wrote stands now; where either is too slow for a long history, the file's log answers
and a note says so. Nothing is fetched.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from configs.errors import InputError
from guardrails.redaction import TextRedactor
from indexers.revision import ask_git, git_command, git_environment
from knowledge.changes import Past, PastChange

MAX_READ = 200
TIMEOUT_S = 6.0
_AT_ONCE = 4
"""Calls of git that run side by side for one question."""
MAX_WHY = 160
"""Characters of a message's body that are told."""

_FORMAT = "--format=%x01%H%x02%aN%x02%ct%x02%s%x02%b%x03"
_TRAILER = re.compile(r"^(?:[\w-]+-by|change-id|git-svn-id|cc):.*$", re.IGNORECASE | re.MULTILINE)
_LIST_MARK = re.compile(r"^\s*(?:[*-]\s+)+")
_WORD = re.compile(r"\w+")
_REVISION = re.compile(r"[0-9a-f]{40,64}")
_BOT = "[bot]"
"""How code hosts end the names of accounts that are programs: whoever asks who knows a place wants a person."""


def changes_of_lines(
    root: Path, path: str, first: int, last: int, *, revision: str, limit: int, since: str = ""
) -> Past:
    """Return what changed the lines `first..last` of a file as they are at `revision` (a commit; else the working tree).

    Raises:
        InputError: there is no history to ask, or none of this file.
    """
    _check(root)
    at = revision if _REVISION.fullmatch(revision) else "HEAD"
    span = f"{first},{max(first, last)}"
    with ThreadPoolExecutor(1) as beside:  # git reads the history twice, at the same time
        standing = beside.submit(_standing, root, path, span, at if at != "HEAD" else "")
        log = _git(
            root, "log", f"--max-count={MAX_READ}", "--no-patch", _FORMAT, *_since(since), f"-L{span}:{path}", at
        )
    if log is None:
        past = changes_of_path(root, path, limit=limit, since=since)
        note = "the history of these lines alone could not be read: this is that of the whole file"
        return replace(past, notes=(note, *past.notes))
    return _past(root, log, limit, standing.result())


def changes_of_path(
    root: Path, path: str, *, limit: int, since: str = "", covered: Collection[str] | None = None
) -> Past:
    """Return what changed a file, a folder, or (an empty path) everything below `root`; merges are left out.

    Args:
        covered: files that may be named for a change of a folder; None for all that are there.

    Raises:
        InputError: there is no history to ask, or none of this path.
    """
    if not (root / path).is_file():
        return changes_of_paths(root, [path], limit=limit, since=since, covered=covered)
    _check(root)
    return _past(root, _log(root, [path], since), limit, _standing(root, path, "", ""))


def changes_of_paths(
    root: Path, paths: Sequence[str], *, limit: int, since: str = "", covered: Collection[str] | None = None
) -> Past:
    """Return what changed any of several files or folders, as `changes_of_path` does for one.

    Raises:
        InputError: there is no history to ask.
    """
    _check(root)
    past = _past(root, _log(root, paths, since), limit, {})
    touched = _touched(root, [change.commit for change in past.changes], paths, covered)
    with ThreadPoolExecutor(_AT_ONCE) as beside:
        placed = beside.map(lambda change: _placed(root, change, touched.get(change.commit, "")), past.changes)
    return replace(past, changes=tuple(placed))


def _log(root: Path, paths: Sequence[str], since: str) -> str:
    log = _git(
        root, "log", f"--max-count={MAX_READ}", "--no-merges", _FORMAT, *_since(since), "HEAD", "--", *map(_literal, paths)
    )  # fmt: skip
    if log is None:
        what = ", ".join(filter(None, paths)) or "this repository"
        raise InputError(f"git did not answer within {TIMEOUT_S:g} s about {what}")
    return log


def _literal(path: str) -> str:
    return f":(literal){path or '.'}"


def _placed(root: Path, change: PastChange, path: str) -> PastChange:
    """Return the change with where its lines in `path` stand now: blame need not look further back than the change itself."""
    if not path:
        return change
    standing = _standing(root, path, "", f"{change.commit}^..HEAD").get(change.commit, (path, 0, 0))
    return replace(change, path=path, line=standing[1], lines=standing[2])


def _check(root: Path) -> None:
    head, why = ask_git(root, "rev-parse", "--verify", "HEAD^{commit}")
    if head is None:
        reason = why.partition(":")[0]
        raise InputError(f"the history cannot be told: {reason}", next_step="index a git checkout with its history")


def _past(root: Path, log: str, limit: int, standing: Mapping[str, tuple[str, int, int]]) -> Past:
    changes = [change for entry in log.split("\x01")[1:] if (change := _change(entry)) is not None]
    shown = []
    for change in changes[:limit]:
        path, line, lines = standing.get(change.commit, ("", 0, 0))
        shown.append(replace(change, path=path, line=line, lines=lines))
    shallow, _ = ask_git(root, "rev-parse", "--is-shallow-repository")
    notes: tuple[str, ...] = ()
    if (shallow or "").strip() == "true":
        notes = (
            "the clone is shallow: older commits are not here, and its oldest one seems to have written everything",
        )
    people = Counter(change.author for change in changes if not change.author.endswith(_BOT))
    authors = people.most_common(3) or Counter(change.author for change in changes).most_common(3)
    return Past(tuple(shown), tuple(authors), len(changes) > limit, notes)


def _change(entry: str) -> PastChange | None:
    parts = entry.partition("\x03")[0].split("\x02")
    if len(parts) != 5 or not parts[2].isdigit():
        return None
    commit, author, time_s, subject, body = parts
    why = _why(body)
    return PastChange(commit, _masked(author), int(time_s), _masked(subject), "" if _said(why, subject) else why)


def _said(why: str, subject: str) -> bool:
    """Whether a body only repeats its subject, as those of squashed pull requests do."""
    known, words = set(_WORD.findall(subject.lower())), _WORD.findall(why.lower())
    return sum(word in known for word in words) > len(words) * 0.8


def _why(body: str) -> str:
    """Return the first paragraph of a message's body, without trailers, as one line."""
    for paragraph in _TRAILER.sub("", body).split("\n\n"):
        text = " ".join(_LIST_MARK.sub("", line).strip() for line in paragraph.splitlines()).strip()
        if len(text.split()) > 2:
            text = _masked(text)
            return text if len(text) <= MAX_WHY else text[: MAX_WHY - 1].rsplit(" ", 1)[0] + "…"
    return ""


def _masked(text: str) -> str:
    return TextRedactor().redact(text.encode("utf-8", "replace"), "prose.md")[0].decode("utf-8", "replace")


def _standing(root: Path, path: str, span: str, revision: str) -> dict[str, tuple[str, int, int]]:
    """Return commit -> (path, first line now, lines now) of what a file's lines come from; empty when git cannot tell in time."""
    options = [f"-L{span}"] if span else []
    blame = _git(root, "blame", "--porcelain", *options, *([revision] if revision else []), "--", path)
    found: dict[str, tuple[str, int, int]] = {}
    for line in (blame or "").split("\n"):
        head = line.split(" ")
        if len(head) in (3, 4) and _REVISION.fullmatch(head[0]) and head[2].isdigit():
            known = found.get(head[0])
            found[head[0]] = (path, known[1] if known else int(head[2]), (known[2] if known else 0) + 1)
    return found


def _touched(
    root: Path, commits: Sequence[str], paths: Sequence[str], covered: Collection[str] | None
) -> dict[str, str]:
    """Return commit -> the (covered) file at or below `paths` that it changed most and that is still there."""
    if not commits:
        return {}
    log = _git(
        root, "log", "--no-walk=unsorted", "--no-renames", "--relative", "--numstat", "-z", "--format=%x01%H",
        *commits, "--", *map(_literal, paths),
    )  # fmt: skip
    found = {}
    for entry in (log or "").split("\x01")[1:]:
        commit, _, rest = entry.partition("\0")
        sizes: list[tuple[int, str]] = []
        for row in rest.split("\0"):
            added, removed, path = ([*row.lstrip("\n").split("\t", 2), "", ""])[:3]
            is_known = path in covered if covered is not None else bool(path) and (root / path).is_file()
            if is_known and added.isdigit() and removed.isdigit():
                sizes.append((int(added) + int(removed), path))
        if sizes:
            found[commit] = max(sizes)[1]
    return found


def _since(since: str) -> list[str]:
    return [f"--since={since}"] if since else []


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git says, None when it fails or takes longer than TIMEOUT_S."""
    try:
        done = subprocess.run(
            git_command(*arguments),
            cwd=root,
            env=git_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
