"""CPU, wall and memory of a command and every process that it starts. Memory, and orphans' CPU, on Linux only (`/proc`)."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_S = 0.1


@dataclass(frozen=True, slots=True)
class Measured:
    """peak_mib: largest sum over all processes at one moment, of memory that each holds or shares by its part (PSS)."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def adopt_orphans() -> None:
    """Make this process the parent of what its children leave behind, so that their CPU is counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def cpu_of(command: list[str]) -> tuple[float, float]:
    """Run a command; return (CPU seconds of it and all its descendants, wall seconds).

    Raises SystemExit when it fails. Orphans are counted after `adopt_orphans`.
    """
    older = set(children(os.getpid()))
    before = os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if process.wait() != 0:
        raise SystemExit(f"{' '.join(command)!r} failed with {process.returncode}; run it alone to see why")
    while orphans := set(children(os.getpid())) - older:
        for pid in orphans:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return spent, after.elapsed - before.elapsed


def measured(command: list[str]) -> Measured:
    """Run a command. Raises SystemExit when it fails."""
    peak = _Peak()
    peak.start()
    try:
        cpu_s, wall_s = cpu_of(command)
    finally:
        peak.stop()
    return Measured(cpu_s, wall_s, peak.kib / 1024)


class _Peak(threading.Thread):
    """Looks at the memory of all descendants of this process again and again."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.kib = 0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(SAMPLE_S):
            self.kib = max(self.kib, sum(map(proportional_kib, descendants(os.getpid()))))

    def stop(self) -> None:
        self._done.set()
        self.join()


def descendants(pid: int) -> list[int]:
    """Return the processes below `pid`, as far as they are still there."""
    found: list[int] = []
    pending = [pid]
    while pending:
        below = children(pending.pop())
        found.extend(below)
        pending.extend(below)
    return found


def children(pid: int) -> list[int]:
    """Return the children of a process, none where there is no `/proc` or the process has gone."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                found.extend(int(child) for child in (task / "children").read_text().split())
    return found


def proportional_kib(pid: int) -> int:
    """Return the process's PSS in KiB, 0 when it has gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def clew(store: Path, *arguments: str) -> list[str]:
    """Return the command line of Clew on a store."""
    return [sys.executable, "-m", "app", "--store", str(store), *arguments]


def run_clew(store: Path, *arguments: str) -> str:
    """Run Clew and return what it printed. Raises SystemExit when it fails."""
    done = subprocess.run(clew(store, *arguments), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(arguments)!r} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout
