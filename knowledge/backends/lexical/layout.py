"""Where the lexical index lies on disk and how lists of strings are packed into arrays."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import xxhash

from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.postings import smallest, starts_of, within

DOCUMENT = 1
TEST = 2
"""Bits of `file_flags`."""
STEP = 8
"""Of so many strings one is kept apart, so that a search takes but few steps."""


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
    """Return `name_shared` (how many bytes each begins with that the one before begins with too), `name_rest` (how many
    follow) and `name` (those, end to end): front coding, small where neighbours are alike."""
    lengths = np.fromiter((len(string) for string in strings), np.int64, len(strings))
    blob = np.frombuffer(b"".join(strings), np.uint8)
    starts = starts_of(lengths)
    shared = np.zeros(len(strings), np.int64)
    alike = np.arange(1, len(strings))
    for place in range(int(lengths.max(initial=0))):
        alike = alike[(lengths[alike] > place) & (lengths[alike - 1] > place)]
        alike = alike[blob[starts[alike] + place] == blob[starts[alike - 1] + place]]
        if not len(alike):
            break
        shared[alike] = place + 1
    own = within(lengths) >= np.repeat(shared, lengths)
    return {name: blob[own], f"{name}_shared": smallest(shared), f"{name}_rest": smallest(lengths - shared)}


def _unpacked(arrays: Mapping[str, Array], name: str) -> Iterator[bytes]:
    rest, at, string = arrays[name].tobytes(), 0, b""
    for shared, count in zip(arrays[f"{name}_shared"].tolist(), arrays[f"{name}_rest"].tolist(), strict=True):
        string = string[:shared] + rest[at : at + count]
        at += count
        yield string


class PackedStrings:
    """Read access to packed strings, unpacked once; `find` is a binary search and needs them sorted."""

    def __init__(self, arrays: Mapping[str, Array], name: str) -> None:
        self._blob = b"".join(_unpacked(arrays, name))
        shared, rest = arrays[f"{name}_shared"], arrays[f"{name}_rest"]
        # Single numbers of a view cost half of those of an array.
        self._offsets = starts_of(np.add(shared, rest, dtype=np.int64)).data

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: int) -> bytes:
        return self._blob[self._offsets[index] : self._offsets[index + 1]]

    @cached_property
    def _leaders(self) -> list[bytes]:
        return [self[at] for at in range(0, len(self), STEP)]

    def find(self, string: bytes) -> int:
        """Return the index of `string`, -1 when it is absent."""
        low = max(bisect_right(self._leaders, string) - 1, 0) * STEP
        high = min(low + STEP, len(self))
        while low < high:
            middle = (low + high) // 2
            if self[middle] < string:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self[low] == string else -1
