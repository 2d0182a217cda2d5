"""What the text of one repository says about a question: scores a file and a chunk, by kind of evidence.

Every score is a share of the highest that the question could reach there, so that repositories compare.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.generation import K1, Generation, Numbers, Scores
from knowledge.text import STOP_WORDS, WORD, Mentions, mentions, query_terms, terms_of_word, whole_term

TERM_FREQUENCY_CAP = 3.0
NAME_B = 0.5
FEW = 3
"""A term that no more files hold than this points at them, and so with chunks."""
TEST_WORDS = frozenset({b"test", b"tests", b"testing", b"tested", b"unittest", b"pytest", b"spec", b"fixture", b"mock"})


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart once, for all repositories.

    weights: how often each term is said, capped. subject: the terms of its first line. area: those that the first line
    puts before a colon, as in `parser: Keep comments`. surface: a term's word as written. names: what it names on purpose.
    """

    weights: dict[bytes, float]
    subject: frozenset[bytes]
    area: frozenset[bytes]
    mentions: Mentions
    names: frozenset[bytes]
    surface: dict[bytes, str]
    about_tests: bool


def understood(query: str) -> Question:
    named = mentions(query)
    names = {whole_term(_last_name(name)) for name in named.identifiers}
    surface: dict[bytes, str] = {}
    words = WORD.findall(query.encode("utf-8", "replace"))
    for word in words:
        if word.lower() not in STOP_WORDS:
            for term in terms_of_word(word):
                surface.setdefault(term, word.decode("utf-8", "replace"))
    weights = {term: min(count, TERM_FREQUENCY_CAP) for term, count in query_terms(query).items()}
    line = query.strip().split("\n", 1)[0]
    area = line.partition(": ")[0] if ": " in line[:80] else ""
    return Question(
        weights,
        frozenset(query_terms(line)),
        frozenset(query_terms(area)) if area else frozenset(),
        named,
        frozenset(names - {b""}),
        surface,
        any(word.lower() in TEST_WORDS for word in words),
    )


