"""What index jobs cost each other: a large repository and several small ones, connected to a real `clew serve` from a git host that takes its time.

`python -m benchmarks.index_jobs TREE [--at-once 1 2] [--small 5] [--delay-s 2]`: TREE is a folder with the sources of the large one. Told a
setting: when the small ones can be asked about (from the first request on), when all is done, and the CPU of the server with its jobs.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.servers.git_server import GitServer, serving

SMALL_FILES = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--small", type=int, default=5)
    parser.add_argument("--delay-s", type=float, default=2.0, help="how long the host thinks before each pack")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "git") as server:
        files = {
            str(path.relative_to(chosen.tree)): path.read_text("utf-8", "replace")
            for path in sorted(chosen.tree.rglob("*"))
            if path.is_file() and path.suffix in {".py", ".js", ".ts", ".go", ".java", ".rs", ".c", ".h", ".md"}
        }
        server.repository("large", files)
        for number in range(chosen.small):
            server.repository(f"small{number}", dict(_small(number)))
        server.delay_s = chosen.delay_s
        for at_once in chosen.at_once:
            print(json.dumps(_measured(Path(folder) / f"store-{at_once}", server, at_once, chosen.small)), flush=True)
    return 0


def _small(number: int) -> list[tuple[str, str]]:
    return [(f"part_{n}.py", f"def small_{number}_{n}():\n    return {n}\n\n\n" * 20) for n in range(SMALL_FILES)]


def _measured(store: Path, server: GitServer, at_once: int, small: int) -> dict[str, Any]:
    environment = os.environ | {
        "CLEW_HOME": str(store), "CLEW_RETRIEVAL__DENSE": "false", "CLEW_SOURCES__INSIDE": "127.0.0.1",
        "CLEW_SOURCES__CA_FILE": str(server.certificate), "CLEW_INDEX__AT_ONCE": str(at_once),
    }  # fmt: skip
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--json"]
    before = _cpu_s()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, timeout=600, trust_env=False) as client:
            began = time.monotonic()
            names = ["large", *(f"small{n}" for n in range(small))]
            left = {name: _connected(client, server.url(name)) for name in names}
            ready: dict[str, float] = {}
            while left:
                for name, location in list(left.items()):
                    state = client.get(location).json()["state"]
                    if state not in ("queued", "running"):
                        assert state == "finished", client.get(location).text
                        ready[name] = time.monotonic() - began
                        del left[name]
                time.sleep(0.1)
        process.terminate()
        process.wait(60)
    waits = [ready[name] for name in names if name != "large"]
    return {
        "at_once": at_once,
        "small_first_s": round(min(waits), 1),
        "small_median_s": round(statistics.median(waits), 1),
        "small_last_s": round(max(waits), 1),
        "large_s": round(ready["large"], 1),
        "all_s": round(max(ready.values()), 1),
        "cpu_s": round(_cpu_s() - before, 1),
    }


def _connected(client: httpx.Client, url: str) -> str:
    reply = client.post("/api/v1/repositories", json={"url": url})
    assert reply.status_code == 202, reply.text
    return reply.headers["location"]


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
