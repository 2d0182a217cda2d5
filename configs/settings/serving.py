"""Settings of the server: where it listens, who may ask, and how much."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from configs.settings.addresses import Address
from configs.settings.group import Group, Names, split


class ServeSettings(Group):
    """The REST server."""

    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on; one that other machines reach needs keys or an identity provider.",
    )
    port: int = Field(default=8674, ge=0, le=65_535, description="TCP port; 0 takes a free one.")
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that answer behind one socket; a supervisor replaces those that die.",
    )
    clarify: bool = Field(
        default=False,
        description="Ask chat clients back when a name means several things, unless a request says otherwise.",
    )
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, le=100_000_000, description="Larger requests are refused.")
    drain_timeout_s: float = Field(
        default=10.0, ge=0, le=600, description="Time for running answers to end at shutdown."
    )
    roots: tuple[Path, ...] = Field(
        default=(),
        description="Folders below which requests may have new repositories indexed; indexed ones may be brought up to date.",
    )
    reconnect_s: float = Field(
        default=30.0, ge=0, le=3_600, description="How long a streamed answer goes on while nobody reads it."
    )
    head_timeout_s: float = Field(
        default=15.0, gt=0, le=600, description="Longest wait for the request line and the headers of a request."
    )
    max_head_bytes: int = Field(
        default=32_768, ge=4_096, le=1_000_000, description="Largest request line and headers, together."
    )
    body_timeout_s: float = Field(default=30.0, gt=0, le=600, description="Longest wait for the body of a request.")
    tls_cert: Path | None = Field(default=None, description="Certificate chain (PEM): serve over TLS.")
    tls_key: Path | None = Field(default=None, description="Its private key (PEM), readable by its owner alone.")
    allowed_hosts: Names = Field(
        default=(), description="Names that the Host header may have where callers are known; none: any."
    )
    cors_origins: Names = Field(
        default=(), description="Origins whose pages may ask where callers are known; none: no page."
    )
    configurable: bool = Field(
        default=False, description="Administrators may write the file of settings over REST, where callers are known."
    )
    trusted_proxies: Names = Field(
        default=(), description="Addresses of proxies whose X-Forwarded-For and -Proto are believed; none: nobody's."
    )


Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signatures with a key pair only: a shared secret would have to be in every client, and `none` is none."""


class OidcSettings(Group):
    """An identity provider that signs bearer tokens (OpenID Connect)."""

    issuer: Address = Field(
        default="", description="Issuer of bearer tokens, as it calls itself; empty: none are taken."
    )
    audience: str = Field(
        default="", description="Name that the provider knows Clew by; tokens for others are refused."
    )
    jwks_url: Address = Field(default="", description="Address of its keys; empty: as its discovery document says.")
    algorithms: Annotated[tuple[Algorithm, ...], NoDecode, BeforeValidator(split)] = Field(
        default=("RS256", "ES256"), min_length=1, description="Algorithms of signatures that are taken."
    )
    leeway_s: float = Field(default=60.0, ge=0, le=600, description="How far its clock may be from ours.")
    name_claim: str = Field(default="name", min_length=1, description="Claim with the person's name.")
    groups_claim: str = Field(default="groups", min_length=1, description="Claim with the groups: teams of policies.")
    roles: dict[str, str] = Field(default_factory=dict, description="Group -> the role that its people have.")


class AccessSettings(Group):
    """Who may ask."""

    authentication: Literal["auto", "required"] = Field(
        default="auto",
        description="required: every caller is known; auto: so beyond this machine, with an identity provider, or behind a proxy.",
    )
    policies: Path | None = Field(
        default=None, description="Cedar policies of your own; unset: `policies.cedar` in `home`."
    )
    oidc: OidcSettings = OidcSettings()


class RateSettings(Group):
    """How much may be asked where callers are known; 0 is no limit."""

    store: Literal["memory", "redis"] = Field(
        default="memory", description="Where requests are counted: memory, or redis (several servers, one count)."
    )
    url: Address = Field(default="redis://127.0.0.1:6379/1", min_length=1, description="Address of that Redis server.")
    password: SecretStr = Field(
        default=SecretStr(""), description="Password of that Redis server; from the environment only."
    )
    key_requests: int = Field(default=600, ge=0, description="Requests a minute of one key.")
    user_requests: int = Field(
        default=1_200, ge=0, description="Requests a minute of one principal, all keys together."
    )
    user_tokens: int = Field(default=0, ge=0, description="Tokens of models a minute for one principal.")
    team_requests: int = Field(default=0, ge=0, description="Requests a minute of one team, all its people together.")
    team_tokens: int = Field(default=0, ge=0, description="Tokens of models a minute for one team.")
    quotas: dict[Annotated[str, Field(pattern=r"^(user|team):.+$")], Annotated[int, Field(ge=0)]] = Field(
        default_factory=dict,
        description="Requests a minute of `user:ID` and `team:NAME`, where they are others than those of everybody.",
    )
    failures: int = Field(default=30, ge=0, description="Refused keys and tokens a minute from one address.")
    user_answers: int = Field(default=4, ge=0, le=10_000, description="Answers at once for one principal; more wait.")
    answers: int = Field(
        default=32, ge=0, le=10_000, description="Answers at once for all; more wait, in turn by principal."
    )
    waiting: int = Field(default=200, ge=0, le=100_000, description="Questions that may wait; more are refused.")
    wait_s: float = Field(default=30.0, ge=0, le=600, description="Longest wait for one's turn.")
