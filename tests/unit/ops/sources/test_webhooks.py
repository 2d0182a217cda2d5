"""Webhooks: who is heard, what a push asks for, and that a delivery counts once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from configs.errors import UnknownSource, WebhookRefused
from knowledge.backends.sqlite_sources import SqliteSources
from knowledge.sources import Provider, Source
from ops.sources.vault import Vault
from ops.sources.webhooks import Webhooks
from tests.clock import Clock
from tests.unit.ops.sources.test_deliveries import PROVIDERS, signed

SHOP = Source("a" * 16, "shop", "https://a.org/shop", "main")


@pytest.fixture
def clock() -> Clock:
    return Clock(1_000.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteSources]:
    opened = SqliteSources(tmp_path / "sources.db")
    opened.add(SHOP)
    yield opened
    opened.close()


@pytest.fixture
def hooks(store: SqliteSources, clock: Clock, tmp_path: Path) -> Webhooks:
    return Webhooks(store, Vault("", tmp_path / "sources.key"), clock, 5.0, lambda *_: None)


def push(provider: Provider, branch: str = "main", *, deleted: bool = False, number: int = 1) -> bytes:
    place = {"type": "branch", "name": branch}
    if provider == "bitbucket":
        return json.dumps(
            {"n": number, "push": {"changes": [{"new": None if deleted else place, "old": place}]}}
        ).encode()
    return json.dumps({"n": number, "ref": f"refs/heads/{branch}", "after": ("0" if deleted else "a") * 40}).encode()


def heard(hooks: Webhooks, provider: Provider, identity: str, secret: str, body: bytes, delivery: str = "d1") -> str:
    headers = {
        name: value.replace("d1", delivery) if value == "d1" else value
        for name, value in signed(provider, body, secret).items()
    }
    return hooks.hear(provider, identity, headers, body).outcome


@pytest.mark.parametrize("provider", PROVIDERS)
def test_pushes_to_its_branch_ask_for_one_refresh(
    hooks: Webhooks, store: SqliteSources, clock: Clock, provider: Provider
) -> None:
    secret, hook = hooks.add(SHOP, provider)
    assert secret.encode() not in hook.secret
    assert heard(hooks, provider, hook.id, secret, push(provider)) == "refresh"
    clock.now += 2
    assert heard(hooks, provider, hook.id, secret, push(provider, number=2), "d2") == "refresh"
    assert heard(hooks, provider, hook.id, secret, push(provider, "other"), "d3") == "ignored"
    assert [(one.source, one.due_at, one.deleted) for one in store.awaited()] == [(SHOP.id, clock.now + 5, False)]
    assert heard(hooks, provider, hook.id, secret, push(provider, deleted=True), "d4") == "deleted"
    assert store.awaited()[0].deleted
    assert heard(hooks, provider, hook.id, secret, push(provider, number=3), "d5") == "refresh"
    assert not store.awaited()[0].deleted, "the branch came back"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_delivery_counts_once_also_after_a_restart(
    hooks: Webhooks, store: SqliteSources, tmp_path: Path, provider: Provider
) -> None:
    secret, hook = hooks.add(SHOP, provider)
    assert heard(hooks, provider, hook.id, secret, push(provider)) == "refresh"
    store.settle(store.awaited()[0])
    later = Webhooks(store, Vault("", tmp_path / "sources.key"), Clock(1_000.0), 5.0, lambda *_: None)
    assert heard(later, provider, hook.id, secret, push(provider)) == "duplicate"
    assert heard(later, provider, hook.id, secret, push(provider), "d9") == "duplicate", (
        "the id is not signed everywhere"
    )
    assert store.awaited() == []


def test_who_does_not_know_the_secret_learns_nothing(hooks: Webhooks, store: SqliteSources) -> None:
    secret, hook = hooks.add(SHOP, "github")
    body = push("github")
    said = set()
    for provider, identity, given in (
        ("github", hook.id, "guessed"),
        ("github", "f" * 32, secret),
        ("github", "../../x", secret),
        ("gitea", hook.id, secret),
        ("gitlab", hook.id, secret),
        ("nobody", hook.id, secret),
    ):
        headers = signed(provider, body, given) if provider in PROVIDERS else {}
        with pytest.raises(WebhookRefused) as raised:
            hooks.hear(provider, identity, headers, body)
        said.add(str(raised.value))
    assert len(said) == 1
    assert store.awaited() == []


def test_a_secret_is_rotated_with_a_time_of_grace(hooks: Webhooks, clock: Clock) -> None:
    first, hook = hooks.add(SHOP, "github")
    second, _ = hooks.rotate(hook.id, 60.0)
    assert heard(hooks, "github", hook.id, first, push("github")) == "refresh"
    assert heard(hooks, "github", hook.id, second, push("github", number=2), "d2") == "refresh"
    clock.now += 61
    with pytest.raises(WebhookRefused):
        heard(hooks, "github", hook.id, first, push("github", number=3), "d3")
    third, _ = hooks.rotate(hook.id, 0.0)
    for old in (first, second):
        with pytest.raises(WebhookRefused):
            heard(hooks, "github", hook.id, old, push("github", number=4), "d4")
    assert heard(hooks, "github", hook.id, third, push("github", number=5), "d5") == "refresh"
    hooks.remove(hook.id)
    with pytest.raises(WebhookRefused):
        heard(hooks, "github", hook.id, third, push("github", number=6), "d6")
    for call in (lambda: hooks.remove(hook.id), lambda: hooks.rotate(hook.id, 0.0), lambda: hooks.get("../x")):
        with pytest.raises(UnknownSource):
            call()


def test_a_source_that_follows_its_host_s_own_branch_is_never_dropped_by_a_push(
    hooks: Webhooks, store: SqliteSources
) -> None:
    following = replace(SHOP, id="b" * 16, repository="desk", branch="", fetched_branch="main")
    store.add(following)
    secret, hook = hooks.add(following, "github")
    assert heard(hooks, "github", hook.id, secret, push("github", deleted=True)) == "refresh"
    assert heard(hooks, "github", hook.id, secret, push("github", "x", number=2), "d2") == "ignored"


def test_when_it_was_heard_of_last_is_kept(hooks: Webhooks, clock: Clock) -> None:
    secret, hook = hooks.add(SHOP, "github")
    assert heard(hooks, "github", hook.id, secret, push("github")) == "refresh"
    assert hooks.get(hook.id).heard_at == clock.now
    assert hooks.repository_of(hook) == "shop"
