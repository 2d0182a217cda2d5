"""A small repository, indexed once for the tests of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli import main

SOURCES = {
    "shop/__init__.py": "",
    "shop/models.py": '''\
class Order:
    """What a customer wants."""

    def total(self) -> int:
        return price(self)


def price(order: Order) -> int:
    """Return the price in cents."""
    return 1
''',
    "shop/größe.py": """\
from shop.models import Order, price


def messen() -> int:
    return price(Order())


def ship(order):
    order.send_all()
""",
    "shop/other.py": """\
def helper() -> None:
    lonely_end()


def lonely_end() -> None: ...


def nobody_calls_this() -> None: ...


def above() -> None:
    helper()
""",
    "shop/twice_a.py": "class A:\n    def twice(self) -> None: ...\n",
    "shop/twice_b.py": "class B:\n    def twice(self) -> None: ...\n",
    "README.md": "# Shop\n\n## Prices\n\nThe `price` of an order is in cents.\n",
}


@dataclass(frozen=True, slots=True)
class Indexed:
    """The folder of a repository, and of the store that holds its index under the name `shop`."""

    root: Path
    store: Path


def write_sources(root: Path) -> Path:
    for path, text in SOURCES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """Read-only: tests that index or forget use a store of their own."""
    root = write_sources(tmp_path_factory.mktemp("sources") / "shop")
    store = tmp_path_factory.mktemp("store")
    assert main(["--store", str(store), "index", str(root), "--name", "shop", "--json"]) == 0
    return Indexed(root, store)
