"""An index run killed (SIGKILL) at every write in turn: what was stored answers on, and the next run repairs the rest.

The writes are every SQL statement and every file opened for writing, renamed, made or removed below the store.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from knowledge.backends.sqlite_file import SqliteFile
from tests.properties.test_git_histories import everything
from tests.unit.indexers.bench import Bench, write

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process for every write"),
]

BEFORE: dict[str, str | bytes] = {
    "a.py": "from b import run\n\n\ndef start():\n    return run()\n",
    "b.py": "def run():\n    return 1\n",
    "gone.py": "def gone():\n    return 2\n",
    "guide.md": "# Guide\n\nSee `b.run`.\n",
}
AFTER: dict[str, str | bytes] = {
    "a.py": "from b import jog\n\n\ndef start():\n    return jog()\n",
    "b.py": "def jog():\n    return 1\n",
    "late.py": "from a import start\n\nstart()\n",
}
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree"}
MOST = 400


class Killer:
    """Counts writes below `store` and kills this process at the given one."""

    def __init__(self, store: Path, at: int) -> None:
        self._store, self._left = str(store), at
        self._last_statement = ""

    def arm(self) -> None:
        sys.addaudithook(self._hear)
        opened = SqliteFile._open

        def traced(file: SqliteFile, mode: str, cache_kib: int) -> Any:
            connection = opened(file, mode, cache_kib)
            if mode == "rw":
                connection.set_trace_callback(self._statement)
            return connection

        SqliteFile._open = traced  # type: ignore[method-assign, assignment]

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in EVENTS or not str(arguments[0]).startswith(self._store):
            return
        if event != "open" or (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            self._count()

    def _statement(self, statement: str) -> None:
        kind = statement[:24]
        if kind != self._last_statement:  # the rows of one statement are one write
            self._last_statement = kind
            self._count()

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def index_and_die(folder: Path, at: int, force: bool) -> bool:
    """Index in a process that is killed at its write number `at`; False when it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with closing(Bench(folder)) as bench:
                Killer(folder / "store", at).arm()
                bench.index(force=force, jobs=1)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("force", [False, True], ids=["update", "replace"])
def test_killed_at_every_write_in_turn(tmp_path: Path, force: bool) -> None:
    folder, pristine = tmp_path / "work", tmp_path / "pristine"
    folder.mkdir()
    root = write(folder / "repo", BEFORE)
    with closing(Bench(folder)) as bench:
        bench.index()
        before = everything(bench)
    shutil.copytree(folder / "store", pristine)
    for path in BEFORE.keys() - AFTER.keys() - {"guide.md"}:
        (root / path).unlink()
    write(root, AFTER)
    with closing(Bench(folder)) as bench:
        bench.index(force=True)
        after = everything(bench)
    for at in range(MOST):
        shutil.rmtree(folder / "store")
        shutil.copytree(pristine, folder / "store")
        killed = index_and_die(folder, at, force)
        with closing(Bench(folder)) as bench:
            assert everything(bench) in (before, after), at
            bench.index()
            assert everything(bench) == after, at
            folders = list((folder / "store" / "lexical" / "repo").iterdir())
            assert len(folders) == 2, "a generation and the segments, no drafts"
        if not killed:
            break
    assert 20 < at < MOST - 1, "the run came to its end in the last round"
