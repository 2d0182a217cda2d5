"""Term counts of files -> the arrays of one segment: postings by term, the chunk table, names.

Three grains: `chunk` (what a chunk says, fields weighed into one frequency), `name` (the chunk's own name), `path` (the
file's). A file's frequencies are the sums of its chunks' and are not stored, nor anything that depends on the rest of the
corpus.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.layout import DOCUMENT, TEST, pack_strings
from knowledge.backends.lexical.postings import coded, packed, smallest
from knowledge.backends.lexical.segments import Segment, merged
from knowledge.ports.graph import Progress
from knowledge.ports.lexical import LexicalEntry
from knowledge.terms import decode_terms, number_type
from knowledge.text import terms_of_word, whole_term, word_counts

OUTER_NAME = 0.5
"""Weight of a term of the enclosing names; of the definition's own name it is 1."""
FILE_NAME = 2.0
"""Weight of a term of the last part of a path; of its folders it is 1."""


def corpus_arrays(repository: str, entries: Iterable[LexicalEntry], progress: Progress | None) -> dict[str, Array]:
    """Return the arrays of a segment with these files, by path. Raises ValueError for a damaged payload."""
    corpus = _Corpus(repository)
    for number, entry in enumerate(entries, 1):
        corpus.add(entry)
        if progress and number % 500 == 0:
            progress("terms", number, 0)
    arrays = corpus.arrays()
    if corpus.paths == sorted(corpus.paths):
        return arrays
    segment = Segment("", arrays)
    return merged([segment], [np.ones(segment.file_count, np.bool_)])


class _Corpus:
    """Renumbers the terms of all files into one vocabulary and collects their rows."""

    def __init__(self, repository: str) -> None:
        self._repository = repository
        self._vocabulary: dict[bytes, int] = {}
        self.paths: list[bytes] = []
        self._flags: list[int] = []
        self._symbols: list[str] = []
        self._names: list[int] = []
        self._chunk_counts: list[int] = []
        self._columns: dict[str, list[Array]] = {
            name: [] for name in ("count", "term", "code", "start", "end", "digest", "length")
        }
        self._name_rows = _Rows()
        self._path_rows = _Rows()

    def add(self, entry: LexicalEntry) -> None:
        terms = decode_terms(entry.payload)
        vocabulary = terms.vocabulary.split(b"\n") if terms.vocabulary else []
        ours = self._vocabulary
        renumber = np.fromiter((ours.setdefault(t, len(ours)) for t in vocabulary), np.int32, len(vocabulary))
        self._add_path(entry.path)
        definitions = np.frombuffer(terms.chunk_definition, np.int32)
        self._add_chunks(entry, definitions.tolist(), set(renumber.tolist()))
        row: dict[str, Array] = {
            "start": np.frombuffer(terms.chunk_start, np.int32),
            "end": np.frombuffer(terms.chunk_end, np.int32),
            "digest": np.frombuffer(terms.chunk_digest, np.uint64),
            "length": np.frombuffer(terms.chunk_length, np.float32),
            "count": np.frombuffer(terms.posting_count, np.int32),
            "term": renumber[np.frombuffer(terms.posting_term, number_type(len(vocabulary)))],
            "code": coded(np.frombuffer(terms.posting_weight, np.float16).astype(np.float32)),
        }
        if not len(definitions):  # an empty file is still found by its path
            row |= {"start": np.ones(1, np.int32), "end": np.ones(1, np.int32), "digest": np.zeros(1, np.uint64)}
            row |= {"length": np.zeros(1, np.float32), "count": np.zeros(1, np.int32)}
        for name, column in row.items():
            self._columns[name].append(column)

    def _add_path(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        weights = dict.fromkeys(self._terms_of(folder), 1.0) | dict.fromkeys(self._terms_of(name), FILE_NAME)
        self._path_rows.add(len(self.paths), weights)
        self.paths.append(path.encode())

    def _add_chunks(self, entry: LexicalEntry, definitions: list[int], own_terms: set[int]) -> None:
        prefix = f"{self._repository}:{entry.path}#"
        self._flags.append((DOCUMENT if entry.kind == "document" else 0) | (TEST if entry.is_test else 0))
        self._chunk_counts.append(max(len(definitions), 1))
        for definition in definitions or [-1]:
            symbol_id = entry.symbol_ids[definition] if definition >= 0 else prefix
            local_name = symbol_id.removeprefix(prefix) if symbol_id.startswith(prefix) else "\0" + symbol_id
            outer, _, last = local_name.partition("~")[0].rpartition(".")
            weights = dict.fromkeys(self._terms_of(outer), OUTER_NAME) | dict.fromkeys(self._terms_of(last), 1.0)
            self._name_rows.add(len(self._symbols), weights)
            self._symbols.append(local_name)
            name = self._vocabulary.get(whole_term(last), -1) if last else -1
            # Only a term of the file itself: what other files hold must not change its rows.
            self._names.append(name if name in own_terms else -1)

    def _terms_of(self, text: str) -> list[int]:
        ours = self._vocabulary
        words = word_counts(text.encode("utf-8", "replace"))
        return [ours.setdefault(term, len(ours)) for word in words for term in terms_of_word(word)]

    def arrays(self) -> dict[str, Array]:
        """Return all arrays of the segment; vocabulary sorted by bytes."""
        words = sorted(self._vocabulary)
        rank = np.empty(len(words), np.int64)
        rank[np.fromiter((self._vocabulary[word] for word in words), np.int64, len(words))] = np.arange(len(words))
        names = np.array(self._names, np.int64)
        start = self._joined("start", np.int64)
        chunk_count, file_count = len(self._symbols), len(self.paths)
        table: dict[str, Array] = {
            "file_flags": np.array(self._flags, np.uint8),
            "file_chunks": smallest(np.array(self._chunk_counts, np.int64)),
            "chunk_start": smallest(start),
            "chunk_lines": smallest(self._joined("end", np.int64) - start),
            "chunk_digest": self._joined("digest", np.uint64),
            "chunk_halves": smallest((2 * self._joined("length", np.float64)).round().astype(np.int64)),
            "chunk_name": smallest(np.where(names >= 0, rank[names], -1) + 1 if len(words) else names + 1),
        }
        table |= pack_strings("words", words)
        table |= pack_strings("paths", self.paths)
        table |= pack_strings("symbols", [symbol.encode() for symbol in self._symbols])
        rows = np.repeat(np.arange(chunk_count), self._joined("count", np.int64))
        chunk = packed("chunk", rows, rank[self._joined("term", np.int64)], self._joined("code", np.uint8), chunk_count)
        return (
            table
            | chunk
            | self._name_rows.packed("name", rank, chunk_count)
            | self._path_rows.packed("path", rank, file_count)
        )

    def _joined(self, name: str, kind: npt.DTypeLike) -> Array:
        columns = self._columns[name]
        return np.concatenate(columns).astype(kind, copy=False) if columns else np.empty(0, kind)


class _Rows:
    """Postings of a grain with few terms a row."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._terms: list[int] = []
        self._weights: list[float] = []

    def add(self, row: int, weights: dict[int, float]) -> None:
        self._rows.extend([row] * len(weights))
        self._terms.extend(weights)
        self._weights.extend(weights.values())

    def packed(self, grain: str, rank: Array, row_count: int) -> dict[str, Array]:
        terms = rank[np.array(self._terms, np.int64)]
        weights = np.array(self._weights, np.float32)
        return packed(grain, np.array(self._rows, np.int64), terms, coded(weights), row_count)
