"""What the text of one repository says about a question: scores a file and a chunk, by kind of evidence.

Every score is a share of the highest that the question could reach there, so that repositories compare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from knowledge.backends.lexical.container import Array
from knowledge.backends.lexical.generation import K1, Generation, Numbers, Scores
from knowledge.backends.lexical.postings import Found, added
from knowledge.text import STOP_WORDS, WORD, Mentions, mentions, query_terms, terms_of_word, whole_term

TERM_FREQUENCY_CAP = 3.0
PATH_WEIGHT = 4.0
"""What a word of its path adds to a file's frequency of the word, for each step of its weight there."""
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


@lru_cache(maxsize=8)
def understood(query: str) -> Question:
    """Return a question taken apart; the last few are kept, for one search asks several times."""
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
    """Return what a generation says. All terms are gone through at once, a row's sums in the order of the question."""
    files, chunks = generation.file_count, generation.chunk_count
    terms = [term for term in question.weights if term in numbers]
    said, names, paths = (
        generation.postings(grain, [numbers[t] for t in terms]) for grain in ("chunk", "name", "path")
    )
    in_chunks, held = generation.by_file(said)
    in_files = added(in_chunks, replace(paths, weights=paths.weights * np.float32(PATH_WEIGHT)), files)
    placed = added(said, generation.chunks_of(paths), chunks)
    rarities, chunk_rarities = _rarities(files, in_files), _rarities(chunks, said)
    top, chunk_top = _Top(question, files, terms, rarities), _Top(question, chunks, terms, chunk_rarities)
    weights = np.array([question.weights[term] for term in terms], np.float64)
    of_subject = np.array([term in question.subject for term in terms], np.bool_)
    of_area = np.array([term in question.area for term in terms], np.bool_)
    impacts = _impacts(in_files, generation.file_norms, rarities)
    chunk_impacts = _impacts(said, generation.chunk_norms, chunk_rarities)
    placed_impacts = _impacts(placed, generation.placed_norms, weights * _rarities(chunks, placed))
    path_impacts = paths.weights * paths.each(_rarities(files, paths))
    mentioned = np.zeros(files, np.bool_)
    for tail in question.mentions.paths:
        mentioned[_paths_ending(generation, tail)] = True
    return Evidence(
        _sums(files, in_files, in_files.each(weights) * impacts) / top.whole,
        _sums(files, in_files, impacts, of_subject) / top.subject,
        _sums(files, in_files, in_files.each(rarities)) / top.covered,
        _few(files, in_files),
        _sums(files, paths, path_impacts),
        _sums(files, paths, path_impacts, of_area),
        _sums(chunks, said, said.each(weights) * chunk_impacts) / chunk_top.whole,
        _sums(chunks, said, said.each(chunk_rarities)) / top.covered,
        _few(chunks, said),
        _sums(chunks, said, chunk_impacts, of_subject) / chunk_top.subject,
        _sums(chunks, placed, placed_impacts) / chunk_top.whole,
        _sums(chunks, said, np.repeat(_rarity_within(generation, in_chunks, held), held)),
        _sums(chunks, names, names.weights * names.each(_rarities(chunks, names))),
        _sums(chunks, names, names.weights) / generation.name_lengths,
        generation.named(numbers[wanted] for wanted in question.names if wanted in numbers),
        mentioned,
    )


class _Top:
    """The highest sums that a question could reach, terms that nothing holds among them."""

    def __init__(self, question: Question, count: int, terms: Sequence[bytes], rarities: Array) -> None:
        whole = subject = covered = 1e-9
        known = dict(zip(terms, rarities.tolist(), strict=True))
        absent = idf(count, 0)
        for term, weight in question.weights.items():
            rarity = known.get(term, absent)
            whole += weight * rarity * (K1 + 1)
            subject += (term in question.subject) * rarity * (K1 + 1)
            covered += rarity
        self.whole, self.subject, self.covered = np.float32(whole), np.float32(subject), np.float32(covered)


def _rarities(count: int, found: Found) -> npt.NDArray[np.float64]:
    """Return how rare each term is among `count` rows."""
    return np.array([idf(count, df) for df in found.counts.tolist()], np.float64)


def _impacts(found: Found, norms: Scores, rarities: npt.NDArray[np.float64]) -> Scores:
    """Return BM25 of each row and term."""
    impacts: Scores = found.weights / (found.weights + norms[found.rows]) * found.each(rarities * (K1 + 1))
    return impacts


def _sums(count: int, found: Found, values: Scores, which: npt.NDArray[np.bool_] | None = None) -> Scores:
    """Return the sum of each row's values, one after the other. which: the terms that count."""
    rows = found.rows
    if which is not None:
        chosen = np.repeat(which, found.counts)
        rows, values = rows[chosen], values[chosen]
    sums = np.zeros(count, np.float32)
    np.add.at(sums, rows, values)
    return sums


def _few(count: int, found: Found) -> Scores:
    """Return of the terms that at most `FEW` rows hold each row's part."""
    return _sums(count, found, found.each(1 / np.maximum(found.counts, 1)), found.counts <= FEW)


def _rarity_within(generation: Generation, files: Found, held: Array) -> Scores:
    """Return how rare each term is among the chunks of each file that has it in `held` of them."""
    sizes = generation.first_chunk[files.rows + 1] - generation.first_chunk[files.rows]
    rarities: Scores = np.log1p((sizes - held + 0.5) / (held + 0.5)).astype(np.float32)
    return rarities


def idf(count: int, df: int) -> float:
    """Return how rare it is to be held by `df` of `count`."""
    return math.log1p((count - df + 0.5) / (df + 0.5))


def _paths_ending(generation: Generation, path: str) -> list[int]:
    """Return the files whose path is this one or ends with it."""
    tail = path.lower().lstrip("./")
    likely = generation.files_by_name.get(tail.rpartition("/")[2], [])
    return [file for file in likely if f"/{generation.path(file).lower()}".endswith("/" + tail)]


def best_of_files(generation: Generation, scores: Array) -> Array:
    """Return the best chunk's score of each file."""
    best: Array = np.maximum.reduceat(scores, generation.first_chunk[:-1])
    return best
