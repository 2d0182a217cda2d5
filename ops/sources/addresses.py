"""Which addresses may be cloned from: read strictly, and resolved to addresses that git is then held to.

A URL comes from a request, and what it names is reached from inside a company's network: so it must not lead to the server's own
services, to a cloud's metadata, or to a program (`ext::`). A name is resolved here, every address of it is judged, and git is given
those addresses: a name that changes its mind between the two is of no use (DNS rebinding). See RFC 6890 for the special ranges.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote, urlsplit

from configs.errors import InputError, SourceRefused, SourceUnreachable

PORTS = {"https": 443, "http": 80, "ssh": 22, "git": 9418}
LONGEST = 2_000
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PLAIN = re.compile(r"[!-~]+")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://")
_SCP = re.compile(r"(?:(?P<user>[\w.-]{1,64})@)?(?P<host>[\w.-]{2,253}):(?!/)(?P<path>[\w~][^:]*)")
"""`git@host:team/repository.git`, as people copy it."""
_USER = re.compile(r"[A-Za-z0-9_][\w.-]{0,63}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?")
_PATH = re.compile(r"[\w.~+@%-]+(/[\w.~+@%-]+)*")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|\d+")

_NAT64 = ip_network("64:ff9b::/96")
_MORE_SPECIAL: tuple[Network, ...] = (
    ip_network("168.63.129.16/32"),  # Azure's metadata, a public address
    ip_network("0.0.0.0/8"),
    ip_network("64:ff9b:1::/48"),
)
_NEVER: tuple[Network, ...] = (
    ip_network("169.254.0.0/16"),  # link-local: metadata of most clouds
    ip_network("fe80::/10"),
    ip_network("fd00:ec2::254/128"),
    ip_network("100.100.100.200/32"),
    ip_network("192.0.0.192/32"),
    ip_network("168.63.129.16/32"),
    ip_network("0.0.0.0/8"),
    ip_network("::/128"),
)
"""Not even for a host that is said to be inside."""

_UNKNOWN_HOST = "check the name, or try again; a host that only a proxy reaches is named in sources.proxied"


@dataclass(frozen=True, slots=True)
class Remote:
    """An address that was read. user: of ssh only; port: as written or the scheme's own; path: without the leading slash."""

    scheme: str
    host: str
    port: int
    path: str
    user: str = ""

    @property
    def url(self) -> str:
        """Return it in one way, without what could be left out."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        user = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{user}{shown}{port}/{self.path}"

    @property
    def name(self) -> str:
        """Return what the repository is called there."""
        last = unquote(self.path.rsplit("/", 1)[-1]).removesuffix(".git")
        return re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-.") or "repository"


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed. hosts: none means any. inside: names and networks that may be private, as a company's own are.

    proxied: names of hosts that are reached through a proxy, which looks them up: no address of theirs can be judged here.
    """

    schemes: tuple[str, ...] = ("https", "ssh")
    hosts: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    proxied: tuple[str, ...] = ()

    def is_proxied(self, remote: Remote) -> bool:
        """Tell whether a host is reached through the proxy: one that is named for it, and proves itself by its certificate."""
        return remote.scheme == "https" and _is_named(remote.host, self.proxied)

    def check(self, remote: Remote) -> None:
        """Raises SourceRefused for a scheme or a host that is not allowed."""
        if remote.scheme not in self.schemes:
            raise _refused(
                f"{remote.scheme!r} is no scheme that may be cloned from",
                f"use {' or '.join(self.schemes)}, or add it to sources.schemes",
            )
        if self.hosts and not _is_named(remote.host, self.hosts):
            raise _refused(f"the host {remote.host!r} is not one to clone from", "add it to sources.hosts")

    def check_address(self, host: str, address: Address) -> None:
        """Raises SourceRefused for an address that only a host inside may have."""
        plain = _unwrapped(address)
        if any(plain in one for one in _NEVER if one.version == plain.version):
            raise _refused(f"the host {host!r} leads to an address that nothing is cloned from", "name another host")
        if _is_public(plain) or _is_named(host, self.inside) or _is_within(plain, self.inside):
            return
        raise _refused(
            f"the host {host!r} leads into a private network or this machine",
            "if it is one of your own, add its name or network to sources.inside",
        )


