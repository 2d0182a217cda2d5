"""Reads the sections of documents that the index brought up, and credits each with how it answers the question."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Protocol

from knowledge.ports import CodeGraph
from knowledge.schema import Symbol, SymbolKind
from knowledge.scope import Scope
from tools.passages import Passage, Wanted
from tools.places import is_history, is_listing

FEATURES = ("page", "around", "news", "listing")
"""page: what the best other sections of the document say. around: what the section around it says.
news: lies in a changelog. listing: in an index, a table of contents or a copy of source code, which repeat what others say."""
MOST_CHARACTERS = 20_000
"""Of a section's own text: a longer one is read up to here."""
BEST_OF_PAGE = 3

_ABOUT_NEWS = re.compile(
    r"\b(?:changelog|changed|changes|new in|news|release|released|releases|version|upgrade|upgrading)\b", re.I
)

_ABOUT_LISTINGS = re.compile(r"\b(?:source code|table of contents|index of)\b", re.I)


@dataclass(frozen=True, slots=True)
class Found:
    """A section that was brought up, and the features it is credited with."""

    repository: str
    path: str
    symbol_id: str
    features: dict[str, float]


class Rarities(Protocol):
    """As `knowledge.ports.LexicalIndex`."""

    def rarities(self, scope: Scope, words: Collection[str]) -> dict[str, float]: ...


def read_sections(graph: CodeGraph, lexical: Rarities, scope: Scope, query: str, found: Sequence[Found]) -> None:
    """Add `passages.FEATURES` and `FEATURES` to what was found. Raises StoreError when the graph or the index fails."""
    wanted = Wanted(query, lambda words: lexical.rarities(scope, words))
    pages: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        pages.setdefault((one.repository, one.path), []).append(one)
    about_news = _ABOUT_NEWS.search(query) is not None
    about_listings = _ABOUT_LISTINGS.search(query) is not None
    for (repository, path), held in pages.items():
        page = _Page(graph, scope, repository, path)
        for one in held:
            one.features.update(wanted.features(page.passage(one.symbol_id)))
            one.features["news"] = float(not about_news and is_history(path))
            one.features["listing"] = float(not about_listings and is_listing(path))
        _add_neighbours(held, page)


def _add_neighbours(held: Sequence[Found], page: _Page) -> None:
    said = {one.symbol_id: one.features.get("passage", 0.0) for one in held}
    strength = {one.symbol_id: said[one.symbol_id] + one.features.get("heading", 0.0) for one in held}
    for one in held:
        others = nlargest(BEST_OF_PAGE, (value for symbol_id, value in strength.items() if symbol_id != one.symbol_id))
        one.features["page"] = sum(others) / BEST_OF_PAGE
        one.features["around"] = said.get(page.outer_of(one.symbol_id), 0.0)


class _Page:
    """A document with its outline, read once a question."""

    def __init__(self, graph: CodeGraph, scope: Scope, repository: str, path: str) -> None:
        self._path = path
        self._lines = (graph.read_text(scope, repository, path) or b"").split(b"\n")
        self._sections = {section.id: section for section in graph.outline(scope, repository, path)}
        self._parts: dict[str | None, list[Symbol]] = {}
        for section in self._sections.values():
            self._parts.setdefault(section.parent_id, []).append(section)
        self._title = next((one.name for one in self._sections.values() if one.kind is SymbolKind.SECTION), "")

    def outer_of(self, symbol_id: str) -> str:
        section = self._sections.get(symbol_id)
        return section.parent_id or "" if section is not None else ""

    def passage(self, symbol_id: str) -> Passage:
        """Return the section with its own text: without that of the sections in it."""
        section = self._sections.get(symbol_id)
        if section is None:
            return Passage("", f"{self._title} {self._path}", "")
        heading = section.name if section.kind is SymbolKind.SECTION else ""
        outer = [self._title, self._path]
        around = self._sections.get(section.parent_id or "")
        while around is not None and around.kind is SymbolKind.SECTION:
            outer.append(around.name)
            around = self._sections.get(around.parent_id or "")
        return Passage(heading, "\n".join(outer), self._own_text(section))

    def _own_text(self, section: Symbol) -> str:
        pieces: list[bytes] = []
        left = MOST_CHARACTERS
        for first, last in _without(section, self._parts.get(section.id, ())):
            for line in self._lines[first - 1 : last]:
                pieces.append(line)
                left -= len(line) + 1
                if left < 0:
                    return b"\n".join(pieces)[:MOST_CHARACTERS].decode("utf-8", "ignore")
        return b"\n".join(pieces).decode("utf-8", "replace")


def _without(section: Symbol, parts: Iterable[Symbol]) -> Iterable[tuple[int, int]]:
    """Yield the lines of a section that none of its parts holds."""
    at = section.start_line
    for part in sorted(parts, key=lambda part: part.start_line):
        if part.start_line > at:
            yield at, part.start_line - 1
        at = max(at, part.end_line + 1)
    if at <= section.end_line:
        yield at, section.end_line
