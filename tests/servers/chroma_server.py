"""A real Chroma server, `chroma run`, on a free loopback port with a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEADLINE_S = 60.0
POLL_S = 0.1


@contextmanager
def running_chroma(folder: Path, port: int = 0) -> Iterator[str]:
    """Run a server over `folder` until the block ends; yield its address."""
    port = port or _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(port)]
    log = folder.with_name(folder.name + ".log")
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": os.environ["PATH"], "HOME": str(folder.parent), "ANONYMIZED_TELEMETRY": "False"},
        )
    try:
        _wait(url, server, log)
        yield url
    finally:
        server.kill()
        server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
            time.sleep(POLL_S)
    raise AssertionError(f"the Chroma server did not start\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
