"""Tells whether an address is on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


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
