"""Where is it: ranked files, symbols and document sections for a question in words.

Candidates come from the lexical index, from dense vectors where there are some, and from what the question names on
purpose: identifiers are looked up in the graph, quoted strings are sought in the text. One weighted sum orders them; the
weights come from the Release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import exp
from typing import Literal

import numpy as np

from configs.errors import ConfigError, InputError
from knowledge.ports.graph import CodeGraph
from knowledge.ports.history import HistoryIndex, PastEvidence
from knowledge.ports.lexical import LexicalIndex
from knowledge.schema import Symbol
from knowledge.scope import Scope
from knowledge.text import STOP_WORDS, Mentions, mentions, query_terms, terms_of_word
from tools.candidates import Candidate, Pool
from tools.closures import folded
from tools.dense import DenseScores, DenseSearch, dense_scores
from tools.fusion import KNOWN_WEIGHTS
from tools.pages import Pages
from tools.paths import is_of_another, platforms, share_said
from tools.places import standing
from tools.placing import Ranking, add_files, add_folders, add_places, ranked
from tools.question_sort import sort_of
from tools.sections import Found, read_sections

Kind = Literal["file", "symbol", "function", "doc"]
"""What may be sought: of symbols, functions and methods alone where that is asked for."""

CANDIDATES = 150
"""Files, and sections of documents, that the text alone brings up."""
NOMINEES = 30
"""Files that past commits bring up beside them."""
SYMBOL_CANDIDATES = 150
"""Symbols that the text alone brings up."""
OPENED_FILES = 30
"""Best files whose symbols are all looked at."""
FILES_READ_FOR_PHRASES = 30
MAX_MEANINGS = 20
SPREAD = 2.0
"""Logits by which a result must fall behind the best for its score to shrink by e."""
SHORT_QUESTION_WORDS = 15
"""A question no longer than this that names one thing asks for it."""
EXACT_QUERY_WORDS = 2
"""A query this short is taken as names even when it does not look like code."""

_ASIDE_WORDS = re.compile(
    r"\b(?:tests?|testing|specs?|fixtures?|examples?|samples?|demos?|bench\w*|tutorials?|docs?)\b", re.I
)

LONGEST_COMPOUNDED_WORDS = 40
_PLAIN_WORD = re.compile(r"[A-Za-z]{3,}")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A place to look at. `symbol` is a qualified name; a higher score is better, within one answer only."""

    repository: str
    path: str
    start_line: int
    end_line: int
    symbol: str | None
    symbol_id: str | None
    kind: str
    score: float
    why: str


