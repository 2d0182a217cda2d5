"""Where the lexical index lies on disk and how lists of strings are packed into arrays."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xxhash

from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.postings import smallest, starts_of

DOCUMENT = 1
TEST = 2
"""Bits of `file_flags`."""
STRINGS_COMPRESSION = 6


def repository_folder(folder: Path, repository: str) -> Path:
    """Return the folder of a repository: its name where that is a safe file name everywhere, else marked by a hash."""
    safe = re.sub(r"[^a-z0-9_-]", "_", repository.lower())[:60]
    return folder / (safe if safe == repository else f"{safe}-{xxhash.xxh3_64_hexdigest(repository.encode())[:12]}")


def generation_folder(folder: Path, repository: str, generation: int) -> Path:
    return repository_folder(folder, repository) / str(generation)


def index_file(generation: Path) -> Path:
    return generation / "index.bin"


def history_file(repository: Path) -> Path:
    """Return where the past commits of a repository's folder lie, whatever the generation."""
    return repository / "history.bin"


def segments_folder(repository: Path) -> Path:
    """Return where the segments of a repository's folder lie, which its generations share."""
    return repository / "segments"


def pack_strings(name: str, strings: Sequence[bytes]) -> dict[str, Array]:
    """Return `name` (the bytes, end to end, deflated) and `name_lengths`."""
    blob = zlib.compress(b"".join(strings), STRINGS_COMPRESSION)
    lengths = np.fromiter((len(string) for string in strings), np.int64, len(strings))
    return {name: np.frombuffer(blob, np.uint8), f"{name}_lengths": smallest(lengths)}


class PackedStrings:
    """Read access to packed strings, inflated once; `find` is a binary search and needs them sorted."""

    def __init__(self, arrays: Mapping[str, Array], name: str) -> None:
        self._blob = zlib.decompress(arrays[name].tobytes())
        self._offsets = starts_of(arrays[f"{name}_lengths"])

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: int) -> bytes:
        return self._blob[self._offsets[index] : self._offsets[index + 1]]

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
