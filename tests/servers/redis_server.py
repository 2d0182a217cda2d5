"""A real redis-server on a free loopback port, in memory only. The program comes from the system's packages."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

DEADLINE_S = 20.0
POLL_S = 0.02


@contextmanager
def running_redis(folder: Path, *options: str, port: int = 0) -> Iterator[str]:
    """Run a server until the block ends; yield its address. options: as redis-server takes them (`--requirepass x`); port: 0 for a free one."""
    program = shutil.which("redis-server")
    assert program, "redis-server is not installed: apt-get install redis-server"
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
    command = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    server = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, server)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all tests that ask for it."""
    with running_redis(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis_address(redis_server: str) -> str:
    """The address of an empty server."""
    with Redis.from_url(redis_server) as server:
        server.flushall()
    return redis_server


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert server.poll() is None, "redis-server did not start"
            time.sleep(POLL_S)
        else:
            return
    raise AssertionError("redis-server did not start in time")
