"""Which revision of a repository was indexed: a commit when the covered files are as committed, else a content hash.

Asks the git program, read-only: no hooks, no file system monitor, no lock taken. Without git, outside a repository or
in one that git will not trust, the revision is the content hash and `note` says why.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import xxhash

from indexers.file_kinds import may_be_covered

TIMEOUT_S = 20.0
_SAFE_FLAGS = (
    "--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.devnull, "-c", "core.quotePath=false",
    # A folder of a repository may be laid out like a bare one, with a configuration that runs its own programs.
    "-c", "safe.bareRepository=explicit",
)  # fmt: skip
_MISLEADING = frozenset(
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_OBJECT_DIRECTORY",
        "GIT_NAMESPACE",
    ]
)
_UNSAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Revision:
    """commit: id of HEAD, None outside a repository. dirty: a covered file differs from it (True without a commit).

    label: what citations carry: the commit id, or `worktree:<hash>` when dirty. note: why git could not be asked.
    """

    commit: str | None
    dirty: bool
    label: str
    note: str = ""


def revision_of(root: Path, content_hashes: Mapping[str, str] | None = None) -> Revision:
    """Return the revision of the files under `root`.

    Args:
        content_hashes: path -> content hash of every covered file. Given, only these files decide whether the tree is
            dirty, and they make the hash; not given, every change counts and the label of a dirty tree is `worktree`.
    """
    commit, note = ask_git(root, "rev-parse", "--verify", "HEAD^{commit}")
    dirty: bool | None = None
    if commit:
        dirty, note = _is_dirty(root, content_hashes)
    commit = commit.strip() if commit else None
    label = commit if commit and dirty is False else worktree_label(content_hashes)
    return Revision(commit, dirty is not False, label, note)


def branch_of(root: Path) -> str:
    """Return the branch that is checked out at `root`; empty for none: a detached head, no repository, no git."""
    name, _ = ask_git(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    return (name or "").strip()


def worktree_label(content_hashes: Mapping[str, str] | None) -> str:
    """Return `worktree:<hash>`, the same for the same paths and contents whatever the order."""
    if content_hashes is None:
        return "worktree"
    digest = xxhash.xxh3_128()
    for path in sorted(content_hashes):
        digest.update(f"{path}\0{content_hashes[path]}\n".encode("utf-8", "surrogateescape"))
    return f"worktree:{digest.hexdigest()}"


def tracked_but_ignored(root: Path) -> list[str]:
    """Return the paths under `root` that git tracks although an ignore rule names them; git ignores such rules."""
    listed, _ = ask_git(root, "ls-files", "-z", "--cached", "--ignored", "--exclude-standard", "--", ".")
    return sorted(path for path in (listed or "").split("\0") if path)


_HOSTED = re.compile(r"(?!file:)[\w+.-]+://|[\w.-]+@?[\w.-]{2,}:(?![/\\])")
"""An address with a host: a URL, or `user@host:path` as ssh takes it (two characters, for `C:` is a drive)."""


def repository_name(root: Path) -> str:
    """Return a name for the repository: the last part of its origin's address, else the folder's; only `A-Za-z0-9._-`.

    An origin that is a path (a clone of a clone) says less than the folder that somebody named.
    """
    origin, _ = ask_git(root, "config", "--get", "remote.origin.url")
    top, _ = ask_git(root, "rev-parse", "--show-prefix")
    # A folder inside a repository is not the repository: its own name says more.
    is_top = top is not None and not top.strip()
    address = origin.strip().rstrip("/") if origin and is_top else ""
    last = re.split(r"[/:]", address)[-1].removesuffix(".git") if _HOSTED.match(address) else ""
    return _safe(last) or _safe(root.resolve().name) or "repository"


def _safe(name: str) -> str:
    return _UNSAFE_NAME.sub("-", name).strip("-.")


def git_command(*arguments: str) -> list[str]:
    """Return the command line of a git that runs nothing of the repository's."""
    return ["git", *_SAFE_FLAGS, *arguments]


def git_environment() -> dict[str, str]:
    """Return the environment without what would point git at another repository (inside a hook), and offline."""
    environment = {key: value for key, value in os.environ.items() if key not in _MISLEADING}
    return environment | {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


def ask_git(root: Path, *arguments: str) -> tuple[str | None, str]:
    """Return (standard output, "") of a git command, or (None, why there is none)."""
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
    except FileNotFoundError:
        return None, "git is not installed: the revision is a hash of the files"
    except (OSError, subprocess.TimeoutExpired) as exc:
        return None, f"git did not answer ({type(exc).__name__}): the revision is a hash of the files"
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "surrogateescape"), ""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if any("not a git repository" in line for line in lines):
        return None, "not a git repository: the revision is a hash of the files"
    reason = lines[0] if lines else f"exit status {done.returncode}"
    return None, f"git says {reason!r}: the revision is a hash of the files"


def _is_dirty(root: Path, content_hashes: Mapping[str, str] | None) -> tuple[bool | None, str]:
    """Return (whether the files differ from HEAD, ""), or (None, why that could not be told)."""
    untracked = "--untracked-files=" + ("all" if content_hashes is None else "no")
    status, note = ask_git(root, "status", "--porcelain=v1", "-z", untracked, "--", ".")
    prefix, _ = ask_git(root, "rev-parse", "--show-prefix")
    if status is None:
        return None, note
    changed = _changed_paths(status, (prefix or "").rstrip("\n"))
    if content_hashes is None:
        return bool(changed), ""
    if any(_concerns(root, path, content_hashes) for path in changed):
        return True, ""
    # A covered file that no commit holds: new, or ignored by git and taken in by `.clewignore`.
    tracked, note = ask_git(root, "ls-files", "-z", "--cached", "--recurse-submodules", "--", ".")
    if tracked is None:
        return None, note
    return not content_hashes.keys() <= set(tracked.split("\0")), ""


def _changed_paths(status: str, prefix: str) -> set[str]:
    """Return the changed paths, relative to `root`, of a `status -z` listing (paths there start at the top)."""
    fields = iter(status.split("\0"))
    changed: set[str] = set()
    for field in fields:
        if len(field) < 4:
            continue
        paths = [field[3:]]
        if field[0] in "RC" or field[1] in "RC":
            paths.append(next(fields, ""))
        changed.update(path.removeprefix(prefix) for path in paths)
    return changed


def _concerns(root: Path, path: str, content_hashes: Mapping[str, str]) -> bool:
    """Whether a changed path is a covered file, may have been one (deleted, turned binary), or is a submodule with some."""
    if path in content_hashes or (PurePosixPath(path).suffix and may_be_covered(path)):
        return True
    return (root / path).is_dir() and any(known.startswith(path.rstrip("/") + "/") for known in content_hashes)
