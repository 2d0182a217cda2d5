"""Term counts of files -> the arrays of one segment: postings by term at two grains, the chunk table, names.

Stored are fielded pseudo-frequencies and lengths, nothing that depends on the rest of the corpus.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.layout import DOCUMENT, TEST, pack_strings
from knowledge.backends.lexical.segments import Segment, merged
from knowledge.ports import LexicalEntry, Progress
from knowledge.terms import decode_terms, number_type
from knowledge.text import terms_of_word, whole_term, word_counts

PATH_BONUS_FILE = 6.0
PATH_BONUS_CHUNK = 1.0


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
        self._columns: dict[str, list[Array]] = {
            name: []
            for name in ("count", "term", "weight", "start", "end", "digest", "file_count", "file_term", "file_weight")
        }
        self._chunk_counts: list[int] = []

    def add(self, entry: LexicalEntry) -> None:
        terms = decode_terms(entry.payload)
        vocabulary = terms.vocabulary.split(b"\n") if terms.vocabulary else []
        ours = self._vocabulary
        renumber = np.fromiter((ours.setdefault(t, len(ours)) for t in vocabulary), np.int32, len(vocabulary))
        path_terms = self._number_words(entry.path)
        definitions = np.frombuffer(terms.chunk_definition, np.int32)
        counts = np.frombuffer(terms.posting_count, np.int32)
        posting_terms = renumber[np.frombuffer(terms.posting_term, number_type(len(vocabulary)))]
        posting_weights = np.frombuffer(terms.posting_weight, np.float16).astype(np.float32)
        self._add_chunks(entry, definitions.tolist(), {*renumber.tolist(), *path_terms.tolist()})
        row: dict[str, Array] = {
            "start": np.frombuffer(terms.chunk_start, np.int32),
            "end": np.frombuffer(terms.chunk_end, np.int32),
            "digest": np.frombuffer(terms.chunk_digest, np.uint64),
        }
        if not len(definitions):  # an empty file is still found by its path
            row = {"start": np.ones(1, np.int32), "end": np.ones(1, np.int32), "digest": np.zeros(1, np.uint64)}
            counts = np.zeros(1, np.int32)
        self._append_with_path(counts, posting_terms, posting_weights, path_terms)
        row["file_term"] = np.concatenate([renumber, path_terms])
        row["file_weight"] = np.concatenate(
            [np.frombuffer(terms.file_weight, np.float32), np.full(len(path_terms), PATH_BONUS_FILE, np.float32)]
        )
        row["file_count"] = np.array([len(row["file_term"])], np.int64)
        for name, column in row.items():
            self._columns[name].append(column)

    def _append_with_path(self, counts: Array, terms: Array, weights: Array, path_terms: Array) -> None:
        """Add the path's terms to each chunk of the file; duplicates of a term in a chunk are summed later."""
        ends = np.cumsum(counts)
        at = np.repeat(ends, len(path_terms))
        self._columns["term"].append(np.insert(terms, at, np.tile(path_terms, len(counts))))
        self._columns["weight"].append(np.insert(weights, at, np.float32(PATH_BONUS_CHUNK)))
        self._columns["count"].append((counts + len(path_terms)).astype(np.int64))

    def _add_chunks(self, entry: LexicalEntry, definitions: list[int], own_terms: set[int]) -> None:
        prefix = f"{self._repository}:{entry.path}#"
        self.paths.append(entry.path.encode())
        self._flags.append((DOCUMENT if entry.kind == "document" else 0) | (TEST if entry.is_test else 0))
        self._chunk_counts.append(max(len(definitions), 1))
        for definition in definitions or [-1]:
            symbol_id = entry.symbol_ids[definition] if definition >= 0 else prefix
            local_name = symbol_id.removeprefix(prefix) if symbol_id.startswith(prefix) else "\0" + symbol_id
            self._symbols.append(local_name)
            last = local_name.partition("~")[0].rpartition(".")[2]
            name = self._vocabulary.get(whole_term(last), -1) if last else -1
            # Only a term of the file itself: what other files hold must not change its rows.
            self._names.append(name if name in own_terms else -1)

    def _number_words(self, path: str) -> npt.NDArray[np.int32]:
        ours = self._vocabulary
        terms = dict.fromkeys(term for word in word_counts(path.encode()) for term in terms_of_word(word))
        return np.fromiter((ours.setdefault(term, len(ours)) for term in terms), np.int32, len(terms))

    def arrays(self) -> dict[str, Array]:
        """Return all arrays of the segment; vocabulary sorted by bytes, postings by term, then chunk."""
        words = sorted(self._vocabulary)
        rank = np.empty(len(words), np.int32)
        rank[np.fromiter((self._vocabulary[word] for word in words), np.int64, len(words))] = np.arange(len(words))
        names = np.array(self._names, np.int64)
        table: dict[str, Array] = {
            "file_flags": np.array(self._flags, np.uint8),
            "file_first_chunk": np.concatenate([[0], np.cumsum(self._chunk_counts)]).astype(np.int32),
            "chunk_start": self._joined("start", np.int32),
            "chunk_end": self._joined("end", np.int32),
            "chunk_digest": self._joined("digest", np.uint64),
            "chunk_name": (np.where(names >= 0, rank[names], -1) if len(words) else names).astype(np.int32),
        }
        table |= pack_strings("words", words)
        table |= pack_strings("paths", self.paths)
        table |= pack_strings("symbols", [symbol.encode() for symbol in self._symbols])
        chunk = (
            self._joined("count", np.int64),
            rank[self._joined("term", np.int32)],
            self._joined("weight", np.float32),
        )
        file = (
            self._joined("file_count", np.int64),
            rank[self._joined("file_term", np.int32)],
            self._joined("file_weight", np.float32),
        )
        return table | _postings("chunk", *chunk, len(words)) | _postings("file", *file, len(words))

    def _joined(self, name: str, kind: npt.DTypeLike) -> Array:
        columns = self._columns[name]
        return np.concatenate(columns).astype(kind, copy=False) if columns else np.empty(0, kind)


def _postings(grain: str, counts: Array, terms: Array, weights: Array, word_count: int) -> dict[str, Array]:
    """Return the postings of one grain by term, and the length of every row: the sum of its frequencies."""
    from scipy import sparse  # lazy: 0.1 s of start-up that a search need not pay

    starts = np.concatenate([[0], np.cumsum(counts)])
    rows = sparse.csr_matrix((weights, terms, starts), shape=(len(counts), word_count))
    rows.sum_duplicates()
    lengths = np.asarray(rows.sum(axis=1)).ravel()
    columns = rows.tocsc()
    return {
        f"{grain}_length": lengths.astype(np.float32),
        f"{grain}_term_start": columns.indptr.astype(number_type(len(columns.data) + 1)),
        f"{grain}_ids": columns.indices.astype(number_type(len(counts))),
        f"{grain}_weights": columns.data.astype(np.float16),
    }
