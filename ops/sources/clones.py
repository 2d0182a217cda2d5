"""Clones under one folder: made beside their place and moved there when whole, brought up to date by fetching and resetting.

A clone's folder is named by the id of its source, so that no name of a repository is ever part of a path. One process works on a clone
at a time; what a process that was killed left behind is removed by the next one. Symbolic links are written as small files that hold
their target, so none leads anywhere; submodules are not followed; hooks, filters and whatever else runs programs are never there.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from configs.errors import SourceGone, SourceRefused, StoreBusy, StoreUnavailable
from ops.sources.addresses import Rules, parse_remote, resolved
from ops.sources.git import Git, Limits, Progress, Secret, check_size

_ID = re.compile(r"[0-9a-f]{16}")
_BRANCH = re.compile(r"[\w.+@][\w.+@/-]{0,199}")
_SYMREF = re.compile(r"^ref: refs/heads/(\S+)\tHEAD$", re.M)
_HEAD = re.compile(r"^([0-9a-f]{40,64})\trefs/heads/(\S+)$", re.M)
MARK = "clew-commit"
"""The file that says that a clone is whole: written last, removed first."""
PACKS_KEPT = 20
"""Each fetch leaves one; with more of them what no commit needs any longer is thrown away."""
_UNCHECKED = "-c", "transfer.fsckObjects=false", "-c", "fetch.fsckObjects=false"
"""Of a filtered fetch git can only check all objects or none: it passes no list of flaws that do no harm (2.39, fetch-pack.c), and many an
old history has some. What would be written beside its place is refused again when files are made."""
_NOTHING_FETCHED = ("hooks", "modules", "worktrees")
"""Folders of a repository's own that no clone of ours has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be there. branch: empty for the one that the server calls its own; depth: 0 for the whole history."""

    id: str
    url: str
    branch: str = ""
    depth: int = 1
    blobless: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is there now. changed: another commit than before."""

    root: Path
    branch: str
    commit: str
    changed: bool


class Clones:
    """The clones below `folder`. resolve: in place of the system's own look-up of names, for tests."""

    def __init__(
        self, folder: Path, rules: Rules, limits: Limits, resolve: Callable[[str, int], list[str]] | None = None
    ) -> None:
        self._folder = folder
        self._rules = rules
        self._limits = limits
        self._resolve = resolve

    def root(self, identity: str) -> Path:
        """Return where a clone lies, or will lie."""
        if not _ID.fullmatch(identity):
            raise ValueError(f"no id of a source: {identity!r}")
        return self._folder / identity

    def bring(self, wanted: Wanted, secret: Secret | None, progress: Progress) -> Fetched:
        """Clone, or bring a clone up to date.

        Raises:
            SourceError: it could not be done; what was there before stays. StoreBusy: another process works on it.
        """
        root = self.root(wanted.id)
        with self._alone(wanted.id):
            git = self._git(wanted.url, secret, progress)
            progress("connect", 0, 0)
            branch, tip = _tip(git, wanted.branch)
            before = _mark_of(root)
            if not _is_of(root, git.url, wanted):
                commit = self._clone(git, wanted, branch, root)
            elif before != tip:
                commit = self._update(git, wanted, branch, root)
            else:
                commit = tip
            return Fetched(root, branch, commit, commit != before)

    def is_gone(self, wanted: Wanted, secret: Secret | None, progress: Progress) -> bool:
        """Ask the server whether it has the branch no more. Raises SourceError when it does not say."""
        git = self._git(wanted.url, secret, progress)
        listed = git.run(None, "ls-remote", "--symref", "--", git.url)
        if not wanted.branch:
            return False
        return all(name != wanted.branch for _, name in _HEAD.findall(listed))

    def remove(self, identity: str) -> None:
        """Delete a clone, and whatever was left of it. Raises StoreBusy while another process works on it."""
        with self._alone(identity):
            _delete(self.root(identity))
        with contextlib.suppress(OSError):
            self._lock_file(identity).unlink()

    def _git(self, url: str, secret: Secret | None, progress: Progress) -> Git:
        remote = parse_remote(url)
        return Git(remote, resolved(remote, self._rules, self._resolve), self._limits, secret, progress)

    def _clone(self, git: Git, wanted: Wanted, branch: str, root: Path) -> str:
        fresh = root.with_name(f"{root.name}.{secrets.token_hex(4)}.new")
        fresh.mkdir(mode=0o700)
        try:
            git.run(fresh, "init", "--quiet", "--template=", f"--initial-branch={branch}", ".")
            commit = self._update(git, wanted, branch, fresh)
            if root.exists() or root.is_symlink():
                _delete(root)
            fresh.rename(root)
            return commit
        except BaseException:
            _delete(fresh)
            raise

    def _update(self, git: Git, wanted: Wanted, branch: str, root: Path) -> str:
        """Fetch one branch, make the files what it says, and return its commit. The repository's own configuration is written anew."""
        own = root / ".git"
        (own / MARK).unlink(missing_ok=True)
        _unlock(own)
        _write_config(own, git.url, wanted)
        depth = (f"--depth={wanted.depth}",) if wanted.depth else ()
        refspec = f"+refs/heads/{branch}:refs/remotes/origin/{branch}"
        filtered = ("--filter=blob:none",) if wanted.blobless else ()
        git.run(
            root, *(_UNCHECKED if wanted.blobless else ()), "fetch", "--progress", "--no-tags", "--prune", "--no-recurse-submodules", "--no-write-fetch-head",
            "--update-shallow", *depth, *filtered, "origin", refspec,
        )  # fmt: skip
        _refuse_tricks(own)
        git.run(
            root,
            "-c",
            "advice.detachedHead=false",
            "checkout",
            "--progress",
            "--force",
            "-B",
            branch,
            f"refs/remotes/origin/{branch}",
        )
        git.run(root, "clean", "-ffdxq")
        check_size(root, self._limits.max_bytes)
        _refuse_links(root)
        if len(list((own / "objects" / "pack").glob("*.pack"))) > PACKS_KEPT:
            git.run(root, "gc", "--quiet", "--prune=now")
        commit = git.run(root, "rev-parse", "--verify", "HEAD^{commit}").strip()
        (own / MARK).write_text(commit, "ascii")
        return commit

    @contextmanager
    def _alone(self, identity: str) -> Iterator[None]:
        """Hold the clone's lock, and remove what was left by a process that died in the middle."""
        root = self.root(identity)
        lock = filelock.FileLock(self._lock_file(identity), thread_local=False)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except filelock.Timeout as exc:
            raise StoreBusy("another process works on this clone", next_step="wait for it, then try again") from exc
        except OSError as exc:
            raise StoreUnavailable(
                f"the folder {str(self._folder)!r} cannot be written: {exc.strerror or exc}",
                next_step="set sources.folder to one that can",
            ) from exc
        try:
            for left in self._folder.glob(f"{root.name}.*.new"):
                _delete(left)
            yield
        except OSError as exc:
            raise StoreUnavailable(
                f"the clone in {str(root)!r} cannot be written: {exc.strerror or exc}", next_step="look at the disk"
            ) from exc
        finally:
            lock.release()

    def _lock_file(self, identity: str) -> Path:
        return self._folder / f"{self.root(identity).name}.lock"


