"""From a credential to a caller: an API key or a bearer token, the principal behind it, what it is granted, what it may use.

Nothing is kept between requests but the compiled grants, so that a key revoked in another process is refused at the next request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from configs.errors import StoreTimeout, StoreUnavailable, Unauthenticated
from knowledge.principals import RIGHTS, Principal, Principals, Right
from ops.policy.access import Access
from ops.policy.callers import Caller
from ops.policy.keys import PREFIX, Keys
from ops.policy.oidc import TokenVerifier, refused
from ops.policy.rates import Rates

NAMES_S = 1.0
"""How long the names of the repositories are good: what is indexed anew is granted a second later."""
LONGEST = 16_384


class Gate:
    """repositories: all that are indexed, with the branch of each where it is known. tokens: None where no identity provider is set."""

    def __init__(
        self,
        principals: Principals,
        keys: Keys,
        access: Access,
        rates: Rates,
        repositories: Callable[[], Mapping[str, str]],
        tokens: TokenVerifier | None = None,
    ) -> None:
        self._principals = principals
        self._keys = keys
        self._access = access
        self.rates = rates
        self._repositories = repositories
        self._tokens = tokens
        self._names: tuple[float, Mapping[str, str]] | None = None

    async def caller(self, authorization: str, address: str) -> Caller:
        """Return who asks.

        Raises:
            Unauthenticated: no credential, or none that is good; which of the two is said, not more.
            IdentityUnavailable: the identity provider's keys cannot be had.
            RateLimited: too many requests of this key or principal, or too many refused credentials from this address.
        """
        await self.rates.check_failures(address)
        try:
            one = await self._known(authorization)
        except Unauthenticated:
            await self.rates.count_failure(address)
            raise
        await self.rates.count_request(one.principal.id, one.key_id, one.principal.teams)
        return one

    async def vouched(self, identity: str) -> Caller:
        """Return a principal whom another party vouched for, such as Slack with its signature; it may ask and read.

        Raises:
            Unauthenticated: it is not kept here, or disabled.
            RateLimited: as for a key.
        """
        kept = await asyncio.to_thread(self._principals.principal, identity)
        if kept is None or kept.disabled:
            raise Unauthenticated(
                "whom you are linked to is not kept here, or disabled",
                next_step="ask an administrator (clew principals list)",
            )
        await self.rates.count_request(kept.id, "", kept.teams)
        return await asyncio.to_thread(self._with_grants, kept, frozenset[Right](("ask", "read")))

    async def _known(self, authorization: str) -> Caller:
        scheme, _, credential = authorization.partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise Unauthenticated(
                "this server answers those it knows only",
                next_step="send 'Authorization: Bearer KEY' (clew keys create), or a token of your identity provider",
            )
        if len(credential) <= LONGEST and credential.startswith(PREFIX):
            return await asyncio.to_thread(self._of_key, credential)
        if self._tokens is None:
            raise _refused()
        principal = await self._tokens.principal(credential)
        return await asyncio.to_thread(self._of_token, principal)

    def _of_key(self, credential: str) -> Caller:
        found = self._keys.holder(credential)
        if found is None:
            raise _refused()
        key, principal = found
        return self._with_grants(principal, frozenset(key.rights), key.id)

    def _of_token(self, principal: Principal) -> Caller:
        """The provider says who it is; what administrators say of the same person here counts as well."""
        kept = self._principals.principal(principal.id)
        if kept is not None:
            if kept.disabled:
                raise refused("its principal is disabled here")
            teams, roles = (*principal.teams, *kept.teams), (*principal.roles, *kept.roles)
            principal = replace(principal, teams=tuple(sorted(set(teams))), roles=tuple(sorted(set(roles))))
        return self._with_grants(principal, frozenset(RIGHTS))

    def look_again(self) -> None:
        """Ask for the names of the repositories anew: there is another one."""
        self._names = None

    def _with_grants(self, principal: Principal, rights: frozenset[Right], key_id: str = "") -> Caller:
        now = time.monotonic()
        if self._names is None or now - self._names[0] > NAMES_S:
            self._names = now, self._known_names()
        branches = self._names[1]
        grants = self._access.grants(principal, frozenset(branches), branches)
        return Caller(principal, grants, rights, key_id, partial(self._access.may_book, principal))

    def _known_names(self) -> Mapping[str, str]:
        """Return the names of now with their branches; those of before while the graph is away, so that who asks is still known and told so."""
        try:
            return self._repositories()
        except (StoreUnavailable, StoreTimeout):
            if self._names is None:
                raise
            return self._names[1]


def _refused() -> Unauthenticated:
    return Unauthenticated(
        "this key is not good: unknown, expired or revoked", next_step="make another: clew keys create"
    )
