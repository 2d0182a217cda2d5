"""Findings stand at the line where somebody must look, each with the lines that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexers.comparing import compare
from knowledge.scope import EVERYTHING
from tests.unit.indexers.bench import Bench
from tests.unit.indexers.git_repositories import commit_all, write
from tools.findings import Finding, Severity, findings_of
from tools.review import review

SHOP: dict[str, str | bytes] = {
    "shop/pricing.py": "def price(order):\n    return 1\n\n\ndef unused():\n    return 1\n",
    "shop/orders.py": "from shop.pricing import price\n\n\ndef total(order):\n    return price(order)\n",
    "shop/late.py": "def go(bag):\n    bag.unused()\n",
    "tests/test_orders.py": "from shop.orders import total\n\n\ndef test_total():\n    assert total(1)\n",
}

Found = Callable[[dict[str, str | bytes]], tuple[Finding, ...]]


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Found]:
    bench = Bench(tmp_path)
    root = bench.repository(SHOP)
    commit_all(root)
    bench.index(root)

    def act(files: dict[str, str | bytes]) -> tuple[Finding, ...]:
        write(root, files)
        return findings_of(review(bench.graph, EVERYTHING, "repo", compare(root)))

    yield act
    bench.close()


def test_what_a_new_signature_breaks_stands_at_the_call_and_cites_the_definition(
    found: Found,
) -> None:
    first, *_ = found(
        {"shop/pricing.py": "# new\ndef price(order, tax):\n    return 1\n\n\ndef unused():\n    return 1\n"}
    )
    assert (first.kind, first.severity, first.path, first.line, first.indexed) == (
        "will_break",
        Severity.ERROR,
        "shop/orders.py",
        5,
        True,
    )
    assert "`shop.orders.total` calls `shop.pricing.price`" in first.text and "tax" in first.text
    assert [(cite.path, cite.line, cite.indexed) for cite in first.cites] == [("shop/pricing.py", 2, False)]


def test_a_new_body_is_told_at_the_definition_with_those_who_use_it(
    found: Found,
) -> None:
    said = found({"shop/pricing.py": "def price(order):\n    return 2\n\n\ndef unused():\n    return 2\n"})
    assert [(one.kind, one.path, one.line) for one in said] == [
        ("untested", "shop/pricing.py", 5),
        ("may_break", "shop/pricing.py", 1),
    ]
    assert [(cite.path, cite.line) for cite in said[1].cites] == [("shop/orders.py", 5)]


def test_a_removed_function_is_cited_where_it_was_and_calls_by_its_name_are_told(
    found: Found,
) -> None:
    said = found({"shop/pricing.py": "X = 1\n"})
    assert {(one.kind, one.path) for one in said if one.severity is Severity.ERROR} == {
        ("will_break", "shop/orders.py"),
        ("unanswered", "shop/late.py"),
    }
    gone = next(one for one in said if one.kind == "will_break")
    assert [(cite.line, cite.indexed) for cite in gone.cites] == [(1, True)]


def test_what_the_index_does_not_know_yet_is_said(
    found: Found,
) -> None:
    (new,) = found({"shop/new.py": "X = 1\n\n\ndef fresh(): ...\n", "tests/test_new.py": "def test_new(): ...\n"})
    assert (new.kind, new.severity, new.path, new.line) == ("unindexed", Severity.INFORMATION, "shop/new.py", 4)
    assert "`fresh`" in new.text
