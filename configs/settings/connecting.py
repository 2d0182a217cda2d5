"""Settings of repositories that Clew clones: from where, how much, and how it is told of pushes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from configs.settings.group import Group, Names, split

Schemes = Annotated[tuple[Literal["https", "ssh", "http", "git"], ...], NoDecode, BeforeValidator(split)]


def _proxy(value: str) -> str:
    """Return the address of a proxy without a slash at its end. Raises ValueError for what is none, or says more."""
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or not parts.port:
        raise ValueError("write it as http://HOST:PORT")
    if "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("write it as http://HOST:PORT, with the user in sources.proxy_user")
    return f"{parts.scheme}://{parts.netloc}"


class SourceSettings(Group):
    """Repositories elsewhere that are cloned and kept up to date."""

    folder: Path | None = Field(default=None, description="Folder of the clones; unset: `clones` in `home`.")
    schemes: Schemes = Field(
        default=("https", "ssh"),
        min_length=1,
        description="Ways to clone: https, ssh; http and git prove neither host nor content.",
    )
    hosts: Names = Field(
        default=(), description="Hosts that may be cloned from, `*.` for all below a name; none: any that is public."
    )
    inside: Names = Field(
        default=(),
        description="Hosts and networks that may be private: names, `*.` names, networks such as 10.1.0.0/16.",
    )
    proxy: Annotated[str, AfterValidator(_proxy)] = Field(
        default="", description="HTTP(S) proxy for the hosts of `proxied`, as http://proxy.example:3128; empty: none."
    )
    proxied: Names = Field(
        default=(),
        description="Hosts that are reached through the proxy, over https alone: names, `*.` for all below a name. Their addresses are "
        "the proxy's to judge.",
    )
    proxy_user: str = Field(
        default="", pattern=r"^[A-Za-z0-9._+-]{0,200}$", description="User at the proxy; empty: it asks nobody."
    )
    proxy_password: SecretStr = Field(default=SecretStr(""), description="Its password; from the environment only.")
    max_bytes: int = Field(
        default=5_000_000_000, ge=1_000_000, description="Largest clone, history and files together."
    )
    timeout_s: float = Field(default=1_800.0, gt=0, le=86_400, description="Longest clone or fetch.")
    ca_file: Path | None = Field(
        default=None, description="Certificates (PEM) that git trusts instead of the system's."
    )
    known_hosts: Path | None = Field(default=None, description="Host keys for ssh, as in OpenSSH's known_hosts.")
    sealing_key: SecretStr = Field(
        default=SecretStr(""),
        description="What credentials and secrets are sealed with, any long text; empty: the file `sources.key` in `home`; from the "
        "environment only.",
    )
    debounce_s: float = Field(
        default=5.0, ge=0, le=60, description="Pushes must have stopped for so long before a refresh begins."
    )
    jitter_s: float = Field(
        default=30.0, ge=0, le=3_600, description="Scheduled runs are spread over so long, or a tenth of their pause."
    )
