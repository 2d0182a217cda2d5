"""Events that a process could not bring into the Ledger before it ended: kept on the disk for the next one that can.

Files of a store, readable by its owner only, a batch each, with words that have passed the log gate. They are bounded in
bytes; what finds no room is dropped and told. One process brings them in at a time, and a file goes once its events are written:
a process that dies in between leaves it, so an event may be written twice, and none is lost.
"""

from __future__ import annotations

import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import filelock
import msgspec

from configs.errors import StoreError
from guardrails.logs import masked
from knowledge.threads import plain_text
from ops.ledger.events import KINDS, Event, plain_fields, sealed_fields

FOLDER = "ledger-waiting"
MOST_BYTES = 64_000_000
"""Of all that waits on the disk."""
BATCH = 1_000
_SUFFIX = ".events"
_KINDS = {kind.kind: kind for kind in KINDS}
_Row = tuple[str, int, dict[str, Any]]
_decode = msgspec.msgpack.Decoder(list[_Row]).decode

Append = Callable[[Sequence[Event], Sequence[int]], object]

log = logging.getLogger("clew.ledger")


class Leftovers:
    """Safe between processes. gate: what words pass before they are on the disk."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES, gate: Callable[[str], str] = masked) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._gate = gate

    def keep(self, events: Sequence[tuple[Event, int]]) -> int:
        """Write events with their times in microseconds; return how many found room. Raises OSError."""
        if not events:
            return 0
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        room = self._most_bytes - sum(file.stat().st_size for file in self._files())
        kept = 0
        for first in range(0, len(events), BATCH):
            batch = events[first : first + BATCH]
            content = msgspec.msgpack.encode([self._row(event, at_us) for event, at_us in batch])
            room -= len(content)
            if room < 0:
                break
            self._write(content)
            kept += len(batch)
        return kept

    def bring(self, append: Append, *, most: int | None = None) -> int:
        """Hand what waits to `append`, the oldest batch first; return how many events that were.

        Args:
            most: batches; None: all. Where another process does it already, nothing is done.

        Raises:
            StoreError: it cannot be written or read; the rest waits on.
        """
        if not self._folder.is_dir():
            return 0
        brought = 0
        try:
            with filelock.FileLock(self._folder / "lock", timeout=0):
                for file in islice(self._files(), most):
                    rows = list(_events_in(file))
                    if rows:
                        append([event for event, _ in rows], [at_us for _, at_us in rows])
                    file.unlink()
                    brought += len(rows)
        except filelock.Timeout:
            return 0
        except OSError as exc:
            raise StoreError(f"events that wait in {str(self._folder)!r} cannot be brought in: {exc.strerror}") from exc
        return brought

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_SUFFIX}"))

    def _write(self, content: bytes) -> None:
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
        fresh = self._folder / f"{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(self._folder / f"{name}{_SUFFIX}")

    def _row(self, event: Event, at_us: int) -> _Row:
        kind = type(event)
        freely = [*sealed_fields(kind), *(name for name, words in plain_fields(kind) if words)]
        gated = replace(event, **{name: self._gate(plain_text(getattr(event, name))) for name in freely})
        return kind.kind, at_us, msgspec.to_builtins(gated)


def _events_in(file: Path) -> Iterator[tuple[Event, int]]:
    """Yield the events of a file; none of one that is damaged, nor those of a kind that this version does not know."""
    try:
        for kind, at_us, body in _decode(file.read_bytes()):
            if kind in _KINDS:
                yield msgspec.convert(body, _KINDS[kind]), at_us
            else:
                log.error("an event of the unknown kind %r is left out of the Ledger", kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        log.error("events in %s cannot be read: %s", file.name, exc)
