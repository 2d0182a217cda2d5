"""A base without a symbol is said to be there all the same: one from outside by its name, one that means nothing we know as it is written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from knowledge.schema import RelationKind, Strategy, Tier
from tests.unit.indexers.bench import Bench

PYTHON = """import typing
from elsewhere import Base
from maker import make

class Outside(Base): ...
class Generic(typing.Generic[int]): ...
class Protocol(typing.Protocol[int]): ...
class Undefined(Nowhere): ...
class Made(make()): ...
class Own(Outside): ...
"""
JAVA = """package shop;
import java.util.function.Supplier;
import java.util.*;

class Price implements Supplier<Integer> {}
class Table extends HashMap<String, Integer> {}
enum Kind { A }
"""


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, bool]]]:
    """Return class -> its base outside, and whether it is only as it is written."""
    bench = Bench(tmp_path_factory.mktemp("bases"))
    bench.index(bench.repository({"shop.py": PYTHON, "src/shop/Price.java": JAVA}))
    links = bench.relations(RelationKind.INHERITS, RelationKind.IMPLEMENTS)
    yield {
        link.source.name: (link.external or "", link.strategy is Strategy.NAME)
        for link in links
        if link.tier is Tier.EXTERNAL
    }
    bench.close()


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("Outside", ("elsewhere.Base", False)),
        ("Protocol", ("typing.Protocol", False)),
        ("Undefined", ("Nowhere", True)),
        ("Price", ("java.util.function.Supplier", False)),
        ("Table", ("HashMap", True)),
    ],
)
def test_a_base_is_told_by_its_name_or_as_it_is_written(
    bases: dict[str, tuple[str, bool]], name: str, base: tuple[str, bool]
) -> None:
    assert bases[name] == base


def test_a_call_that_gives_a_base_is_one(bases: dict[str, tuple[str, bool]]) -> None:
    assert bases["Made"][0].endswith("make()")


@pytest.mark.parametrize("name", ["Generic", "Kind", "Own"])
def test_a_base_that_only_marks_its_heirs_is_none(bases: dict[str, tuple[str, bool]], name: str) -> None:
    assert name not in bases