class Retriever:
    """Search over the granted repositories. `dense` may be absent; what goes wrong there costs its own hits only."""

    def __init__(
        self,
        graph: CodeGraph,
        lexical: LexicalIndex,
        dense: DenseSearch | None,
        weights: Mapping[str, float],
        history: HistoryIndex | None = None,
        pages: Pages | None = None,
    ) -> None:
        """pages: documents kept between questions; without them this retriever keeps its own.

        Raises ConfigError for a weight that nothing uses."""
        unknown = sorted(weights.keys() - KNOWN_WEIGHTS)
        if unknown:
            raise ConfigError(
                f"The release weighs {unknown[0]!r}, which retrieval does not know",
                next_step=f"Known weights: {', '.join(sorted(KNOWN_WEIGHTS))}.",
            )
        self._graph = graph
        self._lexical = lexical
        self._dense = dense
        self._history = history
        self._pages = Pages() if pages is None else pages
        self._weights = dict(weights)

    def search_code(
        self, scope: Scope, query: str, *, kind: Literal["file", "symbol", "function"] = "symbol", top_k: int = 10
    ) -> list[SearchResult]:
        """Return the files, symbols or functions that the question is about, best first; [] when nothing matches.

        Raises InputError for an empty query or a `top_k` below 1, StoreError when the lexical index or graph fails.
        """
        return self._search(scope, query, kind, top_k)

    def search_docs(self, scope: Scope, query: str, *, top_k: int = 10) -> list[SearchResult]:
        """Return document sections, as `search_code` returns symbols."""
        return self._search(scope, query, "doc", top_k)

    def candidates(self, scope: Scope, query: str, kind: Kind) -> list[Candidate]:
        """Return what was looked at, best first, with the features that made the score."""
        ranking = self._ranking(scope, query, kind)
        return ranking.candidates(len(ranking.pool))

    def _search(self, scope: Scope, query: str, kind: Kind, top_k: int) -> list[SearchResult]:
        if not query.strip():
            raise InputError("The search query is empty", next_step="Say what to look for, in words or by name.")
        if top_k < 1:
            raise InputError(f"top_k is {top_k!r}", next_step="Ask for at least one result.")
        return self._results(scope, query, self._ranking(scope, query, kind).candidates(top_k), kind)

    def _ranking(self, scope: Scope, query: str, kind: Kind) -> Ranking:
        named = mentions(query)
        asked = _Asked(
            scope,
            query,
            with_compounds(query),
            named,
            dense_scores(self._dense, scope, query, None, top_k=CANDIDATES),
            self._pasts(scope, query),
            frozenset(query_terms(subject := query.strip().partition("\n")[0])),
            platforms(subject) or platforms(query),
            self._exact(scope, query, named),
        )
        if kind == "doc":
            return ranked(self._documents(asked), self._weights)
        sort = sort_of(query, self._weights)
        files = ranked(self._files(asked), self._weights, sort)
        if kind == "file":
            return files
        symbols = self._symbols(asked, files)
        return ranked(folded(self._graph, scope, symbols) if kind == "function" else symbols, self._weights, sort)

    def _files(self, asked: _Asked) -> Pool:
        also: dict[str, set[str]] = {name: set(past.nominees(NOMINEES)) for name, past in asked.pasts.items()}
        for repository, path in asked.dense.files:
            also.setdefault(repository, set()).add(path)
        pool = Pool("file", self._lexical.search(asked.scope, asked.written, kind="file", top_k=CANDIDATES, also=also))
        for repository, past in asked.pasts.items():
            rows = [row for row, of in enumerate(pool.repositories) if of == repository]
            for name, values in past.features([pool.paths[row] for row in rows]).items():
                pool.column(name)[rows] = values
        self._add_all(asked, pool)
        add_folders(pool, asked.subject)
        return pool

    def _symbols(self, asked: _Asked, files: Ranking) -> Pool:
        also: dict[str, set[str]] = {}
        ranks: dict[tuple[str, str], int] = {}
        for rank, row in enumerate(files.order):
            repository, path = place = files.pool.repositories[row], files.pool.paths[row]
            ranks[place] = rank
            if rank < OPENED_FILES:
                also.setdefault(repository, set()).add(path)
        pool = Pool(
            "symbol",
            self._lexical.search(asked.scope, asked.written, kind="symbol", top_k=SYMBOL_CANDIDATES, also=also),
        )
        self._add_all(asked, pool)
        named = [_name_of(symbol_id) for symbol_id in pool.symbol_ids]
        pool.put("module", [float(not name) for name, _ in named])
        pool.put("name_subject", [share_said(terms, asked.subject) for _, terms in named])
        for repository, past in asked.pasts.items():
            rows = [row for row, of in enumerate(pool.repositories) if of == repository and named[row][0]]
            said, changes = past.functions([(pool.paths[row], named[row][0]) for row in rows])
            pool.column("past_function")[rows], pool.column("function_changes")[rows] = said, changes
        add_files(pool, ranks, files.scores)
        add_places(pool)
        return pool

    def _documents(self, asked: _Asked) -> Pool:
        pool = Pool("doc", self._lexical.search(asked.scope, asked.written, kind="doc", top_k=CANDIDATES))
        self._add_all(asked, pool)
        found = [
            Found(repository, path, symbol_id, {})
            for (repository, path), symbol_id in zip(pool.places, pool.symbol_ids, strict=True)
        ]
        read_sections(self._graph, self._lexical, asked.scope, asked.query, found, self._pages)
        for row, one in enumerate(found):
            pool.credit(row, one.features)
        return pool

    def _add_all(self, asked: _Asked, pool: Pool) -> None:
        for exact in asked.exact:
            for symbol in exact.symbols:
                pool.add_symbol(symbol, "exact_symbol", exact.share, f"named {exact.name}")
                if exact.is_asked_for:
                    pool.add_symbol(symbol, "asked_for", 1.0, f"named {exact.name}")
        self._add_dense(asked, pool)
        self._add_phrases(asked.scope, asked.named, pool)
        standings = np.array([standing(path) for path in pool.paths], np.float64).reshape(len(pool), 3)
        if _ASIDE_WORDS.search(asked.query) is not None:
            pool.put("test", np.zeros(len(pool)))
        else:
            pool.put("aside", standings[:, 0])
        pool.put("declaration", standings[:, 1])
        pool.put("vendored", standings[:, 2])
        if asked.platforms:
            pool.put("other_platform", [float(is_of_another(path, asked.platforms)) for path in pool.paths])

    def _pasts(self, scope: Scope, query: str) -> dict[str, PastEvidence]:
        if self._history is None:
            return {}
        asked = ((info.name, self._history.ask(scope, info.name, query)) for info in self._graph.repositories(scope))
        return {name: past for name, past in asked if past is not None}

    def _exact(self, scope: Scope, query: str, named: Mentions) -> list[_Exact]:
        """Look up what the question names: one name decides; of many, each says little, and so does a name of many things."""
        names = named.identifiers
        words = query.split()
        if not names and len(words) <= EXACT_QUERY_WORDS:
            names = tuple(words)
        exact = []
        for name in names:
            found = self._graph.find(scope, name, limit=MAX_MEANINGS)
            meanings = len({symbol.qualified_name for symbol in found})
            share = 1.0 / (len(names) * max(meanings, 1) ** 0.5)
            is_asked_for = len(names) == meanings == 1 and len(words) <= SHORT_QUESTION_WORDS
            exact.append(_Exact(name, found, share, is_asked_for))
        return exact

    def _add_dense(self, asked: _Asked, pool: Pool) -> None:
        if pool.grain == "file":
            pool.put("dense", [max(asked.dense.files.get(place, 0.0), 0.0) for place in pool.places])
            return
        scores = {symbol_id: similarity for symbol_id, similarity in asked.dense.symbols.items() if similarity > 0}
        for symbol in self._graph.symbols(asked.scope, pool.credit_known(scores, "dense", "related words")):
            pool.add_symbol(symbol, "dense", scores[symbol.id], "related words")

    def _add_phrases(self, scope: Scope, named: Mentions, pool: Pool) -> None:
        """Find quoted strings in the files that the index brought up, and credit the symbol around each."""
        if not named.phrases:
            return
        places = dict.fromkeys(pool.places)
        for repository, path in list(places)[:FILES_READ_FOR_PHRASES]:
            text = self._graph.read_text(scope, repository, path) or b""
            for phrase in named.phrases:
                at = text.find(phrase.encode())
                if at >= 0:
                    symbol = self._graph.symbol_at(scope, repository, path, text.count(b"\n", 0, at) + 1)
                    if symbol is not None:
                        pool.add_symbol(symbol, "phrase", 1.0, f'contains "{phrase}"')

    def _results(self, scope: Scope, query: str, ranked: list[Candidate], kind: Kind) -> list[SearchResult]:
        symbols = {
            symbol.id: symbol for symbol in self._graph.symbols(scope, [candidate.symbol_id for candidate in ranked])
        }
        textual = [candidate for candidate in ranked if candidate.chunk is not None]
        words = self._lexical.words_in(scope, query, [c.chunk for c in textual if c.chunk is not None])
        for candidate, held in zip(textual, words, strict=True):
            if held:
                candidate.why.append("terms: " + ", ".join(held))
            if candidate.features.get("past", 0.0) > 0 or candidate.features.get("past_function", 0.0) > 0:
                candidate.why.append("past changes")
        best = ranked[0].score if ranked else 0.0
        return [_result(candidate, symbols.get(candidate.symbol_id), kind, best) for candidate in ranked]


