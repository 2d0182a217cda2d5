"""Finds files, code chunks and document sections of the granted repositories: the LexicalIndex port.

The order here is a plain sum of the evidence; every part of it travels in `Hit.features`, and `tools.ranking` weighs them
as the Release says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from configs.errors import StoreBusy, StoreCorrupt
from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.evidence import (
    Evidence,
    Question,
    best_of_files,
    evidence,
    idf,
    understood,
)
from knowledge.backends.lexical.generation import Generation, Numbers, Scores
from knowledge.backends.lexical.layout import generation_folder, index_file
from knowledge.backends.lexical.segments import Segment
from knowledge.ports import Chunk, ChunkTable, Hit
from knowledge.scope import Scope
from knowledge.terms import ChunkTerms
from knowledge.text import whole_term

Kind = Literal["file", "symbol", "doc"]
Stamp = tuple[int, int, int]
"""Generation, file number and time of change of the index file."""

FILE_SUM: Mapping[str, float] = {"file": 0.4, "best": 0.3, "top3": 0.1, "subject": 0.1, "path": 0.05, "name": 0.05}
CHUNK_SUM: Mapping[str, float] = {"chunk": 0.7, "file": 0.2, "name": 0.1}
NAME_BONUS = 0.08
PATH_BONUS = 0.25
TEST_FACTOR = 0.5
"""Test files cost 13 points of hit@1 when ranked as equals (nine repositories, bug-fix questions)."""
MAX_WORDS = 6
CHUNKS_OF_A_FILE = 12
TERMS_OF_A_LINE = 4.0
"""A chunk that spans more lines than it has this many terms for owns but a part of them, as a class does."""
MAX_MOVES = 50
"""Commits that may come between the look at the number of a generation and the opening of its files."""


class LexicalSearch:
    """Searches the generations that `generation_of` says are committed; maps each on first use, drops older ones."""

    def __init__(self, folder: Path, generation_of: Callable[[Scope], dict[str, int]]) -> None:
        self._folder = folder
        self._generation_of = generation_of
        self._open: dict[str, tuple[Stamp, Generation]] = {}
        self._segments: WeakValueDictionary[Path, Segment] = WeakValueDictionary()
        self._last: tuple[str, Generation, dict[bytes, Numbers], Evidence] | None = None
        """The evidence found last: a search for symbols asks at both grains."""

    def search(
        self, scope: Scope, query: str, *, kind: Kind, top_k: int, also: Mapping[str, Collection[str]] | None = None
    ) -> list[Hit]:
        """Return the best hits first, at most `top_k` and those of `also`; [] when nothing matches.

        Raises StoreCorrupt when a committed generation is missing or damaged.
        """
        question = understood(query)
        if not question.weights or top_k < 1:
            return []
        hits: list[Hit] = []
        more: list[Hit] = []
        for generation in self._generations(scope):
            wanted = frozenset((also or {}).get(generation.repository, ()))
            for hit in self._search_one(generation, query, question, kind, top_k, wanted):
                (more if hit.chunk.path in wanted else hits).append(hit)
        hits.sort(key=lambda hit: (-hit.score, hit.chunk.repository, hit.chunk.path, hit.chunk.start_line))
        return hits[:top_k] + more

    def words_in(self, scope: Scope, query: str, chunks: Sequence[Chunk]) -> list[list[str]]:
        """Return the words of the question that each chunk holds, as written there, the rarest first."""
        question = understood(query)
        found: dict[int, list[str]] = {}
        for generation in self._generations(scope):
            numbers = generation.numbers(question.weights)
            postings = sorted(
                (
                    (generation.rows_of("chunk", numbers[term]), word)
                    for term, word in question.surface.items()
                    if term in numbers
                ),
                key=lambda pair: len(pair[0]),
            )
            for at, chunk in enumerate(chunks):
                if chunk.repository == generation.repository:
                    row = generation.row_of(chunk)
                    held = (word for rows, word in postings if _holds(rows, row))
                    found[at] = list(islice(dict.fromkeys(held), MAX_WORDS))
        return [found.get(at, []) for at in range(len(chunks))]

    def rarities(self, scope: Scope, words: Collection[str]) -> dict[str, float]:
        """Return each word's inverse document frequency over the chunks of granted documents."""
        terms = {word: whole_term(word) for word in words}
        count = 0
        held = dict.fromkeys(terms.values(), 0)
        for generation in self._generations(scope):
            of_document = generation.is_document[generation.chunk_file]
            count += int(of_document.sum())
            for term, numbers in generation.numbers(dict.fromkeys(held, 0.0)).items():
                held[term] += int(of_document[generation.rows_of("chunk", numbers)].sum())
        return {word: idf(count, held[term]) for word, term in terms.items()}

    def chunk_terms(self, repository: str) -> ChunkTerms:
        """Return the term matrix of a repository's chunks. Raises StoreCorrupt as `search`."""
        for generation in self._generations(Scope(frozenset({repository}))):
            return generation.chunk_terms()
        return ChunkTerms(
            np.empty(0, np.uint64), [], np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
        )

    def chunks(self, scope: Scope) -> list[ChunkTable]:
        """Return the chunks of every granted repository, by name. Raises StoreCorrupt as `search`."""
        return list(self._generations(scope))

    def close(self) -> None:
        self._open.clear()
        self._last = None

    def _generations(self, scope: Scope) -> list[Generation]:
        wanted = self._generation_of(scope)
        for _ in range(MAX_MOVES):
            try:
                return [self._generation(name, number) for name, number in sorted(wanted.items())]
            except FileNotFoundError as missing:
                # A writer may have committed and pruned between the two reads: then the numbers have moved on.
                again = self._generation_of(scope)
                if again == wanted:
                    raise StoreCorrupt(
                        f"The lexical index of a committed generation is missing: {missing.filename!r}",
                        next_step="Run `clew index` on the repository again; it rebuilds the index from the sources.",
                    ) from missing
                wanted = again
        raise StoreBusy(
            "The lexical index is being rewritten faster than it can be read.",
            next_step="Ask again once the writer is done.",
        )

    def _generation(self, repository: str, number: int) -> Generation:
        folder = generation_folder(self._folder, repository, number)
        status = index_file(folder).stat()
        # A number comes again when a repository was forgotten and indexed anew, so the file itself is the key.
        stamp = number, status.st_ino, status.st_mtime_ns
        known = self._open.get(repository)
        if known is None or known[0] != stamp:
            known = self._open[repository] = stamp, Generation(folder, self._segment)
        return known[1]

    def _segment(self, folder: Path, name: str) -> Segment:
        """Map a segment once, whatever the generations that share it: its name says its content."""
        path = folder / name
        segment = self._segments.get(path)
        if segment is None:
            segment = self._segments[path] = Segment.opened(folder, name)
        return segment

    def _search_one(
        self, generation: Generation, query: str, question: Question, kind: Kind, top_k: int, also: frozenset[str]
    ) -> Iterable[Hit]:
        if not generation.chunk_count:
            return []
        last = self._last
        if last is not None and last[0] == query and last[1] is generation:
            numbers, found = last[2], last[3]
        else:
            numbers = generation.numbers(question.weights)
            found = evidence(generation, question, numbers)
            self._last = query, generation, numbers, found
        factor = np.ones(generation.file_count, np.float32)
        if not question.about_tests:
            factor[generation.is_test] = TEST_FACTOR
        ranker = _Ranker(generation, found, factor)
        rows = ranker.files(top_k, also) if kind == "file" else ranker.chunks(top_k, also, documents=kind == "doc")
        return [Hit(generation.chunk(row), score, features) for row, score, features in rows]


