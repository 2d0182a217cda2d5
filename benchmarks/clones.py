"""What a clone costs, and a refresh: `python -m benchmarks.clones GIT_DIR [--runs N]`.

A copy of the bare repository is served by `git http-backend` over HTTPS on this machine. Each clone and refresh runs in a process of its
own; its CPU seconds are those of that process and of the gits that it starts, without the server's.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from ops.sources.addresses import Rules
from ops.sources.clones import Clones, Wanted
from ops.sources.git import Limits
from tests.servers.git_server import GitServer, git, serving

KINDS = {
    "--depth 1": (1, False),
    "--depth 100": (100, False),
    "--depth 0 --blobless": (0, True),
    "--depth 0": (0, False),
}
Cost = tuple[float, float, int]
"""Wall seconds, CPU seconds, bytes of the repository's own folder."""


def brought(folder: Path, certificate: Path, wanted: Wanted) -> Cost:
    """Clone or refresh, and return what it cost."""
    clones = Clones(folder, Rules(inside=("127.0.0.1",)), Limits(10**10, 3_600.0, certificate))
    began, before = time.perf_counter(), _cpu_s()
    root = clones.bring(wanted, None, lambda _stage, _done, _total: None).root
    wall_s, cpu_s = time.perf_counter() - began, _cpu_s() - before
    return wall_s, cpu_s, sum(path.stat().st_size for path in (root / ".git").rglob("*") if path.is_file())


def measured(server: GitServer, folder: Path, runs: int) -> None:
    """Print a row a kind of clone, then those of refreshes."""
    bare = server.folder / "repository.git"
    for number, (kind, (depth, blobless)) in enumerate(KINDS.items()):
        costs = [
            _alone(folder, server, Wanted(f"{number:08x}{run:08x}", server.url("repository"), "", depth, blobless))
            for run in range(runs)
        ]
        _print(f"clone {kind}", costs)
    shallow = Wanted(f"{0:016x}", server.url("repository"), "", 1)
    _print("refresh, nothing new", [_alone(folder, server, shallow) for _ in range(runs)])
    costs = []
    for _ in range(runs):
        parent = git(bare, "rev-parse", "HEAD")
        later = git(bare, "commit-tree", f"{parent}^{{tree}}", "-p", parent, "-m", "later")
        git(bare, "update-ref", "HEAD", later)
        costs.append(_alone(folder, server, shallow))
    _print("refresh, one commit", costs)


def main() -> int:
    """Return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("git_dir", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server") as server:
        git(server.folder, "clone", "-q", "--bare", "--no-hardlinks", str(chosen.git_dir.absolute()), "repository.git")
        git(server.folder / "repository.git", "config", "uploadpack.allowFilter", "true")
        print(
            f"{git(server.folder / 'repository.git', 'rev-list', '--count', 'HEAD')} commits, median of {chosen.runs}"
        )
        measured(server, Path(folder) / "clones", chosen.runs)
    return 0


def _alone(folder: Path, server: GitServer, wanted: Wanted) -> Cost:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(brought, folder, server.certificate, wanted).result()


def _print(what: str, costs: list[Cost]) -> None:
    wall_s, cpu_s, size = (statistics.median(column) for column in zip(*costs, strict=True))
    spread = max(cost[1] for cost in costs) - min(cost[1] for cost in costs)
    print(f"{what:28} {wall_s:7.2f} s wall {cpu_s:7.2f} s CPU (spread {spread:.2f}) {size / 1e6:8.1f} MB of .git")


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    sys.exit(main())
