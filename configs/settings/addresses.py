"""Tells whether an address is on this machine, and refuses one that holds a secret."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from configs.settings.group import split

_SECRET = re.compile(
    r"//[^/?#\s@]*:[^/?#\s@]*@|(?:^|[?&;\s])(?:(?:ssl)?password|passwd|pwd|token|secret|(?:api|access|signing)_?key)\s*=",
    re.I,
)
"""As the user's part of an address, in its query, or among the words of a driver."""


def holds_secret(text: str) -> bool:
    """Tell whether a text is an address, or holds one, with a password or a key in it."""
    return bool(_SECRET.search(text))


def _without_secret(address: str) -> str:
    """Return the address. Raises ValueError for one that holds a secret: it is said in many places where something is."""
    if holds_secret(address):
        raise ValueError("addresses are shown, so no password and no key may stand in one")
    return address


Address = Annotated[str, AfterValidator(_without_secret)]
Addresses = Annotated[tuple[Address, ...], NoDecode, BeforeValidator(split)]


def is_loopback_url(url: str) -> bool:
    """Tell whether what is sent to `url` stays on this machine."""
    return is_loopback(host_of(url))


def is_loopback(host: str) -> bool:
    """Tell whether `host` (a name or an address, without a port) stays on this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of `url`, an empty string when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # such as a bracket that is never closed
        return ""
