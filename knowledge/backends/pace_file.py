"""The paces of models in one JSON file that people can read: the PaceStore port. Replaced as a whole, never half-written."""

from __future__ import annotations

import json
import logging
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from knowledge.paces import KEPT, KeptPace

LOCK_S = 0.5
LONGEST_BYTES = 1_000_000

log = logging.getLogger("clew.paces")


class PaceFile:
    """path: the file, made by the first pace that is kept, and only in a folder that is there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"), timeout=LOCK_S)

    def read(self) -> list[KeptPace]:
        try:
            if self._path.stat().st_size > LONGEST_BYTES:
                raise ValueError("it is too long")
            return [_pace_of(row) for row in json.loads(self._path.read_text("utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as exc:
            log.warning("the paces %s cannot be read and count for nothing: %s", self._path, exc)
            return []

    def keep(self, pace: KeptPace) -> None:
        if not self._path.parent.is_dir():
            return
        try:
            with self._lock:
                others = [one for one in self.read() if (one.host, one.model) != (pace.host, pace.model)]
                self._write(sorted([*others, pace], key=lambda one: one.at)[-KEPT:])
        except (OSError, Timeout) as exc:
            log.warning("the pace of %s is not kept: %s", pace.model, exc)

    def _write(self, paces: list[KeptPace]) -> None:
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump([asdict(pace) for pace in paces], file, indent=1)
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _pace_of(row: Mapping[str, Any]) -> KeptPace:
    return KeptPace(
        host=str(row["host"]),
        model=str(row["model"]),
        at=float(row["at"]),
        reads=_rate(row.get("reads")),
        most_read=_rate(row.get("most_read")),
        writes=_rate(row.get("writes")),
        most_written=_rate(row.get("most_written")),
        read_spread=float(row.get("read_spread", 0.0)),
        written_spread=float(row.get("written_spread", 0.0)),
        lengths={int(most): float(usual) for most, usual in row.get("lengths", {}).items()},
    )


def _rate(value: Any) -> float | None:
    """Return a rate; raises ValueError for what is none."""
    if value is None:
        return None
    rate = float(value)
    if not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"{value!r} is no rate")
    return rate
