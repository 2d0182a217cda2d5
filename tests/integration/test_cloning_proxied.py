"""Clones through a real proxy that opens tunnels: which hosts go through it, what it asks, and what is judged all the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.errors import SourceRefused, SourceUnreachable
from ops.sources.addresses import Rules
from ops.sources.clones import Clones, Fetched, Wanted
from ops.sources.git import Limits, Proxy, Secret
from tests.integration.processes import clew
from tests.servers.connect_proxy import ConnectProxy, running_proxy
from tests.servers.git_server import GitServer, serving

pytestmark = [pytest.mark.integration, pytest.mark.skipif(os.name == "nt", reason="needs git http-backend")]

HOST = "git.corp.example"
"""Stands in the server's certificate; only the proxy knows where it is."""
ID = "0" * 16
FILES = {"shop/models.py": "def price():\n    return 1\n"}
ROBOT = Secret("token", "robot", "hunter2")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with serving(tmp_path / "server") as running:
        running.repository("shop", FILES)
        yield running


@pytest.fixture
def proxy(server: GitServer) -> Iterator[ConnectProxy]:
    leads_to = ("127.0.0.1", server.port)
    with running_proxy({HOST: leads_to, "other.corp.example": leads_to, "127.0.0.1": leads_to}) as running:
        yield running


def bring(
    server: GitServer,
    proxy: ConnectProxy,
    host: str = HOST,
    *,
    proxied: tuple[str, ...] = (HOST,),
    secret: Secret | None = None,
    user: str = "",
    password: str = "",
) -> Fetched:
    def look_up(name: str, _port: int) -> list[str]:
        raise OSError(f"{name} is not known here")

    limits = Limits(50_000_000, 60.0, server.certificate, proxy=Proxy(proxy.url, user, password))
    clones = Clones(server.folder.parent / "clones", Rules(proxied=proxied), limits, look_up)
    return clones.bring(Wanted(ID, server.url("shop", host)), secret, lambda *_: None)


def test_a_host_that_is_named_goes_through_the_proxy_and_is_looked_up_there(
    server: GitServer, proxy: ConnectProxy
) -> None:
    server.password = ROBOT.text
    first = bring(server, proxy, secret=ROBOT)
    assert (first.root / "shop" / "models.py").read_text() == FILES["shop/models.py"]
    assert set(proxy.asked) == {f"{HOST}:{server.port}"}
    server.commit("shop", {"shop/late.py": "x = 1\n"})
    assert bring(server, proxy, secret=ROBOT, proxied=("*.corp.example",)).changed


def test_every_other_host_goes_directly_and_is_judged(server: GitServer, proxy: ConnectProxy) -> None:
    with pytest.raises(SourceUnreachable, match="has no address"):
        bring(server, proxy, proxied=("git.example.org",))
    for other in ("evil-git.corp.example", "corp.example"):
        with pytest.raises(SourceUnreachable):
            bring(server, proxy, other)
    assert proxy.asked == []


@pytest.mark.parametrize("literal", ["127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]"])
def test_an_address_in_the_place_of_a_name_is_judged_all_the_same(
    server: GitServer, proxy: ConnectProxy, literal: str
) -> None:
    with pytest.raises(SourceRefused, match="leads"):
        bring(server, proxy, literal, proxied=(literal, "*"))
    assert proxy.asked == []


def test_a_server_whose_certificate_is_not_that_of_the_name_is_refused(server: GitServer, proxy: ConnectProxy) -> None:
    """Whatever the proxy connects to: a service inside has no certificate of that name."""
    with pytest.raises(SourceRefused, match="certificate"):
        bring(server, proxy, "other.corp.example", proxied=("*.corp.example",))


def test_a_proxy_is_told_its_user_and_password_and_the_host_its_own(server: GitServer, proxy: ConnectProxy) -> None:
    proxy.user, proxy.password, server.password = "clew", "tunnel-secret", ROBOT.text
    found = bring(server, proxy, secret=ROBOT, user="clew", password="tunnel-secret")
    assert found.commit
    kept = b"".join(path.read_bytes() for path in found.root.rglob("*") if path.is_file())
    assert b"tunnel-secret" not in kept
    for user, password in (("clew", "wrong"), ("", "")):
        with pytest.raises(SourceRefused, match="proxy wants a user"):
            bring(server, proxy, secret=ROBOT, user=user, password=password)


def test_a_proxy_that_refuses_or_is_away_says_so(server: GitServer, proxy: ConnectProxy) -> None:
    proxy.closed = True
    with pytest.raises(SourceRefused, match="does not let this host through"):
        bring(server, proxy)
    proxy.port = 1
    with pytest.raises(SourceUnreachable):
        bring(server, proxy)


def test_no_redirect_is_followed_through_it(server: GitServer, proxy: ConnectProxy) -> None:
    server.redirect = f"https://other.corp.example:{server.port}"
    with pytest.raises(SourceRefused, match="another address"):
        bring(server, proxy, proxied=("*.corp.example",))
    assert set(proxy.asked) == {f"{HOST}:{server.port}"}


def test_proxies_of_the_environment_are_not_used(
    server: GitServer, proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy.url)
    limits = Limits(50_000_000, 60.0, server.certificate)
    rules = Rules(inside=(HOST,))
    clones = Clones(server.folder.parent / "clones", rules, limits, lambda _host, _port: ["127.0.0.1"])
    assert clones.bring(Wanted(ID, server.url("shop", HOST)), None, lambda *_: None).commit
    assert proxy.asked == []


def test_a_repository_is_connected_through_it_by_settings_alone(
    server: GitServer, proxy: ConnectProxy, tmp_path: Path
) -> None:
    proxy.user, proxy.password = "clew", "tunnel-secret"
    settings = {
        "CLEW_RETRIEVAL__DENSE": "false",
        "CLEW_SOURCES__CA_FILE": str(server.certificate),
        "CLEW_SOURCES__PROXY": proxy.url,
        "CLEW_SOURCES__PROXY_USER": proxy.user,
        "CLEW_SOURCES__PROXY_PASSWORD": proxy.password,
    }
    store, url = tmp_path / "store", server.url("shop", HOST)
    alone = clew(store, "repositories", "add", url, folder=None, **settings)
    assert alone.returncode == 3
    assert "sources.proxied" in alone.stderr, "a proxy by itself is used for nothing"
    added = clew(store, "repositories", "add", url, "--json", folder=None, **settings, CLEW_SOURCES__PROXIED=HOST)
    assert json.loads(added.stdout)["repository"] == "shop", added.stdout + added.stderr
    assert proxy.asked
    kept = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert proxy.password.encode() not in kept + (alone.stderr + added.stdout + added.stderr).encode()
