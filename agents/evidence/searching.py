"""The operations that search: code by words, documents by words. Shown results carry their most relevant lines, word for word."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.evidence.facts import definition_of
from agents.evidence.framing import without_frame
from agents.evidence.outcomes import Result, plain_outcome
from agents.evidence.sight import Sight
from agents.services import CodeSearch
from agents.state import Evidence, Task
from configs.triage import Seeking
from indexers.documents.formats import FORMATS
from knowledge.evidence import Verdict
from knowledge.schema import Symbol, SymbolKind
from models.extractive import asked_words, says_something, words_of
from tools.passages import Passage, Wanted
from tools.places import is_history
from tools.search import SearchResult

HARDLY_FITS = "no place fits the words of the question well"
"""What an outcome says whose results share few words with the question."""
NO_TEST_FITS = "no test in the index fits these words well"
_TESTS_LOOKED_AT = 60
_TELLING_WORDS = 4
_LOCATED_LINES = 10
_SECTION_LINES = 12
_README = re.compile(r"(?:^|/)README(?:\.\w+)?$", re.IGNORECASE)
_SENTENCE = re.compile(r"\w\W+\w+\W+\w+\W+\w+.*[.:]\s*$")
_LINK_MARKS = re.compile(r"[*_`\[\]]")
_OPENING_CHARACTERS = 160
_TYPES = frozenset({SymbolKind.CLASS, SymbolKind.INTERFACE})
_DECORATION = re.compile(r"\s*(?:[#=<!:|*`[-]|\.\. )")


def search_code(sight: Sight, retriever: CodeSearch) -> Result:
    """The symbols that fit the question's words best; a weaker one is shown only near the best score.

    A place that is told in words alone is one of several more often than not: more of them are shown, and those of the sort
    that the question names before others.
    """
    task, shape, seeking = sight.task, sight.release.retrieval, sight.release.seeking
    if task["intent"] == "tests" and not task["names"]:
        return _tests_about(sight, retriever)
    wider = task["wide"] and not task["names"]  # for a name that is nowhere, more of what is merely alike helps nobody
    told = task["intent"] == "locate" and not task["names"]
    results = retriever.search_code(
        sight.scope,
        without_frame(task["query"], seeking) if told else _asked_for(task, seeking),
        kind="function" if told and seeking.compiled_functions.search(task["query"]) else "symbol",
        top_k=shape.top_k * (2 if wider else 1),
    )
    if told:
        results = _sort_first(results, asks_for_type=seeking.compiled_types.search(task["query"]) is not None)
    shown, share = (shape.shown_places, shape.places_share) if told else (shape.shown, shape.score_share)
    kept = _near_the_best(results, share, shown * (2 if wider else 1))
    symbols = _symbols_of(sight, kept)
    facts: list[Evidence] = []
    for result in kept:
        symbol = symbols.get(result.symbol_id or "")
        if symbol is not None:
            facts.append(definition_of(sight, symbol, score=result.score, note=f"match {result.why}"))
        facts.append(_lines_of(sight, result, symbol, prose=False))
    if kept and _hardly_fits(sight, kept[0]):
        return facts, plain_outcome(sight, Verdict.UNKNOWN, total=len(results), message=HARDLY_FITS)
    return facts, plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=len(results))


def _tests_about(sight: Sight, retriever: CodeSearch) -> Result:
    """The tests that fit what is told in words best. No other code, which would not be what covers it."""
    shape, seeking = sight.release.retrieval, sight.release.seeking
    about = " ".join(seeking.compiled_tested.sub(" ", sight.task["query"]).split()).strip(" ?,.")
    if not about:
        return [], plain_outcome(sight, Verdict.UNKNOWN, total=0, message=NO_TEST_FITS)
    results = retriever.search_code(sight.scope, f"tests of {about}", kind="function", top_k=_TESTS_LOOKED_AT)
    symbols = _symbols_of(sight, results)
    tests = [one for one in results if (symbol := symbols.get(one.symbol_id or "")) is not None and symbol.is_test]
    kept = [one for one in _near_the_best(tests, shape.places_share, shape.shown_places) if _says(sight, one, about)]
    facts: list[Evidence] = []
    for result in kept:
        symbol = symbols[result.symbol_id or ""]
        facts += [definition_of(sight, symbol, score=result.score, note=f"match {result.why}")]
        facts += [_lines_of(sight, result, symbol, prose=False)]
    if not facts:
        return [], plain_outcome(sight, Verdict.UNKNOWN, total=0, message=NO_TEST_FITS)
    return facts, plain_outcome(sight, Verdict.FOUND, total=len(tests))


def _says(sight: Sight, result: SearchResult, about: str) -> bool:
    """Return whether a test, with its path, has at least half of the words."""
    asked = asked_words(about)
    text = sight.text(result.repository, result.path, result.start_line, result.end_line)
    return 2 * len(asked & words_of(f"{result.path} {result.symbol} {text}")) >= len(asked)


def _asked_for(task: Task, seeking: Seeking) -> str:
    """Return the question without the words that only say that documents are wanted."""
    return (seeking.compiled_documents.sub(" ", task["query"]).strip() if task["intent"] == "docs" else "") or task[
        "query"
    ]


def _hardly_fits(sight: Sight, best: SearchResult) -> bool:
    """Return whether even the best place holds no more than a third of the question's words, if they are enough to tell."""
    asked = asked_words(sight.task["query"])
    if len(asked) < _TELLING_WORDS or sight.task["names"]:
        return False

    text = sight.text(best.repository, best.path, best.start_line, best.end_line)
    return 3 * len(asked & words_of(f"{best.path} {best.symbol} {text}")) <= len(asked)


