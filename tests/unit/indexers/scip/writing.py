"""Writes SCIP indexes for tests, field by field as the Protocol Buffers encoding says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

Occurrence = tuple[int, int, str, int]


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def packed(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def occurrence(line: int, column: int, symbol: str, roles: int, width: int = 1) -> bytes:
    place = varint(line) + varint(column) + varint(column + width)
    return packed(1, place) + packed(2, symbol.encode()) + (number(3, roles) if roles else b"") + packed(4, b"doc")


def document(path: str, occurrences: Sequence[Occurrence], encoding: int = 0) -> bytes:
    body = packed(1, path.encode()) + packed(4, b"python")
    body += b"".join(packed(2, occurrence(*one)) for one in occurrences)
    body += packed(3, packed(1, b"some symbol information"))
    return body + (number(6, encoding) if encoding else b"")


def write_index(path: Path, documents: Sequence[bytes]) -> Path:
    head = packed(1, packed(2, packed(1, b"a tool")) + packed(3, b"file:///somewhere"))
    path.write_bytes(head + b"".join(packed(2, one) for one in documents) + packed(3, packed(1, b"an external symbol")))
    return path
