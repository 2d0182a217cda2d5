"""Symbols that a change takes from one place to another, or gives another name, in a real git repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexers.comparing import compare
from knowledge.changes import Effect
from tests.unit.indexers.git_repositories import commit_all, write

TOTAL = "def test_total():\n    order = make(3)\n    assert order.total == 3\n"
SHIP = "def test_ship():\n    parcel = send(make(1))\n    assert parcel.sent\n"
STUB = "def test_stub():\n    pass\n"
CLASS = "class TestOrder:\n    def test_one(self):\n        assert make(1).total == 1\n\n    def test_two(self):\n        assert make(2).total == 2\n"
GO = "package shop\n\nfunc TestTotal(t *testing.T) {\n\tif Total(1) != 1 {\n\t\tt.Fatal()\n\t}\n}\n"


def moves(root: Path) -> dict[str, str]:
    """Return where each added symbol was, by where it is; and check that both ends name each other."""
    changes = [one for file in compare(root).files for one in file.symbols]
    come = {(one.path, one.local_name): one.twin for one in changes if one.effect is Effect.ADDED}
    gone = {(one.path, one.local_name): one.twin for one in changes if one.effect is Effect.REMOVED}
    assert {twin: place for place, twin in come.items() if twin} == {
        place: twin for place, twin in gone.items() if twin
    }
    return {"::".join(place): "::".join(twin) for place, twin in come.items() if twin}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"tests/test_a.py": TOTAL + "\n\n" + SHIP, "tests/test_b.py": "x = 1\n"},
         {"tests/test_a.py": SHIP, "tests/test_b.py": "x = 1\n\n\n" + TOTAL},
         {"tests/test_b.py::test_total": "tests/test_a.py::test_total"}),
        ({"tests/test_a.py": TOTAL}, {"tests/test_a.py": TOTAL.replace("test_total", "test_the_total")},
         {"tests/test_a.py::test_the_total": "tests/test_a.py::test_total"}),
        ({"tests/test_a.py": TOTAL, "b.py": "x = 1\n"}, {"tests/test_a.py": "y = 2\n", "b.py": TOTAL.replace("test_total", "check")},
         {"b.py::check": "tests/test_a.py::test_total"}),
        ({"tests/test_a.py": CLASS, "tests/test_b.py": TOTAL}, {"tests/test_a.py": SHIP, "tests/test_b.py": TOTAL + "\n\n" + CLASS},
         {f"tests/test_b.py::TestOrder{one}": f"tests/test_a.py::TestOrder{one}" for one in ("", ".test_one", ".test_two")}),
        ({"tests/test_a.py": CLASS}, {"tests/test_a.py": CLASS.replace("TestOrder", "TestBasket")},
         {f"tests/test_a.py::TestBasket{one}": f"tests/test_a.py::TestOrder{one}" for one in ("", ".test_one", ".test_two")}),
        ({"a_test.go": GO}, {"a_test.go": GO.replace("TestTotal", "TestSum")}, {"a_test.go::TestSum": "a_test.go::TestTotal"}),
        ({"a.py": STUB, "b.py": "x = 1\n"}, {"a.py": "y = 1\n", "b.py": STUB}, {}),
        ({"a.py": TOTAL}, {"a.py": TOTAL.replace("test_total", "one") + "\n\n" + TOTAL.replace("test_total", "two")}, {}),
        ({"a.py": TOTAL}, {"a.py": TOTAL.replace("test_total", "test_new").replace("3", "4")}, {}),
    ],
    ids=["moved", "renamed", "moved and renamed", "a class moved", "a class renamed", "go", "too short", "copied twice", "changed too"],
)  # fmt: skip
def test_moves(
    before: dict[str, str | bytes], after: dict[str, str | bytes], found: dict[str, str], tmp_path: Path
) -> None:
    root = write(tmp_path / "shop", before)
    commit_all(root, "first")
    write(root, after)
    assert moves(root) == found
