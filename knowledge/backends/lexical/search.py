"""Finds files, code chunks and document sections of the granted repositories: the LexicalIndex port.

The order here is a plain sum of the evidence; every part of it travels in `Hit.features`, and `tools.ranking` weighs them
as the Release says.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal
from weakref import WeakValueDictionary

import numpy as np

from configs.errors import StoreBusy, StoreCorrupt
from knowledge.backends.lexical.evidence import (
    Evidence,
    Question,
    evidence,
    idf,
    understood,
)
from knowledge.backends.lexical.generation import Generation
from knowledge.backends.lexical.layout import generation_folder, index_file
from knowledge.backends.lexical.ranking import Ranker, Rows
from knowledge.backends.lexical.segments import Segment
from knowledge.ports.lexical import Chunk, ChunkTable, Hits
from knowledge.scope import Scope
from knowledge.terms import ChunkTerms
from knowledge.text import whole_term

Kind = Literal["file", "symbol", "doc"]
Stamp = tuple[int, int, int]
"""Generation, file number and time of change of the index file."""

MAX_WORDS = 6
MOST_RECENT_CHUNKS = 400_000
"""Chunks whose evidence is kept from the questions asked last: 16 MB."""
MAX_MOVES = 50
"""Commits that may come between the look at the number of a generation and the opening of its files."""


class LexicalSearch:
    """Searches the generations that `generation_of` says are committed; opens each on first use, drops older ones."""

    def __init__(self, folder: Path, generation_of: Callable[[Scope], dict[str, int]]) -> None:
        self._folder = folder
        self._generation_of = generation_of
        self._open: dict[str, tuple[Stamp, Generation]] = {}
        self._segments: WeakValueDictionary[Path, Segment] = WeakValueDictionary()
        self._recent: deque[tuple[str, Generation, Evidence]] = deque()
        self._lock = threading.Lock()

    def search(
        self, scope: Scope, query: str, *, kind: Kind, top_k: int, also: Mapping[str, Collection[str]] | None = None
    ) -> Hits:
        """Return the best hits first, at most `top_k` and those of `also`; none when nothing matches.

        Raises StoreCorrupt when a committed generation is missing or damaged.
        """
        question = understood(query)
        if not question.weights or top_k < 1:
            return Hits((), np.empty(0), {})
        found: list[tuple[Generation, Rows]] = []
        for generation in self._generations(scope):
            wanted = frozenset((also or {}).get(generation.repository, ()))
            if generation.chunk_count:
                found.append((generation, self._search_one(generation, query, question, kind, top_k, wanted)))
        return _joined(found, top_k)

    def words_in(self, scope: Scope, query: str, chunks: Sequence[Chunk]) -> list[list[str]]:
        """Return the words of the question that each chunk holds, as written there, the rarest first."""
        question = understood(query)
        found: dict[int, list[str]] = {}
        for generation in self._generations(scope):
            own = {at: chunk for at, chunk in enumerate(chunks) if chunk.repository == generation.repository}
            if not own:
                continue
            numbers = generation.numbers(question.weights)
            words = [(numbers[term], word) for term, word in question.surface.items() if term in numbers]
            postings = generation.postings("chunk", [number for number, _ in words])
            rarest_first, terms = np.argsort(postings.counts, kind="stable").tolist(), postings.terms
            for at, chunk in own.items():
                held = set(terms[postings.rows == generation.row_of(chunk)].tolist())
                found[at] = list(
                    islice(dict.fromkeys(words[term][1] for term in rarest_first if term in held), MAX_WORDS)
                )
        return [found.get(at, []) for at in range(len(chunks))]

    def rarities(self, scope: Scope, words: Collection[str]) -> dict[str, float]:
        """Return each word's inverse document frequency over the chunks of granted documents."""
        terms = {word: whole_term(word) for word in words}
        count = 0
        held = dict.fromkeys(terms.values(), 0)
        for generation in self._generations(scope):
            of_document = generation.is_document[generation.chunk_file]
            count += int(of_document.sum())
            numbers = generation.numbers(dict.fromkeys(held, 0.0))
            found = generation.postings("chunk", list(numbers.values()))
            documents = np.bincount(found.terms[of_document[found.rows]], minlength=len(numbers))
            for term, df in zip(numbers, documents.tolist(), strict=True):
                held[term] += df
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
        self._recent.clear()

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
        """Open a segment once, whatever the generations that share it: its name says its content."""
        path = folder / name
        segment = self._segments.get(path)
        if segment is None:
            segment = self._segments[path] = Segment.opened(folder, name)
        return segment

    def _search_one(
        self, generation: Generation, query: str, question: Question, kind: Kind, top_k: int, also: frozenset[str]
    ) -> Rows:
        found = self._evidence(generation, query, question)
        ranker = Ranker(generation, found, about_tests=question.about_tests)
        return ranker.files(top_k, also) if kind == "file" else ranker.chunks(top_k, also, documents=kind == "doc")

    def _evidence(self, generation: Generation, query: str, question: Question) -> Evidence:
        """Return what a generation says: a search for symbols asks at both grains, and people ask for code and documents at once."""
        with self._lock:
            for known in self._recent:
                if known[0] == query and known[1] is generation:
                    return known[2]
        found = evidence(generation, question, generation.numbers(question.weights))
        with self._lock:
            self._recent.append((query, generation, found))
            held = sum(known.chunk_count for _, known, _ in self._recent)
            while held > MOST_RECENT_CHUNKS and len(self._recent) > 1:
                held -= self._recent.popleft()[1].chunk_count
        return found


def _joined(found: Sequence[tuple[Generation, Rows]], top_k: int) -> Hits:
    """Return the best `top_k` rows of all generations, then those that were asked for, each by place where equal."""
    if not found:
        return Hits((), np.empty(0), {})
    counts = [len(part.rows) for _, part in found]
    owner = np.repeat(np.arange(len(found)), counts)
    rows = np.concatenate([part.rows for _, part in found])
    scores = np.concatenate([part.scores for _, part in found])
    extra = np.concatenate([part.extra for _, part in found])
    files = np.concatenate([generation.chunk_file[part.rows] for generation, part in found])
    starts = np.concatenate([generation.chunk_start[part.rows] for generation, part in found])
    order = np.lexsort((starts, files, owner, -scores))
    order = np.concatenate([order[~extra[order]][:top_k], np.flatnonzero(extra)])
    chunks = [found[at][0].chunk(row) for at, row in zip(owner[order].tolist(), rows[order].tolist(), strict=True)]
    names = found[0][1].features
    features = {name: np.concatenate([part.features[name] for _, part in found])[order] for name in names}
    return Hits(chunks, scores[order], features)
