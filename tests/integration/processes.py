"""Starts Clew and servers as processes of their own, and waits for what they announce instead of sleeping."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CLEW = (sys.executable, "-m", "app")
DEADLINE_S = 60.0
FILL_DEADLINE_S = 150.0
"""A fill steps back for whatever else the machine does."""
POLL_S = 0.1

SOURCES = {
    "shop/models.py": '''\
class Order:
    """What a customer wants."""

    def total(self) -> int:
        return price(self)


def price(order: Order) -> int:
    """Return the price in cents."""
    return 1
''',
    "shop/checkout.py": "from shop.models import Order, price\n\n\ndef checkout() -> int:\n    return price(Order())\n",
    "README.md": "# Shop\n\n## Prices\n\nThe `price` of an order is in cents.\n",
}


def write_sources(root: Path, sources: Mapping[str, str] = SOURCES) -> Path:
    for path, text in sources.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


def environment(store: Path, **more: str) -> dict[str, str]:
    """Return the environment of a person with an empty home, with Clew importable and no model host."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {
        **kept,
        "HOME": str(store.parent),
        "PYTHONPATH": str(ROOT),
        "CLEW_HOME": str(store),
        "CLEW_MODEL__OLLAMA_URL": "http://127.0.0.1:9",
        **more,
    }


def clew(store: Path, *arguments: str, folder: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*CLEW, *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        cwd=folder or store.parent,
        env=environment(store, **more),
        timeout=DEADLINE_S,
    )


def clew_json(store: Path, *arguments: str, code: int = 0) -> Any:
    """Run one command with --json; return what it printed after checking its exit code."""
    done = clew(store, *arguments, "--json")
    assert done.returncode == code, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout)


def wait_until(
    holds: Callable[[], Any], process: subprocess.Popen[str] | None = None, *, what: str, within_s: float = DEADLINE_S
) -> Any:
    """Poll until `holds` returns something true, and return it. Fails at the deadline, or when the process has ended."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        result = holds()
        if result:
            return result
        if process is not None and process.poll() is not None:
            raise AssertionError(f"the process ended with {process.returncode} before {what}")
        time.sleep(POLL_S)
    raise AssertionError(f"not within {within_s:g} s: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(command: list[str], *, folder: Path, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a server in a session of its own; stop it, and all that it started, at the end. stderr goes to `log`."""
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
            cwd=folder,
            env=env,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=15)
            break
        except subprocess.TimeoutExpired:
            continue
    if process.stdout:
        process.stdout.close()
