"""Which of the results a question is shown, and in which order: a stub stands for the search, the graph is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pytest

from agents.evidence.searching import search_code
from agents.evidence.sight import Sight
from agents.services import Services
from agents.state import Evidence, Task
from configs.release import Releases
from knowledge.schema import Symbol
from knowledge.scope import EVERYTHING, Scope
from tools.search import SearchResult

RELEASE = Releases().get("default")
SHAPE = RELEASE.retrieval


@dataclass
class Stub:
    """Gives these symbols with these scores, and keeps what it was asked."""

    found: list[tuple[Symbol, float]]
    kinds: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def search_code(
        self, scope: Scope, query: str, *, kind: Literal["file", "symbol", "function"] = "symbol", top_k: int = 10
    ) -> list[SearchResult]:
        self.kinds.append(kind)
        self.asked.append(query)
        return [
            SearchResult(s.repository, s.path, s.start_line, s.end_line, s.qualified_name, s.id, s.kind, score, "why")
            for s, score in self.found[:top_k]
        ]

    def search_docs(self, scope: Scope, query: str, *, top_k: int = 10) -> list[SearchResult]:
        return []


def symbols_of(services: Services, *kinds: str) -> list[Symbol]:
    found = [symbol for symbol in services.graph.iter_symbols(EVERYTHING) if symbol.kind in kinds]
    return sorted(found, key=lambda symbol: symbol.id)


def shown(
    services: Services, stub: Stub, query: str, *, names: Sequence[str] = (), intent: str = "locate"
) -> list[str]:
    task = Task(
        id="1",
        intent=intent,
        operation=intent,
        analyst="code",
        names=list(names),
        query=query,
        rung="structural",
        wide=False,
    )
    facts: list[Evidence] = search_code(Sight(services.graph, EVERYTHING, RELEASE, task), stub)[0]
    return [fact["about"]["id"] for fact in facts if fact["kind"] == "definition" and fact["about"]]


def test_more_places_are_shown_when_none_is_named(bookshop: Services) -> None:
    symbols = symbols_of(bookshop, "function", "method")[: SHAPE.shown_places + 1]
    stub = Stub([(symbol, 1.0) for symbol in symbols])
    assert shown(bookshop, stub, "where is it") == [symbol.id for symbol in symbols[: SHAPE.shown_places]]
    assert len(shown(bookshop, stub, "where is it", names=["it"])) == SHAPE.shown
    assert len(shown(bookshop, stub, "what is it", intent="explain")) == SHAPE.shown


def test_a_place_far_behind_the_best_is_not_shown(bookshop: Services) -> None:
    first, second, third = symbols_of(bookshop, "function", "method")[:3]
    near, far = SHAPE.places_share + 0.01, SHAPE.places_share - 0.01
    assert shown(bookshop, Stub([(first, 1.0), (second, near), (third, far)]), "where is it") == [first.id, second.id]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("which function drops a basket", "function"),
        ("In which private method are prices added?", "function"),
        ("In welcher Methode wird gezahlt?", "function"),
        ("where are baskets dropped", "symbol"),
        ("which class drops a basket", "symbol"),
    ],
)
def test_functions_are_sought_where_one_is_asked_for(bookshop: Services, query: str, kind: str) -> None:
    stub = Stub([(symbol, 1.0) for symbol in symbols_of(bookshop, "function")[:1]])
    shown(bookshop, stub, query)
    assert stub.kinds == [kind]


def test_types_come_first_where_one_is_asked_for_and_bare_modules_never(bookshop: Services) -> None:
    (module, *_), (function, *_), (owner, *_) = (symbols_of(bookshop, kind) for kind in ("module", "function", "class"))
    stub = Stub([(module, 1.0), (function, 0.9), (owner, 0.8)])
    assert shown(bookshop, stub, "which class keeps baskets") == [owner.id, function.id]
    assert shown(bookshop, stub, "where are baskets kept") == [function.id, owner.id]
    assert shown(bookshop, Stub([(module, 1.0)]), "where are baskets kept") == [module.id]


def test_a_place_is_sought_without_the_words_that_only_ask(bookshop: Services) -> None:
    stub = Stub([])
    shown(bookshop, stub, "Which component is responsible for dropping baskets?")
    shown(bookshop, stub, "Which component is responsible for dropping baskets?", names=["Basket"])
    assert stub.asked == ["dropping baskets", "Which component is responsible for dropping baskets?"]
