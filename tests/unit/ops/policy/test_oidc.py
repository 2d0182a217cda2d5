"""Bearer tokens against a real HTTP server of keys: good ones, and every known way to forge one."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest

from configs.errors import ConfigError, IdentityUnavailable, Unauthenticated
from configs.settings import OidcSettings
from ops.policy.oidc import FRESH_S, REFETCH_S, TokenVerifier, _may_publish
from tests.servers.identity_provider import EC, NOW, OTHER, RSA, Provider, claims, forged, running_provider, signed


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as one:
        yield one


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
    for broken in (
        b"",
        b"[]",
        b"{}",
        b'{"keys": 7}',
        b'{"keys": [7]}',
        b'{"issuer": "https://evil.example", "jwks_uri": "x"}',
        b"[" * 50_000,
    ):
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


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/keys",
        "https://10.0.0.5/keys",
        "https://[fd00::1]/keys",
        "https://[::ffff:127.0.0.1]/keys",
        "https://127.0.0.1:9200/keys",
        "http://127.0.0.1:1/keys",
        "https://localhost/keys",
        "https://intranet/keys",
        "http://keys.example/keys",
        "https://u:p@keys.example/keys",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "//127.0.0.1/keys",
        "https://[::1",
        "https://a\r\nb/keys",
        "",
        7,
    ],
)
def test_a_discovery_document_cannot_have_us_ask_elsewhere(
    provider: Provider, verifier: TokenVerifier, url: object
) -> None:
    provider.jwks_uri = url
    with pytest.raises(IdentityUnavailable, match="cannot be had"):
        asyncio.run(verifier.principal(signed(claims(provider))))
    assert provider.asked == ["/.well-known/openid-configuration"]


def test_keys_may_lie_at_another_public_name() -> None:
    assert _may_publish("https://www.googleapis.com/oauth2/v3/certs", "https://accounts.google.com")
    assert _may_publish("https://id.intranet:8443/keys", "https://id.intranet:8443/realms/x")
