"""A real server for every store that may have one, and a fake Ollama, each behind a proxy that can fail: what `deploy/clew.full.yaml` names."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.servers.chroma_server import running_chroma
from tests.servers.fake_ollama import FakeModel, FakeOllama
from tests.servers.fake_ollama import running as running_ollama
from tests.servers.fault_proxy import FaultProxy, faulty
from tests.servers.neo4j_server import Neo4jProcess
from tests.servers.postgres_server import PASSWORD, PostgresProcess, running_postgres
from tests.servers.redis_server import running_redis

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy" / "clew.full.yaml"


@dataclass(frozen=True, slots=True)
class Part:
    """One server. kill, start: end its process without warning, and bring it back over the same data and port."""

    name: str
    proxy: FaultProxy
    kill: Callable[[], None]
    start: Callable[[], None]


@dataclass(slots=True)
class FullSet:
    """parts: name as in `/readyz` -> server (`stores` stands for both PostgreSQL and Redis: one server, two uses)."""

    parts: dict[str, Part] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


class _Again:
    """A server that is a block: entered anew when it is brought back."""

    def __init__(self, stack: ExitStack, opened: Callable[[], AbstractContextManager[Any]]) -> None:
        self._opened = opened
        self._inner = ExitStack()
        self.given = self._inner.enter_context(opened())
        stack.callback(self._inner.close)

    def kill(self) -> None:
        self._inner.close()

    def start(self) -> None:
        self._inner.enter_context(self._opened())


@contextmanager
def running_full_set(folder: Path, *, ollama: Mapping[str, Any] | None = None) -> Iterator[FullSet]:
    """Run all of them until the block ends. ollama: options of the fake one."""
    found = FullSet()
    with ExitStack() as stack:

        def part(name: str, port: int, kill: Callable[[], None], start: Callable[[], None]) -> int:
            proxy = stack.enter_context(faulty(port))
            found.parts[name] = Part(name, proxy, kill, start)
            return proxy.port

        neo4j = Neo4jProcess(_made(folder / "neo4j"))
        neo4j.start()
        stack.callback(neo4j.kill)
        postgres: PostgresProcess = stack.enter_context(running_postgres())
        redis_port, chroma_port = _free_ports()
        redis = _Again(stack, lambda: running_redis(_made(folder / "redis"), port=redis_port))
        chroma = _Again(stack, lambda: running_chroma(_made(folder / "chroma"), port=chroma_port))
        host = stack.enter_context(running_ollama(FakeOllama([FakeModel("qwen2.5-coder:7b")], **(ollama or {}))))

        def nothing() -> None:
            """The fake host is only ever cut off."""

        at = {
            "graph": part("graph", neo4j.port, neo4j.kill, neo4j.start),
            "postgres": part("postgres", postgres.port, postgres.kill, postgres.start),
            "redis": part("redis", redis_port, redis.kill, redis.start),
            "vectors": part("vectors", chroma_port, chroma.kill, chroma.start),
            "models": part("models", urlsplit(host.url).port or 0, nothing, nothing),
        }
        user = urlsplit(postgres.url).username
        there = f"postgresql://{user}@127.0.0.1:{at['postgres']}/postgres"
        found.environment = {
            "CLEW_CONFIG": str(CONFIG),
            "CLEW_GRAPH__URL": f"bolt://127.0.0.1:{at['graph']}",
            "CLEW_RETRIEVAL__CHROMA_URL": f"http://127.0.0.1:{at['vectors']}",
            "CLEW_MEMORY__URL": f"redis://127.0.0.1:{at['redis']}/0",
            "CLEW_RATES__URL": f"redis://127.0.0.1:{at['redis']}/1",
            "CLEW_THREADS__URL": there,
            "CLEW_THREADS__PASSWORD": PASSWORD,
            "CLEW_LEDGER__URL": there,
            "CLEW_LEDGER__PASSWORD": PASSWORD,
            "CLEW_MODEL__OLLAMA_URL": f"http://127.0.0.1:{at['models']}",
        }
        yield found


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])