def search_docs(sight: Sight, retriever: CodeSearch) -> Result:
    """The document sections that fit best. Beside other evidence a section counts only when it speaks of the same."""
    if sight.task["intent"] == "overview":
        return _readmes(sight)
    task, shape = sight.task, sight.release.retrieval
    only_documents = _only_documents(sight)
    if task["intent"] == "locate" and not only_documents:
        return [], plain_outcome(sight, Verdict.NONE, total=0)
    query = _asked_for(task, sight.release.seeking)
    if task["names"]:
        query = f"{query} {_last(task['names'][0])}"
    results = retriever.search_docs(sight.scope, query, top_k=2 * shape.top_k)
    if not is_history(query):
        results.sort(key=lambda result: is_history(result.path))  # what changed when answers only those who ask for it
    fitting = [result for result in results if _speaks_of(sight, result, query)]
    alone = not fitting and bool(results) and not task["names"] and only_documents
    kept = fitting or (results if alone else [])
    symbols = _symbols_of(sight, kept)
    facts: dict[str, Evidence] = {}
    most = shape.shown if only_documents else shape.shown_docs
    enough = 0.0
    for result in kept:
        if len(facts) == most or result.score < enough:
            break
        fact = _lines_of(sight, result, symbols.get(result.symbol_id or ""), prose=True)
        if says_something(fact["excerpt"]):  # the first that does is the measure of the rest
            facts.setdefault(fact["excerpt"], fact)
            enough = enough or result.score * shape.score_share
    shown = list(facts.values())
    if shown and alone:
        return shown, plain_outcome(sight, Verdict.UNKNOWN, total=len(results), message=HARDLY_FITS)
    return shown, plain_outcome(sight, Verdict.FOUND if shown else Verdict.NONE, total=len(fitting))


def _only_documents(sight: Sight) -> bool:
    """Return whether nothing else could answer: no repository in sight holds code."""
    return all(
        language in FORMATS
        for repository in sight.repositories
        for _, language, _ in sight.graph.paths(sight.scope, repository).values()
    )


def _sort_first(results: Sequence[SearchResult], *, asks_for_type: bool) -> list[SearchResult]:
    """Return the results with what no definition owns left out, and types first where the question asks for one."""
    owned = [result for result in results if result.kind != SymbolKind.MODULE] or list(results)
    if not asks_for_type:
        return owned
    types = [result for result in owned if result.kind in _TYPES]
    return [*types, *(result for result in owned if result.kind not in _TYPES)]


