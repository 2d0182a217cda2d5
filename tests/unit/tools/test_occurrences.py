"""What a name at a line means, over a real index, also where the editor's text is no longer the one that was indexed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.errors import InputError
from knowledge.scope import EVERYTHING, Scope
from tests.unit.indexers.bench import Bench
from tools.occurrences import Occurrence, occurrence_at

ORDERS = """\
import json

from shop.pricing import price


def total(order):
    return price(order)


def price_of(thing):
    return thing.price() + len(json.dumps(thing))


class Basket:
    def price(self):
        return price(self)
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.index(bench.repository({"shop/pricing.py": "def price(order):\n    return 1\n", "shop/orders.py": ORDERS}))
    yield bench
    bench.close()


def at(bench: Bench, line: int, name: str) -> Occurrence:
    return occurrence_at(bench.graph, EVERYTHING, "shop/orders.py", line, name)


def said(found: Occurrence) -> list[tuple[str | None, str | None, str]]:
    return [
        (one.symbol.qualified_name if one.symbol else one.external, one.relation, one.tier) for one in found.meanings
    ]


def test_a_definition_is_itself(bench: Bench) -> None:
    assert said(at(bench, 6, "total")) == [("shop.orders.total", None, "exact")]
    assert said(at(bench, 15, "price")) == [("shop.orders.Basket.price", None, "exact")]


def test_a_use_is_what_it_was_resolved_to(bench: Bench) -> None:
    found = at(bench, 7, "price")
    assert said(found) == [("shop.pricing.price", "CALLS", "exact")]
    assert found.enclosing is not None and found.enclosing.name == "total"
    assert said(at(bench, 3, "price")) == [("shop.pricing.price", "REFERENCES", "exact")]
    assert said(at(bench, 16, "price")) == [("shop.pricing.price", "CALLS", "exact")]


def test_what_lies_outside_the_project_is_named_as_such(bench: Bench) -> None:
    assert said(at(bench, 11, "dumps")) == [("json.dumps", "CALLS", "external")]


def test_where_the_text_has_moved_the_nearest_line_that_has_the_name_decides(bench: Bench) -> None:
    assert said(at(bench, 8, "price")) == [("shop.pricing.price", "CALLS", "exact")]
    assert said(at(bench, 4, "total")) == [("shop.orders.total", None, "exact")]
    assert said(at(bench, 400, "Basket")) == [("shop.orders.Basket", None, "exact")]


def test_a_name_that_nothing_answers_to_means_nothing(bench: Bench) -> None:
    found = at(bench, 7, "order")
    assert (found.meanings, found.repository) == ((), "repo")


def test_a_file_that_is_not_granted_is_not_there(bench: Bench) -> None:
    with pytest.raises(InputError, match="no indexed file"):
        occurrence_at(bench.graph, Scope(frozenset()), "shop/orders.py", 7, "price")
