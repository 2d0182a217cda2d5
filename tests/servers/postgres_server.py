"""A real PostgreSQL cluster of its own in a temporary folder, on a free loopback port, with a password.

The programs come from the system's packages. The server refuses to run as root, so root runs it as the packages' user.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

USER, PASSWORD = "clew", "a-password-for-tests"
DEADLINE_S = 60.0
POLL_S = 0.05


def program(name: str) -> str:
    """Return a program of the newest installed server; Debian keeps them off the PATH."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which(name)
    assert found, f"{name} is not installed: apt-get install postgresql"
    return found


class PostgresProcess:
    """One cluster. It keeps its port and its data when it is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._data = folder / "data"
        self._log = folder / "log.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = _packages_user() if os.geteuid() == 0 else None
        if self._owner is not None:
            os.chown(folder, self._owner.pw_uid, self._owner.pw_gid)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        options = ["--username", USER, "--pwfile", str(secret), "--auth", "scram-sha-256", "--encoding", "UTF8"]
        self._run([program("initdb"), "--pgdata", str(self._data), "--no-sync", "--no-locale", *options])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """The address as the settings take it, without the password."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Return once the server takes connections."""
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        arguments = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        command = [program("postgres"), "-D", str(self._data), *arguments]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as_owner())
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            try:
                psycopg.connect(self.url, password=PASSWORD, connect_timeout=5).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, self._log.read_text()[-2_000:]
                time.sleep(POLL_S)
            else:
                return
        raise AssertionError("PostgreSQL did not start in time")

    def kill(self) -> None:
        """End the server at once; what it committed is kept in its folder."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)  # what the server calls immediate shutdown
            process.wait(timeout=30)

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **self._as_owner())
        assert done.returncode == 0, done.stderr

    def _as_owner(self) -> dict[str, Any]:
        return {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "cwd": "/"} if self._owner else {}


def _packages_user() -> Any:
    import pwd  # not on every platform, where these tests do not run but their fixtures are read

    return pwd.getpwnam("postgres")


@contextmanager
def running_postgres() -> Iterator[PostgresProcess]:
    """Run a cluster until the block ends. Its folder is not one of pytest's, which other users cannot enter."""
    folder = Path(tempfile.mkdtemp(prefix="clew-postgres-"))
    try:
        server = PostgresProcess(folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresProcess]:
    """One server for all tests that ask for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_address(postgres_server: PostgresProcess) -> str:
    """The address of a database without tables."""
    with psycopg.connect(postgres_server.url, password=PASSWORD, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres_server.url
