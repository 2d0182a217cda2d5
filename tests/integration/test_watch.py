"""`clew watch` as a process: edits, atomic saves, checkouts, rules, a root that goes and comes, Ctrl-C."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.processes import CLEW, clew_json, environment, started, wait_until, write_sources
from tests.unit.indexers.git_repositories import commit_all, git

pytestmark = pytest.mark.integration


class Watched:
    """A running watch and the updates it has written."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.updates: list[dict[str, Any]] = []
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.updates.append(json.loads(line))

    def wait(self, holds: Callable[[], Any], what: str) -> None:
        wait_until(holds, self.process, what=what)


@contextmanager
def watching(root: Path, store: Path) -> Iterator[Watched]:
    command = [*CLEW, "watch", str(root), "--json"]
    log = store.parent / "watch.log"
    with started(command, folder=store.parent, env=environment(store), log=log) as process:
        watched = Watched(process)
        watched.wait(lambda: watched.updates, "the first index")
        yield watched


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_a_tree_is_kept_fresh_while_it_is_worked_on(tmp_path: Path, store: Path) -> None:
    root = write_sources(tmp_path / "shop")
    commit_all(root)
    with watching(root, store) as watched:
        first = watched.updates[0]
        assert (first["generation"], first["files"]) == (1, 3)

        draft = root / "shop" / "checkout.py.tmp"
        draft.write_text("from shop.models import price\n\n\ndef pay():\n    return price(1)\n")
        draft.replace(root / "shop" / "checkout.py")
        watched.wait(lambda: watched.updates[-1]["generation"] > 1, "the saved file")
        assert clew_json(store, "callers", "price")["results"]

        git(root, "switch", "-q", "-c", "many")
        for number in range(400):
            (root / "shop" / f"m{number}.py").write_text(f"def f{number}():\n    return {number}\n")
        commit_all(root)
        watched.wait(lambda: watched.updates[-1]["symbols"] > 800, "400 new files")
        watched.wait(lambda: watched.updates[-1]["revision"] == git(root, "rev-parse", "HEAD"), "the commit")
        before = len(watched.updates)
        git(root, "switch", "-q", "main")
        watched.wait(lambda: watched.updates[-1]["symbols"] < 100, "the other branch")
        assert len(watched.updates) - before <= 3

        (root / ".gitignore").write_text("web/\n")
        (root / "web").mkdir()
        (root / "web" / "a.js").write_text("export function hidden() {}\n")
        (root / "seen.js").write_text("export function seen() {}\n")
        watched.wait(lambda: watched.updates[-1]["symbols"] > first["symbols"], "a new file beside an ignored one")
        assert clew_json(store, "symbol", "hidden", code=1)["verdict"] == "none"
        count = len(watched.updates)
        (root / ".gitignore").write_text("\n")
        watched.wait(lambda: len(watched.updates) > count, "other rules")
        assert clew_json(store, "symbol", "hidden")["verdict"] == "found"

        shutil.rmtree(root)
        count = len(watched.updates)
        write_sources(root, {"anew.py": "def anew():\n    return 1\n"})
        watched.wait(lambda: "symbols" in watched.updates[-1] and watched.updates[-1]["symbols"] == 2, "a new root")

        watched.process.send_signal(signal.SIGINT)
        assert watched.process.wait(timeout=30) == 0
    assert "Traceback" not in (tmp_path / "watch.log").read_text()
    assert clew_json(store, "symbol", "anew")["verdict"] == "found"
