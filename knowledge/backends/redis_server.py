"""A connection to a Redis server, and the translation of its errors at the border."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, ConnectionError, OutOfMemoryError, RedisError, TimeoutError
from redis.retry import Retry

from configs.errors import ConfigError, StoreError, StoreFull, StoreRefused, StoreTimeout, StoreUnavailable


@dataclass(frozen=True, slots=True)
class RedisServer:
    """url: `redis://` or `rediss://`. Nothing is said to the server before the first command."""

    url: str
    password: str = field(default="", repr=False)
    timeout_s: float = 2.0

    @property
    def place(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or 6379}"

    def client(self) -> Redis:
        """Return a client, safe to share between threads. Raises ConfigError for what is no address."""
        try:
            return Redis.from_url(
                self.url,
                password=self.password or None,
                socket_timeout=self.timeout_s,
                socket_connect_timeout=self.timeout_s,
                retry=Retry(
                    NoBackoff(), 1
                ),  # for a connection that the server dropped; the driver's own three wait in between
            )
        except ValueError as exc:
            raise ConfigError(
                f"{self.url!r} is no address of a Redis server: {exc}", next_step="write it as redis://HOST:PORT/0"
            ) from exc

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the driver's errors into the house's."""
        try:
            yield
        except AuthenticationError as exc:
            raise StoreRefused(
                f"Redis at {self.place} refuses the password",
                next_step="set CLEW_MEMORY__PASSWORD to what the server knows",
            ) from exc
        except TimeoutError as exc:
            raise StoreTimeout(
                f"Redis at {self.place} did not answer in time", next_step="look after the server"
            ) from exc
        except ConnectionError as exc:
            raise StoreUnavailable(
                f"Redis at {self.place} cannot be reached: {exc}",
                next_step="start it, or set memory.backend to sqlite",
            ) from exc
        except OutOfMemoryError as exc:
            raise StoreFull(
                f"Redis at {self.place} is full", next_step="give it more memory, or a maxmemory-policy that evicts"
            ) from exc
        except RedisError as exc:
            raise StoreError(f"Redis at {self.place} failed: {exc}", next_step="see the server's log") from exc
