"""A file of named arrays: written once, then mapped into memory and never changed.

Layout: magic, header length (8 bytes, little-endian), header (JSON: `meta`, and for each array its type, offset, count and
stored bytes), then the arrays, each at a multiple of 8 bytes; last the xxh3-64 of everything before it, checked on opening.
What is read piece by piece stays mapped, so that processes share it and only what is asked for is read. Any other array is
deflated where that makes it smaller, its numbers then stored byte by byte: all lowest bytes first, since the higher ones
are alike (HDF5's shuffle filter); it is inflated on opening.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import struct
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

from configs.errors import StoreCorrupt, StoreFull, StoreTooNew, StoreUnavailable

MAGIC = b"CLEWLEX\n"
VERSION = 4
ALIGNMENT = 8
COMPRESSION = 6

Array = npt.NDArray[Any]


def write_arrays(
    path: Path, meta: Mapping[str, Any], arrays: Mapping[str, Array], mapped: Collection[str] = ()
) -> None:
    """Write a new file and flush it to the disk. mapped: names of arrays that are not to be deflated. Raises StoreFull or StoreUnavailable."""
    layout: dict[str, tuple[str, int, int, int]] = {}
    pieces = []
    offset = 0
    for name, array in arrays.items():
        stored = array.tobytes() if name in mapped else _smallest(array)
        layout[name] = (array.dtype.str, offset, array.size, len(stored))
        pieces.append(stored.ljust(_padded(len(stored)), b"\0"))
        offset += len(pieces[-1])
    header = json.dumps({"version": VERSION, "meta": dict(meta), "arrays": layout}).encode()
    lead = MAGIC + struct.pack("<Q", len(header)) + header
    checksum = xxhash.xxh3_64()
    try:
        with path.open("xb") as file:
            for piece in (lead.ljust(_padded(len(lead)), b"\0"), *pieces):
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
    """Return the meta data and the arrays, read-only. Raises FileNotFoundError, StoreCorrupt (also for what an older Clew wrote), StoreTooNew."""
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
    if header["version"] < VERSION:
        raise _corrupt(path, f"its format {header['version']!r} is older than {VERSION!r}")
    start = _padded(lead)
    arrays = {
        name: _read(content, np.dtype(kind), start + offset, count, size)
        for name, (kind, offset, count, size) in header["arrays"].items()
    }
    return header["meta"], arrays


def _smallest(array: Array) -> bytes:
    plain = array.tobytes()
    by_byte = array.view(np.uint8).reshape(array.size, array.itemsize).T.tobytes()
    return min((plain, _deflated(by_byte, zlib.Z_DEFAULT_STRATEGY), _deflated(by_byte, zlib.Z_RLE)), key=len)


def _deflated(content: bytes, strategy: int) -> bytes:
    """strategy: text repeats itself; of numbers that follow no pattern but are mostly small, only runs are worth seeking."""
    squeezer = zlib.compressobj(COMPRESSION, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    return squeezer.compress(content) + squeezer.flush()


def _read(content: mmap.mmap, kind: np.dtype[Any], start: int, count: int, size: int) -> Array:
    if size == count * kind.itemsize:  # not deflated
        return np.frombuffer(content, kind, count, start)
    by_byte = np.frombuffer(zlib.decompress(content[start : start + size]), np.uint8).reshape(kind.itemsize, count)
    array: Array = np.ascontiguousarray(by_byte.T).reshape(-1).view(kind)
    array.flags.writeable = False
    return array


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _corrupt(path: Path, why: str) -> StoreCorrupt:
    return StoreCorrupt(
        f"The lexical index {str(path)!r} is damaged: {why}",
        next_step="Run `clew index` on the repository again; it rebuilds the index from the sources.",
    )
