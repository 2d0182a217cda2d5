"""One generation of one repository, mapped into memory: adds up impacts, knows nothing of ranking policy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from configs.errors import StoreCorrupt
from knowledge.backends.lexical.container import open_arrays
from knowledge.backends.lexical.layout import DOCUMENT, LEVELS, TEST, PackedStrings, index_file
from knowledge.ports import Chunk
from knowledge.terms import ChunkTerms

Scores = npt.NDArray[np.float32]


class Generation:
    """Read-only view. Raises FileNotFoundError when there is none in `folder`, StoreCorrupt when it is damaged."""

    def __init__(self, folder: Path) -> None:
        path = index_file(folder)
        meta, arrays = open_arrays(path)
        try:
            self.repository: str = meta["repository"]
            self._scale = (float(meta["k1"]) + 1) / LEVELS
            self._arrays = arrays
            self.words = PackedStrings(arrays, "words")
            self.paths = PackedStrings(arrays, "paths")
            self._symbols = PackedStrings(arrays, "symbols")
            self.first_chunk = arrays["file_first_chunk"]
            self.chunk_file = arrays["chunk_file"]
            self.chunk_name = arrays["chunk_name"]
        except KeyError as exc:
            raise StoreCorrupt(
                f"The lexical index {str(path)!r} lacks {exc.args[0]!r}",
                next_step="Run `clew index` on the repository again; it rebuilds the index from the sources.",
            ) from exc

    @property
    def chunk_count(self) -> int:
        return len(self.chunk_file)

    @property
    def file_count(self) -> int:
        return len(self.paths)

    @cached_property
    def is_document(self) -> npt.NDArray[np.bool_]:
        """One value a file."""
        return _has(self._arrays["file_flags"], DOCUMENT)

    @cached_property
    def is_test(self) -> npt.NDArray[np.bool_]:
        """One value a file."""
        return _has(self._arrays["file_flags"], TEST)

    @cached_property
    def lower_paths(self) -> list[str]:
        return [self.path(number).lower() for number in range(self.file_count)]

    def path(self, file: int) -> str:
        return self.paths[file].decode()

    def numbers(self, terms: Mapping[bytes, float]) -> dict[bytes, int]:
        """Return the numbers of the terms that this generation knows."""
        found = {term: self.words.find(term) for term in terms}
        return {term: number for term, number in found.items() if number >= 0}

    def postings(self, grain: str, number: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        """Return the rows (ascending) that hold a term and their impact levels. grain: `chunk` or `file`."""
        starts = self._arrays[f"{grain}_term_start"]
        span = slice(int(starts[number]), int(starts[number + 1]))
        return self._arrays[f"{grain}_ids"][span], self._arrays[f"{grain}_levels"][span]

    def score(self, grain: str, weights: Mapping[bytes, float], numbers: Mapping[bytes, int]) -> tuple[Scores, float]:
        """Return BM25F of every row and the highest score that any row could reach, unknown terms counted as rarest."""
        row_count = self.chunk_count if grain == "chunk" else self.file_count
        scores = np.zeros(row_count, np.float32)
        ceiling = 0.0
        for term, weight in weights.items():
            frequency = 0
            if (number := numbers.get(term, -1)) >= 0:
                rows, levels = self.postings(grain, number)
                frequency = len(rows)
            factor = weight * math.log1p((row_count - frequency + 0.5) / (frequency + 0.5)) * self._scale
            ceiling += factor * LEVELS
            if frequency:
                scores[rows] += levels * np.float32(factor)
        return scores, ceiling

    def chunk(self, row: int) -> Chunk:
        """Return a chunk by its row."""
        file = int(self.chunk_file[row])
        local_name = self._symbols[row].decode()
        kind = "document" if self.is_document[file] else "code"
        symbol_id = self._symbol_id(file, local_name) if local_name else None
        start, end = int(self._arrays["chunk_start"][row]), int(self._arrays["chunk_end"][row])
        return Chunk(self.repository, self.path(file), start, end, symbol_id, kind)

    def chunk_id(self, row: int) -> str:
        """Return `<content digest>|<symbol id>`, the module's symbol where no definition owns the chunk."""
        symbol_id = self._symbol_id(int(self.chunk_file[row]), self._symbols[row].decode())
        return f"{int(self._arrays['chunk_digest'][row]):016x}|{symbol_id}"

    def _symbol_id(self, file: int, local_name: str) -> str:
        return local_name[1:] if local_name.startswith("\0") else f"{self.repository}:{self.path(file)}#{local_name}"

    def chunk_terms(self) -> ChunkTerms:
        """Return every chunk's terms by row (the stored order is by term); costs seconds at a million lines."""
        starts = self._arrays["chunk_term_start"].astype(np.int64)
        terms = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
        rows = self._arrays["chunk_ids"]
        order = np.argsort(rows, kind="stable")
        row_start = np.zeros(self.chunk_count + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=self.chunk_count), out=row_start[1:])
        return ChunkTerms(
            [self.chunk_id(row) for row in range(self.chunk_count)],
            [self.words[number] for number in range(len(self.words))],
            row_start,
            terms[order],
            self._arrays["chunk_levels"][order] * np.float32(self._scale),
        )


def _has(flags: npt.NDArray[np.uint8], bit: int) -> npt.NDArray[np.bool_]:
    return (flags & bit).astype(np.bool_)
