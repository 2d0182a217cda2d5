from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.ports import FactsCache
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
