from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.ports.graph import FactsCache
from tests.contract.facts_cache import FactsCacheContract


class TestSqliteFactsCache(FactsCacheContract):
    @pytest.fixture
    def cache(self, tmp_path: Path) -> Iterator[FactsCache]:
        cache = SqliteFactsCache(tmp_path / "facts.db")
        yield cache
        cache.close()

    def test_another_cache_on_the_same_file_sees_what_was_put(self, cache: FactsCache, tmp_path: Path) -> None:
        cache.put_many([("a", b"1")])
        other = SqliteFactsCache(tmp_path / "facts.db")
        assert other.get_many(["a"]) == {"a": b"1"}
        other.close()


def test_what_nobody_held_for_the_days_to_keep_is_dropped(tmp_path: Path) -> None:
    day = 100
    asked: list[int] = []
    cache = SqliteFactsCache(tmp_path / "facts.db", day=lambda: day)

    def held() -> set[str]:
        asked.append(day)
        return {"held"}

    cache.put_many([("held:go:1", b"1"), ("left:go:1", b"2")])
    for day, left in ((110, True), (110, True), (130, True), (131, False)):
        cache.trim(held, 30)
        assert set(cache.get_many(["held:go:1", "left:go:1"])) == {"held:go:1", *(["left:go:1"] if left else [])}, day
    assert asked == [110, 130, 131], "once a day"
    cache.close()
