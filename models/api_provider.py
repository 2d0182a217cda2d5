"""What the endpoints with a vendor's own client library share: keys, models that the settings name, translation of errors.

The libraries are extras: a missing one is an error with the command that installs it, raised at the first call. Both libraries
name their errors alike, so one table serves. They retry by themselves unless told not to: here they are told not to.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from pydantic import SecretStr

from configs.errors import HostFailed
from models.provider import Call, Piece, failure, place_of
from models.registry import ModelInfo

_SAID_CHARACTERS = 200


class ApiProvider:
    """An endpoint that serves the models that the settings name. It is asked for nothing but answers."""

    kind = ""
    library = ""
    part = ""
    """The module of the library that its first call would load."""
    requirement = ""
    label = ""

    def __init__(
        self, url: str, key: SecretStr, names: Sequence[str], *, connect_s: float = 2.0, inside: bool = False
    ) -> None:
        self.url = url.rstrip("/")
        self.inside = inside
        self.name = f"{self.label} at {place_of(self.url)}"
        self._key = key
        self._names = tuple(names)
        self._connect_s = connect_s

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo(name, "", self.kind, 0.0, leaves=not self.inside) for name in self._names]

    async def can_write(self, model: str) -> bool:
        return model in self._names

    async def is_up(self) -> bool:
        """Tell nothing good: an endpoint is asked for answers alone, and one that keeps it waiting has failed."""
        return False

    async def ready(self) -> None:
        await self.load()

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        client = await self.load()
        with self.translated(client, call.model):
            async with aclosing(self.pieces(client, call)) as pieces:
                async for piece in pieces:
                    yield piece

    def pieces(self, client: Any, call: Call) -> AsyncGenerator[Piece, None]:
        """Yield the answer, with the library's own errors."""
        raise NotImplementedError

    async def load(self) -> ModuleType:
        """Return the client library. Raises HostFailed with the command that installs it."""
        try:
            return await asyncio.to_thread(self.imported)
        except ImportError as exc:
            said = f"needs the client library {self.library!r}, which is not installed"
            raise failure(self, "denied", said, next_step=f"pip install '{self.requirement}'") from exc

    def imported(self) -> ModuleType:
        import_module(self.part)
        return import_module(self.library)

    def what_lacks(self) -> tuple[str, str]:
        """Return what keeps it from being used, and what mends that; empty when nothing is known to. Nobody is asked."""
        if find_spec(self.library) is None:
            return f"the client library {self.library!r} is not installed", f"pip install '{self.requirement}'"
        if not self.key and not self.inside:
            return "it has no key", f"set CLEW_MODEL__{self.kind.upper()}_KEY"
        return "", ""

    def options(self, call: Call, client: ModuleType) -> dict[str, Any]:
        """Return how a client is made: the key and the deadlines, no retries of its own, and no going where a reply points to."""
        timeout = client.Timeout(call.timeout_s, connect=min(self._connect_s, call.timeout_s))
        http = client.DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False, **self._transport())
        return {"base_url": self.url, "timeout": timeout, "max_retries": 0, "api_key": self.key, "http_client": http}

    def _transport(self) -> dict[str, Any]:
        # Reading the certificate store costs 20 ms: once a provider. Plain HTTP needs none, and no proxy.
        return (
            {"trust_env": False, "verify": False} if self.url.startswith("http://") else {"verify": self._certificates}
        )

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    @property
    def key(self) -> str:
        return self._key.get_secret_value()

    @contextmanager
    def translated(self, client: ModuleType, model: str) -> Iterator[None]:
        """Turn the library's errors into HostFailed. No message repeats the key, whatever the host said."""
        try:
            yield
        except client.APITimeoutError as exc:
            raise failure(self, "slow", "did not answer in time") from exc
        except client.APIConnectionError as exc:
            raise failure(self, "unreachable", f"cannot be reached ({self._said(exc)})") from exc
        except client.APIStatusError as exc:
            raise self._refused(exc, model) from exc
        except client.APIError as exc:
            raise failure(self, "failed", f"broke off ({self._said(exc)})") from exc
        except TimeoutError:
            raise
        except (OSError, EOFError) as exc:
            raise failure(self, "cut", f"broke off ({type(exc).__name__})") from exc
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as exc:
            raise failure(self, "broken", f"gave a broken reply ({self._said(exc)})") from exc
        except Exception as exc:
            if type(exc).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore", "httpcore2"):
                raise failure(self, "cut", f"broke off ({type(exc).__name__})") from exc
            raise

    def _refused(self, exc: Any, model: str) -> HostFailed:
        status, said = exc.status_code, self._said(exc)
        if status == 404:
            return failure(
                self,
                "missing",
                f"has no model {model!r}",
                next_step=f"Name one that it serves in model.{self.kind}_models.",
            )
        if status in (401, 403):
            step = f"Set CLEW_MODEL__{self.kind.upper()}_KEY, or take the models out of model.{self.kind}_models."
            return failure(self, "denied", f"refuses the key ({status})", next_step=step)
        if status in (408, 409, 429, 503, 529):
            return failure(self, "busy", f"is busy ({status}: {said})", wait_s=_wait_of(exc.response.headers))
        return failure(self, "refused" if 400 <= status < 500 else "failed", f"refused ({status}: {said})")

    def _said(self, exc: Exception) -> str:
        said = str(exc) or type(exc).__name__
        return (said.replace(self.key, "***") if self.key else said)[:_SAID_CHARACTERS]


def _wait_of(headers: Any) -> float | None:
    """Return what `Retry-After` says in seconds; None when it says nothing of use."""
    try:
        return max(float(headers.get("retry-after", "")), 0.0)
    except ValueError:
        return None
