"""What every backend of `knowledge.ports.graph.FactsCache` must do. A backend's test class gives the `cache` fixture."""

from __future__ import annotations

import pytest

from knowledge.ports.graph import FactsCache


class FactsCacheContract:
    @pytest.fixture
    def cache(self) -> FactsCache:
        raise NotImplementedError("a backend's suite gives its own empty cache")

    def test_only_known_keys_come_back(self, cache: FactsCache) -> None:
        cache.put_many([("a", b"1"), ("b", b"\0\xff")])
        assert cache.get_many(["b", "missing", "a"]) == {"a": b"1", "b": b"\0\xff"}
        assert cache.get_many([]) == {}

    def test_the_last_payload_wins(self, cache: FactsCache) -> None:
        cache.put_many([("a", b"1"), ("a", b"2")])
        cache.put_many([("a", b"3")])
        assert cache.get_many(["a"]) == {"a": b"3"}

    def test_thousands_of_keys(self, cache: FactsCache) -> None:
        cache.put_many((f"{n:032x}", b"%d" % n) for n in range(3_000))
        assert len(cache.get_many([f"{n:032x}" for n in range(1_000, 4_000)])) == 2_000

    def test_only_retained_contents_stay(self, cache: FactsCache) -> None:
        cache.put_many([("a:go:1", b"1"), ("a:c:1", b"2"), ("ab:go:1", b"3"), ("c:go:1", b"4")])
        cache.retain({"a", "missing"})
        assert cache.get_many(["a:go:1", "a:c:1", "ab:go:1", "c:go:1"]) == {"a:go:1": b"1", "a:c:1": b"2"}
        cache.retain(())
        assert cache.get_many(["a:go:1", "a:c:1"]) == {}

    def test_what_nobody_holds_is_kept_on_the_day_it_came(self, cache: FactsCache) -> None:
        cache.put_many([("a:go:1", b"1"), ("b:go:1", b"2")])
        cache.trim(lambda: {"a"}, 0)
        assert cache.get_many(["a:go:1", "b:go:1"]) == {"a:go:1": b"1", "b:go:1": b"2"}

    def test_a_failed_write_leaves_nothing(self, cache: FactsCache) -> None:
        def broken() -> object:
            yield "a", b"1"
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            cache.put_many(broken())  # type: ignore[arg-type]
        assert cache.get_many(["a"]) == {}
