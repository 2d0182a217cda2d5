"""Writes small SCIP indexes by hand, byte for byte."""

from __future__ import annotations

Use = tuple[int, int, str, bool]
"""(0-based line, 0-based column, symbol, whether it is the definition)."""


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def message(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def index(documents: dict[str, list[Use]]) -> bytes:
    """Return an index with these documents, and with fields that nobody reads."""
    out = message(1, message(2, message(1, b"scip-written-by-hand")))
    for path, uses in documents.items():
        body = message(4, b"python") + message(1, path.encode())
        for line, column, symbol, is_definition in uses:
            place = b"".join(varint(number) for number in (line, column, column + 3))
            occurrence = message(1, place) + message(2, symbol.encode())
            if is_definition:
                occurrence += varint(3 << 3) + varint(1)
            body += message(2, occurrence + varint(5 << 3) + varint(300))
        out += message(2, body)
    return out
