"""What a run will want again waits here, in a temporary file: payloads of files, and rows in the order in which they came.

A small run never touches the disk. Nothing here is kept: the file is gone when it is closed, or when the process ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, Generic, TypeVar

import msgspec

SPOOL_BYTES = 8_000_000
"""Kept in memory before the file is made on the disk."""
ROWS_AT_ONCE = 4_000
"""Rows that are in memory while they go in or come out."""

Place = tuple[int, int]
"""Offset and length."""
Row = TypeVar("Row")

_encode = msgspec.msgpack.Encoder().encode


class Spool:
    """Append-only. Close it when done; not for several threads."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - closed by `close`
        self._end = 0
        self._is_at_end = True

    def put(self, payload: bytes) -> Place:
        if not self._is_at_end:
            self._file.seek(self._end)
            self._is_at_end = True
        self._file.write(payload)
        place = self._end, len(payload)
        self._end += len(payload)
        return place

    def get(self, place: Place) -> bytes:
        offset, length = place
        self._file.seek(offset)
        self._is_at_end = False
        return self._file.read(length)

    def close(self) -> None:
        self._file.close()


class SpooledRows(Generic[Row]):
    """Rows of one kind. decode: MessagePack to a list of such rows."""

    def __init__(self, spool: Spool, decode: Callable[[bytes], list[Row]]) -> None:
        self._spool = spool
        self._decode = decode
        self._places: list[Place] = []

    def extend(self, rows: Iterable[Any]) -> None:
        """Take rows as they come."""
        waiting = iter(rows)
        while batch := list(islice(waiting, ROWS_AT_ONCE)):
            self._places.append(self._spool.put(_encode(batch)))

    def __iter__(self) -> Iterator[Row]:
        for place in self._places:
            yield from self._decode(self._spool.get(place))
