"""The profile in one JSON file that people can read: the Profiles port. Replaced as a whole, never half-written."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from knowledge.profile import COUNTERS, Profile

LOCK_S = 1.0

log = logging.getLogger("clew.profile")


class ProfileFile:
    """path: the file, made by the first count. Threads and processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"), timeout=LOCK_S)

    def read(self) -> Profile:
        try:
            content = json.loads(self._path.read_text("utf-8"))
            return Profile(
                {name: {str(key): int(count) for key, count in content.get(name, {}).items()} for name in COUNTERS}
            )
        except FileNotFoundError:
            return Profile()
        except (OSError, ValueError, TypeError, AttributeError) as exc:
            log.warning("the profile %s cannot be read and counts for nothing: %s", self._path, exc)
            return Profile()

    def add(self, seen: Mapping[str, Iterable[str]]) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                self._write(self.read().with_answer(seen))
        except (OSError, Timeout) as exc:
            log.warning("an answer is not counted in the profile: %s", exc)

    def erase(self) -> bool:
        with self._lock:
            there = self._path.exists()
            self._path.unlink(missing_ok=True)
        return there

    def forget_repository(self, repository: str) -> None:
        if self._path.exists():
            with self._lock:
                self._write(self.read().without(repository))

    def _write(self, profile: Profile) -> None:
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(
                    {counter: dict(counts) for counter, counts in profile.counts.items()}, file, ensure_ascii=False
                )
            Path(name).replace(self._path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
