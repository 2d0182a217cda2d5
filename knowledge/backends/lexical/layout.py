"""Where the lexical index lies on disk and how lists of strings are packed into arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xxhash

from knowledge.backends.lexical.container import Array
from knowledge.terms import number_type

DOCUMENT = 1
TEST = 2
"""Bits of `file_flags`."""


def repository_folder(folder: Path, repository: str) -> Path:
    """Return the folder of a repository: its name where that is a safe file name everywhere, else marked by a hash."""
    safe = re.sub(r"[^a-z0-9_-]", "_", repository.lower())[:60]
    return folder / (safe if safe == repository else f"{safe}-{xxhash.xxh3_64_hexdigest(repository.encode())[:12]}")


def generation_folder(folder: Path, repository: str, generation: int) -> Path:
    return repository_folder(folder, repository) / str(generation)


def index_file(generation: Path) -> Path:
    return generation / "index.bin"


def segments_folder(repository: Path) -> Path:
    """Return where the segments of a repository's folder lie, which its generations share."""
    return repository / "segments"


def pack_strings(name: str, strings: Sequence[bytes]) -> dict[str, Array]:
    """Return `name` (the bytes, end to end) and `name_offsets` (one more than there are strings)."""
    offsets = np.zeros(len(strings) + 1, np.int64)
    np.cumsum([len(string) for string in strings], out=offsets[1:])
    return {
        name: np.frombuffer(b"".join(strings), np.uint8),
        f"{name}_offsets": offsets.astype(number_type(offsets[-1] + 1)),
    }


class PackedStrings:
    """Read access to packed strings; `find` is a binary search and needs them sorted."""

    def __init__(self, arrays: Mapping[str, Array], name: str) -> None:
        self._blob = memoryview(arrays[name].data)
        self._offsets = arrays[f"{name}_offsets"]

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: int) -> bytes:
        return bytes(self._blob[self._offsets[index] : self._offsets[index + 1]])

    def find(self, string: bytes) -> int:
        """Return the index of `string`, -1 when it is absent."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self[middle] < string:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self[low] == string else -1
