"""Callers whom another party vouches for: no key, no more than asking and reading, and the limits of everybody."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from configs.errors import RateLimited, Unauthenticated
from configs.settings import RateSettings
from knowledge.backends.sqlite_principals import SqlitePrincipals
from knowledge.principals import Principal
from ops.policy.access import Access
from ops.policy.gate import Gate
from ops.policy.keys import Keys
from ops.policy.rates import Rates


def test_a_vouched_principal_asks_and_reads_within_its_grants_and_limits(tmp_path: Path) -> None:
    kept = SqlitePrincipals(tmp_path / "principals.db")
    kept.put_principal(Principal("ann", "Ann", roles=("admin",)))
    kept.put_principal(Principal("bob", "Bob", roles=("reader",), disabled=True))
    access = Access(tmp_path / "policies.cedar", lambda *_: None)
    rates = Rates(RateSettings(user_requests=2))
    gate = Gate(kept, Keys(kept, time.time), access, rates, lambda: {"shop": ""})

    async def come() -> None:
        one = await gate.vouched("ann")
        assert one.rights == {"ask", "read"}
        assert one.scope("ask").allows("shop")
        assert not one.scope("index").allows("shop")
        for refused in ("bob", "nobody"):
            with pytest.raises(Unauthenticated):
                await gate.vouched(refused)
        await gate.vouched("ann")
        with pytest.raises(RateLimited):
            await gate.vouched("ann")

    asyncio.run(come())
    kept.close()