Row = tuple[int, float, dict[str, float]]
"""Chunk row, score, features."""


class _Ranker:
    """Orders the rows of one generation by the plain sum, and tells their features."""

    def __init__(self, generation: Generation, found: Evidence, factor: Scores) -> None:
        self._generation = generation
        self._found = found
        self._factor = factor

    def files(self, top_k: int, also: frozenset[str]) -> list[Row]:
        generation, found = self._generation, self._found
        best = best_of_files(generation, found.chunk)
        names = best_of_files(generation, found.name)
        named = np.logical_or.reduceat(found.named, generation.first_chunk[:-1])
        total = FILE_SUM["file"] * found.file + FILE_SUM["best"] * best + FILE_SUM["subject"] * found.subject
        total += FILE_SUM["path"] * _scaled(found.path) + FILE_SUM["name"] * _scaled(names)
        total += NAME_BONUS * named + PATH_BONUS * found.mentioned
        total *= self._factor * ~generation.is_document
        wanted = _with_also(generation, _best(total, top_k), also)
        files = np.array(wanted, np.int64)
        described = _table(self._features(files) | {"best": best[files], "name": names[files], "named": named[files]})
        rows: list[Row] = []
        for file, features in zip(wanted, described, strict=True):
            first, end = int(generation.first_chunk[file]), int(generation.first_chunk[file + 1])
            chunks = found.chunk[first:end]
            top3 = float(np.sort(chunks)[-3:].sum()) / 3
            features["top3"] = top3
            features["best_covered"] = float(found.chunk_covered[first:end].max())
            features["central"] = math.log1p(float(generation.mentions_of_name[first:end].max()))
            score = float(total[file] + FILE_SUM["top3"] * top3 * self._factor[file])
            rows.append((first + int((chunks + found.named[first:end]).argmax()), score, features))
        rows.sort(key=lambda row: (-row[1], row[0]))
        return rows

    def chunks(self, top_k: int, also: frozenset[str], *, documents: bool) -> list[Row]:
        generation, found = self._generation, self._found
        of_file = generation.chunk_file
        total = CHUNK_SUM["chunk"] * found.chunk + CHUNK_SUM["file"] * found.file[of_file]
        total += CHUNK_SUM["name"] * _scaled(found.name)
        total[(found.chunk <= 0) & ~found.named & (found.name <= 0)] = 0
        total += NAME_BONUS * found.named + PATH_BONUS * (found.mentioned[of_file] & (total > 0))
        total *= self._factor[of_file] * (generation.is_document == documents)[of_file]
        rows = np.array(_with_also_chunks(generation, _best(total, 2 * top_k), also, total), np.int64)
        features = _table(
            self._features(of_file[rows])
            | {
                "chunk": found.chunk[rows],
                "chunk_covered": found.chunk_covered[rows],
                "chunk_subject": found.chunk_subject[rows],
                "placed": found.placed[rows],
                "local": found.local[rows],
                "name": found.name[rows],
                "name_share": found.name_share[rows],
                "named": found.named[rows],
                "central": np.log1p(generation.mentions_of_name[rows]),
                "chunk_length": np.log1p(generation.chunk_lengths[rows]),
                "lines": np.log1p(
                    np.minimum(generation.chunk_lines[rows], generation.chunk_lengths[rows] / TERMS_OF_A_LINE)
                ),
            }
        )
        return _one_a_symbol(generation, list(zip(rows.tolist(), total[rows].tolist(), features, strict=True)))

    def _features(self, files: Array) -> dict[str, Array]:
        found, generation = self._found, self._generation
        return {
            "file": found.file[files],
            "subject": found.subject[files],
            "covered": found.covered[files],
            "path": found.path[files],
            "area": found.area[files],
            "mentioned": found.mentioned[files],
            "length": np.log1p(generation.file_lengths[files]),
            "test": generation.is_test[files],
        }


