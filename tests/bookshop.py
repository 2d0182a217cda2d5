"""A small real repository, indexed by the real pipeline, for tests of agents and graph."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from agents.services import Services
from indexers.pipeline import index_repository
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.backends.sqlite_facts import SqliteFactsCache
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from models.gateway import Gateway
from models.ollama import OllamaHost
from tools.search import Retriever

NAME = "bookshop"
FILES = {
    "shop/__init__.py": "",
    "shop/pricing.py": '''"""Prices and discounts."""


def discount(total: float, rate: float) -> float:
    """Return the total after a discount.

    Rates above one are refused.
    """
    if rate > 1:
        raise ValueError(rate)
    return total * (1 - rate)


def with_tax(total: float) -> float:
    """Add the value added tax."""
    return total * 1.2
''',
    "shop/orders.py": '''"""Orders and their totals."""

import json

from shop.pricing import discount, with_tax


class Order:
    """A basket of books on its way to a customer."""

    def __init__(self, lines: list[float]) -> None:
        self.lines = lines

    def total(self) -> float:
        """Sum the lines, discounted and taxed."""
        return with_tax(discount(sum(self.lines), 0.1))


class GiftOrder(Order):
    """An order that is wrapped."""

    def total(self) -> float:
        return discount(super().total(), 0.5)


def expire_stale_baskets(baskets: list[Order]) -> list[Order]:
    """Drop the baskets that nobody has paid for in time."""
    return [basket for basket in baskets if basket.lines]


def checkout(order: Order) -> str:
    """Write the receipt of an order."""
    return json.dumps({"total": order.total()})
''',
    "tests/test_pricing.py": """from shop.pricing import discount


def test_discount_halves() -> None:
    assert discount(10, 0.5) == 5
""",
    "README.md": """# Bookshop

The bookshop computes prices, keeps baskets and writes receipts for its customers.

## Discounts

A discount is given at checkout. Configure the rate of the discount in the settings file.
""",
}


class Recorder:
    """An event sink that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def emit(self, event: str, fields: dict[str, Any]) -> None:
        self.events.append((event, fields))


def write_bookshop(root: Path) -> Path:
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def open_services(home: Path, root: Path, **changes: Any) -> Services:
    """Index the tree below `root` into a store at `home` and return services over it, without model or memory."""
    graph = SqliteCodeGraph(home / "graph.db")
    facts = SqliteFactsCache(home / "facts.db")
    with ThreadPoolExecutor(1) as executor:
        writer = LexicalWriter(home / "lexical")
        index_repository(root, name=NAME, graph=graph, facts=facts, lexical=writer, executor=executor)
    facts.close()
    lexical = LexicalSearch(
        home / "lexical", lambda scope: {info.name: info.generation for info in graph.repositories(scope)}
    )
    services = Services(
        graph=graph,
        retriever=lambda weights: Retriever(graph, lexical, None, weights),
        gateway=Gateway(OllamaHost("http://127.0.0.1:9")),
        strict=True,
    )
    return replace(services, **changes)


def line_of(path: str, text: str) -> int:
    """Return the 1-based line of a file of the bookshop that holds `text`."""
    return next(number for number, line in enumerate(FILES[path].split("\n"), 1) if text in line)


def places(citations: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(citation["path"], citation["start_line"]) for citation in citations]
