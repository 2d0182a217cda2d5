"""Work that worker processes import by name: it kills its own process, or says where it ran."""

from __future__ import annotations

import os
from collections.abc import Sequence

from indexers.worker import Job


def die_on_poison(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    """Return each path in upper case; end the process without a word when one is called poison."""
    if any("poison" in path for path, *_ in jobs):
        os._exit(9)
    return [(path, path.upper().encode()) for path, *_ in jobs]


def spin_on_poison(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    """Return each path in upper case; never come back when one is called poison."""
    while any("poison" in path for path, *_ in jobs):
        pass
    return [(path, path.upper().encode()) for path, *_ in jobs]


def die_at_once() -> None:
    os._exit(9)


def raise_on_poison(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    if any("poison" in path for path, *_ in jobs):
        raise RuntimeError("no work for poison")
    return [(path, b"") for path, *_ in jobs]


def name_process(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    return [(path, str(os.getpid()).encode()) for path, *_ in jobs]


def answer_at_length(jobs: Sequence[Job]) -> list[tuple[str, bytes]]:
    """Return more for each path than any pipe holds."""
    return [(path, bytes(1_000_000)) for path, *_ in jobs]
