"""Finds the files of a repository to index, and says why the others are left out.

Owns the walk: ignore rules at every level, nested repositories, links, folders of other people's code. Opens no file
except for the first bytes of scripts without suffix and of C headers that may be C++; what only a file's content tells
is `content.check_content`, called by whoever reads the file. Nothing outside the root is ever read.
"""

from __future__ import annotations

import os
import stat
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from configs.errors import RepositoryNotFound
from indexers.content import check_content, read_source
from indexers.documents import formats
from indexers.file_kinds import (
    INCLUDED_SUFFIXES,
    LANGUAGE_OF_SUFFIX,
    UNSUPPORTED,
    is_c_text,
    is_cpp_header,
    is_test_path,
    language_of_head,
    may_be_built,
    may_be_vendored,
    why_vendored,
)
from indexers.git_layout import common_git_folder, enclosing_rules, is_linked_worktree
from indexers.ignore import IgnoreRules, parse_rules
from indexers.manifests import is_manifest as declares_dependencies
from indexers.resolution.layout import is_manifest as shapes_modules
from knowledge.schema import FileIssue

__all__ = ["Discovery", "FoundFile", "Signature", "check_content", "discover", "read_source", "signature_of"]

Signature = tuple[int, int, int, int]
"""Size, time of last write, time of last change of the entry (of creation on Windows), both in ns, and inode."""

NEVER_ENTERED = frozenset(
    [
        ".git",
        ".hg",
        ".svn",
        ".bzr",
        ".jj",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".clew",
        ".DS_Store",
    ]
)
"""Names of folders (and of one file) that hold nothing of the project."""
_HEADER_HEAD_BYTES = 16_384
_HEADER_SUFFIXES = (".h", *sorted(INCLUDED_SUFFIXES))
DOCUMENTS_ONLY = "documents only: indexed with --docs"
"""The note of a walk that took documents alone; kept with the repository, so that the next run does the same."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to index. path: relative to the root, `/`-separated. size in bytes; is_test_path: by name and folder."""

    path: str
    absolute: Path
    language: str
    size: int
    mtime_ns: int
    is_test_path: bool


