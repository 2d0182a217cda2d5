"""Changes to who may ask, and with which keys: checked, kept, and told to the Ledger. One way for the command line and for REST.

An owner's name is not checked against anybody: a principal is made with its first key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from configs.errors import InputError
from knowledge.principals import RIGHTS, ApiKey, Kind, Principal, Principals, Right
from ops.ledger.events import Event, KeyChanged, PolicyChanged
from ops.policy.keys import Keys, no_such_key

_NAME = re.compile(r"\w[\w.@+\-]{0,99}")
"""Of principals of our own: no colon, so that nobody of an identity provider (`oidc:...`) is called so."""
_OF_PROVIDER = re.compile(r"oidc:[^\s\x00-\x1f]{1,255}")
DEFAULT_RIGHTS: Final[tuple[Right, ...]] = ("ask", "read")


class Administering:
    """tell: takes events for the Ledger; by: who does it. Blocking; all methods raise StoreError."""

    def __init__(self, principals: Principals, keys: Keys, tell: Callable[[Event], object], by: str) -> None:
        self._principals = principals
        self._keys = keys
        self._tell = tell
        self._by = by

    def create_key(
        self,
        identity: str,
        *,
        label: str = "",
        rights: Sequence[Right] = (),
        lifetime_s: float | None = None,
        kind: Kind = "user",
        teams: Sequence[str] = (),
        roles: Sequence[str] = (),
    ) -> tuple[str, ApiKey]:
        """Return a key, which cannot be had again, and what is kept of it; teams and roles are added to those that its principal has.

        Raises InputError for a name that cannot be one, and for a principal that is disabled.
        """
        if not _NAME.fullmatch(identity):
            raise InputError(
                f"{identity!r} cannot name a principal", next_step="use letters, digits and . _ @ + -, at most 100"
            )
        before = self._principals.principal(identity) or Principal(identity, identity, kind)
        if before.disabled:
            raise InputError(f"the principal {identity!r} is disabled", next_step=f"clew principals enable {identity}")
        after = replace(
            before,
            teams=tuple(sorted({*before.teams, *teams})),
            roles=tuple(sorted({*before.roles, *roles})),
        )
        self._keep(before, after, "set")
        asked = tuple(right for right in RIGHTS if right in (rights or DEFAULT_RIGHTS))
        secret, key = self._keys.create(after, label=label, rights=asked, lifetime_s=lifetime_s)
        self._tell_of(key, "created")
        return secret, key

    def rotate_key(self, key_id: str, *, grace_s: float) -> tuple[str, ApiKey]:
        """Return a key that stands in for another. Raises InputError for one that is not live."""
        secret, key = self._keys.rotate(key_id, grace_s=grace_s)
        self._tell_of(key, f"rotated from {key_id}")
        return secret, key

    def revoke_key(self, key_id: str) -> ApiKey:
        """Raises InputError for a key that is not there."""
        self._keys.revoke(key_id)
        found = self._principals.key(key_id)
        if found is None:
            raise no_such_key(key_id)
        self._tell_of(found[0], "revoked")
        return found[0]

    def set_principal(
        self,
        identity: str,
        *,
        name: str | None = None,
        teams: Sequence[str] | None = None,
        roles: Sequence[str] | None = None,
    ) -> Principal:
        """Keep what is said of a principal; what is None stays as it was. Raises InputError for a name that cannot be one."""
        if not _NAME.fullmatch(identity) and not _OF_PROVIDER.fullmatch(identity):
            raise InputError(f"{identity!r} cannot name a principal", next_step="a name, or oidc:SUBJECT")
        before = self._principals.principal(identity) or Principal(identity, identity)
        after = replace(
            before,
            name=name or before.name,
            teams=before.teams if teams is None else tuple(sorted(set(teams))),
            roles=before.roles if roles is None else tuple(sorted(set(roles))),
        )
        self._keep(before, after, "set")
        return after

    def switch(self, identity: str, *, disabled: bool) -> Principal:
        """Let a principal do nothing any more, or what it might before. Raises InputError for one that is not kept."""
        known = self._principals.principal(identity)
        if known is None and not _OF_PROVIDER.fullmatch(identity):
            raise InputError(f"there is no principal {identity!r}", next_step="see `clew principals list`")
        before = known or Principal(identity, identity)
        after = replace(before, disabled=disabled)
        self._keep(before, after, "disabled" if disabled else "enabled")
        return after

    def _tell_of(self, key: ApiKey, change: str) -> None:
        self._tell(
            KeyChanged(
                user=self._by,
                key=key.id,
                change=change,
                scopes=key.rights,
                expires_at=key.expires_at,
                principal=key.principal,
            )
        )

    def _keep(self, before: Principal, after: Principal, change: str) -> None:
        """Keep a principal, and tell what about it is another than before, if anything is."""
        self._principals.put_principal(after)
        said = [sha256(repr((one.teams, one.roles, one.disabled)).encode()).hexdigest() for one in (before, after)]
        if said[0] != said[1]:
            self._tell(
                PolicyChanged(
                    user=self._by,
                    policy="principal",
                    change=change,
                    before=said[0],
                    after=said[1],
                    principal=after.id,
                )
            )