def check_branch(name: str) -> str:
    """Return the name of a branch. Raises SourceRefused for one that git, or a command line, would read as something else."""
    bad = ("..", "//", "@{", "/.", ".lock/")
    if name and (
        not _BRANCH.fullmatch(name)
        or any(one in name for one in bad)
        or name.endswith((".", "/", ".lock"))
        or name == "@"
    ):
        raise SourceRefused(f"{name!r} is no name of a branch", next_step="give it as `git branch` shows it")
    return name


def _tip(git: Git, branch: str) -> tuple[str, str]:
    """Return the branch (the server's own for an empty one) and its commit. Raises SourceGone when it is not there."""
    listed = git.run(None, "ls-remote", "--symref", "--", git.url, "HEAD", f"refs/heads/{branch or '*'}")
    if not branch:
        own = _SYMREF.search(listed)
        if own is None:
            raise SourceGone("the repository is empty, or has no branch of its own", next_step="name one with --branch")
        branch = check_branch(own.group(1))
    for commit, name in _HEAD.findall(listed):
        if name == branch:
            return branch, commit
    raise SourceGone(f"there is no branch {branch!r}", next_step="check its name, or leave it out")


def _mark_of(root: Path) -> str | None:
    """Return the commit that the files are of; None when there is no clone, or one whose update did not come to its end."""
    try:
        return (root / ".git" / MARK).read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return None


def _is_of(root: Path, url: str, wanted: Wanted) -> bool:
    """Tell whether there is a clone that is as it was asked for: another address, depth or filter makes another one."""
    try:
        return (root / ".git" / "config").read_text("utf-8") == _config(url, wanted)
    except OSError:
        return False


def _config(url: str, wanted: Wanted) -> str:
    quoted = url.replace("\\", "\\\\").replace('"', '\\"')
    promised = "\tpromisor = true\n\tpartialclonefilter = blob:none\n" if wanted.blobless else ""
    version = "1" if wanted.blobless else "0"
    return (
        f"[core]\n\trepositoryformatversion = {version}\n\tfilemode = false\n\tbare = false\n\tlogallrefupdates = false\n"
        f'\tsymlinks = false\n\thooksPath = {os.devnull}\n\tfsmonitor = false\n[remote "origin"]\n\turl = "{quoted}"\n{promised}'
        f"[clew]\n\tdepth = {wanted.depth}\n" + ('[extensions]\n\tpartialClone = "origin"\n' if wanted.blobless else "")
    )


def _write_config(own: Path, url: str, wanted: Wanted) -> None:
    fresh = own / "config.clew"
    fresh.write_text(_config(url, wanted), "utf-8")
    fresh.replace(own / "config")


def _unlock(own: Path) -> None:
    """Remove the locks and half packs of a git that was killed: we hold the clone's own lock, so none of them is in use."""
    for pattern in ("*.lock", "refs/**/*.lock", "objects/pack/tmp_*", "objects/??/tmp_obj_*"):
        for left in own.glob(pattern):
            with contextlib.suppress(OSError):
                left.unlink()


def _refuse_tricks(own: Path) -> None:
    """Raises SourceRefused when something stands in the repository's own folder that would be run, or lead elsewhere."""
    for name in _NOTHING_FETCHED:
        if (own / name).exists():
            raise SourceRefused(
                f"the clone holds {name!r} of its own", next_step="remove the repository, and add it again"
            )
    for name in ("objects/info/alternates", "objects/info/http-alternates", "commondir", "info/attributes"):
        if (own / name).exists():
            raise SourceRefused(f"the clone holds {name!r}", next_step="remove the repository, and add it again")


def _refuse_links(root: Path) -> None:
    """Raises SourceRefused when a symbolic link stands among the files: none is ever made, so somebody put it there."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            if os.path.islink(os.path.join(folder, name)):  # noqa: PTH114, PTH118 - once for each of many files
                raise SourceRefused(
                    "a symbolic link stands in the clone", next_step="remove the repository, and add it again"
                )


def _delete(folder: Path) -> None:
    """Delete a folder; what git made read-only goes too."""

    def unprotect(function: Callable[..., object], path: str, _: object) -> None:
        os.chmod(path, 0o700)  # noqa: PTH101
        function(path)

    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder, onerror=unprotect)
