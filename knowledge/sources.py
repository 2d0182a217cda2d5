"""Repositories that Clew clones and keeps up to date, as they are kept: where from, with what, when, and who may say so.

Secrets are here as they are sealed only (`ops/sources/vault.py`). Implemented by `knowledge/backends/sqlite_sources.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

CredentialKind = Literal["token", "ssh"]
LONGEST_WAIT_S = 60.0
"""Pushes that follow each other put a refresh off, but not for longer."""
Provider = Literal["github", "gitlab", "bitbucket", "gitea"]


@dataclass(frozen=True, slots=True)
class Source:
    """A repository elsewhere. id: names its folder; repository: its name in the index.

    branch: empty for the one that the server calls its own. depth: commits that are fetched, 0 for all of them.
    blobless: contents of past commits are left out. present: it is there now; a branch that was deleted is not.
    """

    id: str
    repository: str
    url: str
    branch: str = ""
    credential: str = ""
    depth: int = 1
    blobless: bool = False
    created_at: float = 0.0
    fetched_at: float = 0.0
    commit: str = ""
    fetched_branch: str = ""
    present: bool = True


@dataclass(frozen=True, slots=True)
class Credential:
    """What opens repositories of one host. secret: sealed. Times are seconds since 1970, 0 for never."""

    name: str
    kind: CredentialKind
    host: str
    username: str
    secret: bytes
    created_at: float
    rotated_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a provider tells of pushes to a source. previous: the sealed secret before this one, good until `previous_until`."""

    id: str
    source: str
    provider: Provider
    secret: bytes
    created_at: float
    previous: bytes = b""
    previous_until: float = 0.0
    heard_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a repository is brought up to date. next_at, last_at: seconds since 1970; last_at 0: never yet."""

    repository: str
    expression: str
    next_at: float
    last_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Awaited:
    """A refresh that pushes asked for. due_at: when it shall begin; first_at: when the first of them came; count: how many came.

    deleted: the last of them said that the branch is gone.
    """

    source: str
    due_at: float
    first_at: float
    deleted: bool = False
    count: int = 1


class SourceStore(Protocol):
    """Blocking; all methods raise StoreError. What one call writes, the next one of any process reads."""

    def add(self, source: Source) -> None:
        """Raises SourceExists when the name is taken."""
        ...

    def put(self, source: Source) -> None: ...

    def source(self, repository: str) -> Source | None:
        """Return the source of this name."""
        ...

    def source_of(self, identity: str) -> Source | None: ...

    def sources(self) -> list[Source]:
        """Return all of them, by name."""
        ...

    def remove(self, identity: str) -> bool:
        """Forget a source, its webhooks, its schedule and what it waits for; False when there is none."""
        ...

    def put_credential(self, credential: Credential) -> None: ...

    def credential(self, name: str) -> Credential | None: ...

    def credentials(self) -> list[Credential]:
        """Return all of them, by name."""
        ...

    def remove_credential(self, name: str) -> bool: ...

    def put_webhook(self, webhook: Webhook) -> None: ...

    def webhook(self, identity: str) -> Webhook | None: ...

    def webhooks(self) -> list[Webhook]: ...

    def remove_webhook(self, identity: str) -> bool: ...

    def hear(self, webhook: str, marks: tuple[str, ...], at: float, awaited: Awaited | None) -> bool:
        """Note a delivery by its marks, and the refresh that it asks for, in one step; False when one of the marks was there already.

        Of a refresh that is asked for already the first time is kept, and it waits no longer than LONGEST_WAIT_S from then.
        """
        ...

    def awaited(self) -> list[Awaited]:
        """Return what is asked for, the earliest first."""
        ...

    def put_off(self, awaited: Awaited, due_at: float) -> None:
        """Let a refresh begin later, unless it has been asked for again meanwhile."""
        ...

    def settle(self, awaited: Awaited) -> bool:
        """Take a refresh off the list; False when it has been asked for again meanwhile, and stays."""
        ...

    def put_schedule(self, schedule: Schedule) -> None: ...

    def schedule(self, repository: str) -> Schedule | None: ...

    def schedules(self) -> list[Schedule]:
        """Return all of them, the next one first."""
        ...

    def advance(self, schedule: Schedule, next_at: float, ran_at: float) -> bool:
        """Move a schedule on; False when another process has, or it is gone."""
        ...

    def remove_schedule(self, repository: str) -> bool: ...

    def close(self) -> None: ...
