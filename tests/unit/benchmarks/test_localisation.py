from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.ranker.asking import Looked, known_functions
from app.ranker.corpora import is_test_path
from app.ranker.scores import file_measures, function_recall, interval, mean_of_sets
from benchmarks.localisation.plain import PlainChunks
from knowledge.backends.sqlite_graph import SqliteCodeGraph
from knowledge.schema import SymbolKind
from tests.contract.snapshots import SnapshotBuilder


def test_the_measures_of_a_ranking() -> None:
    assert file_measures(["a", "b"], frozenset({"b"})) == {"hit@1": 0.0, "hit@5": 100.0, "all@10": 100.0, "MRR": 50.0}
    assert file_measures([], frozenset({"b"})) == {"hit@1": 0.0, "hit@5": 0.0, "all@10": 0.0, "MRR": 0.0}
    assert function_recall(["f"], frozenset({"f", "g"})) == {"func@10": 50.0, "func@10 as named": 50.0}
    assert function_recall(["C.f"], frozenset({"C.f"}), frozenset({"f"})) == {"func@10": 100.0, "func@10 as named": 0.0}
    assert function_recall(["f"], frozenset()) == {}


def test_sets_weigh_alike_and_the_interval_holds_the_mean() -> None:
    rows = {"one": [{"MRR": 100.0}], "two": [{"MRR": 0.0}, {"MRR": 0.0}, {"MRR": 50.0}]}
    mean = mean_of_sets(rows, "MRR")
    low, high = interval(rows, "MRR")
    assert mean == pytest.approx(58.33, abs=0.01)
    assert low <= mean <= high
    assert interval(rows, "MRR", rows) == (0.0, 0.0)


def test_a_gold_function_without_its_class_is_the_only_one_of_its_name() -> None:
    looked: Looked = [
        ("a.js::Plugin.apply", {}),
        ("a.js::Plugin.run", {}),
        ("a.js::Other.run", {}),
        ("b.js::apply", {}),
    ]
    gold = ["a.js::apply", "a.js::run", "b.js::apply", "c.js::gone"]
    assert known_functions(gold, looked) == {"a.js::Plugin.apply", "a.js::run", "b.js::apply", "c.js::gone"}


def test_the_yardstick_ranks_functions_by_their_own_lines(tmp_path: Path) -> None:
    source = "def retry(delay):\n    return delay\n\n\nclass Cart:\n    def total_price(self):\n        return 1\n"
    builder = SnapshotBuilder("shop")
    builder.file("shop.py", source)
    builder.file("empty.py", "")
    builder.symbol("shop.py", "retry", SymbolKind.FUNCTION, 1, 2)
    builder.symbol("shop.py", "Cart", SymbolKind.CLASS, 5, 7)
    builder.symbol("shop.py", "Cart.total_price", SymbolKind.METHOD, 6, 7)
    with closing(SqliteCodeGraph(tmp_path / "graph.db")) as graph:
        graph.replace_repository(builder.build())
        plain = PlainChunks(graph, "shop")
    assert plain.ranked("totalPrice of a Cart") == (["shop.py"], ["shop.py::Cart.total_price"])
    assert plain.ranked("delay")[1] == ["shop.py::retry"]
    assert plain.ranked("nothing here") == ([], [])


@pytest.mark.parametrize(
    "path", ["t/unit/a.py", "src/tests/a.c", "a/test_b.py", "raft/raft_test.go", "a/b.spec.ts", "lib/X.unittest.js"]
)
def test_what_is_a_test(path: str) -> None:
    assert is_test_path(path)


@pytest.mark.parametrize("path", ["celery/app/task.py", "lib/attest.js", "src/unix/fs.c", "latest/a.go"])
def test_what_is_none(path: str) -> None:
    assert not is_test_path(path)
