"""How much may be asked a minute: requests by key and by principal, tokens by principal, refused credentials by address.

The windows slide (`limits`, sliding window counter), in this process, in a file that the workers of one server share, or in a Redis that several
servers share. A Redis that does not
answer counts for nobody: then each server counts for itself until it is back, which is logged.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, SlidingWindowCounterSupport, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError

from configs.errors import ConfigError, RateLimited, StoreError
from configs.settings import RateSettings
from knowledge.sharing import SharedCounts

AWAY_S = 5.0
"""So long a Redis that failed is not asked again."""

log = logging.getLogger("clew.policy")

Answer = TypeVar("Answer")


class Rates:
    """The counts of one server."""

    def __init__(self, settings: RateSettings, counts: SharedCounts | None = None) -> None:
        """counts: of the workers of this server together. Raises ConfigError when Redis is wanted and its package is not there."""
        self._settings = settings
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        shared = _redis(settings) if settings.store == "redis" else None if counts is None else _SharedWindows(counts)
        self._shared = None if shared is None else SlidingWindowCounterRateLimiter(shared)
        self._away_until = 0.0

    async def count_request(self, principal: str, key_id: str, teams: Sequence[str] = ()) -> None:
        """Raises RateLimited when the key, the principal or one of its teams has asked often enough."""
        settings = self._settings
        if key_id:
            await self._count("requests of this key", "key", key_id, settings.key_requests)
        most = settings.quotas.get(f"user:{principal}", settings.user_requests)
        await self._count("your requests", "user", principal, most)
        for team in teams:
            most = settings.quotas.get(f"team:{team}", settings.team_requests)
            await self._count(f"requests of the team {team!r}", "team", team, most)

    async def check_tokens(self, principal: str, teams: Sequence[str] = ()) -> None:
        """Raises RateLimited when the models of the principal, or of one of its teams, have read and written enough for now."""
        for what, kind, who, most in self._token_accounts(principal, teams):
            if not await self._asked("test", RateLimitItemPerMinute(most), kind, who):
                raise await self._refused(what, kind, who, most)

    async def count_tokens(self, principal: str, tokens: int, teams: Sequence[str] = ()) -> None:
        """Count what an answer took, also when it is more than was left: the next one waits for it."""
        for _, kind, who, most in self._token_accounts(principal, teams):
            for left in range(tokens, 0, -most):
                await self._asked("hit", RateLimitItemPerMinute(most), kind, who, cost=min(left, most))

    def _token_accounts(self, principal: str, teams: Sequence[str]) -> list[tuple[str, str, str, int]]:
        """Return what is said, the kind, the name and the limit of each account that has one."""
        of_team, of_user = self._settings.team_tokens, self._settings.user_tokens
        accounts = [("the tokens of your answers", "tokens", principal, of_user)]
        accounts += [(f"the tokens of the team {team!r}", "team tokens", team, of_team) for team in teams]
        return [account for account in accounts if account[3]]

    async def check_failures(self, address: str) -> None:
        """Raises RateLimited when too many credentials from this address were refused."""
        most = self._settings.failures
        if most and not await self._asked("test", RateLimitItemPerMinute(most), "failures", address):
            raise await self._refused("refused keys and tokens from your address", "failures", address, most)

    async def count_failure(self, address: str) -> None:
        if self._settings.failures:
            await self._asked("hit", RateLimitItemPerMinute(self._settings.failures), "failures", address)

    async def _count(self, what: str, kind: str, who: str, most: int) -> None:
        if most and not await self._asked("hit", RateLimitItemPerMinute(most), kind, who):
            raise await self._refused(what, kind, who, most)

    async def _refused(self, what: str, kind: str, who: str, most: int) -> RateLimited:
        stats = await self._asked("get_window_stats", RateLimitItemPerMinute(most), kind, who)
        wait_s = max(1.0, stats.reset_time - time.time())
        return RateLimited(
            f"{what}: at most {most:,} a minute", next_step=f"come back in {wait_s:.0f} s", retry_after_s=wait_s
        )

    async def _asked(self, method: str, *arguments: Any, **named: Any) -> Any:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return await getattr(self._shared, method)(*arguments, **named)
            except StorageError as exc:
                self._away_until = time.monotonic() + AWAY_S
                log.warning(
                    "requests are counted by this server alone: what it shares with others does not answer (%s)", exc
                )
        return await getattr(self._own, method)(*arguments, **named)


class _SharedWindows(Storage, SlidingWindowCounterSupport):
    """The windows of several processes, as the strategy asks for them."""

    STORAGE_SCHEME = None

    def __init__(self, counts: SharedCounts) -> None:
        super().__init__(wrap_exceptions=True)
        self._counts = counts
        self._thread = ThreadPoolExecutor(1, "counts")  # its own: counting must not wait for searches

    async def _asked(self, call: Callable[..., Answer], *arguments: object) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(call, *arguments))

    @property
    def base_exceptions(self) -> type[Exception]:
        return StoreError

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        return await self._asked(self._counts.count, key, amount, limit, expiry, time.time())

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        now = time.time()
        before, current = await self._asked(self._counts.window, key, expiry, now)
        left = expiry - now % expiry
        return before, left, current, left + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Nobody asks for it."""

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError(key)  # of other strategies, as those below

    async def get(self, key: str) -> int:
        raise NotImplementedError(key)

    async def get_expiry(self, key: str) -> float:
        raise NotImplementedError(key)

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        return None

    async def clear(self, key: str) -> None:
        """Nobody asks for it."""


def _redis(settings: RateSettings) -> Storage:
    password = settings.password.get_secret_value()
    try:
        return RedisStorage(
            f"async+{settings.url}",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="clew:rates",
            socket_timeout=1.0,
            socket_connect_timeout=1.0,
            **({"password": password} if password else {}),
        )
    except Exception as exc:  # the library's own, and one for every way in which an address can be wrong
        raise ConfigError(
            f"rates.store is redis, and {settings.url!r} cannot be used: {exc}", next_step="pip install 'clew[redis]'"
        ) from exc