@dataclass(frozen=True, slots=True)
class _Exact:
    """A name that the question says, and what it may mean. share: how much it says for each of those."""

    name: str
    symbols: Sequence[Symbol]
    share: float
    is_asked_for: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with what the other indexes say about it."""

    scope: Scope
    query: str
    written: str
    """The query with its compounds."""
    named: Mentions
    dense: DenseScores
    pasts: dict[str, PastEvidence]
    subject: frozenset[bytes]
    """The terms of its first line."""
    platforms: frozenset[str]
    exact: Sequence[_Exact]


@lru_cache(maxsize=1 << 14)
def _name_of(symbol_id: str) -> tuple[str, tuple[bytes, ...]]:
    """Return the last name of a symbol with its terms; empty for a module."""
    name = symbol_id.partition("#")[2].partition("~")[0].rpartition(".")[2]
    return name, terms_of_word(name.encode())


def with_compounds(query: str) -> str:
    """Return the query with its neighbouring words also written as one, as code does: `thread pool` and `threadpool`."""
    words = query.split()
    if len(words) > LONGEST_COMPOUNDED_WORDS:
        return query
    pairs = [
        f"{first}{second.rstrip('?.!,')}"
        for first, second in pairwise(words)
        if _PLAIN_WORD.fullmatch(first) and _PLAIN_WORD.fullmatch(second.rstrip("?.!,"))
        if not {first.encode().lower(), second.rstrip("?.!,").encode().lower()} & STOP_WORDS
    ]
    return " ".join([query, *pairs])


def _result(candidate: Candidate, symbol: Symbol | None, sought: Kind, best: float) -> SearchResult:
    start, end = candidate.lines
    whole_file = symbol is None or symbol.id.endswith("#")
    if symbol is not None and not whole_file and sought != "file":
        start, end = symbol.start_line, symbol.end_line
    kind = "file" if sought == "file" else str(symbol.kind) if symbol is not None else "module"
    return SearchResult(
        candidate.repository,
        candidate.path,
        start,
        end,
        symbol.qualified_name if symbol is not None else None,
        symbol.id if symbol is not None else None,
        kind,
        exp((candidate.score - best) / SPREAD),
        "; ".join(candidate.why),
    )
