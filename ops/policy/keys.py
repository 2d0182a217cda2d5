"""API keys: made of 256 random bits, shown once, kept as a hash, looked up at every request.

A key reads `clew_<id>_<secret>`. The id finds its row, the SHA-256 of the whole key is compared in constant time; a fast hash is right,
for nobody guesses 256 bits. An unknown id costs the same comparison as a wrong secret.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable
from typing import Final

from configs.errors import InputError, StoreError
from knowledge.principals import ApiKey, Principal, Principals, Right

PREFIX: Final = "clew_"
_SHAPE = re.compile(r"clew_([a-z0-9]{12})_([A-Za-z0-9_-]{43})")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_NOBODY = hashlib.sha256(b"no key has this digest").digest()
log = logging.getLogger("clew.policy")

NOTED_EVERY_S = 60.0
"""The time of the last use is written this often at most: a write a request would cost more than the request."""


class Keys:
    """The keys of one store. clock: seconds since 1970."""

    def __init__(self, principals: Principals, clock: Callable[[], float]) -> None:
        self._principals = principals
        self._clock = clock

    def create(
        self, principal: Principal, *, label: str, rights: tuple[Right, ...], lifetime_s: float | None
    ) -> tuple[str, ApiKey]:
        """Return the key itself, which cannot be had again, and what is kept of it."""
        identity = "".join(secrets.choice(_ALPHABET) for _ in range(12))
        secret = f"{PREFIX}{identity}_{secrets.token_urlsafe(32)}"
        now = self._clock()
        expires_at = None if lifetime_s is None else now + lifetime_s
        key = ApiKey(identity, principal.id, label, digest_of(secret), rights, now, expires_at)
        self._principals.put_key(key)
        return secret, key

    def rotate(self, key_id: str, *, grace_s: float) -> tuple[str, ApiKey]:
        """Return a key that stands in for another, which ends after `grace_s`; it lasts as long as that one was made for.

        Raises InputError for a key that is not there, or has ended.
        """
        found = self._principals.key(key_id)
        now = self._clock()
        if found is None or not found[0].is_live(now):
            raise no_such_key(key_id)
        old, principal = found
        lifetime_s = None if old.expires_at is None else old.expires_at - old.created_at
        made = self.create(principal, label=old.label, rights=old.rights, lifetime_s=lifetime_s)
        if grace_s > 0:
            self._principals.end_key(key_id, expires_at=now + grace_s)
        else:
            self._principals.end_key(key_id, revoked_at=now)
        return made

    def revoke(self, key_id: str) -> None:
        """Raises InputError for a key that is not there."""
        if not self._principals.end_key(key_id, revoked_at=self._clock()):
            raise no_such_key(key_id)

    def holder(self, given: str) -> tuple[ApiKey, Principal] | None:
        """Return the live key that was given, with its principal; None for everything else, without saying why."""
        shape = _SHAPE.fullmatch(given)
        found = self._principals.key(shape.group(1)) if shape else None
        matches = hmac.compare_digest(digest_of(given), found[0].digest if found else _NOBODY)
        if found is None or not matches:
            return None
        key, principal = found
        now = self._clock()
        if principal.disabled or not key.is_live(now):
            return None
        if now - (key.used_at or 0.0) > NOTED_EVERY_S:
            self._note_use(key, now)
        return key, principal

    def _note_use(self, key: ApiKey, now: float) -> None:
        try:
            self._principals.note_use(key.id, now)
        except StoreError as error:  # a disk that is full keeps nobody out
            log.warning("the use of a key is not noted: %s", error)

    def any_live(self) -> bool:
        """Tell whether anybody could come in with a key."""
        now = self._clock()
        return any(key.is_live(now) for key in self._principals.all_keys())


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def no_such_key(key_id: str) -> InputError:
    return InputError(f"there is no live key {key_id!r}", next_step="see `clew keys list`")
