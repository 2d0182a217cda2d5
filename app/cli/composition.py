"""Opens what a command works with, from its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.wiring import Wiring
from configs.settings import load_settings


@contextmanager
def opened(store: str | None, overrides: Mapping[str, Any] | None = None) -> Iterator[Wiring]:
    """Yield the composed parts; close them afterwards.

    Args:
        store: `--store` as given.
        overrides: further options of the run, nested as the settings are.
    """
    wiring = Wiring(load_settings({**(overrides or {}), "home": store}))
    try:
        yield wiring
    finally:
        wiring.close()
