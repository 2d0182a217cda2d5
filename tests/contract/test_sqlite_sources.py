"""What every `knowledge.sources.SourceStore` must do, over SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from configs.errors import SourceExists
from knowledge.backends.sqlite_sources import DELIVERIES_KEPT_S, SqliteSources
from knowledge.sources import LONGEST_WAIT_S, Awaited, Credential, Schedule, Source, Webhook

SHOP = Source("a" * 16, "shop", "https://a.org/shop", "main", "robot", 0, True, 1.0)
HOOK = Webhook("b" * 32, SHOP.id, "github", b"sealed", 2.0)


def ask(store: SqliteSources, awaited: Awaited) -> None:
    store.hear(HOOK.id, (), awaited.first_at, awaited)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteSources]:
    opened = SqliteSources(tmp_path / "sources.db")
    yield opened
    opened.close()


def test_a_source_is_read_as_it_was_written(store: SqliteSources) -> None:
    store.add(SHOP)
    assert store.source("shop") == store.source_of(SHOP.id) == SHOP
    with pytest.raises(SourceExists):
        store.add(replace(SHOP, id="c" * 16))
    store.put(replace(SHOP, commit="d", present=False))
    store.add(Source("e" * 16, "desk", "https://a.org/desk"))
    assert [(one.repository, one.commit) for one in store.sources()] == [("desk", ""), ("shop", "d")]
    assert store.source("nope") is None


def test_what_belongs_to_a_source_goes_with_it(store: SqliteSources) -> None:
    store.add(SHOP)
    store.put_webhook(HOOK)
    store.put_schedule(Schedule("shop", "@hourly", 20.0))
    store.put_schedule(Schedule("desk", "@hourly", 20.0))
    assert store.hear(HOOK.id, ("id 1",), 5.0, Awaited(SHOP.id, 9.0, 5.0))
    assert store.remove(SHOP.id)
    assert not store.remove(SHOP.id)
    assert (store.webhooks(), store.awaited(), store.sources()) == ([], [], [])
    assert [one.repository for one in store.schedules()] == ["desk"]
    store.put_webhook(HOOK)
    assert store.hear(HOOK.id, ("id 1",), 5.0, None), "its deliveries were forgotten too"


def test_credentials_are_replaced_whole_and_leave_nothing_in_the_file(store: SqliteSources, tmp_path: Path) -> None:
    first = Credential("robot", "token", "a.org", "robot", b"sealed-for-the-first-time", 1.0)
    store.put_credential(first)
    assert store.credential("robot") == first
    store.put_credential(replace(first, secret=b"sealed-again", rotated_at=2.0))
    assert [one.secret for one in store.credentials()] == [b"sealed-again"]
    assert store.remove_credential("robot")
    assert not store.remove_credential("robot")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("sources.db*"))
    assert b"sealed-for-the-first-time" not in kept
    assert b"sealed-again" not in kept


def test_a_delivery_is_heard_once_by_any_of_its_marks(store: SqliteSources) -> None:
    asked = Awaited(SHOP.id, 9.0, 5.0)
    assert store.hear(HOOK.id, ("id 1", "body x"), 5.0, asked)
    assert not store.hear(HOOK.id, ("id 1", "body y"), 6.0, asked)
    assert not store.hear(HOOK.id, ("id 2", "body x"), 7.0, asked)
    assert store.awaited() == [asked], "only the first asked for something"
    assert store.hear("c" * 32, ("id 1", "body x"), 6.0, None), "another webhook's deliveries are its own"
    assert store.hear(HOOK.id, ("id 1", "body x"), 5.0 + 3 * DELIVERIES_KEPT_S, None), "very old ones are forgotten"


def test_pushes_put_a_refresh_off_but_not_for_ever(store: SqliteSources) -> None:
    ask(store, Awaited(SHOP.id, 10.0, 5.0))
    ask(store, Awaited(SHOP.id, 12.0, 7.0, deleted=True))
    first = store.awaited()[0]
    assert first == Awaited(SHOP.id, 12.0, 5.0, deleted=True, count=2)
    ask(store, Awaited(SHOP.id, 1_000.0, 995.0))
    last = store.awaited()[0]
    assert (last.due_at, last.deleted, last.count) == (5.0 + LONGEST_WAIT_S, False, 3)
    assert not store.settle(first), "it was asked for again meanwhile"
    store.put_off(first, 2_000.0)
    assert store.awaited() == [last]
    store.put_off(last, 2_000.0)
    assert store.awaited()[0].due_at == 2_000.0
    assert store.settle(last)
    assert store.awaited() == []


def test_a_schedule_is_moved_on_by_whoever_is_first(store: SqliteSources) -> None:
    hourly, daily = Schedule("shop", "@hourly", 20.0), Schedule("desk", "@daily", 10.0)
    store.put_schedule(hourly)
    store.put_schedule(daily)
    assert store.schedules() == [daily, hourly]
    assert store.advance(daily, 30.0, 11.0)
    assert not store.advance(daily, 31.0, 11.0)
    assert store.schedule("desk") == Schedule("desk", "@daily", 30.0, 11.0)
    assert store.remove_schedule("desk")
    assert not store.remove_schedule("desk")
    assert store.schedule("desk") is None


def test_what_was_written_is_there_for_the_next_process(store: SqliteSources, tmp_path: Path) -> None:
    store.add(SHOP)
    store.put_webhook(HOOK)
    store.hear(HOOK.id, ("id 1",), 5.0, Awaited(SHOP.id, 9.0, 5.0))
    store.put_schedule(Schedule("shop", "@hourly", 20.0))
    later = SqliteSources(tmp_path / "sources.db")
    assert later.webhook(HOOK.id) == HOOK
    assert not later.hear(HOOK.id, ("id 1",), 6.0, None)
    assert (len(later.awaited()), len(later.schedules()), len(later.sources())) == (1, 1, 1)
    later.close()
