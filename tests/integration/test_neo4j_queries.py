"""The queries that docs/neo4j.md shows to people, each run on a real Neo4j with the result that it should have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from knowledge.backends.neo4j_graph import Neo4jCodeGraph
from knowledge.backends.neo4j_server import Neo4jAddress, Neo4jServer
from knowledge.schema import FileIssue, RelationKind, SymbolKind, Tier
from knowledge.scope import EVERYTHING
from tests.contract.snapshots import SnapshotBuilder
from tests.servers.neo4j_server import Neo4jProcess

pytestmark = pytest.mark.integration

TEXT = (Path(__file__).parents[2] / "docs" / "neo4j.md").read_text("utf-8")
QUERIES = dict(re.findall(r"^### (.+?)\n```cypher\n(.+?)```", TEXT, re.M | re.S))
ADD = "shop.cart.Cart.add"
EXPECTED: dict[str, tuple[dict[str, str], list[list[object]]]] = {
    "Who calls a function": (
        {"name": ADD},
        [
            ["shop.cart.main", "shop/cart.py", 33, "exact"],
            ["shop.cart.main", "shop/cart.py", 35, "exact"],
            ["tests.test_cart.test_add", "tests/test_cart.py", 1, "inferred"],
        ],
    ),
    "What may break when it changes, by distance": (
        {"name": "shop.store.save"},
        [[ADD, 1], ["shop.cart.main", 2], ["tests.test_cart.test_add", 2]],
    ),
    "A shortest chain of calls from one function to another": (
        {"from": "shop.cart.main", "to": "shop.store.save"},
        [[["shop.cart.main", ADD, "shop.store.save"]]],
    ),
    "Functions that nothing in the project uses": (
        {},
        [["shop.cart.main", "shop/cart.py", 32], ["shop.store.alone", "shop/store.py", 12]],
    ),
    "The most called functions": ({}, [[ADD, 3], ["shop.store.save", 1]]),
    "Which modules depend on which, and how often": (
        {},
        [["shop/cart.py", "shop/store.py", 2], ["tests/test_cart.py", "shop/cart.py", 1]],
    ),
    "A class with its subclasses": ({"name": "shop.cart.Cart"}, [["shop.cart.Basket", 1], ["shop.cart.Bag", 2]]),
    "What the project takes from outside": ({}, [["json.dumps", 2]]),
    "Where the graph is not sure: calls with no known target, and calls with several": (
        {},
        [
            ["shop.cart.main", "lost", 36, "ambiguous"],
            ["shop.cart.main", "notify", 38, "unresolved"],
        ],
    ),
    "How much is covered, and what is not": ({}, [[3, 12, 9, "c0ffee", ["shop/broken.py: encoding"]]]),
}


def shop(name: str) -> SnapshotBuilder:
    builder = SnapshotBuilder(name)
    for path in ("shop/cart.py", "shop/store.py"):
        builder.file(path, "x\n" * 40)
    builder.file("tests/test_cart.py", is_test=True)
    cart, basket, bag = (
        builder.symbol("shop/cart.py", name, SymbolKind.CLASS, line, line + 4)
        for name, line in (("Cart", 3), ("Basket", 22), ("Bag", 27))
    )
    add = builder.symbol("shop/cart.py", "Cart.add", SymbolKind.METHOD, 4, 6)
    main = builder.symbol("shop/cart.py", "main", line=32)
    save, lost = builder.symbol("shop/store.py", "save", line=2), builder.symbol("shop/store.py", "lost", line=9)
    builder.symbol("shop/store.py", "alone", line=12)
    test_add = builder.symbol("tests/test_cart.py", "test_add", is_test=True)
    builder.relate(basket, cart, RelationKind.INHERITS, 22)
    builder.relate(bag, basket, RelationKind.INHERITS, 27)
    builder.relate(main, add, line=33)
    builder.relate(main, add, line=35)
    builder.relate(test_add, add, tier=Tier.INFERRED)
    builder.relate(add, save, line=5)
    builder.relate(save, "json.dumps", line=3)
    builder.relate(save, "json.dumps", line=4)
    builder.relate(main, lost, line=36, tier=Tier.AMBIGUOUS)
    builder.call_unresolved(main, "thing().notify", 38)
    builder.issues = [FileIssue("shop/broken.py", "encoding"), FileIssue("shop/cart.py", "syntax", covered=True)]
    return builder


@pytest.fixture(scope="module")
def server(neo4j_server: Neo4jProcess) -> Iterator[Neo4jServer]:
    """Return a server that holds the shop, another repository like it, and an unfinished load of the shop."""
    address = Neo4jAddress(neo4j_server.url)
    with closing(Neo4jCodeGraph(address)) as graph:
        for info in graph.repositories(EVERYTHING):
            graph.forget_repository(info.name)
        for name in ("shop", "another"):
            graph.replace_repository(shop(name).build())
        unfinished = shop("shop").build()
        unfinished.state = stopped
        with pytest.raises(KeyboardInterrupt):
            graph.replace_repository(unfinished)
        with closing(Neo4jServer(address, timeout_s=30)) as found:
            yield found
        for name in ("shop", "another"):
            graph.forget_repository(name)


def stopped() -> bytes:
    raise KeyboardInterrupt


def test_the_document_shows_ten_queries() -> None:
    assert len(QUERIES) == 10
    assert set(QUERIES) == set(EXPECTED)


@pytest.mark.parametrize("title", EXPECTED)
def test_a_query_of_the_document(server: Neo4jServer, title: str) -> None:
    parameters, expected = EXPECTED[title]
    found = server.read(lambda reader: reader.rows(QUERIES[title], repository="shop", **parameters))
    assert found == expected
