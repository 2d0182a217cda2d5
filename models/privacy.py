"""Which code may leave: a label of each repository, and which hosts are inside.

`local` (the default): code of the repository goes to hosts inside only. `remote`: it may go to any host that the settings name.
Nothing is looked up to decide: an address is inside by what it says, or because the owner says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

Label = Literal["local", "remote"]

_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")

_INSIDE_SUFFIXES = (".local", ".internal", ".lan", ".home.arpa", ".localhost", ".intranet", ".corp", ".svc")
"""Endings of names that public DNS does not serve."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """The labels. `inside`: names of hosts, or endings of names beginning with a dot, that are the owner's own."""

    default: Label = "local"
    repositories: Mapping[str, Label] = field(default_factory=dict)
    inside: tuple[str, ...] = ()

    def label(self, repository: str) -> Label:
        return self.repositories.get(repository, self.default)

    def kept(self, repositories: Iterable[str]) -> list[str]:
        """Return those whose code may not leave, by name."""
        return sorted(name for name in repositories if self.label(name) == "local")

    def is_inside(self, url: str) -> bool:
        """Tell whether what is sent to `url` stays inside: this machine, a private address, a name that only a local network knows."""
        try:
            host = (urlsplit(url).hostname or "").rstrip(".").lower()
        except ValueError:
            return False
        if not host:
            return False
        try:
            address = ip_address(host)
        except ValueError:
            named = any(
                host == own.lower() or (own.startswith(".") and host.endswith(own.lower())) for own in self.inside
            )
            # A name without a dot is of this network; a number is an address written in another way.
            local = "." not in host and not _NUMBER.fullmatch(host)
            return named or local or host.endswith(_INSIDE_SUFFIXES)
        return address.is_loopback or address.is_private or host in self.inside
