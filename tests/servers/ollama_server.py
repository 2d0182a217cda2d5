"""A real `ollama serve` on a free loopback port, where its program is on the PATH."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEADLINE_S = 60.0
POLL_S = 0.05


def is_there() -> bool:
    return shutil.which("ollama") is not None


@contextmanager
def running_ollama(folder: Path) -> Iterator[str]:
    """Run a server with the user's own models until the block ends; yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    log = folder / "ollama.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            ["ollama", "serve"], stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "OLLAMA_HOST": address}
        )
    try:
        _wait(f"http://{address}", server, log)
        yield f"http://{address}"
    finally:
        server.kill()
        server.wait()


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/api/version", timeout=5).close()
        except (urllib.error.URLError, OSError):
            assert server.poll() is None, f"ollama serve ended\n{log.read_text()}"
            time.sleep(POLL_S)
        else:
            return
    raise AssertionError(f"ollama serve did not start\n{log.read_text()}")
