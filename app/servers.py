"""The servers that stores may be at: Neo4j, Redis, PostgreSQL. How each is addressed, and the breaker that it is asked through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from configs.errors import ConfigError
from configs.settings import LedgerSettings, Settings, ThreadSettings
from knowledge.dependencies import Dependency

if TYPE_CHECKING:
    from knowledge.backends.neo4j_graph import Neo4jCodeGraph
    from knowledge.backends.postgres_server import PostgresServer
    from knowledge.backends.redis_server import RedisServer


class Servers:
    """The servers of one process. servers: the breaker of each that was opened, by what it is for (`graph`, `memory`)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.servers: dict[str, Dependency] = {}

    def _server(self, name: str, kind: str) -> Dependency:
        """Return the breaker of a server that a store of this process is at."""
        return self.servers.setdefault(name, Dependency(name, kind))

    def open_neo4j(self, *, read_only: bool) -> Neo4jCodeGraph:
        """Open the Neo4j server of the settings, whatever the backend is."""
        from knowledge.backends.neo4j_graph import Neo4jCodeGraph
        from knowledge.backends.neo4j_server import Neo4jAddress

        graph = self.settings.graph
        address = Neo4jAddress(graph.url, graph.user, graph.password.get_secret_value(), graph.database)
        return Neo4jCodeGraph(address, timeout_s=graph.timeout_s, read_only=read_only)

    def _redis_server(self) -> RedisServer:
        memory = self.settings.memory
        return self._redis_at(memory.url, memory.password.get_secret_value(), memory.timeout_s, "memory.backend")

    def _redis_at(self, url: str, password: str, timeout_s: float, setting: str) -> RedisServer:
        try:
            from knowledge.backends.redis_server import RedisServer
        except ImportError as exc:
            raise ConfigError(
                f"{setting} is redis, and the redis package is not installed", next_step="pip install 'clew[redis]'"
            ) from exc
        return RedisServer(url, password, timeout_s)

    def _postgres_server(self, group: Literal["threads", "ledger"]) -> PostgresServer:
        settings: ThreadSettings | LedgerSettings = getattr(self.settings, group)
        try:
            from knowledge.backends.postgres_server import PostgresServer
        except ImportError as exc:
            raise ConfigError(
                f"{group}.store is postgres, and its packages are not installed",
                next_step="pip install 'clew[postgres]'",
            ) from exc
        return PostgresServer(settings.url, settings.password.get_secret_value(), settings.timeout_s, group)
