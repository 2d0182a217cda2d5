"""Waits no longer than so long for a call that has no deadline of its own, as drivers have none for a server that stopped in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from typing import TypeVar

from configs.errors import StoreTimeout

Answer = TypeVar("Answer")


def in_time(work: Callable[[], Answer], timeout_s: float, who: str) -> Answer:
    """Return what `work` returns. It is done in a thread of its own, which nobody waits for once it is late.

    Raises StoreTimeout, naming who did not answer, beside what `work` raises.
    """
    done: Future[Answer] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as exc:  # noqa: BLE001 - handed to whoever waits
            done.set_exception(exc)

    threading.Thread(target=run, name="in-time", daemon=True).start()
    try:
        return done.result(timeout_s)
    except TooLate:
        if done.done():
            raise
        raise StoreTimeout(
            f"{who} says nothing any more", next_step="look after the server; it is asked again by itself"
        ) from None
