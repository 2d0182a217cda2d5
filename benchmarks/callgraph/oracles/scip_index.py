"""Reads what we need of a SCIP index: occurrences by document. Field numbers are those of SCIP's `scip.proto`.

Wire format: protobuf, https://protobuf.dev/programming-guides/encoding/. Unknown fields are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_DOCUMENTS, _METADATA = 2, 1
_RELATIVE_PATH, _OCCURRENCES = 1, 2
_RANGE, _SYMBOL, _ROLES = 1, 2, 3
_DEFINITION_ROLE = 1

Wire = int | bytes


@dataclass(frozen=True, slots=True)
class Occurrence:
    """line and column are 0-based as written by the indexer; its columns count UTF-16 units or characters."""

    line: int
    column: int
    symbol: str
    is_definition: bool


def documents(index: bytes) -> Iterator[tuple[str, list[Occurrence]]]:
    """Yield (relative path, occurrences) of every document. Raises ValueError on a cut index."""
    for number, value in _fields(index):
        if number == _DOCUMENTS and isinstance(value, bytes):
            yield _document(value)


def _document(message: bytes) -> tuple[str, list[Occurrence]]:
    path = ""
    occurrences: list[Occurrence] = []
    for number, value in _fields(message):
        if isinstance(value, int):
            continue
        if number == _RELATIVE_PATH:
            path = value.decode()
        elif number == _OCCURRENCES:
            occurrences.append(_occurrence(value))
    return path, occurrences


def _occurrence(message: bytes) -> Occurrence:
    place: list[int] = []
    symbol, roles = "", 0
    for number, value in _fields(message):
        if number == _RANGE:
            place.extend([value] if isinstance(value, int) else _packed(value))
        elif number == _SYMBOL and isinstance(value, bytes):
            symbol = value.decode()
        elif number == _ROLES and isinstance(value, int):
            roles = value
    return Occurrence(place[0], place[1], symbol, bool(roles & _DEFINITION_ROLE))


def _packed(value: bytes) -> list[int]:
    numbers: list[int] = []
    at = 0
    while at < len(value):
        number, at = _varint(value, at)
        numbers.append(number)
    return numbers


def _fields(message: bytes) -> Iterator[tuple[int, Wire]]:
    """Yield (field number, value): an int for varints and fixed numbers, bytes for what has a length."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind} at byte {at} is not protobuf 3; the index is damaged")
        if at + size > end:
            raise ValueError(f"a field of {size} bytes ends behind the message; the index is cut")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(message):
            raise ValueError("a number ends behind the message; the index is cut")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
