"""Starts real Neo4j servers for tests: the jars come from Maven Central once, the main is `neo4j/TestServer.java`."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "neo4j"
STARTED_WITHIN_S = 120.0
PASSWORD = "a-password-for-tests"
REFERENCE = "neo4j-5.26.18"


def jars() -> Path:
    """Return the folder of the server's jars, fetched when it is not there; outside the repository."""
    folder = Path(os.environ.get("CLEW_TEST_CACHE") or Path.home() / ".cache" / "clew-tests") / REFERENCE
    if (folder / "complete").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"],
        check=True,
        timeout=900,
    )
    (folder / "complete").touch()
    return folder


class Neo4jProcess:
    """One server over a folder of its own. It keeps its port and its data when it is killed and started again."""

    def __init__(self, folder: Path, *, password: str | None = None, brief: bool = True) -> None:
        self.folder = folder
        self.brief = brief
        self.password = password
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"bolt://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Return the CPU seconds that the server has taken; Linux only."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def start(self) -> None:
        """Return once the server takes connections."""
        java = shutil.which("java")
        if java is None:
            raise RuntimeError("Java 17 is needed for the tests with a real Neo4j: install openjdk-17-jre-headless")
        # Without the second compiler the server starts in half the time; tests never run long enough to miss it.
        speed = ["-XX:TieredStopAtLevel=1"] if self.brief else []
        command = [java, "-Xmx1g", "-XX:+UseSerialGC", *speed, "-cp", f"{jars()}/*", str(HERE / "TestServer.java")]
        arguments = [str(self.folder), str(self.port), *([self.password] if self.password else [])]
        with (self.folder / "log.txt").open("a") as log:
            self._process = subprocess.Popen(
                command + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        deadline = threading.Timer(STARTED_WITHIN_S, self._process.kill)
        deadline.start()
        try:
            self.port = self._announced_port()
        finally:
            deadline.cancel()

    def kill(self) -> None:
        """End the server without warning, as a power cut does; what it committed is kept in its folder."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.kill()
        process.wait(timeout=30)
        process.stdin.close()
        process.stdout.close()

    def _announced_port(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("bolt://"):
                return int(line.strip().rstrip("/").rpartition(":")[2])
        raise RuntimeError(f"Neo4j did not start:\n{(self.folder / 'log.txt').read_text()[-2_000:]}")


@contextmanager
def running(folder: Path, *, password: str | None = None, brief: bool = True) -> Iterator[Neo4jProcess]:
    server = Neo4jProcess(folder, password=password, brief=brief)
    server.start()
    try:
        yield server
    finally:
        server.kill()  # its data is thrown away


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jProcess]:
    """A server that lets everybody in."""
    with running(tmp_path_factory.mktemp("neo4j")) as server:
        yield server


@pytest.fixture(scope="session")
def guarded_neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jProcess]:
    """A server with authentication, for tests of passwords, kills and restarts."""
    with running(tmp_path_factory.mktemp("guarded-neo4j"), password=PASSWORD) as server:
        yield server
