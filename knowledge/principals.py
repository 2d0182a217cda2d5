"""Who may ask: people, services and their API keys, as they are kept. Of a key only its hash is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

Kind = Literal["user", "service"]
Right = Literal["ask", "read", "index", "connect", "admin"]
RIGHTS: Final[tuple[Right, ...]] = ("ask", "read", "index", "connect", "admin")
"""Ask the assistant; read with the typed tools; index repositories; clone new ones, with their credentials, webhooks and schedules; look
after the server."""
SYSTEM_RIGHTS: Final[tuple[Right, ...]] = ("connect", "admin")
"""Those that concern the server as a whole, and not single repositories."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a service. Teams and roles are what policies speak of; one that is disabled may nothing."""

    id: str
    name: str
    kind: Kind = "user"
    teams: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is kept. Times are seconds since 1970, None for never; `digest` is the SHA-256 of the whole key.

    rights: what it may be used for at most, whatever its principal is granted.
    """

    id: str
    principal: str
    label: str
    digest: bytes
    rights: tuple[Right, ...]
    created_at: float
    expires_at: float | None = None
    revoked_at: float | None = None
    used_at: float | None = None

    def is_live(self, at: float) -> bool:
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class Principals(Protocol):
    """Principals and their keys. Blocking; all methods raise StoreError. What one call writes, the next one of any process reads."""

    def principal(self, identity: str) -> Principal | None: ...

    def principals(self) -> list[Principal]:
        """Return all of them, by id."""
        ...

    def put_principal(self, principal: Principal) -> None:
        """Keep a principal; one of the same id is replaced."""
        ...

    def key(self, key_id: str) -> tuple[ApiKey, Principal] | None:
        """Return a key with its principal, in one read."""
        ...

    def all_keys(self) -> list[ApiKey]:
        """Return all of them, the newest first."""
        ...

    def put_key(self, key: ApiKey) -> None:
        """Keep a new key; its principal must be known."""
        ...

    def end_key(self, key_id: str, *, revoked_at: float | None = None, expires_at: float | None = None) -> bool:
        """Revoke a key that is not, or let it end at an earlier time; return whether there was such a key."""
        ...

    def note_use(self, key_id: str, at: float) -> None: ...

    def close(self) -> None: ...
