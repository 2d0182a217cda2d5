"""What the processes of one server know together, each thing for a while: who has begun what, events that others may read on, places, counts.

Nothing of it is worth keeping: a server that starts anew starts with nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class SharedState(Protocol):
    """Safe to share between threads. Keys are ours, values bytes. Raises StoreError (all methods)."""

    def claim(self, key: str, value: bytes, keep_s: float) -> bytes | None:
        """Put a value where there is none, and return None; else return what is there. Of two who claim at once one gets it."""
        ...

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes, keep_s: float) -> None: ...

    def renew(self, keys: Sequence[str], keep_s: float) -> None:
        """Keep what is there so long from now on; keys that have left stay away."""
        ...

    def delete(self, key: str) -> None: ...

    def append(self, key: str, values: Sequence[bytes], keep_s: float) -> None:
        """Add to the end of a list, and keep all of it so long."""
        ...

    def since(self, key: str, count: int) -> list[bytes]:
        """Return what a list holds after its first `count` values; nothing for a list that has left."""
        ...

    def take(self, group: str, place: str, who: str, *, total: int, each: int, keep_s: float) -> bool:
        """Take a place of so many for all and so many for one, 0: no limit; False when there is none. A place renewed too late is free again."""
        ...

    def hold(self, group: str, places: Sequence[str], keep_s: float) -> None:
        """Keep these places so long from now on."""
        ...

    def leave(self, group: str, place: str) -> None: ...

    def close(self) -> None: ...


class SharedCounts(Protocol):
    """Counts in windows of so many seconds. Raises StoreError."""

    def count(self, key: str, amount: int, most: int, window_s: int, now: float) -> bool:
        """Count unless that would be more than `most` in a window that slides; say whether it was counted."""
        ...

    def window(self, key: str, window_s: int, now: float) -> tuple[int, int]:
        """Return what was counted in the window before, and in this one."""
        ...


def weighed(before: int, now_in: int, window_s: int, now: float) -> float:
    """Return the count of a window that slides: of the one before as much as it still covers."""
    elapsed = now % window_s
    return before * (window_s - elapsed) / window_s + now_in
