"""What servers share in a real Redis server: the port's contract, clocks, and what is left there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from configs.errors import StoreUnavailable
from knowledge.backends.redis_server import RedisServer
from knowledge.backends.redis_shared import PREFIX, RedisShared
from tests.clock import Clock
from tests.contract.shared_state import LONG_S, SharedStateContract
from tests.servers.redis_server import running_redis

pytestmark = pytest.mark.integration


class TestRedisShared(SharedStateContract):
    @pytest.fixture
    def one(self, redis_address: str) -> Iterator[RedisShared]:
        shared = RedisShared(RedisServer(redis_address))
        yield shared
        shared.close()

    @pytest.fixture
    def other(self, redis_address: str) -> Iterator[RedisShared]:
        shared = RedisShared(RedisServer(redis_address))
        yield shared
        shared.close()

    def test_a_place_whose_holder_was_killed_is_free_after_its_lease(self, redis_address: str) -> None:
        clock = Clock(1_000.0)
        killed, lives = (RedisShared(RedisServer(redis_address), clock) for _ in range(2))
        assert killed.take("g", "x", "a", total=1, each=0, keep_s=15.0)
        clock.now += 14.0
        assert not lives.take("g", "y", "b", total=1, each=0, keep_s=15.0)
        clock.now += 2.0
        assert lives.take("g", "y", "b", total=1, each=0, keep_s=15.0)
        killed.close()
        lives.close()

    def test_everything_leaves_by_itself(self, one: RedisShared, redis_address: str) -> None:
        one.claim("c", b"1", LONG_S)
        one.put("p", b"1", LONG_S)
        one.append("l", [b"1"], LONG_S)
        one.take("g", "x", "a", total=1, each=1, keep_s=LONG_S)
        with Redis.from_url(redis_address, decode_responses=True) as server:
            kept = {str(key): int(str(server.ttl(str(key)))) for key in server.scan_iter("*")}
        assert all(key.startswith(PREFIX) for key in kept)
        assert len(kept) == 5
        assert all(0 < ttl <= 3_600 for ttl in kept.values())


def test_a_server_that_is_away_is_an_error_of_the_house(tmp_path: Path) -> None:
    with running_redis(tmp_path) as address:
        shared = RedisShared(RedisServer(address, timeout_s=1.0))
        shared.put("a", b"1", LONG_S)
    for call in (lambda: shared.get("a"), lambda: shared.claim("a", b"2", LONG_S), lambda: shared.since("l", 0)):
        with pytest.raises(StoreUnavailable):
            call()
    shared.close()
