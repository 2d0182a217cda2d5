"""Settings of repositories that Clew clones: from where, how much, and how it is told of pushes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from configs.settings.group import Group, Names, split

Schemes = Annotated[tuple[Literal["https", "ssh", "http", "git"], ...], NoDecode, BeforeValidator(split)]


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