def _near_the_best(results: Sequence[SearchResult], share: float, shown: int) -> list[SearchResult]:
    if not results:
        return []
    enough = results[0].score * share
    return [result for result in results[:shown] if result.score >= enough]


def _symbols_of(sight: Sight, results: Sequence[SearchResult]) -> dict[str, Symbol]:
    ids = [result.symbol_id for result in results if result.symbol_id]
    return {symbol.id: symbol for symbol in sight.graph.symbols(sight.scope, ids)}


def _lines_of(sight: Sight, result: SearchResult, symbol: Symbol | None, *, prose: bool) -> Evidence:
    start, end = result.start_line, result.end_line
    if symbol is not None and not prose:
        start, end = symbol.start_line, symbol.end_line
    size = _SECTION_LINES if prose else _LOCATED_LINES
    first, last = sight.excerpt(result.repository, result.path, start, end, size, prose=prose)
    inner = sight.graph.symbol_at(sight.scope, result.repository, result.path, first) if prose else None
    return sight.evidence(
        "section" if prose else "excerpt",
        sight.cite(result.repository, result.path, first, last, inner.qualified_name if inner else result.symbol),
        about=inner or symbol,
        excerpt=sight.text(result.repository, result.path, first, last),
        score=result.score,
        note=result.why,
    )


def _speaks_of(sight: Sight, result: SearchResult, query: str) -> bool:
    """Return whether a section names a symbol of the question, or holds more than half of its words."""
    names = [_last(name) for name in sight.task["names"]]
    text = sight.text(result.repository, result.path, result.start_line, result.end_line)
    if names:
        return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)
    wanted = Wanted(query, lambda words: dict.fromkeys(words, 1.0))
    said = wanted.features(Passage("", "", f"{result.path} {result.symbol} {text}")).get("answered", 0.0)
    return said >= 0.5 if sight.task["intent"] == "docs" else said > 0.5


def _readmes(sight: Sight) -> Result:
    """The opening paragraph of each repository's README, the one nearest to its root."""
    facts = []
    for repository in sight.repositories:
        readmes = [path for path in sight.graph.paths(sight.scope, repository) if _README.search(path)]
        if not readmes:
            continue
        path = min(readmes, key=lambda known: (known.count("/"), known))
        first, last = _opening(sight.lines(repository, path), repository)
        citation = sight.cite(repository, path, first, last, None)
        facts.append(sight.evidence("section", citation, excerpt=sight.text(repository, path, first, last)))
    return facts, plain_outcome(sight, Verdict.FOUND if facts else Verdict.NONE, total=len(facts))


def _opening(lines: Sequence[str], project: str) -> tuple[int, int]:
    """Return the 1-based lines of the paragraph that says what the project is, else of the first that is a sentence."""
    defining = re.compile(
        rf"\b{re.escape(project)}\b[^.]{{0,60}}?\b(?:is|are|provides?|lets|allows|helps)\b", re.IGNORECASE
    )
    first: tuple[int, int] | None = None
    start = 0
    for number, line in enumerate([*lines, ""], 1):
        if line.strip():
            start = start or number
            continue
        if start:
            paragraph = " ".join(lines[start - 1 : number - 1])
            found = start, min(_end_of(lines, number - 1), start + _SECTION_LINES - 1)
            start = 0
            if not _SENTENCE.search(paragraph) or _DECORATION.match(paragraph) or not says_something(paragraph):
                continue
            if defining.search(_LINK_MARKS.sub("", paragraph)[:_OPENING_CHARACTERS]):
                return found
            first = first or found
    return first or (1, max(1, min(len(lines), 3)))


def _end_of(lines: Sequence[str], last: int) -> int:
    """Return the last line of a paragraph, or of the one below it when it ends in a colon."""
    if not lines[last - 1].rstrip().endswith(":"):
        return last
    below = last
    while below < len(lines) and not lines[below].strip():
        below += 1
    while below < len(lines) and lines[below].strip():
        below += 1
    return below


def _last(name: str) -> str:
    """Return the last part of a name: `retry` of `app.Task.retry` or of an id `r:app.py#Task.retry`."""
    for separator in ("#", "::", "/"):
        name = name.rpartition(separator)[2] or name
    return name.rpartition(".")[2] or name
