"""Lessons in a Redis server that several machines share: the Lessons port.

One hash a kind, from id to JSON, and nothing in it leaves by itself. The kinds are bounded, so that a look-up reads the kind
and keeps what is granted. A server that evicts may drop a kind as a whole: give lessons a server, or a database, that does not.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from knowledge.backends.redis_server import RedisServer
from knowledge.lessons import Kind, Lesson
from knowledge.scope import Scope

PREFIX = "clew:lessons:1:"
"""The number is the version of the layout."""
KINDS: tuple[Kind, ...] = ("solution", "example", "run")


class RedisLessons:
    """Raises (all methods): StoreUnavailable, StoreTimeout, StoreRefused, StoreFull, StoreError."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self._redis = server.client()

    def put(self, lesson: Lesson, *, keep: int) -> None:
        with self._server.translated():
            self._redis.hset(PREFIX + lesson.kind, lesson.id, json.dumps(asdict(lesson), ensure_ascii=False))
            if int(self._redis.hlen(PREFIX + lesson.kind)) > keep:
                over = [one.id for one in self._all(lesson.kind)[keep:]]
                if over:
                    self._redis.hdel(PREFIX + lesson.kind, *over)

    def get(self, scope: Scope, kind: Kind, lesson_id: str) -> Lesson | None:
        with self._server.translated():
            held = self._redis.hget(PREFIX + kind, lesson_id)
        lesson = _lesson(held) if isinstance(held, bytes) else None
        return lesson if lesson is not None and _is_granted(scope, lesson) else None

    def find(self, scope: Scope, kind: Kind, group: str | None = None) -> list[Lesson]:
        with self._server.translated():
            known = self._all(kind)
        return [one for one in known if group in (None, one.group) and _is_granted(scope, one)]

    def forget(self, scope: Scope, kind: Kind, lesson_id: str) -> bool:
        if self.get(scope, kind, lesson_id) is None:
            return False
        with self._server.translated():
            return bool(self._redis.hdel(PREFIX + kind, lesson_id))

    def forget_repository(self, repository: str) -> None:
        with self._server.translated():
            for kind in KINDS:
                own = [one.id for one in self._all(kind) if repository in one.repositories]
                if own:
                    self._redis.hdel(PREFIX + kind, *own)

    def close(self) -> None:
        self._redis.close()

    def _all(self, kind: Kind) -> list[Lesson]:
        held = self._redis.hgetall(PREFIX + kind)
        assert isinstance(held, dict)
        return sorted((_lesson(value) for value in held.values()), key=lambda one: (-one.taught_at, one.id))


def _lesson(held: bytes | str) -> Lesson:
    content = json.loads(held)
    return Lesson(**{**content, "repositories": tuple(content["repositories"])})


def _is_granted(scope: Scope, lesson: Lesson) -> bool:
    return all(scope.allows(name) for name in lesson.repositories)
