"""Answers that may be given again, in a Redis server that several processes and machines share: the Memory port.

An entry is one string under a hash of its key, scope and release, and leaves by itself after `keep_s` without being put again. It
is served as SQLite's entries are: only while each file it cites has the content hash that it was made from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from knowledge.backends.redis_server import RedisServer
from knowledge.ports.memory import MemoryEntry

PREFIX = "clew:memory:1:"
"""The number is the version of the layout."""
SCAN_BATCH = 1_000
_DELETE_IF_SAME = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"

CurrentHash = Callable[[str, str], str | None]
"""(repository, path) -> content hash at the indexed revision, None when the file is no longer covered."""


class RedisMemory:
    """Safe to share between threads. The server is first spoken to by the first call.

    Raises (all methods): StoreUnavailable, StoreTimeout, StoreRefused, StoreFull, StoreError.
    """

    def __init__(self, server: RedisServer, current_hash: CurrentHash, *, keep_s: int = 2_592_000) -> None:
        self._server = server
        self._redis = server.client()
        self._current_hash = current_hash
        self._keep_s = keep_s

    def get(self, key: str, *, scope_key: str, release_id: str) -> MemoryEntry | None:
        """Return the entry, None when there is none or a cited file has changed since; such an entry is removed."""
        place = _place_of(key, scope_key, release_id)
        with self._server.translated():
            held = self._redis.get(place)
        if not isinstance(held, bytes):
            return None
        content = json.loads(held)
        dependencies = tuple((repository, path, known) for repository, path, known in content["dependencies"])
        if any(self._current_hash(repository, path) != known for repository, path, known in dependencies):
            with self._server.translated():  # unless another one was put in its place meanwhile
                self._redis.eval(_DELETE_IF_SAME, 1, place, held)
            return None
        return MemoryEntry(key, content["payload"], scope_key, release_id, dependencies)

    def put(self, entry: MemoryEntry) -> None:
        """Store an entry in place of one with the same key, scope and release."""
        content = {"payload": entry.payload, "dependencies": entry.dependencies, "scope": entry.scope_key}
        place = _place_of(entry.key, entry.scope_key, entry.release_id)
        with self._server.translated():
            self._redis.set(place, json.dumps(content, ensure_ascii=False), ex=self._keep_s)

    def forget_repository(self, repository: str) -> None:
        """Erase every entry that names the repository; one too many is only made again."""
        escaped = json.dumps(repository)[1:-1]  # as a scope key that is JSON has a name beyond ASCII
        names = {repository.encode(), escaped.encode(), escaped.replace("\\", "\\\\").encode()}
        with self._server.translated():
            places = list(self._redis.scan_iter(f"{PREFIX}*", count=SCAN_BATCH))
            for start in range(0, len(places), SCAN_BATCH):
                batch = places[start : start + SCAN_BATCH]
                held = self._redis.mget(batch)
                naming = [
                    place
                    for place, value in zip(batch, held, strict=True)
                    if value and any(name in value for name in names)
                ]
                if naming:
                    self._redis.delete(*naming)

    def close(self) -> None:
        self._redis.close()


def _place_of(key: str, scope_key: str, release_id: str) -> str:
    return PREFIX + hashlib.sha256(json.dumps([key, scope_key, release_id]).encode()).hexdigest()
