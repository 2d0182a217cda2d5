"""A file of named arrays: written once, then mapped into memory and never changed.

Layout: magic, header length (8 bytes, little-endian), header (JSON: `meta`, and for each array its type, offset and
count), then the arrays, each at a multiple of 64 bytes; last the xxh3-64 of everything before it, checked on opening.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from configs.errors import StoreCorrupt, StoreFull, StoreTooNew, StoreUnavailable

MAGIC = b"CLEWLEX\n"
VERSION = 3
ALIGNMENT = 64

Array = npt.NDArray[Any]


def write_arrays(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a new file and flush it to the disk. Raises StoreFull or StoreUnavailable."""
    layout: dict[str, tuple[str, int, int]] = {}
    offset = 0
    for name, array in arrays.items():
        layout[name] = (array.dtype.str, offset, array.size)
        offset += _padded(array.nbytes)
    header = json.dumps({"version": VERSION, "meta": dict(meta), "arrays": layout}).encode()
    lead = MAGIC + struct.pack("<Q", len(header)) + header
    checksum = xxhash.xxh3_64()
    try:
        with path.open("xb") as file:
            for piece in (lead.ljust(_padded(len(lead)), b"\0"), *map(_bytes_of, arrays.values())):
                checksum.update(piece)
                file.write(piece)
            file.write(struct.pack("<Q", checksum.intdigest()))
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(
                f"The lexical index {str(path)!r} could not be written: the disk is full",
                next_step="Free some space and run `clew index` again; the previous index is untouched.",
            ) from exc
        raise StoreUnavailable(
            f"The lexical index {str(path)!r} could not be written: {exc.strerror}",
            next_step="Check the permissions of the store folder.",
        ) from exc


def checksum_of(path: Path) -> str:
    """Return the checksum at a written file's end, in hex: the same for the same content."""
    with path.open("rb") as file:
        file.seek(-8, os.SEEK_END)
        return f"{struct.unpack('<Q', file.read(8))[0]:016x}"


def open_arrays(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the meta data and the arrays, mapped read-only. Raises FileNotFoundError, StoreCorrupt, StoreTooNew."""
    try:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError as exc:  # an empty file cannot be mapped
        raise _corrupt(path, "it is empty") from exc
    if content[: len(MAGIC)] != MAGIC or len(content) < len(MAGIC) + 16:
        raise _corrupt(path, "it does not start like one")
    with memoryview(content) as view, view[:-8] as body:
        (expected,) = struct.unpack("<Q", view[-8:])
        if xxhash.xxh3_64_intdigest(body) != expected:
            raise _corrupt(path, "its checksum differs")
    (length,) = struct.unpack_from("<Q", content, len(MAGIC))
    lead = len(MAGIC) + 8 + length
    header = json.loads(content[len(MAGIC) + 8 : lead])
    if header["version"] > VERSION:
        raise StoreTooNew(
            f"The lexical index {str(path)!r} has format {header['version']!r}, this Clew reads up to {VERSION!r}",
            next_step="Upgrade Clew, or index the repository again with this version.",
        )
    start = _padded(lead)
    arrays: dict[str, Array] = {
        name: np.frombuffer(content, dtype=np.dtype(kind), count=count, offset=start + offset)
        for name, (kind, offset, count) in header["arrays"].items()
    }
    return header["meta"], arrays


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _bytes_of(array: Array) -> bytes:
    return array.tobytes().ljust(_padded(array.nbytes), b"\0")


def _corrupt(path: Path, why: str) -> StoreCorrupt:
    return StoreCorrupt(
        f"The lexical index {str(path)!r} is damaged: {why}",
        next_step="Run `clew index` on the repository again; it rebuilds the index from the sources.",
    )
