"""Reads a SCIP index as a stream: documents one after the other, each with its occurrences.

Only the fields that the overlay needs are decoded; the file is mapped, never read whole. Source: SCIP's `scip.proto`
(Index, Document, Occurrence) and the Protocol Buffers encoding reference (varints, length-delimited fields).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from configs.errors import InputError

DEFINITION = 1
"""The bit of `Occurrence.roles` that marks a definition."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_INDEX_DOCUMENT = 2
_DOCUMENT_PATH, _DOCUMENT_OCCURRENCE, _DOCUMENT_ENCODING = 1, 2, 6
_OCCURRENCE_RANGE, _OCCURRENCE_SYMBOL, _OCCURRENCE_ROLES = 1, 2, 3


class Encoding(IntEnum):
    """What a column counts."""

    UNSPECIFIED = 0
    UTF8 = 1
    UTF16 = 2
    UTF32 = 3


Occurrence = tuple[int, int, str, int]
"""line (0-based), first column (0-based), symbol, roles."""


@dataclass(frozen=True, slots=True)
class Document:
    """One source file of the index; `path` is relative to the project's root, `/`-separated."""

    path: str
    encoding: Encoding
    occurrences: list[Occurrence]


def documents(path: Path) -> Iterator[Document]:
    """Yield the documents of the SCIP index at `path`, in its order; one is in memory at a time.

    Raises:
        InputError: the file cannot be read, is empty, or is no SCIP index.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for number, kind, value in _fields(data, 0, len(data)):
                if number == _INDEX_DOCUMENT and kind == _BYTES:
                    yield _document(data, *value)
    except OSError as exc:
        raise InputError(
            f"{str(path)!r} cannot be read: {exc.strerror}.", next_step="Give the path of a SCIP index."
        ) from exc
    except (ValueError, IndexError) as exc:
        raise InputError(
            f"{str(path)!r} is not a SCIP index, or it is cut short.",
            next_step="Make it anew, for instance with `scip-python index` or `scip-typescript index`.",
        ) from exc


def _document(data: mmap.mmap, start: int, end: int) -> Document:
    path, encoding = "", Encoding.UNSPECIFIED
    occurrences: list[Occurrence] = []
    for number, kind, value in _fields(data, start, end):
        if number == _DOCUMENT_OCCURRENCE and kind == _BYTES:
            occurrence = _occurrence(data, *value)
            if occurrence is not None:
                occurrences.append(occurrence)
        elif number == _DOCUMENT_PATH and kind == _BYTES:
            path = data[value[0] : value[1]].decode()
        elif number == _DOCUMENT_ENCODING and kind == _VARINT:
            encoding = Encoding(value) if value <= Encoding.UTF32 else Encoding.UNSPECIFIED
    return Document(path, encoding, occurrences)


def _occurrence(data: mmap.mmap, start: int, end: int) -> Occurrence | None:
    line = column = -1
    symbol, roles = "", 0
    for number, kind, value in _fields(data, start, end):
        if number == _OCCURRENCE_SYMBOL and kind == _BYTES:
            symbol = data[value[0] : value[1]].decode()
        elif number == _OCCURRENCE_RANGE and kind == _BYTES:
            line, place = _varint(data, value[0])
            column, _ = _varint(data, place)
        elif number == _OCCURRENCE_ROLES and kind == _VARINT:
            roles = value
    return (line, column, symbol, roles) if symbol and line >= 0 else None


def _fields(data: mmap.mmap, place: int, end: int) -> Iterator[tuple[int, int, Any]]:
    """Yield (field number, wire type, value): an int, or the (start, end) of a length-delimited value."""
    while place < end:
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == _BYTES:
            size, place = _varint(data, place)
            if place + size > end:
                raise ValueError("a field is longer than what holds it")
            yield tag >> 3, kind, (place, place + size)
            place += size
        elif kind == _VARINT:
            value, place = _varint(data, place)
            yield tag >> 3, kind, value
        elif kind in (_FIXED64, _FIXED32):
            place += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind} is not in use")
    if place != end:
        raise ValueError("a field is longer than what holds it")


def _varint(data: mmap.mmap, place: int) -> tuple[int, int]:
    value = data[place]
    place += 1
    if value < 128:
        return value, place
    value &= 127
    for shift in range(7, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number is longer than 64 bits")
