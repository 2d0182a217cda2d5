"""What a change puts at risk, over a real index of a real git repository."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexers.comparing import compare
from knowledge.scope import EVERYTHING, Scope
from tests.unit.indexers.bench import Bench
from tests.unit.indexers.git_repositories import commit_all, write
from tools.review import Review, Risk, review

SHOP: dict[str, str | bytes] = {
    "shop/pricing.py": "def price(order):\n    return 1\n\n\ndef unused():\n    return 1\n",
    "shop/orders.py": (
        "from shop.pricing import price\n\n\ndef total(order):\n    return price(order)\n\n\n"
        "def main():\n    total(1)\n\n\nif __name__ == '__main__':\n    main()\n"
    ),
    "tests/test_orders.py": "from shop.orders import total\n\n\ndef test_total():\n    assert total(1)\n",
    "pyproject.toml": "[project]\nname = 'shop'\n",
}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


Reviewed = Callable[[dict[str, str | bytes]], Review]


@pytest.fixture
def reviewed(bench: Bench) -> Reviewed:
    root = bench.repository(SHOP)
    commit_all(root)

    def act(files: dict[str, str | bytes]) -> Review:
        write(root, files)
        bench.index(root)
        return review(bench.graph, EVERYTHING, "repo", compare(root))

    return act


def names(rows: object) -> list[str]:
    return [row.symbol.qualified_name for row in rows]  # type: ignore[attr-defined]


def test_a_changed_signature_breaks_its_direct_users(reviewed: Reviewed) -> None:
    found = reviewed({"shop/pricing.py": "def price(order, tax):\n    return 1\n\n\ndef unused():\n    return 1\n"})
    assert names(found.will_break) == ["shop.orders.total"]
    assert "shop.orders.main" in names(found.may_break)
    assert names(found.tests) == ["tests.test_orders.test_total"]
    assert [entry.qualified_name for entry in found.entry_points] == ["shop.orders.main"]
    assert found.risk is Risk.MEDIUM
    assert [reason.text for reason in found.reasons] == [
        "1 direct user of a removed or differently declared symbol",
        "1 entry point of the program leads to it",
    ]


def test_a_changed_body_breaks_nothing_for_certain(reviewed: Reviewed) -> None:
    found = reviewed({"shop/pricing.py": "def price(order):\n    return 2\n\n\ndef unused():\n    return 1\n"})
    assert found.will_break == ()
    assert names(found.may_break)[:1] == ["shop.orders.total"]


def test_calls_of_what_was_removed_are_found_after_the_index_has_forgotten_it(reviewed: Reviewed) -> None:
    caller = "import shop.pricing\n\n\ndef go(bag):\n    bag.unused()\n"
    found = reviewed({"shop/pricing.py": "def price(order):\n    return 1\n", "shop/late.py": caller})
    assert [(place.path, place.line) for place in found.loose] == [("shop/late.py", 5)]
    assert any("nothing answers to" in reason.text for reason in found.reasons)


def test_what_no_test_reaches_is_named_and_a_new_symbol_has_no_users_to_break(reviewed: Reviewed) -> None:
    found = reviewed({"shop/new.py": "def helper():\n    return 1\n\n\ndef fresh():\n    return helper()\n"})
    assert {symbol.qualified_name for symbol in found.untested} == {"shop.new.helper", "shop.new.fresh"}
    assert (found.will_break, found.may_break, found.stale) == ((), (), ())


def test_changed_tests_are_to_be_run(reviewed: Reviewed) -> None:
    found = reviewed(
        {"tests/test_orders.py": "from shop.orders import total\n\n\ndef test_total():\n    assert total(2)\n"}
    )
    assert names(found.tests) == ["tests.test_orders.test_total"]
    assert (found.risk, found.reasons) == (Risk.LOW, ())


def test_dependencies_and_size_are_reasons_of_their_own(reviewed: Reviewed) -> None:
    found = reviewed({"pyproject.toml": "[project]\nname = 'shop'\n" + "# more\n" * 500})
    texts = [reason.text for reason in found.reasons]
    assert texts == ["it is large: 500 lines in 1 file", "it changes what the project depends on: pyproject.toml"]


def test_an_index_of_neither_side_says_so(bench: Bench) -> None:
    root = bench.repository(SHOP)
    commit_all(root)
    bench.index(root)
    write(root, {"shop/pricing.py": "def price(order, tax):\n    return 2\n"})
    before = review(bench.graph, EVERYTHING, "repo", compare(root))
    assert before.stale == (), "the index knows the file as it was"
    assert names(before.will_break) == ["shop.orders.total"]
    commit_all(root, "second")
    write(root, {"shop/pricing.py": "def price(order, tax, more):\n    return 2\n"})
    after = review(bench.graph, EVERYTHING, "repo", compare(root))
    assert after.stale == ("shop/pricing.py",)
    assert any("clew index" in reason.text for reason in after.reasons)


def test_a_scope_without_the_repository_sees_nothing_of_it(bench: Bench, tmp_path: Path) -> None:
    root = bench.repository(SHOP)
    commit_all(root)
    bench.index(root)
    write(root, {"shop/pricing.py": "def price(order, tax):\n    return 1\n"})
    found = review(bench.graph, Scope(frozenset({"other"})), "repo", compare(root))
    assert (found.symbols, found.will_break, found.may_break, found.tests) == ({}, (), (), ())
