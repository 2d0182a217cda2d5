"""Reads what was changed when and why from git: the messages of past commits, the files and functions they changed.

One streaming pass of the git program over the ancestors of HEAD (only those that are new, when the last one read is still
among them), and a second one for the hunks of the newest. Nothing is fetched: what a partial or shallow clone lacks is
left out, and `note` says so. Renames are told by content and name, so that no blob need be there.
"""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from guardrails.redaction import TextRedactor
from indexers.revision import ask_git, git_command, git_environment
from knowledge.ports.history import HistoryBuilder, PastCommit

MAX_COMMITS = 40_000
MAX_HUNK_COMMITS = 2_000
MAX_FILES = 40
"""A commit that changes more files says nothing of any of them: a move, a licence header, a formatter's run."""
MAX_MESSAGE_BYTES = 3_000
SUFFIXES = ("py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "go", "java", "rs", "c", "h", "cc", "cpp", "cxx", "hpp", "hh")
"""Whose hunks are read for the functions in them."""

_TRAILER = re.compile(
    r"^(?:[\w-]+-by|[\w-]*-url|change-id|fixes|refs?|closes|git-svn-id|cc):.*$|https?://\S+", re.I | re.M
)
_FUNCTION_LINES = {
    "clewjs": "!^[ \t}]*(if|for|while|do|else|switch|try|catch|finally|with|return|await|yield|throw)([^A-Za-z0-9_$]|$)\n^[ \t]*(([a-z]+[ *]+)*([A-Za-z0-9_$#]+[ \t]*\\([^;]*\\{|(class|function)[* ].*))$",
    "clewpy": "^[ \t]*((class|(async[ \t]+)?def)[ \t].*)$",
}  # fmt: skip
"""The lines that begin a function, where git's own patterns see no method. The first group is the text of it that is shown; a tab is a tab, `\\t` is not."""
_DRIVER_OF = {
    **dict.fromkeys(("js", "jsx", "mjs", "cjs", "ts", "tsx"), "clewjs"),
    "py": "clewpy",
    **dict.fromkeys(("c", "h", "cc", "cpp", "cxx", "hpp", "hh"), "cpp"),
    "go": "golang",
    "java": "java",
    "rs": "rust",
}
_HUNKS = [
    "diff-tree",
    "--stdin",
    "-r",
    "--root",
    "--no-renames",
    "--no-color",
    "--relative",
    "--format=%x01%H",
    "-p",
    "-U0",
    "--no-ext-diff",
    "--no-textconv",
]
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_CALLED = re.compile(r"([A-Za-z_$~][\w$]*)\s*(?:<[^<>()]*>)?\(")
_DECLARED = re.compile(r"\b(?:class|struct|interface|enum|trait|impl|type|def|fn|func)\s+([A-Za-z_$][\w$]*)")
_RECEIVER = re.compile(r"^func\s*\([^)]*\)\s*")


@dataclass(frozen=True, slots=True)
class HistoryReport:
    """What a reading did. note: why there is no history, or which part of it is missing; empty when all is there."""

    commits: int
    fresh: bool
    note: str = ""


def read_history(root: Path, repository: str, history: HistoryBuilder) -> HistoryReport:
    """Bring the stored history of `repository` to the HEAD of the work tree at `root`; forget it where there is none."""
    head, why = ask_git(root, "rev-parse", "--verify", "HEAD^{commit}")
    if head is None:
        history.forget(repository)
        return HistoryReport(0, True, why and "no history: " + why.partition(":")[0])
    head = head.strip()
    known = history.head(repository)
    shallow, _ = ask_git(root, "rev-parse", "--is-shallow-repository")
    note = "the clone is shallow: older commits are not in the history" if (shallow or "").strip() == "true" else ""
    if known == head:
        return HistoryReport(0, False, note)
    fresh = not known or ask_git(root, "merge-base", "--is-ancestor", known, head)[0] is None
    revisions = [head] if fresh else [head, f"^{known}"]
    commits = commits_of(root, revisions)
    history.extend(repository, head, commits, fresh=fresh)
    return HistoryReport(len(commits), fresh, note)


def commits_of(root: Path, revisions: Sequence[str], *, git_dir: Path | None = None) -> list[PastCommit]:
    """Return the commits that these revisions select, oldest first; empty when git fails."""
    redactor = TextRedactor()
    found: dict[str, PastCommit] = {}
    for entry in _entries(_lines(root, _log(revisions, MAX_COMMITS, "--raw", "--no-abbrev"), git_dir)):
        paths = entry.paths()
        if 0 < len(paths) <= MAX_FILES:
            message = _TRAILER.sub("", entry.message)[:MAX_MESSAGE_BYTES]
            masked, _ = redactor.redact(message.encode("utf-8", "replace"), "prose.md")
            found[entry.commit] = PastCommit(entry.commit, entry.time_s, masked, tuple(paths), tuple(entry.renames()))
    for commit, functions in _functions(root, revisions, git_dir, found.keys()).items():
        found[commit] = replace(found[commit], functions=functions)
    return list(reversed(found.values()))


@dataclass(slots=True)
class _Entry:
    commit: str
    time_s: int
    message: str = ""
    changes: list[tuple[str, str, str, str]] = field(default_factory=list)
    """status, blob before, blob after, path"""

    def paths(self) -> list[str]:
        return [path for status, _, _, path in self.changes if status != "D"]

    def renames(self) -> list[tuple[str, str]]:
        """Return (old, new) of the files that went from one path to another: the same blob, else the only one of its name."""
        gone = {path: blob for status, blob, _, path in self.changes if status == "D"}
        come = {path: blob for status, _, blob, path in self.changes if status == "A"}
        if not gone or not come:
            return []
        pairs = []
        for by_name in (False, True):
            sides: tuple[dict[str, list[str]], ...] = (defaultdict(list), defaultdict(list))
            for side, paths in zip(sides, (gone, come), strict=True):
                for path, blob in paths.items():
                    side[path.rpartition("/")[2] if by_name else blob].append(path)
            for name, olds in sides[0].items():
                news = sides[1].get(name, [])
                if len(olds) == len(news) == 1:
                    pairs.append((olds[0], news[0]))
                    del gone[olds[0]], come[news[0]]
        return pairs


def _entries(lines: Iterator[bytes]) -> Iterator[_Entry]:
    entry: _Entry | None = None
    message: list[str] = []
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\n")
        if line.startswith("\x01"):
            if entry is not None:
                entry.message = "\n".join(message)
                yield entry
            commit, time_s = line[1:].split(" ")
            entry, message = _Entry(commit, int(time_s)), []
        elif entry is not None and line.startswith(":") and "\t" in line:
            described, path = line.split("\t", 1)
            parts = described.split(" ")
            if len(parts) == 5 and not path.startswith('"'):
                entry.changes.append((parts[4][:1], parts[2], parts[3], path))
        else:
            message.append(line)
    if entry is not None:
        entry.message = "\n".join(message)
        yield entry


def _functions(
    root: Path, revisions: Sequence[str], git_dir: Path | None, wanted: AbstractSet[str]
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return commit -> (path, name) of the functions whose lines it changed, as far as git can tell them.

    Git names in each hunk the last line above it that begins a function: which lines do is told it by suffix.

    Of the newest commits of sources only the hunks of `wanted` ones are read: a move of a thousand files costs as much as all others.
    """
    globs = [f"*.{suffix}" for suffix in SUFFIXES]
    newest = ["rev-list", f"--max-count={MAX_HUNK_COMMITS}", "--no-merges", *revisions, "--", *globs]
    commits = [line for line in _lines(root, newest, git_dir) if line.decode().strip() in wanted]
    found: dict[str, dict[tuple[str, str], None]] = {}
    commit, path, inside = "", "", 0
    for line in _hunks(root, [*_HUNKS, "--", *globs], git_dir, b"".join(commits)) if commits else ():
        if inside:  # `++ b/x` of a patch that somebody keeps looks like the head of a file
            inside -= not line.startswith(b"\\")
        elif (size := _HUNK.match(line)) is not None:
            inside = int(size[1] or 1) + int(size[2] or 1)
            name = _name_in(line.split(b"@@", 2)[2].decode("utf-8", "replace").strip())
            if name and path:
                found.setdefault(commit, {})[path, name] = None
        elif line.startswith(b"+++ "):
            path = line[6:].decode("utf-8", "replace").rstrip("\n\t") if line.startswith(b"+++ b/") else ""
        elif line.startswith(b"\x01"):
            commit = line[1:41].decode()
    return {commit: tuple(pairs) for commit, pairs in found.items()}


def _hunks(root: Path, arguments: Sequence[str], git_dir: Path | None, told: bytes) -> Iterator[bytes]:
    flags = [flag for driver, lines in _FUNCTION_LINES.items() for flag in ("-c", f"diff.{driver}.xfuncname={lines}")]
    with TemporaryDirectory() as folder:
        attributes = Path(folder, "attributes")
        attributes.write_text("".join(f"*.{suffix} diff={driver}\n" for suffix, driver in _DRIVER_OF.items()))
        flags += ["-c", f"core.attributesFile={attributes.as_posix()}"]
        yield from _lines(root, arguments, git_dir, flags, told)


def _name_in(header: str) -> str:
    header = _RECEIVER.sub("", header)
    match = _DECLARED.search(header) or _CALLED.search(header)
    return match.group(1) if match else ""


def _log(revisions: Sequence[str], limit: int, *options: str) -> list[str]:
    return ["log", f"--max-count={limit}", "--no-merges", "--no-renames", "--no-color", "--relative", "--format=%x01%H %ct%n%B", *options, *revisions]  # fmt: skip


def _lines(
    root: Path, arguments: Sequence[str], git_dir: Path | None, flags: Sequence[str] = (), told: bytes = b""
) -> Iterator[bytes]:
    """Yield what git says, as far as it comes: a clone that lacks blobs ends early. told: what it reads."""
    command = git_command(*flags, *arguments)
    with TemporaryFile() as asked:
        asked.write(told)
        asked.seek(0)
        with subprocess.Popen(
            command,
            cwd=root,
            env=git_environment() | ({"GIT_DIR": str(git_dir)} if git_dir else {}),
            stdin=asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            try:
                yield from process.stdout
            finally:
                process.kill()
