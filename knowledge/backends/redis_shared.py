"""What the processes of one server share, on several machines, in a Redis server: the SharedState port.

Counts a minute are the rate limiter's own there (`ops/policy/rates.py`). Everything leaves by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from knowledge.backends.redis_server import RedisServer

PREFIX = "clew:shared:1:"
"""The number is the version of the layout."""
_TAKE = """
redis.call('zremrangebyscore', KEYS[1], '-inf', ARGV[1])
local taken = redis.call('zrange', KEYS[1], 0, -1)
local own = 0
for _, one in ipairs(taken) do
  if string.sub(one, 1, #ARGV[4] + 1) == ARGV[4] .. '\\n' then own = own + 1 end
end
if tonumber(ARGV[5]) > 0 and #taken >= tonumber(ARGV[5]) then return 0 end
if tonumber(ARGV[6]) > 0 and own >= tonumber(ARGV[6]) then return 0 end
redis.call('zadd', KEYS[1], ARGV[2], ARGV[4] .. '\\n' .. ARGV[3])
redis.call('hset', KEYS[2], ARGV[3], ARGV[4])
redis.call('expire', KEYS[1], 3600)
redis.call('expire', KEYS[2], 3600)
return 1
"""
_HOLD = """
for at = 2, #ARGV do
  local who = redis.call('hget', KEYS[2], ARGV[at])
  if who then redis.call('zadd', KEYS[1], 'XX', ARGV[1], who .. '\\n' .. ARGV[at]) end
end
"""
_LEAVE = """
local who = redis.call('hget', KEYS[2], ARGV[1])
if who then
  redis.call('zrem', KEYS[1], who .. '\\n' .. ARGV[1])
  redis.call('hdel', KEYS[2], ARGV[1])
end
"""


class RedisShared:
    """Nothing is said to the server before the first call. clock: the machines' clocks must agree to some seconds."""

    def __init__(self, server: RedisServer, clock: Callable[[], float] = time.time) -> None:
        self._server = server
        self._redis = server.client()
        self._clock = clock

    def claim(self, key: str, value: bytes, keep_s: float) -> bytes | None:
        with self._server.translated():
            held = self._redis.set(PREFIX + key, value, px=_ms(keep_s), nx=True, get=True)
        return held if isinstance(held, bytes) else None

    def get(self, key: str) -> bytes | None:
        with self._server.translated():
            held = self._redis.get(PREFIX + key)
        return held if isinstance(held, bytes) else None

    def put(self, key: str, value: bytes, keep_s: float) -> None:
        with self._server.translated():
            self._redis.set(PREFIX + key, value, px=_ms(keep_s))

    def renew(self, keys: Sequence[str], keep_s: float) -> None:
        with self._server.translated(), self._redis.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.pexpire(PREFIX + key, _ms(keep_s))
            pipe.execute()

    def delete(self, key: str) -> None:
        with self._server.translated():
            self._redis.delete(PREFIX + key)

    def append(self, key: str, values: Sequence[bytes], keep_s: float) -> None:
        if not values:
            return
        with self._server.translated(), self._redis.pipeline() as pipe:
            pipe.rpush(PREFIX + key, *values)
            pipe.pexpire(PREFIX + key, _ms(keep_s))
            pipe.execute()

    def since(self, key: str, count: int) -> list[bytes]:
        with self._server.translated():
            found = self._redis.lrange(PREFIX + key, count, -1)
        return [one for one in found if isinstance(one, bytes)] if isinstance(found, list) else []

    def take(self, group: str, place: str, who: str, *, total: int, each: int, keep_s: float) -> bool:
        now = self._clock()
        with self._server.translated():
            taken = self._redis.eval(_TAKE, 2, *_names(group), now, now + keep_s, place, who, total, each)
        return bool(taken)

    def hold(self, group: str, places: Sequence[str], keep_s: float) -> None:
        with self._server.translated():
            self._redis.eval(_HOLD, 2, *_names(group), self._clock() + keep_s, *places)

    def leave(self, group: str, place: str) -> None:
        with self._server.translated():
            self._redis.eval(_LEAVE, 2, *_names(group), place)

    def close(self) -> None:
        self._redis.close()


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1_000))


def _names(group: str) -> tuple[str, str]:
    return f"{PREFIX}places:{group}", f"{PREFIX}holders:{group}"
