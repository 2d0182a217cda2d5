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
    by rarity), `path` and `area` (in its path), `best` and `top3` (of its chunks), `mentioned`. One a chunk: `chunk`,
    `chunk_covered`, `name` (in its name), `named` (on purpose)."""

    file: Scores
    subject: Scores
    covered: Scores
    path: Scores
    area: Scores
    chunk: Scores
    chunk_covered: Scores
    name: Scores
    named: npt.NDArray[np.bool_]
    mentioned: npt.NDArray[np.bool_]


def evidence(generation: Generation, question: Question, numbers: dict[bytes, Numbers]) -> Evidence:
    files, chunks = generation.file_count, generation.chunk_count
    file, subject, covered, path, area = (np.zeros(files, np.float32) for _ in range(5))
    chunk, chunk_covered, name = (np.zeros(chunks, np.float32) for _ in range(3))
    tops = dict.fromkeys(("file", "subject", "covered", "area", "chunk"), 1e-9)
    nothing = np.empty(0, np.int64), np.empty(0, np.float32)
    for term, weight in question.weights.items():
        known = numbers.get(term)
        rows, counts = generation.postings("chunk", known) if known else nothing
        paths, steps = generation.postings("path", known) if known else nothing
        of_files, sums = generation.file_frequencies(rows, counts, (paths, steps))
        rarity = idf(files, len(of_files))
        tops["covered"] += rarity
        tops["file"] += weight * rarity * (K1 + 1)
        if term in question.subject:
            tops["subject"] += rarity * (K1 + 1)
        chunk_rarity = idf(chunks, len(rows))
        tops["chunk"] += weight * chunk_rarity * (K1 + 1)
        if not known:
            continue
        impacts = sums / (sums + generation.file_norms[of_files]) * np.float32(rarity * (K1 + 1))
        file[of_files] += np.float32(weight) * impacts
        covered[of_files] += np.float32(rarity)
        if term in question.subject:
            subject[of_files] += impacts
        if len(rows):
            impact = counts / (counts + generation.chunk_norms[rows]) * np.float32(weight * chunk_rarity * (K1 + 1))
            chunk[rows] += impact
            chunk_covered[rows] += np.float32(chunk_rarity)
        if len(paths):
            path_rarity = idf(files, len(paths))
            path[paths] += steps * np.float32(path_rarity)
            if term in question.area:
                area[paths] += steps * np.float32(path_rarity)
        name_rows, name_steps = generation.postings("name", known)
        if len(name_rows):
            name[name_rows] += name_steps * np.float32(idf(chunks, len(name_rows)))
    mentioned = np.zeros(files, np.bool_)
    for tail in question.mentions.paths:
        mentioned |= _paths_ending(generation, tail)
    return Evidence(
        file / np.float32(tops["file"]),
        subject / np.float32(tops["subject"]),
        covered / np.float32(tops["covered"]),
        path,
        area,
        chunk / np.float32(tops["chunk"]),
        chunk_covered / np.float32(tops["covered"]),
        name,
        generation.named(numbers[wanted] for wanted in question.names if wanted in numbers),
        mentioned,
    )


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
