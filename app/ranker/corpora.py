"""A tree at a commit, without its tests, indexed by the real pipeline with the history of its ancestors.

Facts are kept by content in the work folder, so a near commit costs only what differs, and a finished corpus is not made
again. Files come from git's object store one by one: a partial clone lacks some, and none that could be searched.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

from indexers.file_kinds import LANGUAGE_OF_SUFFIX
from indexers.history import commits_of
from indexers.pipeline import index_repository
from knowledge.backends.lexical import HistoryWriter, LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph

_TEST_FOLDERS = frozenset({"test", "tests", "__tests__", "spec", "specs", "e2e", "testdata", "fixtures", "__fixtures__", "__mocks__", "mocks"})  # fmt: skip
_TEST_ROOTS = frozenset({"t", "testing"})
_TEST_FILE = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_tests?|[^/]*[.-](?:test|spec|unittest)|conftest)\.\w+$", re.I)

Edit = Callable[[str, bytes], bytes]


def is_test_path(path: str) -> bool:
    folders = path.lower().split("/")[:-1]
    in_folder = bool(folders) and (folders[0] in _TEST_ROOTS or not _TEST_FOLDERS.isdisjoint(folders))
    return in_folder or _TEST_FILE.search(path) is not None


def corpus_at(git_dir: Path, commit: str, name: str, work: Path, edit: Edit | None = None) -> Path:
    """Return the store that holds the tree of `commit` as repository `name`. edit: changes a file's content before."""
    store = work / f"{name}-{commit[:12]}{'-edited' if edit else ''}"
    done = store / "done"
    if done.exists():
        return store
    store.mkdir(parents=True, exist_ok=True)
    tree = store / "tree"
    for path, content in files_at(git_dir, commit):
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(edit(path, content) if edit else content)
    with (
        closing(SqliteCodeGraph(store / "graph.db")) as graph,
        closing(SqliteFactsCache(work / "facts.db")) as facts,
    ):
        index_repository(tree, name=name, graph=graph, facts=facts, lexical=LexicalWriter(store / "lexical"))
    commits = commits_of(work, [commit], git_dir=git_dir)
    HistoryWriter(store / "lexical").extend(name, commit, commits, fresh=True)
    done.touch()
    return store


def files_at(git_dir: Path, commit: str) -> Iterator[tuple[str, bytes]]:
    """Yield every file that can be indexed and is no test, as far as its content is there."""
    listed = subprocess.run(
        ["git", f"--git-dir={git_dir}", "ls-tree", "-r", "-z", commit], capture_output=True, check=True
    ).stdout.decode("utf-8", "replace")
    wanted = []
    for line in listed.split("\0"):
        described, _, path = line.partition("\t")
        if (
            described.startswith("100")
            and PurePosixPath(path).suffix.lower() in LANGUAGE_OF_SUFFIX
            and not is_test_path(path)
        ):
            wanted.append((described.split(" ")[2], path))
    with subprocess.Popen(
        ["git", f"--git-dir={git_dir}", "cat-file", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"},
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for blob, path in wanted:
            process.stdin.write(f"{blob}\n".encode())
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) == 3:
                content = process.stdout.read(int(header[2]) + 1)[:-1]
                yield path, content
        process.stdin.close()
