"""Which addresses may be cloned from: what is read, what is refused, and where a name may lead."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ClewError, InputError, SourceRefused, SourceUnreachable
from ops.sources.addresses import PORTS, Rules, parse_remote, resolved

READ = {
    "https://git.example.org/team/shop.git": ("https://git.example.org/team/shop.git", "shop"),
    "https://GIT.Example.ORG./team/shop/": ("https://git.example.org/team/shop", "shop"),
    "https://git.example.org:443/a": ("https://git.example.org/a", "a"),
    "https://git.example.org:8443/~me/a%20b.git": ("https://git.example.org:8443/~me/a%20b.git", "a-b"),
    "ssh://git@git.example.org/team/shop.git": ("ssh://git@git.example.org/team/shop.git", "shop"),
    "git@git.example.org:team/shop.git": ("ssh://git@git.example.org/team/shop.git", "shop"),
    "https://[2001:db8::1]/a": ("https://[2001:db8::1]/a", "a"),
    "https://192.0.2.7/a": ("https://192.0.2.7/a", "a"),
}


@pytest.mark.parametrize("text", READ)
def test_an_address_is_read_in_one_way(text: str) -> None:
    remote = parse_remote(text)
    assert (remote.url, remote.name) == READ[text]
    assert parse_remote(remote.url) == remote


REFUSED = [
    "file:///etc/passwd", "file://host/share", "ext::sh -c id", "ext::sh%20-c%20id", "fd::17/foo", "transport::https://a.org/b",
    "--upload-pack=id", "-oProxyCommand=id", "ssh://-oProxyCommand=id/a", "ssh://git@-oProxyCommand=id/a", "https://a.org/-x", "https://a.org/x/--upload-pack=id",
    "https://user:token@a.org/b", "https://token@a.org/b", "ssh://git:password@a.org/b", "ssh://-x@a.org/b",
    "https://a.org/../b", "https://a.org/x/../../etc", "https://a.org/x/%2e%2e/y", "https://a.org/x//y", "https://a.org/x?y=1", "https://a.org/x#y", "https://a.org/",
    "https://a.org/x%0ay", "https://a.org/x%00y", "https://2130706433/a", "https://0x7f.1/a", "https://0177.0.0.1/a", "https://127.1/a", "https://a..org/b", "https://a_.org/b",
    "https://%6c%6fcalhost/a", "https://a.org\\@b.org/c", "https://a.org/x\\y", "ftp://a.org/b", "gopher://a.org/b", "javascript://a.org/b", "HTTPS+x://a.org/b", "https://x_/a", "https:///a",
    "git@-host.org:a", "rsync://a.org/b",
]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        *REFUSED,
        "",
        " ",
        "https://a.org/b\n",
        "https://a.org:99999/b",
        "https://[::1/a",
        "https://a.örg/b",
        "x" * 3_000,
        "/etc",
        "C:\\x",
        "just words",
    ],
)
def test_what_is_no_address_or_a_trick_is_refused(text: str) -> None:
    with pytest.raises((SourceRefused, InputError)) as raised:
        Rules().check(parse_remote(text))
    assert raised.value.next_step
    assert "token@" not in str(raised.value)
    assert "password" not in str(raised.value)


@given(st.text(max_size=80) | st.text("htps:/@.-_%0aæ[]~git\\?#", max_size=60).map(lambda rest: "https://" + rest))
def test_whatever_is_given_is_read_or_refused_and_what_is_read_holds_no_trick(text: str) -> None:
    try:
        remote = parse_remote(text)
    except ClewError:
        return
    assert remote.scheme in PORTS
    assert not remote.host.startswith("-")
    assert not remote.path.startswith(("-", "/"))
    assert ".." not in remote.path.split("/")
    assert remote.url.isascii()
    assert remote.url.isprintable()
    assert parse_remote(remote.url) == remote


def leading_to(*addresses: str) -> Callable[[str, int], list[str]]:
    """Return a look-up that finds these for every name."""
    return lambda _host, _port: list(addresses)


PRIVATE = [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200", "0.0.0.0", "255.255.255.255", "224.0.0.1",
    "192.0.0.192", "168.63.129.16", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "64:ff9b:1::1", "2001:db8::1",
]  # fmt: skip
NEVER = {
    "169.254.169.254",
    "fe80::1",
    "fd00:ec2::254",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "0.0.0.0",
    "::",
    "64:ff9b::a9fe:a9fe",
}


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_inside_is_refused_unless_it_is_one_of_our_own(address: str) -> None:
    remote = parse_remote("https://git.corp.example/a")
    for found in ([address], ["93.184.215.14", address], [address, "2606:4700::1111"]):
        with pytest.raises(SourceRefused):
            resolved(remote, Rules(), leading_to(*found))
    for inside in (
        ("git.corp.example",),
        ("*.corp.example",),
        (address,),
        (f"{address}/{ip_address(address).max_prefixlen}",),
    ):
        wanted = Rules(inside=inside)
        if address in NEVER:
            with pytest.raises(SourceRefused):
                resolved(remote, wanted, leading_to(address))
        elif ":" not in address or inside[0].endswith(".example"):
            assert resolved(remote, wanted, leading_to(address)) == (address,)


def test_hosts_and_schemes_are_those_of_the_settings() -> None:
    def public(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "2606:4700::1111", "93.184.215.14"]

    assert resolved(parse_remote("https://a.org/b"), Rules(), public) == ("93.184.215.14", "2606:4700::1111")
    ours = Rules(hosts=("git.corp.example", "*.forge.example"))
    for host in ("git.corp.example", "eu.forge.example"):
        assert resolved(parse_remote(f"https://{host}/b"), ours, public)
    for host in ("corp.example", "xgit.corp.example", "forge.example", "git.corp.example.evil.org"):
        with pytest.raises(SourceRefused, match="not one to clone from"):
            resolved(parse_remote(f"https://{host}/b"), ours, public)
    for scheme in ("http", "git"):
        with pytest.raises(SourceRefused, match="no scheme"):
            resolved(parse_remote(f"{scheme}://a.org/b"), Rules(), public)
        assert resolved(parse_remote(f"{scheme}://a.org/b"), Rules(schemes=("http", "git")), public)


def test_a_name_without_an_address_may_have_one_later() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError(8, "Name or service not known")

    for resolve in (nowhere, leading_to()):
        with pytest.raises(SourceUnreachable) as raised:
            resolved(parse_remote("https://a.org/b"), Rules(), resolve)
        assert raised.value.retryable


def test_a_host_that_a_proxy_looks_up_is_looked_up_nowhere_else() -> None:
    def never(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    rules = Rules(proxied=("github.com", "*.example.org", "10.0.0.1"))
    for url in ("https://github.com/team/shop", "https://git.example.org/team/shop"):
        assert rules.is_proxied(parse_remote(url))
        assert resolved(parse_remote(url), rules, never) == ()
    for url in ("ssh://git@github.com/team/shop", "https://example.org/shop", "https://notgithub.com/team/shop"):
        assert not rules.is_proxied(parse_remote(url))
        assert resolved(parse_remote(url), rules, lambda _host, _port: ["140.82.121.3"]) == ("140.82.121.3",)
    with pytest.raises(SourceRefused):
        resolved(parse_remote("https://10.0.0.1/shop"), rules, never)
    with pytest.raises(SourceRefused):
        resolved(parse_remote("https://github.com/shop"), Rules(hosts=("example.org",), proxied=("github.com",)), never)
