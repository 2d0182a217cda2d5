"""Keeps what was read of a generation. A committed generation never changes, so what is kept is right for ever."""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

MAX_KEPT = 48
"""Values kept, least recently used out first; the largest, an adjacency of a million relations, takes some 16 MB."""
MAX_TEXT_BYTES = 16_000_000
"""Of the texts of files that are kept."""

Key: TypeAlias = tuple[int, int, Hashable]
"""Repository number, generation, what it is."""


class GenerationCache:
    """Shared by the threads of one store. Values are never changed after `put`.

    most: what all values may weigh together. weigh: what one weighs; without it each is one.
    """

    def __init__(self, most: int = MAX_KEPT, weigh: Callable[[Any], int] = lambda _: 1) -> None:
        self._kept: OrderedDict[Key, Any] = OrderedDict()
        self._most = most
        self._weigh = weigh
        self._held = 0
        self._lock = threading.Lock()

    @staticmethod
    def key(connection: sqlite3.Connection, repository: int, what: Hashable) -> Key:
        """Return the key for the generation that the connection's open transaction sees."""
        row = connection.execute("SELECT generation FROM repositories WHERE id = ?", (repository,)).fetchone()
        return repository, row[0], what

    def get(self, key: Key) -> Any:
        """Return the value, None when it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Key, value: Any) -> None:
        with self._lock:
            if key in self._kept:
                self._held -= self._weigh(self._kept.pop(key))
            self._kept[key] = value
            self._held += self._weigh(value)
            while self._held > self._most:
                self._held -= self._weigh(self._kept.popitem(last=False)[1])