@dataclass(slots=True)
class Discovery:
    """What a walk found, each list by path. manifests: path -> absolute path of project files such as `go.mod`.

    signatures: of all files and manifests, as the walk saw them.
    """

    files: list[FoundFile] = field(default_factory=list)
    issues: list[FileIssue] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    manifests: dict[str, Path] = field(default_factory=dict)
    signatures: dict[str, Signature] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder still to walk. path: `` or `a/b/`. git, clew: the rules that hold in it, outermost first.

    listed_only: the folder itself is left out; only what a rule takes back in, or git tracks, is taken from it.
    """

    path: str
    absolute: str
    git: tuple[IgnoreRules, ...]
    clew: tuple[IgnoreRules, ...]
    listed_only: bool = False


def discover(
    root: Path,
    *,
    max_file_bytes: int = 1_500_000,
    tracked: Iterable[str] = (),
    documents_only: bool = False,
) -> Discovery:
    """Walk `root` and return its files by path, without folders of other people's code (`!vendor/` in a `.clewignore`
    takes one in).

    Args:
        tracked: paths that git tracks although an ignore rule names them; they are indexed (git ignores such rules).
        documents_only: take documents alone, of all formats, wherever they lie; built ones too, names such as `build` leave
            nothing out.

    Raises:
        RepositoryNotFound: the path does not exist or is not a folder.
    """
    if not os.path.isdir(root):  # noqa: PTH112 - Path.is_dir raises where a folder above is closed
        what = "is not a folder" if os.path.lexists(root) else "does not exist"
        raise RepositoryNotFound(f"the repository path {str(root)!r} {what}", next_step="give the path of a checkout")
    walk = _Walk(root.resolve(), max_file_bytes, tracked, documents_only)
    walk.run()
    return walk.found


class _Walk:
    def __init__(self, root: Path, max_file_bytes: int, tracked: Iterable[str], documents_only: bool) -> None:
        self.root = root
        self.max_file_bytes = max_file_bytes
        self.tracked = frozenset(tracked)
        self.documents_only = documents_only
        self.wanted = sorted(self.tracked)
        """Paths, or beginnings of them, for which a left out folder is walked all the same."""
        self.found = Discovery()
        self.unsupported: Counter[str] = Counter()

    def run(self) -> None:
        if self.documents_only:
            self.found.notes.append(DOCUMENTS_ONLY)
        pending = [_Folder("", str(self.root), enclosing_rules(self.root), ())]
        while pending:
            pending += self._walk_folder(pending.pop())
        self._settle_headers()
        for suffix, count in sorted(self.unsupported.items()):
            self._report(
                f"*{suffix}", "unsupported", f"{count} file{'s' if count > 1 else ''} of {UNSUPPORTED[suffix]}"
            )
        if self.unsupported:
            self.found.notes.append(f"{self.unsupported.total()} source files are in languages that are not covered")
        self.found.files.sort(key=lambda file: file.path)
        self.found.issues.sort(key=lambda issue: (issue.path, issue.reason))
        self.found.manifests = dict(sorted(self.found.manifests.items()))

    def _report(self, path: str, reason: str, detail: str) -> None:
        self.found.issues.append(FileIssue(path, reason, detail))

    def _walk_folder(self, folder: _Folder) -> list[_Folder]:
        """Take the files of a folder and return the folders in it that are to be walked."""
        try:
            with os.scandir(folder.absolute) as listing:
                entries = {entry.name: entry for entry in listing}
        except OSError as exc:
            self._report(folder.path.rstrip("/") or ".", "unreadable", exc.strerror or str(exc))
            return []
        if folder.path and ".git" in entries and is_linked_worktree(Path(folder.absolute)):
            self._report(folder.path.rstrip("/"), "vendored", "another checkout of a repository (git worktree)")
            return []
        folder = self._with_own_rules(folder, entries)
        deeper: list[_Folder] = []
        for name, entry in entries.items():
            if name in NEVER_ENTERED:
                continue
            if _is_link(entry):
                self._report_link(folder, entry)
            elif entry.is_dir(follow_symlinks=False):
                inner = self._judge_folder(folder, name, entry.path, entries)
                if inner:
                    deeper.append(inner)
            else:
                self._take_file(folder, name, entry)
        return deeper

    def _with_own_rules(self, folder: _Folder, entries: dict[str, os.DirEntry[str]]) -> _Folder:
        git, clew = folder.git, folder.clew
        if ".git" in entries and folder.path:
            # A nested repository: a submodule or a clone. The rules of the outer one end here.
            git = ()
        if ".git" in entries:
            excluded = common_git_folder(Path(folder.absolute)) / "info" / "exclude"
            git += tuple(_rules_of(str(excluded), folder.path))
        if ".gitignore" in entries:
            git += tuple(_rules_of(entries[".gitignore"].path, folder.path))
        if ".clewignore" in entries:
            own = _rules_of(entries[".clewignore"].path, folder.path)
            clew += tuple(own)
            self.wanted = sorted({*self.wanted, *(path for rules in own for path in rules.reincluded)})
        return _Folder(folder.path, folder.absolute, git, clew, folder.listed_only)

    def _judge_folder(
        self, outer: _Folder, name: str, absolute: str, siblings: dict[str, os.DirEntry[str]]
    ) -> _Folder | None:
        path = outer.path + name
        inner = _Folder(path + "/", absolute, outer.git, outer.clew)
        only_listed = _Folder(path + "/", absolute, outer.git, outer.clew, listed_only=True)
        chosen = _decide(outer.clew, path, name, True)
        if chosen is not None:
            return None if chosen else inner
        leads = any(one.startswith(inner.path) or inner.path.startswith(one) for one in self.wanted)
        if outer.listed_only or _decide(outer.git, path, name, True):
            return only_listed if leads else None
        if may_be_vendored(name) and not (self.documents_only and may_be_built(name)):
            reason = why_vendored(name, siblings.keys(), _names_in(absolute))
            if reason:
                self._report(path, "vendored", reason)
                return only_listed if leads else None
        return inner

    def _is_left_out(self, folder: _Folder, path: str, name: str) -> bool:
        chosen = _decide(folder.clew, path, name, False)
        if chosen is not None:
            return chosen
        if path in self.tracked:
            return False
        return folder.listed_only or bool(_decide(folder.git, path, name, False))

    def _take_file(self, folder: _Folder, name: str, entry: os.DirEntry[str]) -> None:
        dot = name.rfind(".")
        suffix = name[dot:] if dot >= 0 else ""
        language = self._language_of_suffix(folder, suffix)
        path = folder.path + name
        is_manifest = not self.documents_only and (
            shapes_modules(name) or (language is None and declares_dependencies(path))
        )
        asks_head = language is None and not is_manifest and self._asks_head(folder, suffix)
        may_be_c = language is None and not self.documents_only and suffix.lower() in INCLUDED_SUFFIXES
        asks_head = asks_head or may_be_c
        if language is None and dot > 0 and not is_manifest and not asks_head and suffix not in UNSUPPORTED:
            return
        if self._is_left_out(folder, path, name):
            return
        if suffix in UNSUPPORTED and not is_manifest:
            if not self.documents_only:
                self.unsupported[suffix] += 1
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as exc:
            self._report(path, "unreadable", exc.strerror or str(exc))
            return
        if language is None and dot < 0 and not is_manifest:
            language = self._language_without_suffix(name, entry.path, status)
        elif may_be_c and stat.S_ISREG(status.st_mode):
            language = "c" if is_c_text(_head(entry.path, _HEADER_HEAD_BYTES)) else None
        elif asks_head and stat.S_ISREG(status.st_mode):
            head = _head(entry.path, formats.HEAD_BYTES)
            language = formats.format_of_head(suffix.lower(), head, among_documents=self._is_among_documents(folder))
        if language is not None or is_manifest:
            self._keep(path, name, entry.path, language, status)

    def _keep(self, path: str, name: str, absolute: str, language: str | None, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            self._report(path, "unreadable", "not a regular file")
        elif not _is_utf8(path):
            self._report(path.encode("utf-8", "backslashreplace").decode(), "encoding", "the file's name is not UTF-8")
        elif status.st_size > (limit := formats.byte_limit(language or "", self.max_file_bytes)):
            self._report(path, "too_large", f"{status.st_size} bytes, the limit is {limit}")
        elif name.endswith((".min.js", ".min.mjs", ".min.cjs")):
            self._report(path, "generated", "minified, by its name")
        else:
            self.found.signatures[path] = signature_of(status)
            if not self.documents_only and (shapes_modules(name) or declares_dependencies(path)):
                self.found.manifests[path] = Path(absolute)
            if language is not None:
                test = is_test_path(path)
                self.found.files.append(
                    FoundFile(path, Path(absolute), language, status.st_size, status.st_mtime_ns, test)
                )

    def _language_of_suffix(self, folder: _Folder, suffix: str) -> str | None:
        if suffix == ".C" and not self.documents_only:
            return "cpp"
        lower = suffix.lower()
        if lower in formats.AMONG_DOCUMENTS:
            return formats.AMONG_DOCUMENTS[lower] if self._is_among_documents(folder) else None
        return (formats.ALWAYS if self.documents_only else LANGUAGE_OF_SUFFIX).get(lower)

    def _is_among_documents(self, folder: _Folder) -> bool:
        return self.documents_only or not formats.FOLDERS.isdisjoint(folder.path.lower().split("/"))

    def _asks_head(self, folder: _Folder, suffix: str) -> bool:
        lower = suffix.lower()
        return lower in formats.BY_HEAD and (lower not in (".xml", ".txt") or self._is_among_documents(folder))

    def _language_without_suffix(self, name: str, absolute: str, status: os.stat_result) -> str | None:
        if name == "README":
            return "markdown"
        if self.documents_only:
            return None
        is_program = stat.S_ISREG(status.st_mode) and (status.st_mode & 0o111 or os.name == "nt")
        return language_of_head(_head(absolute, 128)) if is_program else None

    def _report_link(self, folder: _Folder, entry: os.DirEntry[str]) -> None:
        """Report a link that would be indexed if it were a file or a folder. It is never followed."""
        path = folder.path + entry.name
        target = Path(os.path.realpath(entry.path))
        if Path(path).suffix.lower() not in LANGUAGE_OF_SUFFIX and not os.path.isdir(target):  # noqa: PTH112
            return
        if self._is_left_out(folder, path, entry.name) or not _is_utf8(path):
            return
        if not target.is_relative_to(self.root):
            self._report(path, "outside", "a link to a place outside the repository")
        elif not os.path.exists(target):  # noqa: PTH110
            self._report(path, "symlink", "a link to nothing")
        else:
            self._report(path, "symlink", f"a link to {target.relative_to(self.root).as_posix()}")

    def _settle_headers(self) -> None:
        """Decide which `.h` files are C++. A repository with only one of the two languages needs no look inside."""
        languages = {file.language for file in self.found.files if not file.path.lower().endswith(_HEADER_SUFFIXES)}
        if "cpp" not in languages and "c" in languages:
            return
        fallback = "cpp" if "cpp" in languages and "c" not in languages else "c"
        for index, file in enumerate(self.found.files):
            if file.language == "c" and file.path.lower().endswith(_HEADER_SUFFIXES):
                language = "cpp" if is_cpp_header(_head(str(file.absolute), _HEADER_HEAD_BYTES)) else fallback
                if language != "c":
                    self.found.files[index] = FoundFile(
                        file.path, file.absolute, language, file.size, file.mtime_ns, file.is_test_path
                    )


def signature_of(status: os.stat_result) -> Signature:
    """Return what tells a file from what it was, without reading it."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _decide(rules: tuple[IgnoreRules, ...], path: str, name: str, is_dir: bool) -> bool | None:
    for one in reversed(rules):
        verdict = one.decide(path, name, is_dir)
        if verdict is not None:
            return verdict
    return None


def _rules_of(absolute: str, base: str) -> list[IgnoreRules]:
    """Return the rules of an ignore file as a list of one, empty when there is no such file to read."""
    try:
        return [parse_rules(read_source(Path(absolute)).decode("utf-8", "replace"), base)]
    except OSError:
        return []


def _names_in(absolute: str) -> list[str]:
    try:
        return [child.name for child in Path(absolute).iterdir()]
    except OSError:
        return []


def _head(absolute: str, size: int) -> bytes:
    """Return the first bytes of a file, none when it cannot be read: its reader will report that."""
    try:
        return read_source(Path(absolute), size - 1)
    except OSError:
        return b""


def _is_link(entry: os.DirEntry[str]) -> bool:
    """Whether the entry leads elsewhere. On Windows a junction does too, and counts as a plain folder otherwise."""
    if sys.platform == "win32" and not entry.is_symlink():
        return entry.stat(follow_symlinks=False).st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT
    return entry.is_symlink()


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
