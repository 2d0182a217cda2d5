"""Takes events out of the Ledger that are older than they may become: at once for `clew audit prune`, once a day beside a server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from typing import TypeVar

from app.stores import Stores
from configs.errors import ClewError
from ops.ledger.anchors import anchor_of, write_anchor
from ops.ledger.events import STREAMS
from ops.ledger.ledger import Ledger
from ops.ledger.retention import PrunedStream, prune

DAY_S = 86_400
BEGINS_AFTER_S = 60.0
"""The first answers of a server go first."""

log = logging.getLogger("clew.ledger")

Inner = TypeVar("Inner")


def take_out(
    stores: Stores,
    ledger: Ledger,
    days: int,
    streams: Sequence[str] = STREAMS,
    *,
    dry: bool = False,
    progress: Callable[[int], None] = lambda _done: None,
) -> list[PrunedStream]:
    """Take out what is older, make the sums anew and anchor what is left; dry: only say what would go. Raises StoreCorrupt, StoreError."""
    signer = stores.ledger_signer(ledger)
    before_us = ledger.now_us() - days * DAY_S * 1_000_000
    taken = prune(ledger, signer, before_us, streams, dry=dry, progress=progress)
    if taken and not dry:
        stores.forget_usage()
        write_anchor(anchor_of(ledger.heads(), ledger.now_us(), signer), stores.anchor_file)
    return taken


@asynccontextmanager
async def kept_to_age(stores: Stores, inner: AbstractAsyncContextManager[Inner]) -> AsyncIterator[Inner]:
    """Take out what is too old, now and every day, for as long as the block takes, in which `inner` is entered."""
    async with inner as held:
        task = asyncio.create_task(_every_day(stores))
        try:
            yield held
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _every_day(stores: Stores) -> None:
    await asyncio.sleep(BEGINS_AFTER_S)
    while True:
        await asyncio.to_thread(look, stores)
        await asyncio.sleep(DAY_S)


def look(stores: Stores) -> int:
    """Take out what is too old, and return how many events went; of several workers one does it. What fails is logged, and tried the next day."""
    try:
        if stores.shared is not None and stores.shared.claim("retention", b"", DAY_S / 2) is not None:
            return 0
        with closing(stores.open_ledger()) as ledger:
            count = sum(one.count for one in take_out(stores, ledger, stores.settings.ledger.keep_days))
    except ClewError as error:
        log.error("old events were not taken out of the Ledger: %s (next: %s)", error, error.next_step)
        return 0
    if count:
        log.info("%d events were older than %d days, and are gone", count, stores.settings.ledger.keep_days)
    return count
