"""Counts a minute: requests by key and principal, tokens, refused credentials; a Redis that is away counts for nobody."""

from __future__ import annotations

import asyncio
import logging

import pytest

from configs.errors import ConfigError, RateLimited
from configs.settings import RateSettings
from ops.policy.rates import Rates


def rates(**values: object) -> Rates:
    return Rates(RateSettings.model_validate({"key_requests": 0, "user_requests": 0, "failures": 0, **values}))


async def times(count: int, rate: Rates, who: str = "alice", key: str = "k1") -> int:
    """Return how many of so many requests were let in."""
    let_in = 0
    for _ in range(count):
        try:
            await rate.count_request(who, key)
            let_in += 1
        except RateLimited as error:
            assert 1 <= error.retry_after_s <= 60
    return let_in


def test_a_key_and_a_principal_have_counts_of_their_own() -> None:
    async def run() -> None:
        by_key = rates(key_requests=3)
        assert await times(5, by_key) == 3
        assert await times(5, by_key, key="k2") == 3
        by_user = rates(user_requests=3)
        assert await times(2, by_user) + await times(2, by_user, key="k2") == 3
        assert await times(5, by_user, who="bob") == 3
        assert await times(50, rates()) == 50, "0 is no limit"

    asyncio.run(run())


def test_tokens_are_counted_after_the_answer_and_the_next_one_waits() -> None:
    async def run() -> None:
        rate = rates(user_tokens=1_000)
        await rate.check_tokens("alice")
        await rate.count_tokens("alice", 2_500)
        with pytest.raises(RateLimited, match="1,000 a minute"):
            await rate.check_tokens("alice")
        await rate.check_tokens("bob")

    asyncio.run(run())


def test_refused_credentials_are_counted_by_address() -> None:
    async def run() -> None:
        rate = rates(failures=2)
        for _ in range(2):
            await rate.check_failures("10.0.0.1")
            await rate.count_failure("10.0.0.1")
        with pytest.raises(RateLimited, match="from your address"):
            await rate.check_failures("10.0.0.1")
        await rate.check_failures("10.0.0.2")

    asyncio.run(run())


def test_a_redis_that_is_away_leaves_each_server_to_count_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> int:
        return await times(5, rates(user_requests=3, store="redis", url="redis://127.0.0.1:1/0"))

    with caplog.at_level(logging.WARNING, "clew.policy"):
        assert asyncio.run(run()) == 3
    assert caplog.text.count("counted by this server alone") == 1


def test_an_address_that_is_none_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ConfigError, match=r"rates\.store is redis"):
        rates(store="redis", url="nonsense://x")


def test_a_team_has_counts_of_its_own_and_some_have_other_quotas() -> None:
    async def asked(count: int, rate: Rates, who: str, *teams: str) -> int:
        let_in = 0
        for _ in range(count):
            try:
                await rate.count_request(who, "", teams)
                let_in += 1
            except RateLimited:
                pass
        return let_in

    async def run() -> None:
        by_team = rates(team_requests=3, quotas={"team:pay": 5, "user:carol": 1})
        assert await asked(2, by_team, "alice", "web") + await asked(2, by_team, "bob", "web") == 3
        assert await asked(9, by_team, "alice", "pay") == 5
        assert await asked(9, by_team, "carol") == 1
        assert await asked(9, by_team, "dave") == 9, "who is in no team has no team's limit"
        tokens = rates(team_tokens=1_000)
        await tokens.count_tokens("alice", 1_500, ("web",))
        with pytest.raises(RateLimited, match="tokens of the team 'web'"):
            await tokens.check_tokens("bob", ("web",))
        await tokens.check_tokens("bob", ("pay",))

    asyncio.run(run())


@pytest.mark.parametrize("quotas", [{"alice": 1}, {"user:": 1}, {"user:alice": -1}])
def test_a_quota_names_a_user_or_a_team(quotas: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="quotas"):
        RateSettings.model_validate({"quotas": quotas})
