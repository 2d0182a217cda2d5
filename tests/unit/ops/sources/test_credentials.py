"""Secrets of repositories: sealed, bound to their host, opened for git alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from configs.errors import ConfigError, InputError, SourceRefused, UnknownSource
from knowledge.backends.sqlite_sources import SqliteSources
from knowledge.sources import Source
from ops.sources.addresses import parse_remote
from ops.sources.credentials import Credentials
from ops.sources.vault import Vault

TOKEN = "glpat-" + "x" * 20
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----"
SHOP = parse_remote("https://a.org/shop")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteSources]:
    opened = SqliteSources(tmp_path / "sources.db")
    yield opened
    opened.close()


@pytest.fixture
def told() -> list[tuple[str, str, str]]:
    return []


@pytest.fixture
def kept(store: SqliteSources, tmp_path: Path, told: list[tuple[str, str, str]]) -> Credentials:
    vault = Vault("", tmp_path / "sources.key")
    return Credentials(store, vault, lambda: 7.0, lambda *change: told.append(change))


def add(kept: Credentials, name: str = "robot", **how: str) -> None:
    kept.add(name, **{"kind": "token", "host": "a.org", "username": "", "secret": TOKEN, **how})  # type: ignore[arg-type]


def test_a_secret_is_sealed_and_opened_for_its_host_only(kept: Credentials, tmp_path: Path) -> None:
    add(kept)
    secret = kept.secret("robot", SHOP)
    assert secret is not None
    assert (secret.username, secret.text) == ("x-access-token", TOKEN)
    assert TOKEN not in repr(secret)
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (tmp_path / "sources.key").stat().st_mode & 0o077 == 0
    assert kept.secret("", SHOP) is None
    for elsewhere in (
        "https://b.org/shop",
        "https://a.org.evil.example/shop",
        "ssh://git@a.org/shop",
        "http://a.org/shop",
        "git://a.org/shop",
    ):
        with pytest.raises(SourceRefused):
            kept.secret("robot", parse_remote(elsewhere))
    with pytest.raises(UnknownSource):
        kept.secret("nope", SHOP)


def test_it_is_rotated_and_removed_and_each_is_told(
    kept: Credentials, store: SqliteSources, told: list[tuple[str, str, str]]
) -> None:
    add(kept)
    kept.rotate("robot", "another-token\n")
    secret = kept.secret("robot", SHOP)
    assert secret is not None
    assert secret.text == "another-token"
    store.add(Source("a" * 16, "shop", "https://a.org/shop", credential="robot"))
    with pytest.raises(InputError, match="opens shop"):
        kept.remove("robot")
    store.remove("a" * 16)
    kept.remove("robot")
    assert kept.all() == []
    assert told == [
        ("credential", "robot", "added"),
        ("credential", "robot", "rotated"),
        ("credential", "robot", "removed"),
    ]
    with pytest.raises(UnknownSource):
        kept.rotate("robot", "x")


@pytest.mark.parametrize(
    "how",
    [{"name": "-x"}, {"name": "a b"}, {"name": ""}, {"host": "a.org/x"}, {"host": "-x"}, {"host": ""}, {"username": "a b"}, {"username": "a\nb"}, {"secret": ""}, {"secret": " \n"},
     {"secret": "a\nb"}, {"secret": "x" * 5_000}, {"kind": "ssh"}, {"kind": "ssh", "secret": "-----BEGIN CERTIFICATE-----"}],
)  # fmt: skip
def test_words_that_cannot_be_used_are_refused_and_not_repeated(kept: Credentials, how: dict[str, str]) -> None:
    with pytest.raises((InputError, SourceRefused)) as raised:
        add(kept, **how)
    assert TOKEN not in str(raised.value)
    assert kept.all() == []


def test_a_private_key_opens_ssh_and_a_name_is_taken_once(kept: Credentials) -> None:
    add(kept, "key", kind="ssh", secret=KEY + "\n\n")
    secret = kept.secret("key", parse_remote("git@a.org:shop"))
    assert secret is not None
    assert (secret.username, secret.text) == ("git", KEY + "\n")
    with pytest.raises(SourceRefused):
        kept.secret("key", SHOP)
    with pytest.raises(InputError, match="already"):
        add(kept, "key")


def test_a_sealed_secret_opens_nothing_under_another_name_host_or_key(
    kept: Credentials, store: SqliteSources, tmp_path: Path
) -> None:
    add(kept)
    sealed = kept.get("robot")
    for moved in (replace(sealed, name="other"), replace(sealed, host="b.org")):
        store.put_credential(moved)
        with pytest.raises(ConfigError, match="another key"):
            kept.secret(moved.name, parse_remote(f"https://{moved.host}/x"))
    store.put_credential(sealed)
    for vault in (Vault("a key of the settings", tmp_path / "none"), Vault("", tmp_path / "other.key")):
        with pytest.raises(ConfigError, match="another key"):
            Credentials(store, vault, lambda: 0.0, lambda *_: None).secret("robot", SHOP)
    assert not (tmp_path / "none").exists()


def test_a_key_file_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"x")
    with pytest.raises(ConfigError, match="no key"):
        Vault("", tmp_path / "short").seal("x", "y")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ConfigError, match="cannot be had"):
        Vault("", tmp_path / "folder").seal("x", "y")
    first, second = (Vault("", tmp_path / "same.key") for _ in range(2))
    assert second.open(first.seal("x", "y"), "y") == "x"
