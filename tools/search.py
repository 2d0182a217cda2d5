"""Where is it: ranked files, symbols and document sections for a question in words.

Candidates come from the lexical index, from dense vectors where there are some, and from what the question names on
purpose: identifiers are looked up in the graph, quoted strings are sought in the text. One weighted sum orders them; the
weights come from the Release.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from math import exp
from typing import Literal

from configs.errors import ConfigError, InputError
from knowledge.ports import CodeGraph, HistoryIndex, LexicalIndex, PastEvidence
from knowledge.schema import Symbol
from knowledge.scope import Scope
from knowledge.text import STOP_WORDS, Mentions, mentions, query_terms, terms_of_word
from tools.candidates import Candidate, Grain, Pool
from tools.closures import folded
from tools.dense import DenseScores, DenseSearch, dense_scores
from tools.fusion import FEATURES, scores_of
from tools.paths import folder_shares, is_of_another, platforms, share_said
from tools.places import is_aside, is_declaration, is_vendored
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
CROWDING = 0.3
"""Logits by which a section falls behind for each of the same document that is shown before it."""
SPREAD_AMONG = 40
SHORT_QUESTION_WORDS = 15
"""A question no longer than this that names one thing asks for it."""
PLACES: Mapping[str, str] = {
    "chunk": "chunk_in_file",
    "chunk_covered": "chunk_covered_in_file",
    "local": "local_in_file",
    "name": "name_in_file",
    "past_function": "past_in_file",
}
"""What of a symbol is compared with the best of its file, and what the comparison is called."""
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
    ) -> None:
        """Raises ConfigError for a weight that nothing uses."""
        known = {f"{grain}.{name}" for grain, names in FEATURES.items() for name in names}
        unknown = sorted(weights.keys() - known)
        if unknown:
            raise ConfigError(
                f"The release weighs {unknown[0]!r}, which retrieval does not know",
                next_step=f"Known weights: {', '.join(sorted(known))}.",
            )
        self._graph = graph
        self._lexical = lexical
        self._dense = dense
        self._history = history
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
        asked = _Asked(
            scope,
            query,
            mentions(query),
            dense_scores(self._dense, scope, query, None, top_k=CANDIDATES),
            self._pasts(scope, query),
            frozenset(query_terms(subject := query.strip().partition("\n")[0])),
            platforms(subject) or platforms(query),
        )
        if kind == "doc":
            return spread(self._ranked(self._documents(asked), "doc"))
        files = self._ranked(self._files(asked), "file")
        if kind == "file":
            return files
        symbols = self._symbols(asked, files)
        if kind == "function":
            symbols.candidates = folded(self._graph, scope, symbols.candidates)
        return self._ranked(symbols, "symbol")

    def _search(self, scope: Scope, query: str, kind: Kind, top_k: int) -> list[SearchResult]:
        if not query.strip():
            raise InputError("The search query is empty", next_step="Say what to look for, in words or by name.")
        if top_k < 1:
            raise InputError(f"top_k is {top_k!r}", next_step="Ask for at least one result.")
        return self._results(scope, query, self.candidates(scope, query, kind)[:top_k], kind)

    def _ranked(self, pool: Pool, grain: Grain) -> list[Candidate]:
        keys = sorted(pool.candidates)
        found = [pool.candidates[key] for key in keys]
        for candidate, score in zip(found, scores_of([c.features for c in found], grain, self._weights), strict=True):
            candidate.score = score
        return sorted(found, key=lambda candidate: -candidate.score)

    def _files(self, asked: _Asked) -> Pool:
        pool = Pool("file")
        also: dict[str, set[str]] = {name: set(past.nominees(NOMINEES)) for name, past in asked.pasts.items()}
        for repository, path in asked.dense.files:
            also.setdefault(repository, set()).add(path)
        for hit in self._lexical.search(
            asked.scope, with_compounds(asked.query), kind="file", top_k=CANDIDATES, also=also
        ):
            candidate = pool.add_hit(hit)
            past = asked.pasts.get(candidate.repository)
            if past is not None:
                candidate.features.update(past.features(candidate.path))
        self._add_all(asked, pool)
        for candidate in pool.candidates.values():
            own, best = folder_shares(candidate.path, asked.subject)
            candidate.features |= {"folder_said": own, "folders_said": best}
        _add_folders(list(pool.candidates.values()))
        return pool

    def _symbols(self, asked: _Asked, files: Sequence[Candidate]) -> Pool:
        pool = Pool("symbol")
        also: dict[str, set[str]] = {}
        for candidate in files[:OPENED_FILES]:
            also.setdefault(candidate.repository, set()).add(candidate.path)
        for hit in self._lexical.search(
            asked.scope, with_compounds(asked.query), kind="symbol", top_k=SYMBOL_CANDIDATES, also=also
        ):
            pool.add_hit(hit)
        self._add_all(asked, pool)
        ranks = {(candidate.repository, candidate.path): rank for rank, candidate in enumerate(files)}
        best = files[0].score if files else 0.0
        worst = files[-1].score if files else 0.0
        for candidate in pool.candidates.values():
            rank = ranks.get((candidate.repository, candidate.path))
            features = candidate.features
            features["file_score"] = (files[rank].score if rank is not None else worst) - best
            features["file_rank"] = 1.0 / (1 + rank) if rank is not None else 0.0
            name = candidate.symbol_id.partition("#")[2].partition("~")[0].rpartition(".")[2]
            features["module"] = float(not name)
            features["name_subject"] = share_said(terms_of_word(name.encode()), asked.subject)
            past = asked.pasts.get(candidate.repository)
            if past is not None and name:
                features["past_function"], features["function_changes"] = past.function(candidate.path, name)
        _add_places(list(pool.candidates.values()))
        return pool

    def _documents(self, asked: _Asked) -> Pool:
        pool = Pool("doc")
        for hit in self._lexical.search(asked.scope, with_compounds(asked.query), kind="doc", top_k=CANDIDATES):
            pool.add_hit(hit)
        self._add_all(asked, pool)
        found = [Found(one.repository, one.path, one.symbol_id, one.features) for one in pool.candidates.values()]
        read_sections(self._graph, self._lexical, asked.scope, asked.query, found)
        return pool

    def _add_all(self, asked: _Asked, pool: Pool) -> None:
        self._add_exact(asked.scope, asked.query, asked.named, pool)
        self._add_dense(asked, pool)
        self._add_phrases(asked.scope, asked.named, pool)
        wants_aside = _ASIDE_WORDS.search(asked.query) is not None
        for candidate in pool.candidates.values():
            if wants_aside:
                candidate.features["test"] = 0.0
            elif is_aside(candidate.path):
                candidate.features["aside"] = 1.0
            candidate.features["declaration"] = float(is_declaration(candidate.path))
            candidate.features["vendored"] = float(is_vendored(candidate.path))
            candidate.features["other_platform"] = float(is_of_another(candidate.path, asked.platforms))

    def _pasts(self, scope: Scope, query: str) -> dict[str, PastEvidence]:
        if self._history is None:
            return {}
        asked = ((info.name, self._history.ask(scope, info.name, query)) for info in self._graph.repositories(scope))
        return {name: past for name, past in asked if past is not None}

    def _add_exact(self, scope: Scope, query: str, named: Mentions, pool: Pool) -> None:
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
                if len(names) == meanings == 1 and len(words) <= SHORT_QUESTION_WORDS:
                    pool.add_symbol(symbol, "asked_for", 1.0, f"named {name}")

    def _add_dense(self, asked: _Asked, pool: Pool) -> None:
        if pool.grain == "file":
            for candidate in pool.candidates.values():
                similarity = asked.dense.files.get((candidate.repository, candidate.path), 0.0)
                candidate.features["dense"] = max(similarity, 0.0)
            return
        scores = asked.dense.symbols
        symbols = {symbol.id: symbol for symbol in self._graph.symbols(asked.scope, list(scores))}
        for symbol_id, similarity in scores.items():
            if (symbol := symbols.get(symbol_id)) is not None and similarity > 0:
                pool.add_symbol(symbol, "dense", similarity, "related words")

    def _add_phrases(self, scope: Scope, named: Mentions, pool: Pool) -> None:
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


def _add_folders(candidates: Sequence[Candidate]) -> None:
    """Credit each file with the best of its folder's others: what a question is about often lies together."""
    folders: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        folders.setdefault((candidate.repository, candidate.path.rpartition("/")[0]), []).append(candidate)
    for found in folders.values():
        for name in ("best", "past"):
            first, second = (
                nlargest(2, (one.features.get(name, 0.0) for one in found)) if len(found) > 1 else (0.0, 0.0)
            )
            for one in found:
                one.features[f"folder_{name}"] = second if one.features.get(name, 0.0) == first else first


