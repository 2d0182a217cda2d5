"""What differs between two states of a repository: two commits, or a commit and the working tree. Asks git, read-only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from configs.errors import InputError
from indexers.content import check_content, read_source
from indexers.file_kinds import LANGUAGE_OF_SUFFIX, is_cpp_header, is_test_path
from indexers.languages import PACKS
from indexers.moves import with_moves
from indexers.ownership import pasts_of
from indexers.revision import ask_git
from indexers.symbol_changes import changed_symbols
from indexers.worker import hash_content
from knowledge.changes import ChangedFile, Comparison

MAX_FILES = 2_000
"""A change of more files is listed, and its first files alone are read for their symbols."""
WORKING_TREE = "the working tree"
_NULL = "0" * 40
_STATUS = {"A": "added", "M": "modified", "D": "deleted", "R": "renamed", "C": "added", "T": "modified"}


@dataclass(frozen=True, slots=True)
class _Entry:
    status: str
    old_path: str
    path: str
    old_blob: str
    new_blob: str


def compare(root: Path, revisions: str = "") -> Comparison:
    """Return what changed.

    Args:
        revisions: `A..B`, `A...B` (since they parted), `A` (from there to the working tree); empty: the working tree
            against HEAD, or the last commit where nothing is uncommitted.

    Raises:
        InputError: not a git repository, or a revision that it does not know.
    """
    head, why = ask_git(root, "rev-parse", "--verify", "HEAD^{commit}")
    if head is None:
        raise InputError(
            f"There is nothing to compare in {root.name!r}: {why.partition(':')[0]}.",
            next_step="Review a git repository that has a commit.",
        )
    base, target = _ends(root, revisions)
    entries = _entries(root, base, target)
    if not entries and not revisions:
        parent, _ = ask_git(root, "rev-parse", "--verify", "--quiet", "HEAD~1^{commit}")
        if parent:
            base, target = "HEAD~1", "HEAD"
            entries = _entries(root, base, target)
    lines = _line_counts(root, base, target)
    notes = []
    if len(entries) > MAX_FILES:
        notes.append(f"{len(entries):,} files changed: the symbols of the first {MAX_FILES:,} are compared")
    files = [_file(root, entry, lines, read=number < MAX_FILES) for number, entry in enumerate(entries)]
    past, unread = pasts_of(root, base, [file.old_path or file.path for file in files])
    return Comparison(base, target or WORKING_TREE, with_moves(files), past, (*notes, *unread))


def _ends(root: Path, revisions: str) -> tuple[str, str]:
    """Return (base, target); an empty target is the working tree."""
    if not revisions:
        return "HEAD", ""
    if "..." in revisions:
        left, _, right = revisions.partition("...")
        left, right = _known(root, left or "HEAD"), _known(root, right or "HEAD")
        parted, _ = ask_git(root, "merge-base", left, right)
        if parted is None:
            raise InputError(f"{left} and {right} have no common ancestor here.", next_step="Name two commits: A..B.")
        return parted.strip()[:12], right
    left, dots, right = revisions.partition("..")
    return _known(root, left or "HEAD"), _known(root, right or "HEAD") if dots else ""


def _known(root: Path, revision: str) -> str:
    found, _ = ask_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    if found is None or revision.startswith("-"):
        raise InputError(
            f"This repository has no revision {revision!r}.",
            next_step="Name a branch, a tag or a commit, as in main..HEAD.",
        )
    return revision


def _entries(root: Path, base: str, target: str) -> list[_Entry]:
    """Return the changed files below `root` by path; new files that git does not ignore count in the working tree."""
    listed, why = ask_git(
        root, "diff", "--raw", "-z", "--no-abbrev", *_DIFF, base, *([target] if target else []), "--", "."
    )
    if listed is None:
        raise InputError(
            f"git cannot compare these: {why.partition(':')[0]}.", next_step="Try `git diff` on the same revisions."
        )
    fields = iter(listed.split("\0"))
    entries = []
    for field in fields:
        if not field.startswith(":"):
            continue
        old_mode, new_mode, old_blob, new_blob, status = field[1:].split(" ")
        path = next(fields)
        old_path = path
        if status[0] in "RC":
            path = next(fields)
        if "160000" not in (old_mode, new_mode):  # a submodule is a repository of its own
            entries.append(_Entry(status[0], old_path, path, old_blob, new_blob))
    if not target:
        others, _ = ask_git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", ".")
        entries += [_Entry("A", path, path, _NULL, _NULL) for path in (others or "").split("\0") if path]
    return sorted(entries, key=lambda entry: entry.path)


_DIFF = ("--relative", "--find-renames", "--no-ext-diff", "--no-textconv")


def _line_counts(root: Path, base: str, target: str) -> dict[str, tuple[int, int]]:
    """Return path -> (added, removed) lines of the files that git tracks."""
    listed, _ = ask_git(root, "diff", "--numstat", "-z", *_DIFF, base, *([target] if target else []), "--", ".")
    fields = iter((listed or "").split("\0"))
    counts = {}
    for field in fields:
        if not field:
            continue
        added, removed, path = field.split("\t", 2)
        if not path:  # renamed: the two paths follow
            next(fields)
            path = next(fields)
        counts[path] = (int(added) if added.isdigit() else 0, int(removed) if removed.isdigit() else 0)
    return counts


def _file(root: Path, entry: _Entry, lines: dict[str, tuple[int, int]], *, read: bool) -> ChangedFile:
    before = _blob(root, entry.old_blob) if read and entry.status != "A" else None
    after = _after(root, entry) if read and entry.status != "D" else None
    counts = lines.get(entry.path, (after.count(b"\n") if after else 0, 0))
    return changed_file(
        _STATUS.get(entry.status, "modified"), entry.old_path, entry.path, before, after, counts, read=read
    )


def changed_file(
    status: str,
    old_path: str,
    path: str,
    before: bytes | None,
    after: bytes | None,
    counts: tuple[int, int],
    *,
    read: bool = True,
) -> ChangedFile:
    """Return what became of a file; None: there is no such text. counts: added and removed lines. read: compare its symbols."""
    language = LANGUAGE_OF_SUFFIX.get(PurePosixPath(path).suffix.lower(), "")
    if language == "c" and path.endswith(".h") and is_cpp_header(after or before or b""):
        language = "cpp"
    symbols = []
    readable = [text is None or check_content(text, language) is None for text in (before, after)]
    if language in PACKS and read and all(readable) and before != after:
        symbols = changed_symbols(path, language, before, after)
    return ChangedFile(
        path,
        old_path if old_path != path else "",
        status,
        *counts,
        language,
        is_test_path(path),
        (_hash(before), _hash(after)),
        tuple(symbols),
    )


def _hash(text: bytes | None) -> str:
    return hash_content(text) if text is not None else ""


def _after(root: Path, entry: _Entry) -> bytes | None:
    if entry.new_blob.strip("0"):
        return _blob(root, entry.new_blob)
    path = root / entry.path
    try:
        if path.is_symlink() or not path.is_file():
            return None
        return read_source(path)
    except OSError:
        return None


def _blob(root: Path, blob: str) -> bytes | None:
    text, _ = ask_git(root, "cat-file", "blob", blob)
    return text.encode("utf-8", "surrogateescape") if text is not None else None
