"""Bearer tokens against a real HTTP server of keys: good ones, and every known way to forge one."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from configs.errors import ConfigError, IdentityUnavailable, Unauthenticated
from configs.settings import OidcSettings
from ops.policy.oidc import FRESH_S, REFETCH_S, TokenVerifier

NOW = 1_800_000_000.0
RSA = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "r2", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "e1", "use": "sig"})


class Provider:
    """What the key server publishes, and how often it was asked."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = [RSA.as_dict(private=False), EC.as_dict(private=False)]
        self.asked: list[str] = []
        self.broken: bytes | None = None
        self.url = ""

    def reply(self, path: str) -> bytes | None:
        self.asked.append(path)
        if self.broken is not None:
            return self.broken
        documents = {
            "/.well-known/openid-configuration": {"issuer": self.url, "jwks_uri": f"{self.url}/keys"},
            "/keys": {"keys": self.keys},
        }
        return json.dumps(documents[path]).encode() if path in documents else None


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Serve keys on loopback."""
    one = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = one.reply(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield one
    server.shutdown()
    server.server_close()
    thread.join()


class Clocks:
    def __init__(self) -> None:
        self.passed = 0.0

    def time(self) -> float:
        return NOW + self.passed

    def monotonic(self) -> float:
        return self.passed


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def verifier(provider: Provider, clocks: Clocks) -> TokenVerifier:
    settings = OidcSettings(issuer=provider.url, audience="clew", roles={"platform": "admin", "devs": "reader"})
    return TokenVerifier(settings, clocks.time, clocks.monotonic)


def claims(provider: Provider, **changed: Any) -> dict[str, Any]:
    whole = {
        "iss": provider.url,
        "aud": "clew",
        "sub": "u-1",
        "exp": NOW + 300,
        "iat": NOW,
        "name": "Ada",
        "groups": ["devs", "pay"],
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(body: dict[str, Any], key: RSAKey | ECKey = RSA, algorithm: str = "RS256", **header: Any) -> str:
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    return jwt.encode({"alg": algorithm, "kid": key.kid, **header}, body, key, registry=registry)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_good_token_is_its_principal_with_groups_as_teams_and_roles(
    provider: Provider, verifier: TokenVerifier
) -> None:
    for key, algorithm in ((RSA, "RS256"), (EC, "ES256")):
        one = asyncio.run(verifier.principal(signed(claims(provider), key, algorithm)))
        assert (one.id, one.name, one.kind) == ("oidc:u-1", "Ada", "user")
        assert one.teams == ("devs", "pay")
        assert one.roles == ("reader",)
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"], "keys are kept"


def test_a_token_may_be_for_several_and_its_clock_a_little_off(provider: Provider, verifier: TokenVerifier) -> None:
    for changed in ({"aud": ["other", "clew"]}, {"exp": NOW - 59}, {"nbf": NOW + 59, "iat": NOW + 59}, {"name": 7}):
        assert asyncio.run(verifier.principal(signed(claims(provider, **changed)))).id == "oidc:u-1"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"aud": "other"}, "for somebody else"),
        ({"aud": None}, "for somebody else"),
        ({"aud": ["clew-admin"]}, "for somebody else"),
        ({"iss": "https://evil.example"}, "issued by somebody else"),
        ({"iss": None}, "issued by somebody else"),
        ({"exp": NOW - 61}, "expired"),
        ({"exp": None}, "expired"),
        ({"exp": "2999"}, "expired"),
        ({"exp": True}, "expired"),
        ({"exp": float("nan")}, "expired"),
        ({"nbf": NOW + 61}, "not valid yet"),
        ({"iat": NOW + 61}, "not valid yet"),
        ({"nbf": "soon"}, "not valid yet"),
        ({"sub": None}, "whom it is for"),
        ({"sub": ""}, "whom it is for"),
        ({"sub": 7}, "whom it is for"),
        ({"sub": "x" * 256}, "whom it is for"),
        ({"sub": "u-1\x1fthread"}, "whom it is for"),
    ],
)
def test_claims_that_are_not_for_us_now(
    provider: Provider, verifier: TokenVerifier, changed: dict[str, Any], why: str
) -> None:
    with pytest.raises(Unauthenticated, match=why):
        asyncio.run(verifier.principal(signed(claims(provider, **changed))))


def forged(provider: Provider) -> dict[str, str]:
    body = claims(provider)
    good = signed(body)
    head, middle, signature = good.split(".")
    signing = f"{part({'alg': 'HS256', 'kid': 'r1'})}.{middle}"
    mac = hmac.digest(RSA.as_pem(private=False), signing.encode(), "sha256")
    confused = f"{signing}.{part(mac)}"
    own = RSAKey.generate_key(2048, {"kid": "mine"})
    jwk = own.as_dict(private=False)
    flipped = "A" if signature[5] != "A" else "B"
    return {
        "alg none": f"{part({'alg': 'none', 'kid': 'r1'})}.{middle}.",
        "alg None": f"{part({'alg': 'None', 'kid': 'r1'})}.{middle}.{signature}",
        "no alg": f"{part({'kid': 'r1'})}.{middle}.{signature}",
        "alg of another kind": f"{part({'alg': ['RS256'], 'kid': 'r1'})}.{middle}.{signature}",
        "HS256 with the public key": confused,
        "RS384, not pinned": signed(body, RSA, "RS384"),
        "ES256 with the RSA key": f"{part({'alg': 'ES256', 'kid': 'r1'})}.{middle}.{signature}",
        "no kid": f"{part({'alg': 'RS256'})}.{middle}.{signature}",
        "kid as a path": signed(body, own, kid="../../../../dev/null"),
        "kid as SQL": signed(body, own, kid="r1' UNION SELECT 'x"),
        "kid as a list": f"{part({'alg': 'RS256', 'kid': ['r1']})}.{middle}.{signature}",
        "kid of another key": signed(body, own, kid="r1"),
        "own key in the header (jwk)": signed(body, own, jwk=jwk),
        "own key by jku": signed(body, own, kid="r1", jku="https://evil.example/keys"),
        "own certificate by x5u": signed(body, own, kid="r1", x5u="https://evil.example/cert"),
        "own certificate by x5c": signed(body, own, kid="r1", x5c=["MIIB"]),
        "an extension that must be understood": f"{part({'alg': 'RS256', 'kid': 'r1', 'crit': ['b64'], 'b64': False})}.{middle}.{signature}",
        "body changed": f"{head}.{part({**body, 'groups': ['platform']})}.{signature}",
        "signature changed": f"{head}.{middle}.{signature[:5]}{flipped}{signature[6:]}",
        "signature gone": f"{head}.{middle}.",
        "two parts": f"{head}.{middle}",
        "five parts, as encrypted": f"{head}.{middle}.{middle}.{middle}.{signature}",
        "no JSON": f"{part(b'x')}.{middle}.{signature}",
        "a list for a header": f"{part([1])}.{middle}.{signature}",
        "not base64": f"\u00e4\u00f6.{middle}.{signature}",
        "empty": "",
        "huge": "a" * 20_000 + "." + middle + "." + signature,
    }


def test_forged_tokens_are_refused_and_their_addresses_never_asked(provider: Provider, verifier: TokenVerifier) -> None:
    for what, token in forged(provider).items():
        with pytest.raises(Unauthenticated):
            pytest.fail(f"{what}: taken as {asyncio.run(verifier.principal(token))}")
    assert set(provider.asked) <= {"/.well-known/openid-configuration", "/keys"}


def test_a_new_key_is_fetched_once_and_unknown_ones_do_not_storm_the_provider(
    provider: Provider, verifier: TokenVerifier, clocks: Clocks
) -> None:
    asyncio.run(verifier.principal(signed(claims(provider))))
    provider.keys = [OTHER.as_dict(private=False)]
    clocks.passed = REFETCH_S + 1
    assert asyncio.run(verifier.principal(signed(claims(provider), OTHER))).id == "oidc:u-1"
    with pytest.raises(Unauthenticated, match="does not know its key"):
        asyncio.run(verifier.principal(signed(claims(provider))))  # rotated out
    asked = len(provider.asked)

    async def storm() -> None:
        tokens = [signed(claims(provider), OTHER, kid=f"made-up-{number}") for number in range(50)]
        results = await asyncio.gather(*map(verifier.principal, tokens), return_exceptions=True)
        assert all(isinstance(one, Unauthenticated) for one in results)

    asyncio.run(storm())
    assert len(provider.asked) == asked, "within REFETCH_S of the last time"
    clocks.passed += REFETCH_S + 1
    asyncio.run(storm())
    assert len(provider.asked) == asked + 2, "once: discovery and keys"


def test_keys_that_were_good_stay_so_while_the_provider_is_away(
    provider: Provider, verifier: TokenVerifier, clocks: Clocks
) -> None:
    asyncio.run(verifier.principal(signed(claims(provider))))
    clocks.passed = FRESH_S + 1
    for broken in (b"", b"[]", b"{}", b'{"keys": 7}', b'{"issuer": "https://evil.example", "jwks_uri": "x"}'):
        provider.broken = broken
        assert asyncio.run(verifier.principal(signed(claims(provider, exp=NOW + 9_999)))).id == "oidc:u-1"
        clocks.passed += REFETCH_S + 1


@pytest.mark.parametrize("broken", [b"nothing", b"x" * 1_100_000, b'{"keys": [{"kty": "RSA", "kid": "r1"}]}'])
def test_a_provider_that_never_had_keys_is_said_to_be_away(
    provider: Provider, verifier: TokenVerifier, broken: bytes
) -> None:
    provider.broken = broken
    with pytest.raises(IdentityUnavailable, match="cannot be had") as caught:
        asyncio.run(verifier.principal(signed(claims(provider))))
    assert caught.value.retryable


def test_published_keys_that_cannot_verify_are_passed_over(provider: Provider, clocks: Clocks) -> None:
    secret = base64.urlsafe_b64encode(b"s" * 32).decode()
    provider.keys = [
        {"kty": "oct", "kid": "s1", "k": secret},
        {"kty": "RSA", "kid": "bad", "n": "AQAB", "e": 7},
        {**RSA.as_dict(private=False), "kid": "enc", "use": "enc"},
        {**RSA.as_dict(private=False), "kid": "r1"},
    ]
    settings = OidcSettings(issuer=provider.url, audience="clew", jwks_url=f"{provider.url}/keys")
    verifier = TokenVerifier(settings, clocks.time, clocks.monotonic)
    assert asyncio.run(verifier.principal(signed(claims(provider)))).id == "oidc:u-1"
    assert provider.asked == ["/keys"], "its address was given"
    with pytest.raises(Unauthenticated):
        asyncio.run(verifier.principal(signed(claims(provider), RSA, kid="enc")))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (OidcSettings(issuer="https://id.example"), "audience"),
        (OidcSettings(issuer="http://id.example", audience="clew"), "http://id.example"),
        (OidcSettings(issuer="https://id.example", audience="clew", jwks_url="http://id.example/k"), "id.example/k"),
    ],
)
def test_settings_that_do_not_pin_enough_are_refused(settings: OidcSettings, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        TokenVerifier(settings)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "dir"])
def test_a_shared_secret_cannot_be_configured(algorithm: str) -> None:
    with pytest.raises(ValueError, match="algorithms"):
        OidcSettings.model_validate({"algorithms": [algorithm]})
