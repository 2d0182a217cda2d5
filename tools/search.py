"""Where is it: ranked files, symbols and document sections for a question in words.

Candidates come from the lexical index, from dense vectors where there are some, and from what the question names on
purpose: identifiers are looked up in the graph, quoted strings are sought in the text. One weighted sum orders them; the
weights come from the Release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from configs.errors import ConfigError, InputError
from knowledge.ports import Chunk, CodeGraph, Hit, LexicalIndex
from knowledge.schema import Symbol, SymbolKind
from knowledge.scope import Scope
from knowledge.text import STOP_WORDS, Mentions, mentions
from tools.dense import DenseSearch, dense_scores
from tools.places import is_aside

Grain = Literal["file", "symbol", "doc"]

DEFAULT_WEIGHTS: Mapping[str, float] = {
    "file.file": 0.5,
    "file.chunk": 0.35,
    "file.top3": 0.15,
    "symbol.file": 0.2,
    "symbol.chunk": 0.8,
    "doc.file": 0.2,
    "doc.chunk": 0.8,
    "name": 0.1,
    "path": 0.8,
    "exact_symbol": 1.0,
    "phrase": 1.0,
    "dense": 0.45,
    "test": 0.5,
    "aside": 0.6,
}
"""`<grain>.<feature>` weigh BM25F shares, scaled so that the best candidate's sum is 1; the others are added to that.
`test` is a factor for test code, `aside` one for code among tests, examples and documents, when the question does not
speak of such. A Release replaces any of them."""

CANDIDATES = 100
FILES_READ_FOR_PHRASES = 30
MAX_MEANINGS = 20
EXACT_QUERY_WORDS = 2
"""A query this short is taken as names even when it does not look like code."""
DOCUMENT_KINDS = frozenset({SymbolKind.DOCUMENT, SymbolKind.SECTION})

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


@dataclass(slots=True)
class _Candidate:
    """What is known of one file (grain file) or symbol. `lines` are of its best chunk."""

    repository: str
    path: str
    symbol_id: str
    lines: tuple[int, int]
    features: dict[str, float] = field(default_factory=dict)
    why: list[str] = field(default_factory=list)


class Retriever:
    """Search over the granted repositories. `dense` may be absent; what goes wrong there costs its own hits only."""

    def __init__(
        self,
        graph: CodeGraph,
        lexical: LexicalIndex,
        dense: DenseSearch | None,
        weights: Mapping[str, float],
    ) -> None:
        """Raises ConfigError for a weight that nothing uses."""
        unknown = sorted(weights.keys() - DEFAULT_WEIGHTS.keys())
        if unknown:
            raise ConfigError(
                f"The release weighs {unknown[0]!r}, which retrieval does not know",
                next_step=f"Known weights: {', '.join(sorted(DEFAULT_WEIGHTS))}.",
            )
        self._graph = graph
        self._lexical = lexical
        self._dense = dense
        self._weights = {**DEFAULT_WEIGHTS, **weights}

    def search_code(
        self, scope: Scope, query: str, *, kind: Literal["file", "symbol"] = "symbol", top_k: int = 10
    ) -> list[SearchResult]:
        """Return the files or symbols that the question is about, best first; [] when nothing matches.

        Raises InputError for an empty query or a `top_k` below 1, StoreError when the lexical index or graph fails.
        """
        return self._search(scope, query, kind, top_k)

    def search_docs(self, scope: Scope, query: str, *, top_k: int = 10) -> list[SearchResult]:
        """Return document sections, as `search_code` returns symbols."""
        return self._search(scope, query, "doc", top_k)

    def _search(self, scope: Scope, query: str, grain: Grain, top_k: int) -> list[SearchResult]:
        if not query.strip():
            raise InputError("The search query is empty", next_step="Say what to look for, in words or by name.")
        if top_k < 1:
            raise InputError(f"top_k is {top_k!r}", next_step="Ask for at least one result.")
        named = mentions(query)
        pool = _Pool(grain)
        for hit in self._lexical.search(scope, with_compounds(query), kind=grain, top_k=max(CANDIDATES, 2 * top_k)):
            pool.add_hit(hit)
        self._add_exact(scope, query, named, pool)
        self._add_dense(scope, query, pool)
        self._add_phrases(scope, named, pool)
        scores = self._scores(pool, grain, wants_aside=grain == "doc" or _ASIDE_WORDS.search(query) is not None)
        order = sorted(scores, key=lambda key: (-scores[key], key))[:top_k]
        return self._results(scope, [(pool.candidates[key], scores[key]) for key in order], grain)

    def _add_exact(self, scope: Scope, query: str, named: Mentions, pool: _Pool) -> None:
        """Credit what the question names: one name decides; of many, each says little, and so does a name of many things."""
        names = named.identifiers
        words = query.split()
        if not names and len(words) <= EXACT_QUERY_WORDS:
            names = tuple(words)
        for name in names:
            found = self._graph.find(scope, name, limit=MAX_MEANINGS)
            meanings = len({symbol.qualified_name for symbol in found})
            share = 1.0 / (len(names) * max(meanings, 1) ** 0.5)
            for symbol in found:
                pool.add_symbol(symbol, "exact_symbol", share, f"named {name}")

    def _add_dense(self, scope: Scope, query: str, pool: _Pool) -> None:
        scores = dense_scores(self._dense, scope, query, None, top_k=CANDIDATES).symbols
        symbols = {symbol.id: symbol for symbol in self._graph.symbols(scope, list(scores))}
        for symbol_id, similarity in scores.items():
            if (symbol := symbols.get(symbol_id)) is not None and similarity > 0:
                pool.add_symbol(symbol, "dense", similarity, "related words")

    def _add_phrases(self, scope: Scope, named: Mentions, pool: _Pool) -> None:
        """Find quoted strings in the files that the index brought up, and credit the symbol around each."""
        if not named.phrases:
            return
        places = dict.fromkeys((candidate.repository, candidate.path) for candidate in pool.candidates.values())
        for repository, path in list(places)[:FILES_READ_FOR_PHRASES]:
            text = self._graph.read_text(scope, repository, path) or b""
            for phrase in named.phrases:
                at = text.find(phrase.encode())
                if at >= 0:
                    symbol = self._graph.symbol_at(scope, repository, path, text.count(b"\n", 0, at) + 1)
                    if symbol is not None:
                        pool.add_symbol(symbol, "phrase", 1.0, f'contains "{phrase}"')

    def _scores(self, pool: _Pool, grain: Grain, *, wants_aside: bool) -> dict[str, float]:
        lexical = {key: self._lexical_sum(candidate, grain) for key, candidate in pool.candidates.items()}
        best = max(lexical.values(), default=0.0) or 1.0
        nearest = max((c.features.get("dense", 0.0) for c in pool.candidates.values()), default=0.0) or 1.0
        scores = {}
        for key, candidate in pool.candidates.items():
            features = candidate.features
            score = lexical[key] / best + self._weights["dense"] * features.get("dense", 0.0) / nearest
            for name in ("name", "path", "exact_symbol", "phrase"):
                score += self._weights[name] * features.get(name, 0.0)
            if features.get("test"):
                score *= self._weights["test"]
            elif not wants_aside and is_aside(candidate.path):
                score *= self._weights["aside"]
            scores[key] = score
        return scores

    def _lexical_sum(self, candidate: _Candidate, grain: Grain) -> float:
        return sum(
            self._weights.get(f"{grain}.{name}", 0.0) * candidate.features.get(name, 0.0)
            for name in ("file", "chunk", "top3")
        )

    def _results(self, scope: Scope, ranked: list[tuple[_Candidate, float]], grain: Grain) -> list[SearchResult]:
        symbols = {
            symbol.id: symbol for symbol in self._graph.symbols(scope, [candidate.symbol_id for candidate, _ in ranked])
        }
        return [_result(candidate, score, symbols.get(candidate.symbol_id), grain) for candidate, score in ranked]


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


class _Pool:
    """Candidates of one search by key: the file at file grain, the symbol otherwise."""

    def __init__(self, grain: Grain) -> None:
        self._grain = grain
        self.candidates: dict[str, _Candidate] = {}

    def add_hit(self, hit: Hit) -> None:
        chunk = hit.chunk
        candidate = self._candidate(
            chunk.repository, chunk.path, chunk.symbol_id or module_id(chunk), (chunk.start_line, chunk.end_line)
        )
        candidate.features.update(hit.features)
        candidate.why.append(hit.why)

    def add_symbol(self, symbol: Symbol, feature: str, value: float, why: str) -> None:
        """Credit a symbol, or its file; one of the wrong sort for this search is passed over."""
        if (symbol.kind in DOCUMENT_KINDS) != (self._grain == "doc"):
            return
        candidate = self._candidate(symbol.repository, symbol.path, symbol.id, (symbol.start_line, symbol.end_line))
        if symbol.is_test:
            candidate.features.setdefault("test", 1.0)
        if value > candidate.features.get(feature, 0.0):
            candidate.features[feature] = value
            if why not in candidate.why:
                candidate.why.insert(0, why) if feature != "dense" else candidate.why.append(why)

    def _candidate(self, repository: str, path: str, symbol_id: str, lines: tuple[int, int]) -> _Candidate:
        key = f"{repository}:{path}" if self._grain == "file" else symbol_id
        return self.candidates.setdefault(key, _Candidate(repository, path, symbol_id, lines))


def module_id(chunk: Chunk) -> str:
    """Return the id of the module or document symbol of the chunk's file."""
    return f"{chunk.repository}:{chunk.path}#"


def _result(candidate: _Candidate, score: float, symbol: Symbol | None, grain: Grain) -> SearchResult:
    start, end = candidate.lines
    whole_file = symbol is None or symbol.id.endswith("#")
    if symbol is not None and not whole_file and grain != "file":
        start, end = symbol.start_line, symbol.end_line
    kind = "file" if grain == "file" else str(symbol.kind) if symbol is not None else "module"
    return SearchResult(
        candidate.repository,
        candidate.path,
        start,
        end,
        symbol.qualified_name if symbol is not None else None,
        symbol.id if symbol is not None else None,
        kind,
        score,
        "; ".join(candidate.why),
    )