def parse_remote(text: str) -> Remote:
    """Return the address that a person gave.

    Raises:
        InputError: it is none. SourceRefused: it holds a credential, an option, or another trick.
    """
    if not text or len(text) > LONGEST or not _PLAIN.fullmatch(text):
        raise InputError("the address is empty, too long, or not plain text", next_step="give a URL: https://host/path")
    if text.startswith("-"):
        raise _refused(f"{text!r} looks like an option", "give a URL: https://host/path")
    if "::" in text.split("//", 1)[0]:
        raise _refused(f"{text.split('::', 1)[0]!r} would run a program", "give a URL: https://host/path")
    if "\\" in text:
        raise _refused("the address holds a backslash", "use slashes")
    found = _SCHEME.match(text)
    if found is None:
        return _scp_remote(text)
    scheme = found.group(1)
    if scheme not in PORTS:
        raise _refused(f"{scheme!r} is no scheme that may be cloned from", "use https:// or ssh://")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as exc:
        raise InputError(f"the address cannot be read: {exc}", next_step="give a URL: https://host/path") from exc
    if parts.query or parts.fragment or "?" in text or "#" in text:
        raise _refused("the address holds a query or a fragment", "leave out what follows the path")
    if parts.password is not None or (parts.username is not None and scheme != "ssh"):
        raise _refused(
            "the address holds a credential", "take it out of the URL, and keep it with `clew credentials add`"
        )
    user = parts.username or ""
    if "@" in parts.netloc and not _USER.fullmatch(user):
        raise _refused("the user in the address cannot be used", "use letters, digits, dots, dashes and underscores")
    return Remote(
        scheme,
        checked_host(parts.hostname or ""),
        _port(PORTS[scheme] if port is None else port),
        _path(parts.path),
        user,
    )


def resolved(
    remote: Remote, rules: Rules, resolve: Callable[[str, int], Iterable[str]] | None = None
) -> tuple[str, ...]:
    """Return the addresses of its host, each of which may be reached; none for a host that a proxy looks up.

    Raises:
        SourceRefused: one of them may not. SourceUnreachable: the name leads nowhere.
    """
    rules.check(remote)
    if rules.is_proxied(remote):
        literal = _network(remote.host)
        if literal is not None:
            rules.check_address(remote.host, literal.network_address)
        return ()
    try:
        found = tuple(dict.fromkeys((resolve or _addresses_of)(remote.host, remote.port)))
    except OSError as exc:
        raise SourceUnreachable(
            f"the host {remote.host!r} has no address: {exc.strerror or exc}", next_step=_UNKNOWN_HOST
        ) from exc
    if not found:
        raise SourceUnreachable(f"the host {remote.host!r} has no address", next_step=_UNKNOWN_HOST)
    for one in found:
        rules.check_address(remote.host, ip_address(one.partition("%")[0]))
    return found


def _scp_remote(text: str) -> Remote:
    found = _SCP.fullmatch(text)
    if found is None:
        raise InputError("that is no address of a repository", next_step="give a URL: https://host/path")
    user = found.group("user") or ""
    if user and not _USER.fullmatch(user):
        raise _refused("the user in the address cannot be used", "use letters, digits, dots, dashes and underscores")
    return Remote("ssh", checked_host(found.group("host")), PORTS["ssh"], _path("/" + found.group("path")), user)


def checked_host(name: str) -> str:
    """Return the host in small letters; an address only as it is usually written: `0x7f.1` and `2130706433` are tricks."""
    host = name.lower().removesuffix(".")
    try:
        return str(ip_address(host))
    except ValueError:
        labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]) or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _refused(f"{name!r} is no host", "give its name, or its address as it is usually written")
    return host


def _port(port: int) -> int:
    if not 0 < port < 65_536:
        raise InputError(f"{port} is no port", next_step="leave it out, or give one from 1 to 65535")
    return port


def _path(path: str) -> str:
    """Return the path without slashes around it; no part may be an option, empty, or lead upwards."""
    trimmed = path.strip("/")
    parts = unquote(trimmed).split("/")
    if not _PATH.fullmatch(trimmed) or any(part in ("", ".", "..") or part.startswith("-") for part in parts):
        raise _refused(f"the path {path!r} cannot be used", "give the path of a repository, such as team/project")
    if not unquote(trimmed).isprintable():
        raise _refused("the path holds what cannot be printed", "give the path of a repository, such as team/project")
    return trimmed


def _addresses_of(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one carries (mapped, 6to4, NAT64), else the address."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address in _NAT64:
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    return inner or address


def _is_public(address: Address) -> bool:
    special = any(address in one for one in _MORE_SPECIAL if one.version == address.version)
    return address.is_global and not address.is_multicast and not special


def _is_named(host: str, names: tuple[str, ...]) -> bool:
    """Tell whether one of the names is the host's, or `*.` and an end of it."""
    wanted = {name.lower().strip("[]") for name in names}
    return host in wanted or any(one.startswith("*.") and host.endswith(one[1:]) for one in wanted)


def _is_within(address: Address, names: tuple[str, ...]) -> bool:
    return any(address in one for one in map(_network, names) if one is not None and one.version == address.version)


def _network(name: str) -> Network | None:
    try:
        return ip_network(name.strip("[]"), strict=False)
    except ValueError:
        return None


def _refused(message: str, next_step: str) -> SourceRefused:
    return SourceRefused(message, next_step=next_step)