def _last_name(identifier: str) -> str:
    return identifier.replace("::", ".").replace("#", ".").replace("->", ".").rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value a file: `file` (BM25F), `subject` (of the first line's terms), `covered` (share of the terms it holds,
    by rarity), `few` (of the terms that at most `FEW` files hold, its part), `path` and `area` (in its path), `mentioned`. One a chunk:
    `chunk`, `chunk_covered`, `chunk_few`, `chunk_subject`, `placed` (read together with its path), `local` (by rarity within its file),
    `name` (in its name), `name_share` (how much of its name was said), `named` (on purpose)."""

    file: Scores
    subject: Scores
    covered: Scores
    few: Scores
    path: Scores
    area: Scores
    chunk: Scores
    chunk_covered: Scores
    chunk_few: Scores
    chunk_subject: Scores
    placed: Scores
    local: Scores
    name: Scores
    name_share: Scores
    named: npt.NDArray[np.bool_]
    mentioned: npt.NDArray[np.bool_]


def evidence(generation: Generation, question: Question, numbers: dict[bytes, Numbers]) -> Evidence:
    files, chunks = generation.file_count, generation.chunk_count
    file, subject, covered, few, path, area = (np.zeros(files, np.float32) for _ in range(6))
    chunk, chunk_covered, chunk_few, chunk_subject, name, name_share = (np.zeros(chunks, np.float32) for _ in range(6))
    placed, local = _Placed(generation), _Local(generation)
    tops = dict.fromkeys(("file", "subject", "covered", "chunk", "chunk_subject"), 1e-9)
    nothing = np.empty(0, np.int64), np.empty(0, np.float32)
    for term, weight in question.weights.items():
        known = numbers.get(term)
        rows, counts = generation.postings("chunk", known) if known else nothing
        paths, steps = generation.postings("path", known) if known else nothing
        of_files, sums = generation.file_frequencies(rows, counts, (paths, steps))
        rarity = idf(files, len(of_files))
        in_subject = term in question.subject
        tops["covered"] += rarity
        tops["file"] += weight * rarity * (K1 + 1)
        tops["subject"] += in_subject * rarity * (K1 + 1)
        chunk_rarity = idf(chunks, len(rows))
        tops["chunk"] += weight * chunk_rarity * (K1 + 1)
        tops["chunk_subject"] += in_subject * chunk_rarity * (K1 + 1)
        if not known:
            continue
        impacts = sums / (sums + generation.file_norms[of_files]) * np.float32(rarity * (K1 + 1))
        file[of_files] += np.float32(weight) * impacts
        covered[of_files] += np.float32(rarity)
        if 0 < len(of_files) <= FEW:
            few[of_files] += np.float32(1 / len(of_files))
        if in_subject:
            subject[of_files] += impacts
        if len(rows):
            impact = counts / (counts + generation.chunk_norms[rows]) * np.float32(chunk_rarity * (K1 + 1))
            chunk[rows] += np.float32(weight) * impact
            chunk_covered[rows] += np.float32(chunk_rarity)
            if len(rows) <= FEW:
                chunk_few[rows] += np.float32(1 / len(rows))
            if in_subject:
                chunk_subject[rows] += impact
            local.add(rows)
        placed.add(rows, counts, paths, steps, weight)
        if len(paths):
            path_rarity = idf(files, len(paths))
            path[paths] += steps * np.float32(path_rarity)
            if term in question.area:
                area[paths] += steps * np.float32(path_rarity)
        name_rows, name_steps = generation.postings("name", known)
        if len(name_rows):
            name[name_rows] += name_steps * np.float32(idf(chunks, len(name_rows)))
            name_share[name_rows] += name_steps
    mentioned = np.zeros(files, np.bool_)
    for tail in question.mentions.paths:
        mentioned |= _paths_ending(generation, tail)
    return Evidence(
        file / np.float32(tops["file"]),
        subject / np.float32(tops["subject"]),
        covered / np.float32(tops["covered"]),
        few,
        path,
        area,
        chunk / np.float32(tops["chunk"]),
        chunk_covered / np.float32(tops["covered"]),
        chunk_few,
        chunk_subject / np.float32(tops["chunk_subject"]),
        placed.scores / np.float32(tops["chunk"]),
        local.scores,
        name,
        name_share / generation.name_lengths,
        generation.named(numbers[wanted] for wanted in question.names if wanted in numbers),
        mentioned,
    )


class _Placed:
    """BM25 of chunks in which a word of their path counts as said once more for each step of its weight there."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._frequencies = np.zeros(generation.chunk_count, np.float32)
        self.scores = np.zeros(generation.chunk_count, np.float32)

    def add(self, rows: Array, counts: Scores, paths: Array, steps: Scores, weight: float) -> None:
        generation, frequencies = self._generation, self._frequencies
        frequencies[rows] = counts
        if len(paths):
            placed = generation.rows_of_files(paths)
            rows = np.concatenate([rows, placed[frequencies[placed] == 0]])
            frequencies[placed] += np.repeat(steps, generation.first_chunk[paths + 1] - generation.first_chunk[paths])
        found = frequencies[rows]
        rarity = idf(generation.chunk_count, len(rows))
        self.scores[rows] += found / (found + generation.placed_norms[rows]) * np.float32(weight * rarity * (K1 + 1))
        frequencies[rows] = 0


class _Local:
    """Which chunk of its file holds what the others there do not: the rarity of the terms it holds, within the file."""

    def __init__(self, generation: Generation) -> None:
        self._file = generation.chunk_file
        self._sizes = np.diff(generation.first_chunk)
        self.scores = np.zeros(generation.chunk_count, np.float32)

    def add(self, rows: Array) -> None:
        files = self._file[rows]
        first = np.flatnonzero(np.diff(files, prepend=-1))
        held = np.diff(first, append=len(files))
        rarity = np.log1p((self._sizes[files[first]] - held + 0.5) / (held + 0.5)).astype(np.float32)
        self.scores[rows] += np.repeat(rarity, held)


def idf(count: int, df: int) -> float:
    """Return how rare it is to be held by `df` of `count`."""
    return math.log1p((count - df + 0.5) / (df + 0.5))


def _paths_ending(generation: Generation, path: str) -> npt.NDArray[np.bool_]:
    tail = path.lower().lstrip("./")
    return np.fromiter(
        (known == tail or known.endswith("/" + tail) for known in generation.lower_paths),
        np.bool_,
        generation.file_count,
    )


def best_of_files(generation: Generation, scores: Array) -> Array:
    """Return the best chunk's score of each file."""
    best: Array = np.maximum.reduceat(scores, generation.first_chunk[:-1])
    return best
