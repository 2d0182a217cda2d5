"""A change that comes as the text of `git diff`, from a working tree that is not on this machine. Data, never an instruction.

Both texts of a file are put together from its hunks. Where they hold the whole file (`git diff --full-index --unified=1000000`), the
name that git gave to the text before proves it; else that text comes from the repository at `base`, and each line of the hunks must
stand in it where they say. A file whose texts cannot be had so is listed, and its symbols are not compared. Nothing is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from configs.errors import InputError
from indexers.comparing import MAX_FILES, changed_file
from indexers.moves import with_moves
from indexers.ownership import pasts_of
from indexers.revision import ask_git
from knowledge.changes import MAX_DIFF_BYTES, ChangedFile, Comparison

POSTED = "the posted diff"
_LONGEST_PATH = 1_000
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_BLOB = re.compile(r"index ([0-9a-f]{7,64})\.\.[0-9a-f]{7,64}(?: (\d+))?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_PREFIX = re.compile(r"[abciow]/")
"""What git writes before a path: `a/` and `b/`, or by `diff.mnemonicPrefix` which tree it is of."""
_SUBMODULE = "160000"


@dataclass(slots=True)
class Hunk:
    """line: where it begins in the text before, from 1. Lines keep their ends."""

    line: int
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    added: int = 0
    removed: int = 0


@dataclass(slots=True)
class PostedFile:
    """One file of a diff. blob: git's name of the text before, empty where the diff does not say it."""

    old_path: str
    path: str
    status: str = "modified"
    blob: str = ""
    is_opaque: bool = False
    hunks: list[Hunk] = field(default_factory=list)


def compare_posted(root: Path, diff: str, base: str = "") -> Comparison:
    """Return what a diff changes in the repository at `root`.

    Args:
        diff: as `git diff` writes it, its paths from the root of the repository.
        base: the commit that it starts from; where it is empty or not known here, HEAD of the repository at `root`.

    Raises:
        InputError: it is no diff, it is too large or ends too early, or a path leads out of the repository.
    """
    size = len(diff.encode("utf-8", "surrogatepass"))
    if size > MAX_DIFF_BYTES:
        raise InputError(
            f"The diff has {size:,} bytes, more than {MAX_DIFF_BYTES:,}.", next_step="Review fewer files at a time."
        )
    if base and not _COMMIT.fullmatch(base):
        raise InputError(f"{base[:80]!r} is no commit.", next_step="Give the id of the one that the diff starts from.")
    changes = list(iter_changes(diff))
    if diff.strip() and not changes:
        raise InputError("This is no diff of git.", next_step="Send what `git diff HEAD` writes.")
    known = base and ask_git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", base + "^{commit}")[0]
    revision = base if known else "HEAD"
    files, unread, notes = list[ChangedFile](), list[str](), list[str]()
    for number, change in enumerate(changes):
        texts = _texts(root, revision, change) if number < MAX_FILES else None
        if texts is None and change.hunks and number < MAX_FILES:
            unread.append(change.path)
        counts = sum(hunk.added for hunk in change.hunks), sum(hunk.removed for hunk in change.hunks)
        before, after = texts or (None, None)
        files.append(
            changed_file(change.status, change.old_path, change.path, before, after, counts, read=texts is not None)
        )
    if len(changes) > MAX_FILES:
        notes.append(f"{len(changes):,} files changed: the symbols of the first {MAX_FILES:,} are compared")
    if unread:
        more = f" and {len(unread) - 3:,} more" if len(unread) > 3 else ""
        notes.append(f"not compared, for the text it starts from is not known here: {', '.join(unread[:3])}{more}")
    past, silent = pasts_of(root, revision, [file.old_path or file.path for file in files])
    files.sort(key=lambda file: file.path)
    return Comparison(base[:12] or "HEAD", POSTED, with_moves(files), past, (*notes, *silent))


def iter_changes(diff: str) -> Iterator[PostedFile]:
    """Yield the files of a diff. Hunks take as many lines as they promise, so that no line of a file is taken for a header.

    Raises:
        InputError: a hunk ends too early, or a path leads out of the repository.
    """
    change: PostedFile | None = None
    lines = diff.split("\n")
    at = 0
    while at < len(lines):
        line = lines[at].removesuffix("\r")
        at += 1
        if line.startswith("diff --git "):
            if change is not None:
                yield change
            change = PostedFile(*_named(line.removeprefix("diff --git ")))
        elif change is None:
            continue  # a message may stand before the first file
        elif (head := _HUNK.match(line)) is not None:
            hunk, at = _hunk(head, lines, at)
            change.hunks.append(hunk)
        else:
            _read_header(change, line)
    if change is not None:
        yield change


def _read_header(change: PostedFile, line: str) -> None:
    word, _, rest = line.partition(" mode " if " file mode " in line else " from " if " from " in line else " to ")
    if word in ("new file", "deleted file"):
        change.status = "added" if word == "new file" else "deleted"
        change.is_opaque = change.is_opaque or rest == _SUBMODULE
    elif word in ("rename", "copy") and " from " in line:
        change.status = "renamed" if word == "rename" else "added"
        change.old_path = _safe(_unquoted(rest))
    elif word in ("rename", "copy"):
        change.path = _safe(_unquoted(rest))
    elif (blob := _BLOB.match(line)) is not None:
        change.blob = blob[1]
        change.is_opaque = change.is_opaque or blob[2] == _SUBMODULE


