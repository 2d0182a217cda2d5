"""Keys and tokens that are none of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from joserfc.jwk import RSAKey

from tests.integration.hostile.cases import Case, get
from tests.servers.identity_provider import Provider, claims, forged, part, signed

ROUTE = "/api/v1/repositories"


def _with(name: str, value: str | bytes) -> Case:
    return get(name, ROUTE, 401, headers=(("authorization", value),), codes="unauthenticated")


def keys(good: str) -> Iterator[Case]:
    """good: a key that opens; what is made of it does not."""
    identity = good.split("_")[1]
    made: dict[str, str | bytes] = {
        "nothing": "",
        "no scheme": good,
        "Basic": f"Basic {good}",
        "Bearer alone": "Bearer",
        "twice": f"Bearer {good} {good}",
        "a list": f"Bearer {good}, Bearer {good}",
        "shorter": f"Bearer {good[:-1]}",
        "longer": f"Bearer {good}A",
        "another secret": f"Bearer clew_{identity}_{'A' * 43}",
        "another id": f"Bearer clew_{'a' * 12}_{good.split('_', 2)[2]}",
        "the id alone": f"Bearer clew_{identity}",
        "capitals": f"Bearer {good.upper()}",
        "SQL": "Bearer clew_' OR '1'='1_" + "A" * 43,
        "wildcards": f"Bearer clew_{'%' * 12}_{'%' * 43}",
        "NFKC of it": f"Bearer {good.replace('clew', chr(0xFF43) + 'lew')}",
        "bytes": b"Bearer clew_\xff\xfe",
        "a hash": "Bearer " + "0" * 64,
        "long": "Bearer clew_" + "a" * 20_000,
        "a format": "Bearer {0.__class__}%s%n",
        "empty token": "Bearer ..",
    }
    for name, value in made.items():
        yield _with(f"a key: {name}", value)
    yield get("a key in the query", f"{ROUTE}?api_key={good}&access_token={good}", 401, who="nobody")
    yield get("a key in a cookie", ROUTE, 401, who="nobody", headers=(("cookie", f"key={good}; session={good}"),))
    yield get("a key in another header", ROUTE, 401, who="nobody", headers=(("x-api-key", good),))


def tokens(provider: Provider) -> Iterator[Case]:
    """Tokens of the provider that say something else, and tokens that others made."""
    now = provider.now
    changed: dict[str, dict[str, Any]] = {
        "for somebody else": {"aud": "other"},
        "for nobody": {"aud": None},
        "for a prefix of us": {"aud": ["cle", "clew2"]},
        "by somebody else": {"iss": "https://evil.example"},
        "by us with a slash": {"iss": provider.url + "/"},
        "expired": {"exp": now - 120},
        "without an end": {"exp": None},
        "an end of words": {"exp": "2999-01-01"},
        "an end that is true": {"exp": True},
        "not yet": {"nbf": now + 600},
        "of tomorrow": {"iat": now + 86_400},
        "for no subject": {"sub": None},
        "a subject with a separator": {"sub": "u\x1fthread"},
        "a long subject": {"sub": "x" * 300},
    }
    for name, claim in changed.items():
        yield _with(f"a token: {name}", f"Bearer {signed(claims(provider, **claim))}")
    for name, token in forged(provider).items():
        # A header's value is latin-1 text to the server, whatever it is.
        yield _with(f"a forged token: {name}", f"Bearer {token}".encode())
    own = RSAKey.generate_key(2048, {"kid": "mine"})
    twice = part(b'{"iss":"x","aud":"clew","sub":"operator","sub":"u-1"}')
    head = part({"alg": "RS256", "kid": "r1"})
    deep, two_heads = part(b"[" * 9_000), part(b'{"alg":"none","alg":"RS256","kid":"r1"}')
    for name, token in {
        "claims said twice": f"{head}.{twice}.{part(b'x' * 256)}",
        "a header said twice": f"{two_heads}.{twice}.{part(b'x' * 256)}",
        "nested": f"{deep}.{twice}.x",
        "a body nested": f"{head}.{deep}.{part(b'x' * 256)}",
        "a key id of NUL": signed(claims(provider), own, kid="r1\0"),
        "a key id of a URL": signed(claims(provider), own, kid="http://127.0.0.1:9/k"),
        "a long key id": signed(claims(provider), own, kid="k" * 5_000),
        "nothing signed": "..",
        "dots": "." * 16_000,
        "packed": f"{part({'alg': 'RS256', 'kid': 'r1', 'zip': 'DEF'})}.{twice}.x",
    }.items():
        yield _with(f"a forged token: {name}", f"Bearer {token}")
