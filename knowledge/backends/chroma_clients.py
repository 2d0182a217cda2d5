"""Opens Chroma, on a folder or at a server, and turns its errors into ours.

`import chromadb` takes seconds on a slow core, so it happens when the first client is made. Chroma never embeds here, and
reports to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from configs.errors import InputError, StoreCorrupt, StoreError, StoreRefused, StoreUnavailable, StoreUnsupported

if TYPE_CHECKING:
    import chromadb.config
    import httpx
    from chromadb.api import ClientAPI

REBUILD = "Run `clew vectors --rebuild`: text search goes on meanwhile."
CHECK_SERVER = "Check retrieval.chroma_url and that the server runs (`chroma run`); text search goes on without."
OLDEST_SERVER = (1, 0)
SERVER_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """Where a Chroma server is. `token` travels as a bearer token; empty: none."""

    url: str
    token: str = field(default="", repr=False)


def local_client(folder: Path) -> ClientAPI:
    """Open the store in `folder`; the caller must own it. Raises StoreCorrupt."""
    import chromadb  # lazy, both, as said above
    from chromadb.api.shared_system_client import SharedSystemClient

    try:
        with translated(str(folder)):
            return chromadb.PersistentClient(path=str(folder), settings=_settings())
    except StoreCorrupt:
        # Chroma 1.5.9 keeps the half that did not open, and would hand it out for this folder for ever.
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        raise


def server_client(server: ChromaServer) -> ClientAPI:
    """Connect to a server. Raises StoreUnavailable, StoreRefused, or StoreUnsupported for one older than Chroma 1."""
    import chromadb  # lazy, both, as said above
    import httpx

    parts = urlsplit(server.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(f"{server.url!r} is no address of a Chroma server", next_step="write it as http://host:8000")
    with translated(server.url, at_server=True):
        client = chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            headers={"Authorization": f"Bearer {server.token}"} if server.token else None,
            settings=_settings(),
        )
        for session in _sessions(client):
            session.timeout = httpx.Timeout(SERVER_TIMEOUT_S)  # Chroma's own waits for ever
        version = client.get_version()
    if _release(version) < OLDEST_SERVER:
        raise StoreUnsupported(
            f"The Chroma server at {server.url!r} is of version {version}", next_step="run Chroma 1 or newer there"
        )
    return client


def close_client(client: ClientAPI) -> None:
    """Close a client with its connections, which Chroma 1.5.9 leaves open."""
    sessions = _sessions(client)
    getattr(client, "close", lambda: None)()  # missing from the type of an older interface
    for session in sessions:
        session.close()


@contextmanager
def translated(place: str, *, at_server: bool = False) -> Iterator[None]:
    """Turn Chroma's errors into ours. Those of its Rust core that are no `Exception` mean damage, as what it cannot read."""
    import httpx  # lazy: comes with Chroma
    from chromadb.errors import (
        AuthorizationError,
        ChromaAuthError,
        ChromaError,
        InvalidArgumentError,
        InvalidDimensionException,
    )

    try:
        yield
    except StoreError:
        raise
    except (InvalidArgumentError, InvalidDimensionException) as exc:
        raise InputError(
            f"The vector store {place!r} refused the vectors: {exc}",
            next_step="If the embedder changed under its name, run `clew vectors --rebuild`.",
        ) from exc
    except (AuthorizationError, ChromaAuthError) as exc:
        raise StoreRefused(
            f"The Chroma server at {place!r} refuses us: {exc}", next_step="set CLEW_RETRIEVAL__CHROMA_TOKEN"
        ) from exc
    except (
        httpx.HTTPError,
        ChromaError,
        ValueError,
        OSError,
        RuntimeError,
        AttributeError,
        KeyError,
        TypeError,
    ) as exc:
        if at_server:
            raise StoreUnavailable(
                f"The Chroma server at {place!r} gave no answer: {exc}", next_step=CHECK_SERVER
            ) from exc
        # AttributeError: Chroma's own clean-up after a store that did not open.
        raise StoreCorrupt(f"The vector store {place!r} cannot be read: {exc}", next_step=REBUILD) from exc
    except BaseException as exc:
        if type(exc).__name__ != "PanicException":  # of pyo3: no Exception, and not to be imported
            raise
        raise StoreCorrupt(f"The vector store {place!r} is damaged: {exc}", next_step=REBUILD) from exc


def _settings() -> chromadb.config.Settings:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


def _sessions(client: ClientAPI) -> list[httpx.Client]:
    """Return the HTTP clients of a connection to a server (one looks after tenants); none of a local store."""
    servers = [getattr(part, "_server", None) for part in (client, getattr(client, "_admin_client", None))]
    return [session for server in servers if (session := getattr(server, "_session", None)) is not None]


def _release(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")[:2] if part.isdigit()]
    return tuple(numbers) or OLDEST_SERVER
