"""Ranks files, code chunks and document sections of the granted repositories: the LexicalIndex port.

The score adds both grains: BM25F of the file and of its best chunks, each as a share of the highest score the question
could reach in that repository (so that repositories compare), then bonuses for names and paths that the question
mentions on purpose. The parts travel in `Hit.features`, so that a release may weigh them anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from configs.errors import StoreBusy, StoreCorrupt
from knowledge.backends.lexical.generation import Generation, Numbers, Scores
from knowledge.backends.lexical.layout import generation_folder, index_file
from knowledge.backends.lexical.segments import Segment
from knowledge.ports import ChunkTable, Hit
from knowledge.scope import Scope
from knowledge.terms import ChunkTerms
from knowledge.text import STOP_WORDS, WORD, Mentions, mentions, query_terms, terms_of_word, whole_term

Kind = Literal["file", "symbol", "doc"]
Stamp = tuple[int, int, int]
"""Generation, file number and time of change of the index file."""

FILE_SHARE = 0.5
BEST_SHARE = 0.35
TOP3_SHARE = 0.15
CHUNK_SHARE = 0.8
"""Share of the chunk itself at symbol grain; its file has the rest."""
NAME_BONUS = 0.08
PATH_BONUS = 0.25
TEST_FACTOR = 0.5
"""Test files cost 13 points of hit@1 when ranked as equals (nine repositories, bug-fix questions)."""
TERM_FREQUENCY_CAP = 3.0
CANDIDATES = 200
MAX_MOVES = 50
"""Commits that may come between the look at the number of a generation and the opening of its files."""
TEST_WORDS = frozenset({b"test", b"tests", b"testing", b"tested", b"unittest", b"pytest", b"spec", b"fixture", b"mock"})


@dataclass(frozen=True, slots=True)
class _Question:
    """A question taken apart once, for all repositories."""

    weights: dict[bytes, float]
    mentions: Mentions
    names: frozenset[bytes]
    surface: dict[bytes, str]
    about_tests: bool


class LexicalSearch:
    """Searches the generations that `generation_of` says are committed; maps each on first use, drops older ones."""

    def __init__(self, folder: Path, generation_of: Callable[[Scope], dict[str, int]]) -> None:
        self._folder = folder
        self._generation_of = generation_of
        self._open: dict[str, tuple[Stamp, Generation]] = {}
        self._segments: WeakValueDictionary[Path, Segment] = WeakValueDictionary()

    def search(self, scope: Scope, query: str, *, kind: Kind, top_k: int) -> list[Hit]:
        """Return the best hits first, at most `top_k`; [] when nothing matches.

        Raises StoreCorrupt when a committed generation is missing or damaged.
        """
        question = _understood(query)
        if not question.weights or top_k < 1:
            return []
        hits = [
            hit for generation in self._generations(scope) for hit in _search_one(generation, question, kind, top_k)
        ]
        hits.sort(key=lambda hit: (-hit.score, hit.chunk.repository, hit.chunk.path, hit.chunk.start_line))
        return hits[:top_k]

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


def _understood(query: str) -> _Question:
    named = mentions(query)
    names = {whole_term(part) for name in named.identifiers for part in [_last_name(name)]}
    surface: dict[bytes, str] = {}
    words = WORD.findall(query.encode("utf-8", "replace"))
    for word in words:
        if word.lower() not in STOP_WORDS:
            for term in terms_of_word(word):
                surface.setdefault(term, word.decode("utf-8", "replace"))
    weights = {term: min(count, TERM_FREQUENCY_CAP) for term, count in query_terms(query).items()}
    return _Question(
        weights, named, frozenset(names - {b""}), surface, any(word.lower() in TEST_WORDS for word in words)
    )


def _last_name(identifier: str) -> str:
    return identifier.replace("::", ".").replace("#", ".").replace("->", ".").rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Scores of one repository: shares of the ceiling per file and per chunk, bonuses and factors per file or chunk."""

    file: Scores
    chunk: Scores
    best: Scores
    named: npt.NDArray[np.bool_]
    mentioned: npt.NDArray[np.bool_]
    factor: Scores


def _search_one(generation: Generation, question: _Question, kind: Kind, top_k: int) -> Iterable[Hit]:
    if not generation.chunk_count:
        return []
    numbers = generation.numbers(question.weights)
    evidence = _evidence(generation, question, numbers)
    if kind == "file":
        rows = _rank_files(generation, evidence, top_k)
    else:
        rows = _rank_chunks(generation, evidence, top_k, documents=kind == "doc")
    why = _explainer(generation, question, numbers)
    return [Hit(generation.chunk(row), score, why(row, features), features) for row, score, features in rows]


