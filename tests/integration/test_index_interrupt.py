"""`clew index` on 2,000 files, interrupted or killed in the middle: the previous index answers, the next run goes on."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.processes import CLEW, clew_json, environment, wait_until, write_sources

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc"),
]

FILES = 2_000
BODY = "".join(
    f"def step_{n}(x):\n    return [step_{max(n - 1, 0)}(y) for y in range(x) if y % {n + 2}]\n" for n in range(60)
)


@dataclass
class Running:
    """A run of `clew index`, and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def has_extracted(self) -> bool:
        return re.search(r"[1-9][\d,]+/[\d,]+ files", "".join(self.said)) is not None


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def root(tmp_path: Path, store: Path) -> Path:
    """Return a small repository that is indexed, to which 2,000 files came since."""
    root = write_sources(tmp_path / "shop")
    clew_json(store, "index", str(root))
    for number in range(FILES):
        folder = root / f"package_{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"module_{number}.py").write_text(f"NUMBER = {number}\n{BODY}")
    return root


@contextmanager
def indexing(root: Path, store: Path) -> Iterator[Running]:
    """Run it with a terminal for its stderr: there it shows progress at once."""
    terminal, end_of_clew = os.openpty()
    process = subprocess.Popen(
        [*CLEW, "index", str(root), "--jobs", "2"],
        stdout=subprocess.DEVNULL,
        stderr=end_of_clew,
        text=True,
        cwd=store.parent,
        env=environment(store),
        start_new_session=True,
    )
    os.close(end_of_clew)
    running = Running(process)
    reader = threading.Thread(target=_listen, args=(terminal, running.said), daemon=True)
    reader.start()
    try:
        yield running
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
        reader.join(timeout=30)
        os.close(terminal)


def _listen(terminal: int, said: list[str]) -> None:
    with suppress(OSError):  # what a terminal says when nobody holds its other end any more
        while heard := os.read(terminal, 4_096):
            said.append(heard.decode("utf-8", "replace"))


def processes_of(session: int) -> list[str]:
    """Return the processes that `session` began and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, _, of = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except (OSError, ValueError):
                continue  # it has just ended
            if int(of) == session and state != "Z":
                found.append(entry.name)
    return found


@pytest.mark.parametrize("to_the_group", [True, False], ids=["terminal", "process"])
def test_an_interrupt_keeps_the_old_index_and_leaves_no_process(root: Path, store: Path, to_the_group: bool) -> None:
    with indexing(root, store) as running:
        wait_until(running.has_extracted, running.process, what="the extraction to show progress")
        (os.killpg if to_the_group else os.kill)(running.process.pid, signal.SIGINT)
        assert running.process.wait(timeout=30) == 130, "".join(running.said)
        wait_until(lambda: not processes_of(running.process.pid), what="the workers to end")
    assert "Traceback" not in "".join(running.said)
    assert clew_json(store, "callers", "price")["verdict"] == "found"
    assert clew_json(store, "repos")["repositories"][0]["generation"] == 1
    report = clew_json(store, "index", str(root))
    assert report["files"]["cached"] > 3, "the run goes on with what the interrupted one had extracted"
    assert clew_json(store, "callers", "package_3.module_83.step_7")["verdict"] == "found"


def test_a_killed_run_keeps_the_old_index_and_the_next_one_succeeds(root: Path, store: Path) -> None:
    with indexing(root, store) as running:
        wait_until(running.has_extracted, running.process, what="the extraction to show progress")
        os.kill(running.process.pid, signal.SIGKILL)
        running.process.wait(timeout=30)
        wait_until(lambda: not processes_of(running.process.pid), what="the workers to end")
    assert clew_json(store, "callers", "price")["verdict"] == "found"
    report = clew_json(store, "index", str(root))
    assert report["files"]["indexed"] + report["files"]["cached"] == FILES + 3
    assert clew_json(store, "repos")["repositories"][0]["generation"] == 2
