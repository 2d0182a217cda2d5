"""Webhooks of cloned repositories: made with a secret that is shown once, rotated, and heard.

A push asks for one refresh of its repository, which begins when pushes have stopped for a moment. A delivery is taken once, also after
a restart. Who does not know the secret learns nothing: an unknown webhook, a wrong host and a wrong signature are refused alike.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from configs.errors import UnknownSource, WebhookRefused
from knowledge.sources import Awaited, Provider, Source, SourceStore, Webhook
from ops.sources.credentials import Told
from ops.sources.deliveries import SIGNING_PREFIX, Change, Headers, changes_of, is_signed, marks_of
from ops.sources.vault import Vault

HEARD_EVERY_S = 60.0
"""The time of the last delivery is written this often at most."""
_ID = re.compile(r"[0-9a-f]{32}")

Outcome = Literal["refresh", "deleted", "duplicate", "ignored"]


@dataclass(frozen=True, slots=True)
class Heard:
    """outcome: refresh (it was asked for), deleted (the branch may be gone: its host will be asked), duplicate, ignored."""

    outcome: Outcome
    repository: str


class Webhooks:
    """The webhooks of one store. debounce_s: how long pushes must have stopped before a refresh begins."""

    def __init__(
        self, store: SourceStore, vault: Vault, clock: Callable[[], float], debounce_s: float, told: Told
    ) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock
        self._debounce_s = debounce_s
        self._told = told

    def add(self, source: Source, provider: Provider) -> tuple[str, Webhook]:
        """Return the secret, which cannot be had again, and what is kept."""
        identity, secret = secrets.token_hex(16), _fresh()
        made = Webhook(identity, source.id, provider, self._vault.seal(secret, _binding(identity)), self._clock())
        self._store.put_webhook(made)
        self._told("webhook", source.repository, "added")
        return secret, made

    def rotate(self, identity: str, grace_s: float) -> tuple[str, Webhook]:
        """Return another secret; the one before stays good for `grace_s`. Raises UnknownSource."""
        old, secret, now = self.get(identity), _fresh(), self._clock()
        made = replace(
            old,
            secret=self._vault.seal(secret, _binding(identity)),
            previous=old.secret if grace_s > 0 else b"",
            previous_until=now + grace_s if grace_s > 0 else 0.0,
        )
        self._store.put_webhook(made)
        self._told("webhook", self.repository_of(made), "rotated")
        return secret, made

    def remove(self, identity: str) -> None:
        """Raises UnknownSource."""
        old = self.get(identity)
        self._store.remove_webhook(identity)
        self._told("webhook", self.repository_of(old), "removed")

    def all(self) -> list[Webhook]:
        return self._store.webhooks()

    def get(self, identity: str) -> Webhook:
        """Raises UnknownSource."""
        found = self._store.webhook(identity) if _ID.fullmatch(identity) else None
        if found is None:
            raise UnknownSource(f"there is no webhook {identity!r}", next_step="see `clew webhooks list`")
        return found

    def repository_of(self, webhook: Webhook) -> str:
        source = self._store.source_of(webhook.source)
        return source.repository if source else ""

    def hear(self, provider: str, identity: str, headers: Headers, body: bytes) -> Heard:
        """Take a delivery.

        Raises:
            WebhookRefused: it is not from who knows the secret. InputError: its body is not what the host sends.
        """
        now = self._clock()
        webhook = self._store.webhook(identity) if _ID.fullmatch(identity) else None
        known = webhook if webhook is not None and webhook.provider == provider else None
        if not self._is_signed(known, headers, body, now) or known is None:
            raise WebhookRefused(
                "no webhook of this server is signed like this", next_step="look at its address and its secret"
            )
        source = self._store.source_of(known.source)
        changes = changes_of(known.provider, headers, body)
        if source is None:
            return Heard("ignored", "")
        outcome, awaited = self._meant(source, changes, now)
        if not self._store.hear(identity, marks_of(known.provider, headers, body), now, awaited):
            return Heard("duplicate", source.repository)
        if now - known.heard_at > HEARD_EVERY_S:
            self._store.put_webhook(replace(known, heard_at=now))
        return Heard(outcome, source.repository)

    def _meant(self, source: Source, changes: list[Change], now: float) -> tuple[Outcome, Awaited | None]:
        """Return what the changes ask for. A repository that follows its host's own branch follows it wherever it goes."""
        wanted = source.branch or source.fetched_branch
        ours = [one for one in changes if one.branch == wanted or not wanted]
        if not ours:
            return "ignored", None
        deleted = ours[-1].deleted and bool(source.branch)
        awaited = Awaited(source.id, now + self._debounce_s, now, deleted)
        return ("deleted" if deleted else "refresh"), awaited

    def _is_signed(self, known: Webhook | None, headers: Headers, body: bytes, now: float) -> bool:
        if known is None:
            # As long as with one: who guesses must not learn from the time which webhooks there are.
            is_signed("github", headers, body, "nobody knows this", now)
            return False
        sealed = [known.secret, *([known.previous] if known.previous and now < known.previous_until else [])]
        opened = [self._vault.open(one, _binding(known.id)) for one in sealed]
        return any(is_signed(known.provider, headers, body, one, now) for one in opened)


def _fresh() -> str:
    """Return a secret of 256 bits, in the form that GitLab's signing tokens have; other hosts take any text."""
    return SIGNING_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _binding(identity: str) -> str:
    return f"webhook {identity}"