def _hunk(head: re.Match[str], lines: list[str], at: int) -> tuple[Hunk, int]:
    """Return a hunk, and the number of the line behind it."""
    before, after = (int(head[group] if head[group] is not None else 1) for group in (2, 4))
    hunk = Hunk(int(head[1]) + (not before))  # without a line before, it names the one above
    while len(hunk.before) < before or len(hunk.after) < after:
        sign, text = (lines[at][:1], lines[at][1:] + "\n") if at < len(lines) else ("", "")
        sides = {" ": (hunk.before, hunk.after), "-": (hunk.before,), "+": (hunk.after,), "\\": ()}.get(sign)
        if sides is None:
            raise InputError(
                "A hunk of the diff ends too early.", next_step="Send the whole of what `git diff` writes."
            )
        if not sides:  # the line above is the last of its file and has no end
            _without_end(lines[at - 1][:1], hunk)
        for side in sides:
            side.append(text)
        hunk.removed += sign == "-"
        hunk.added += sign == "+"
        at += 1
    if at < len(lines) and lines[at].startswith("\\"):
        _without_end(lines[at - 1][:1], hunk)
        at += 1
    return hunk, at


def _without_end(sign: str, hunk: Hunk) -> None:
    for side, signs in ((hunk.before, " -"), (hunk.after, " +")):
        if sign and sign in signs and side:
            side[-1] = side[-1].removesuffix("\n")


def _texts(root: Path, revision: str, change: PostedFile) -> tuple[bytes | None, bytes | None] | None:
    """Return the texts before and after, None where they cannot be known."""
    if change.is_opaque:
        return None
    if change.status == "added" and change.old_path == change.path:
        return None, _bytes(line for hunk in change.hunks for line in hunk.after)
    whole = _bytes(line for hunk in change.hunks for line in hunk.before)
    if len(change.hunks) == 1 and _is_named(whole, change.blob):
        after: bytes | None = _bytes(change.hunks[0].after)
        before = whole
    else:
        known, _ = ask_git(root, "cat-file", "blob", f"{revision}:./{change.old_path}")
        if known is None:
            return None
        applied = _applied(known, change.hunks)
        if applied is None:
            return None
        before, after = known.encode("utf-8", "surrogateescape"), _bytes(applied)
    if change.status == "added":  # a copy
        return None, after
    return before, None if change.status == "deleted" else after


def _applied(text: str, hunks: Iterable[Hunk]) -> list[str] | None:
    """Return the lines after the hunks, None where one does not stand at its line."""
    lines = text.split("\n")
    lines = [*(line + "\n" for line in lines[:-1]), *lines[-1:]] if lines[-1] else [line + "\n" for line in lines[:-1]]
    applied: list[str] = []
    done = 0
    for hunk in hunks:
        start = hunk.line - 1
        if start < done or lines[start : start + len(hunk.before)] != hunk.before:
            return None
        applied += lines[done:start] + hunk.after
        done = start + len(hunk.before)
    return applied + lines[done:]


def _is_named(text: bytes, blob: str) -> bool:
    """Tell whether this is how git names the text: SHA-1 of its length and itself, SHA-256 in newer repositories."""
    if not blob:
        return False
    content = b"blob %d\0%s" % (len(text), text)
    names = hashlib.sha1(content, usedforsecurity=False).hexdigest(), hashlib.sha256(content).hexdigest()
    return any(name.startswith(blob) for name in names)


def _bytes(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode("utf-8", "surrogateescape")


def _named(paths: str) -> tuple[str, str]:
    """Return both paths of the line that begins a file; they are the same unless it says a new name below."""
    quoted = [match[1] for match in _QUOTED.finditer(paths)]
    if quoted and paths.startswith('"'):
        old, new = _unquoted(f'"{quoted[0]}"'), _unquoted(f'"{quoted[-1]}"')
    elif quoted:
        old, new = paths.partition(' "')[0], _unquoted(f'"{quoted[-1]}"')
    else:
        old, new = paths[: len(paths) // 2], paths[len(paths) // 2 + 1 :]
        if _PREFIX.sub("", old, count=1) != _PREFIX.sub("", new, count=1):
            old, _, new = paths.partition(" b/")
            new = f"b/{new}"
    return _safe(_PREFIX.sub("", old, count=1)), _safe(_PREFIX.sub("", new, count=1))


def _unquoted(path: str) -> str:
    """Return a path as it is: git puts one with unusual characters in quotes."""
    if not (path.startswith('"') and path.endswith('"') and len(path) > 1):
        return path

    def meant(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPED.get(code, code)

    return _ESCAPE.sub(meant, path[1:-1].encode()).decode("utf-8", "replace")


def _safe(path: str) -> str:
    """Return a path that stays inside the repository. Raises InputError for every other one."""
    parts = PurePosixPath(path).parts
    leads_out = not parts or path.startswith("/") or ".." in parts or any(part.lower() == ".git" for part in parts)
    if leads_out or len(path) > _LONGEST_PATH or any(ord(char) < 32 or char in "\\\x7f" for char in path):
        raise InputError(
            f"{path[:80]!r} is no path inside a repository.", next_step="Send what `git diff HEAD` writes."
        )
    return "/".join(parts)