def _evidence(generation: Generation, question: _Question, numbers: dict[bytes, Numbers]) -> _Evidence:
    file, file_ceiling = generation.score("file", question.weights, numbers)
    chunk, chunk_ceiling = generation.score("chunk", question.weights, numbers)
    file /= max(file_ceiling, 1e-9)
    chunk /= max(chunk_ceiling, 1e-9)
    named = generation.named(numbers[name] for name in question.names if name in numbers)
    mentioned = np.zeros(generation.file_count, np.bool_)
    for path in question.mentions.paths:
        mentioned |= _paths_ending(generation, path)
    factor = np.ones(generation.file_count, np.float32)
    if not question.about_tests:
        factor[generation.is_test] = TEST_FACTOR
    best = np.maximum.reduceat(chunk, generation.first_chunk[:-1])
    return _Evidence(file, chunk, best, named, mentioned, factor)


def _paths_ending(generation: Generation, path: str) -> npt.NDArray[np.bool_]:
    tail = path.lower().lstrip("./")
    return np.fromiter(
        (known == tail or known.endswith("/" + tail) for known in generation.lower_paths),
        np.bool_,
        generation.file_count,
    )


Row = tuple[int, float, dict[str, float]]
"""Chunk row, score, features."""


def _rank_files(generation: Generation, evidence: _Evidence, top_k: int) -> list[Row]:
    any_named = np.logical_or.reduceat(evidence.named, generation.first_chunk[:-1])
    base = FILE_SHARE * evidence.file + (BEST_SHARE + TOP3_SHARE) * evidence.best
    base += NAME_BONUS * any_named + PATH_BONUS * evidence.mentioned
    base *= evidence.factor
    rows = []
    for file in _best(base, max(CANDIDATES, 2 * top_k)):
        first, end = int(generation.first_chunk[file]), int(generation.first_chunk[file + 1])
        scores = evidence.chunk[first:end]
        top3 = float(np.sort(scores)[-3:].sum()) / 3
        score = float(base[file]) - TOP3_SHARE * (float(evidence.best[file]) - top3) * float(evidence.factor[file])
        order = scores + evidence.named[first:end]
        features = _features(evidence, int(file), float(evidence.best[file]), bool(any_named[file]))
        rows.append((first + int(order.argmax()), score, features | {"top3": top3}))
    rows.sort(key=lambda row: (-row[1], row[0]))
    return rows[:top_k]


def _rank_chunks(generation: Generation, evidence: _Evidence, top_k: int, *, documents: bool) -> list[Row]:
    of_file = generation.chunk_file
    score = CHUNK_SHARE * evidence.chunk + (1 - CHUNK_SHARE) * evidence.file[of_file]
    score[(evidence.chunk <= 0) & ~evidence.named] = 0
    score += NAME_BONUS * evidence.named + PATH_BONUS * (evidence.mentioned[of_file] & (score > 0))
    score *= evidence.factor[of_file] * (generation.is_document == documents)[of_file]
    rows: list[Row] = []
    for row in _best(score, 2 * top_k + 50):
        file = int(of_file[row])
        features = _features(evidence, file, float(evidence.chunk[row]), bool(evidence.named[row]))
        rows.append((int(row), float(score[row]), features))
    return _one_a_symbol(generation, rows)[:top_k]


def _one_a_symbol(generation: Generation, rows: list[Row]) -> list[Row]:
    """Keep the best window of each symbol."""
    seen: set[tuple[str, str | None, int]] = set()
    kept = []
    for row in rows:
        chunk = generation.chunk(row[0])
        key = chunk.path, chunk.symbol_id, 0 if chunk.symbol_id else chunk.start_line
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def _features(evidence: _Evidence, file: int, chunk: float, named: bool) -> dict[str, float]:
    return {
        "file": float(evidence.file[file]),
        "chunk": chunk,
        "name": float(named),
        "path": float(evidence.mentioned[file]),
        "test": float(evidence.factor[file] < 1),
    }


def _best(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    """Return the rows with a positive score, best first, ties by row, at most `count`."""
    if len(scores) > count:
        floor = np.partition(scores, -count)[-count]
        rows = np.flatnonzero(scores >= max(float(floor), 1e-9))
    else:
        rows = np.flatnonzero(scores > 0)
    return rows[np.lexsort((rows, -scores[rows]))][:count]


def _explainer(
    generation: Generation, question: _Question, numbers: dict[bytes, Numbers]
) -> Callable[[int, dict[str, float]], str]:
    """Return a function that says why a row was found: mentions first, then the matched words, rarest first."""
    postings = sorted(
        ((generation.rows_of("chunk", number), term) for term, number in numbers.items() if term in question.surface),
        key=lambda pair: len(pair[0]),
    )

    def why(row: int, features: dict[str, float]) -> str:
        reasons = []
        if features["name"]:
            reasons.append("name match")
        if features["path"]:
            reasons.append("path match")
        words: dict[str, None] = {}
        for rows, term in postings:
            at = int(np.searchsorted(rows, row))
            if at < len(rows) and rows[at] == row:
                words.setdefault(question.surface[term])
        if words:
            reasons.append("terms: " + ", ".join(list(words)[:6]))
        return "; ".join(reasons) or "terms elsewhere in the file"

    return why
