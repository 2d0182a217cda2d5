"""Bearer tokens of an identity provider (OpenID Connect): who signed them, for whom, and until when.

The algorithms, the issuer and the audience are pinned in the settings; keys come from the provider's published set and from nowhere
else (`jku`, `jwk` and `x5u` in a token are not read). An unknown key id fetches the set once more, but not more often than
`REFETCH_S`: a token that names made-up keys costs the provider nothing. RFC 7515, 7519, 8725; OpenID Connect Core 1.0.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from configs.errors import ConfigError, IdentityUnavailable, Unauthenticated
from configs.settings import OidcSettings, is_loopback_url
from knowledge.principals import Principal

FRESH_S = 3_600.0
REFETCH_S = 30.0
FETCH_TIMEOUT_S = 5.0
MOST_BYTES = 1_000_000
LONGEST_TOKEN = 16_384
SUBJECT_PREFIX = "oidc:"
"""So that nobody at the provider can be called as a principal of our own."""
_KEY_TYPE: Final = {"R": RSAKey, "P": RSAKey, "ES": ECKey, "Ed": OKPKey}

log = logging.getLogger("clew.policy")

Key = RSAKey | ECKey | OKPKey | OctKey


class TokenVerifier:
    """clock: seconds since 1970; monotonic: for the age of the keys."""

    def __init__(
        self,
        settings: OidcSettings,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ConfigError for settings that do not pin enough."""
        if not settings.audience:
            raise ConfigError(
                "access.oidc.issuer is set and access.oidc.audience is not",
                next_step="set CLEW_ACCESS__OIDC__AUDIENCE to the name that the provider knows Clew by",
            )
        for url in filter(None, (settings.issuer, settings.jwks_url)):
            if not url.startswith("https://") and not is_loopback_url(url):
                raise ConfigError(f"keys may not come over {url!r}", next_step="use an https address")
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._registry = jws.JWSRegistry(algorithms=list(settings.algorithms), strict_check_header=False)
        self._keys: dict[str, Key] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching = asyncio.Lock()

    async def principal(self, token: str) -> Principal:
        """Return who the token speaks for.

        Raises:
            Unauthenticated: it is no token of this provider for us, now.
            IdentityUnavailable: the provider's keys cannot be had.
        """
        header = _header_of(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in self._settings.algorithms:
            raise refused(f"its algorithm is not one of {', '.join(self._settings.algorithms)}")
        if not isinstance(key_id, str):
            raise refused("it does not name its key")
        key = await self._key(key_id)
        if not isinstance(key, next(kind for start, kind in _KEY_TYPE.items() if algorithm.startswith(start))):
            raise refused("its key is not of its algorithm")
        try:
            claims = jwt.decode(token, key, registry=self._registry).claims
        except (JoseError, ValueError, TypeError, RecursionError) as exc:
            raise refused("its signature does not fit") from exc
        return self._checked(claims)

    def _checked(self, claims: Mapping[str, Any]) -> Principal:
        settings = self._settings
        now, leeway_s = self._clock(), settings.leeway_s
        audience = claims.get("aud")
        if claims.get("iss") != settings.issuer:
            raise refused("it was issued by somebody else")
        if settings.audience not in (audience if isinstance(audience, list) else [audience]):
            raise refused("it is for somebody else")
        if not _is_time(claims.get("exp")) or claims["exp"] + leeway_s <= now:
            raise refused("it has expired, or does not say when it does")
        for claim in ("nbf", "iat"):
            if claim in claims and (not _is_time(claims[claim]) or claims[claim] - leeway_s > now):
                raise refused(f"it is not valid yet ({claim})")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
            raise refused("it does not say whom it is for")
        name = claims.get(settings.name_claim)
        groups = _names(claims.get(settings.groups_claim))
        roles = tuple(sorted({role for group in groups for role in [settings.roles.get(group)] if role}))
        return Principal(
            SUBJECT_PREFIX + subject, name if isinstance(name, str) else subject, "user", tuple(sorted(groups)), roles
        )

    async def _key(self, key_id: str) -> Key:
        now = self._monotonic()
        if self._fetched_at is None or now - self._fetched_at > FRESH_S or key_id not in self._keys:
            await self._fetch_unless_just_done(key_id)
        key = self._keys.get(key_id)
        if key is not None:
            return key
        if self._fetched_at is None:
            raise IdentityUnavailable(
                f"the keys of {self._settings.issuer} cannot be had",
                next_step="come back later, or use an API key; `clew doctor` and the server's log say more",
            )
        raise refused("the provider does not know its key")

    async def _fetch_unless_just_done(self, key_id: str) -> None:
        async with self._fetching:
            now = self._monotonic()
            fresh = self._fetched_at is not None and now - self._fetched_at <= FRESH_S
            if (fresh and key_id in self._keys) or (self._tried_at is not None and now - self._tried_at < REFETCH_S):
                return
            self._tried_at = now
            try:
                self._keys = await self._published()
                self._fetched_at = now
            except (
                httpx.HTTPError,
                httpx.InvalidURL,
                JoseError,
                ValueError,
                LookupError,
                TypeError,
                AttributeError,
                RecursionError,
            ) as exc:
                # Keys that were good an hour ago are better than nobody coming in; a revoked one ends with its tokens.
                log.warning("the keys of %s cannot be had: %s: %s", self._settings.issuer, type(exc).__name__, exc)

    async def _published(self) -> dict[str, Key]:
        async with httpx.AsyncClient(timeout=FETCH_TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
            url = self._settings.jwks_url
            if not url:
                issuer = self._settings.issuer.rstrip("/")
                document = await _json(client, f"{issuer}/.well-known/openid-configuration")
                if document["issuer"] != self._settings.issuer:
                    raise ValueError(f"it calls itself {document['issuer']!r}")
                url = document["jwks_uri"]
                if not _may_publish(url, issuer):
                    raise ValueError(f"its keys would come from {url!r}")
            published = await _json(client, url)
        keys: dict[str, Key] = {}
        for one in published["keys"]:
            if isinstance(one.get("kid"), str) and one.get("use", "sig") == "sig" and one.get("kty") != "oct":
                try:
                    keys[one["kid"]] = KeySet.import_key_set({"keys": [one]}).keys[0]
                except (JoseError, ValueError) as exc:  # a kind of key that we do not know spoils no other
                    log.info("a key of %s is passed over: %s", self._settings.issuer, exc)
        return keys


def _may_publish(url: str, issuer: str) -> bool:
    """Tell whether a discovery document may send us there: to its own host, or over https to a name or address that is public.

    Else whoever writes that document could have this server ask the machines around it.
    """
    parts, own = urlsplit(url), urlsplit(issuer)
    if parts.hostname and (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
        return True
    try:
        public = ip_address(parts.hostname or "").is_global
    except ValueError:
        public = "." in (parts.hostname or "") and not is_loopback_url(url)
    return parts.scheme == "https" and public and parts.username is None


async def _json(client: httpx.AsyncClient, url: str) -> Any:
    async with client.stream("GET", url, headers={"accept": "application/json"}) as response:
        response.raise_for_status()
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise ValueError("it is too large")
    return json.loads(body)


def _header_of(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3:
        raise refused("it is no signed token")
    try:
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except (ValueError, RecursionError) as exc:
        raise refused("it is no signed token") from exc
    if not isinstance(header, dict):
        raise refused("it is no signed token")
    return header


def _names(claim: object) -> set[str]:
    return {one for one in claim if isinstance(one, str) and one} if isinstance(claim, list) else set()


def _is_time(claim: object) -> bool:
    return isinstance(claim, int | float) and not isinstance(claim, bool) and math.isfinite(claim)


def refused(why: str) -> Unauthenticated:
    return Unauthenticated(f"the bearer token is refused: {why}", next_step="sign in again, or use an API key")
