"""Reads the sections of documents that the index brought up, and credits each with how it answers the question."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Protocol

from knowledge.ports.graph import CodeGraph
from knowledge.scope import Scope
from tools.pages import Page, Pages
from tools.passages import Wanted
from tools.places import is_history, is_listing

FEATURES = ("page", "around", "news", "listing")
"""page: what the best other sections of the document say. around: what the section around it says.
news: lies in a changelog. listing: in an index, a table of contents or a copy of source code, which repeat what others say."""
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
    """As `knowledge.ports.lexical.LexicalIndex`."""

    def rarities(self, scope: Scope, words: Collection[str]) -> dict[str, float]: ...


def read_sections(
    graph: CodeGraph, lexical: Rarities, scope: Scope, query: str, found: Sequence[Found], kept: Pages
) -> None:
    """Add `passages.FEATURES` and `FEATURES` to what was found. Raises StoreError when the graph or the index fails."""
    wanted = Wanted(query, lambda words: lexical.rarities(scope, words))
    states = {info.name: info for info in graph.repositories(scope)}
    groups: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        if one.repository in states:  # else it was forgotten since it was found
            groups.setdefault((one.repository, one.path), []).append(one)
    about_news = _ABOUT_NEWS.search(query) is not None
    about_listings = _ABOUT_LISTINGS.search(query) is not None
    read = [(kept.page(graph, scope, states[place[0]], place[1]), held) for place, held in groups.items()]
    said = [(page, held, [page.passage(one.symbol_id) for one in held]) for page, held in read]
    for page, held, passages in said:
        for one, passage in zip(held, passages, strict=True):
            one.features.update(wanted.features(passage))
            one.features["news"] = float(not about_news and is_history(one.path))
            one.features["listing"] = float(not about_listings and is_listing(one.path))
        _add_neighbours(held, page)


def _add_neighbours(held: Sequence[Found], page: Page) -> None:
    said = {one.symbol_id: one.features.get("passage", 0.0) for one in held}
    strength = {one.symbol_id: said[one.symbol_id] + one.features.get("heading", 0.0) for one in held}
    for one in held:
        others = nlargest(BEST_OF_PAGE, (value for symbol_id, value in strength.items() if symbol_id != one.symbol_id))
        one.features["page"] = sum(others) / BEST_OF_PAGE
        one.features["around"] = said.get(page.outer_of(one.symbol_id), 0.0)