def _table(columns: Mapping[str, Array]) -> list[dict[str, float]]:
    """Return one row of features for each place in the columns."""
    values = [column.astype(np.float64).tolist() for column in columns.values()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _scaled(scores: Scores) -> Scores:
    scaled: Scores = scores / np.float32(max(float(scores.max(initial=0.0)), 1e-9))
    return scaled


def _with_also(generation: Generation, best: npt.NDArray[np.int64], also: frozenset[str]) -> list[int]:
    """Return the files of `best`, then those whose path was asked for, documents left out."""
    wanted = (generation.file_of(path) for path in sorted(also))
    return list(
        dict.fromkeys([*best.tolist(), *(file for file in wanted if file >= 0 and not generation.is_document[file])])
    )


def _with_also_chunks(
    generation: Generation, best: npt.NDArray[np.int64], also: frozenset[str], total: Scores
) -> list[int]:
    """Return the chunks of `best`, then the best ones of each file that was asked for."""
    rows = best.tolist()
    for path in sorted(also):
        file = generation.file_of(path)
        if file >= 0:
            first, end = int(generation.first_chunk[file]), int(generation.first_chunk[file + 1])
            rows.extend((first + _best(total[first:end], CHUNKS_OF_A_FILE)).tolist())
    return list(dict.fromkeys(rows))


def _one_a_symbol(generation: Generation, rows: list[Row]) -> list[Row]:
    """Keep the best window of each symbol."""
    seen: set[tuple[str, str | None, int]] = set()
    kept = []
    for row in sorted(rows, key=lambda row: (-row[1], row[0])):
        chunk = generation.chunk(row[0])
        key = chunk.path, chunk.symbol_id, 0 if chunk.symbol_id else chunk.start_line
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def _best(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    """Return the rows with a positive score, best first, ties by row, at most `count`."""
    if len(scores) > count:
        floor = np.partition(scores, -count)[-count]
        rows = np.flatnonzero(scores >= max(float(floor), 1e-9))
    else:
        rows = np.flatnonzero(scores > 0)
    return rows[np.lexsort((rows, -scores[rows]))][:count]


def _holds(rows: npt.NDArray[np.int64], row: int) -> bool:
    at = int(np.searchsorted(rows, row))
    return at < len(rows) and int(rows[at]) == row
