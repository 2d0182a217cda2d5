"""A server takes out of the Ledger what is older than it may become, and says so in the Ledger; of several workers one does it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from app import retention
from app.wiring import Wiring
from configs.settings import load_settings
from tests.unit.ops.ledger.examples import asked

DAY_US = 86_400_000_000


@pytest.fixture
def wiring(tmp_path: Path) -> Iterator[Wiring]:
    """Parts over a Ledger with three events of long ago, one of today, and sums of them."""
    made = Wiring(
        load_settings({"home": str(tmp_path / "store"), "ledger": {"keep_days": 30}, "retrieval": {"dense": False}})
    )
    now = int(time.time() * 1e6)
    with closing(made.open_ledger()) as ledger:
        ledger.append([asked(f"r{n}") for n in range(4)], [*(now - 40 * DAY_US + n for n in range(3)), now])
    with closing(made.open_usage()) as usage:
        assert usage.view.report("day")
    yield made
    made.close()


def left(wiring: Wiring) -> list[tuple[str, int]]:
    with closing(wiring.open_ledger()) as ledger:
        assert wiring.verify_ledger(ledger).broken == ()
        return [(entry.kind, entry.number) for entry in ledger.entries()]


def test_what_is_too_old_goes_and_the_rest_is_anchored(wiring: Wiring) -> None:
    assert retention.look(wiring) == 3
    assert left(wiring) == [("pruned", 1), ("asked", 4)]
    assert wiring.anchor_file.exists()
    assert not (wiring.settings.home / "usage.db").exists()
    assert retention.look(wiring) == 0


def test_a_broken_chain_keeps_everything_and_is_logged(wiring: Wiring, caplog: pytest.LogCaptureFixture) -> None:
    with closing(sqlite3.connect(wiring.settings.home / "ledger.db")) as connection, connection:
        connection.execute("UPDATE entries SET at_us = at_us + 1 WHERE number = 2")
    assert retention.look(wiring) == 0
    assert "the Ledger is broken" in caplog.text
    with closing(wiring.open_ledger()) as ledger:
        assert len(list(ledger.entries())) == 4


def test_a_server_does_it_beside_its_requests_and_not_where_nothing_says_how_old(
    wiring: Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BEGINS_AFTER_S", 0.0)

    async def run() -> None:
        done = asyncio.Event()
        loop, look = asyncio.get_running_loop(), retention.look

        def seen(stores: Wiring) -> int:
            count = look(stores)
            loop.call_soon_threadsafe(done.set)
            return count

        monkeypatch.setattr(retention, "look", seen)
        async with wiring.background():
            await asyncio.wait_for(done.wait(), 20)

    asyncio.run(run())
    assert left(wiring) == [("pruned", 1), ("asked", 4)]
    forever = Wiring(load_settings({"home": str(wiring.settings.home), "retrieval": {"dense": False}}))
    assert isinstance(forever.background(), nullcontext)


def test_of_several_workers_one_does_it(wiring: Wiring, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = [
        Wiring(load_settings({"home": str(wiring.settings.home), "ledger": {"keep_days": 30}, "serve": {"workers": 2}}))
        for _ in range(2)
    ]
    assert all(one.shared is not None for one in workers)
    pruned: list[int] = []

    def taken(*_: object) -> list[object]:
        pruned.append(1)
        return []

    monkeypatch.setattr(retention, "take_out", taken)
    for one in workers:
        retention.look(one)
    assert pruned == [1]
    for one in workers:
        one.close()