def _add_places(candidates: Sequence[Candidate]) -> None:
    """Say how a symbol compares with all others, and with those of its own file."""
    _add_rank(candidates, "rank")
    files: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates:
        files.setdefault((candidate.repository, candidate.path), []).append(candidate)
    for found in files.values():
        for name, place in PLACES.items():
            best = max(one.features.get(name, 0.0) for one in found)
            for one in found:
                one.features[place] = one.features.get(name, 0.0) / best if best > 0 else 0.0
        _add_rank(found, "rank_in_file")


def _add_rank(candidates: Sequence[Candidate], name: str) -> None:
    """Credit each with one over its place by what its chunk says; equals share the best place."""
    before, place = -1.0, 0
    for number, one in enumerate(sorted(candidates, key=lambda one: -one.features.get("chunk", 0.0)), 1):
        said = one.features.get("chunk", 0.0)
        if said != before:
            before, place = said, number
        one.features[name] = 1.0 / place


def spread(ranked: list[Candidate]) -> list[Candidate]:
    """Let each document step back by `CROWDING` for each of its sections that comes before."""
    left = ranked[:SPREAD_AMONG]
    shown: Counter[tuple[str, str]] = Counter()
    chosen: list[Candidate] = []
    while left:
        best = max(left, key=lambda one: one.score - CROWDING * shown[one.repository, one.path])
        best.score -= CROWDING * shown[best.repository, best.path]
        shown[best.repository, best.path] += 1
        left.remove(best)
        chosen.append(best)
    return chosen + ranked[SPREAD_AMONG:]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with what the other indexes say about it."""

    scope: Scope
    query: str
    named: Mentions
    dense: DenseScores
    pasts: dict[str, PastEvidence]
    subject: frozenset[bytes]
    """The terms of its first line."""
    platforms: frozenset[str]


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
