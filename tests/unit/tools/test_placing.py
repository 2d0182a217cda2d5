"""What is said of candidates in columns is what their plain definitions say of each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tools.test_candidates import chunk, hits
from tools.candidates import Grain, Pool
from tools.fusion import FEATURES, column_of
from tools.placing import add_files, add_folders, add_places, ranked
from tools.question_sort import QuestionSort, wordiness

rows = st.lists(
    st.tuples(st.sampled_from(["a/x.py", "a/y.py", "b/x.py", "z.py"]), st.sampled_from([0.0, 0.25, 0.5, 1.0])),
    max_size=12,
)


def pool_of(found: list[tuple[str, float]], feature: str, grain: Grain = "symbol") -> Pool:
    chunks = [chunk(path, number + 1, f"f{number}") for number, (path, _) in enumerate(found)]
    return Pool(grain, hits(*chunks, **{feature: [value for _, value in found]}))


@given(rows)
def test_a_symbol_among_those_of_its_file(found: list[tuple[str, float]]) -> None:
    pool = pool_of(found, "chunk")
    add_places(pool)
    for row, (path, value) in enumerate(found):
        own = [other for place, other in found if place == path]
        assert pool.column("chunk_in_file")[row] == (value / max(own) if max(own) else 0.0)
        assert pool.column("rank_in_file")[row] == 1 / (1 + sum(other > value for other in own))
        assert pool.column("rank")[row] == 1 / (1 + sum(other > value for _, other in found))


@given(rows)
def test_a_file_with_the_others_of_its_folder(found: list[tuple[str, float]]) -> None:
    pool = pool_of(found, "best")
    add_folders(pool, frozenset())
    folders = [path.rpartition("/")[0] for path, _ in found]
    for row, (folder, (_, value)) in enumerate(zip(folders, found, strict=True)):
        own = sorted((other for at, (_, other) in zip(folders, found, strict=True) if at == folder), reverse=True)
        others = own[1:] if value == own[0] else own[:1]
        assert pool.column("folder_best")[row] == (others[0] if others else 0.0)


def test_folders_that_the_subject_says() -> None:
    pool = pool_of([("worker/retry/a.py", 1.0), ("z.py", 1.0)], "best")
    add_folders(pool, frozenset({b"worker"}))
    assert pool.column("folder_said").tolist() == [0.0, 0.0]
    assert pool.column("folders_said").tolist() == [1.0, 0.0]


def test_the_file_of_a_symbol_counts_and_an_unknown_one_as_the_last() -> None:
    pool = pool_of([("a/x.py", 1.0), ("z.py", 1.0)], "chunk")
    add_files(pool, {("shop", "a/x.py"): 1}, [4.0, 3.0, -1.0])
    assert pool.column("file_score").tolist() == [-1.0, -5.0]
    assert pool.column("file_rank").tolist() == [0.5, 0.0]


def test_equals_are_ordered_by_key_and_nothing_is_ranked_of_nothing() -> None:
    pool = pool_of([("z.py", 0.5), ("a/x.py", 0.5), ("a/y.py", 1.0)], "chunk")
    ranking = ranked(pool, {"symbol.chunk": 2.0})
    assert [pool.paths[row] for row in ranking.order] == ["a/y.py", "a/x.py", "z.py"]
    assert list(ranking.scores) == pytest.approx([2.0, 1.0, 1.0])
    assert [one.path for one in ranking.candidates(1)] == ["a/y.py"]
    assert ranked(Pool("file"), {}).candidates(5) == []
    assert np.array(ranked(Pool("doc"), {}).scores).size == 0


def test_a_long_question_is_weighed_otherwise_than_a_short_one() -> None:
    weights = {"file.best": 1.0, "file.best.long": -1.0}
    pool = pool_of([("a/x.py", 1.0), ("z.py", 0.5)], "best", "file")
    first = [
        ranked(pool, weights, QuestionSort(wordiness(words))).scores[0]
        for words in ("where is it", "word " * 20, "word " * 5_000)
    ]
    assert first == pytest.approx([1 + math.log(20 / 3), 1.0, 0.5 * (1 - 2)])
    assert wordiness("") == -2.0


def test_a_description_is_weighed_otherwise_than_a_report_and_its_length_says_nothing() -> None:
    weights = {"symbol.chunk": 1.0, "symbol.chunk.long_report": 1.0, "symbol.chunk.described": 4.0}
    at = FEATURES["symbol"].index("chunk")
    sorts = (QuestionSort(), QuestionSort(1.0, 0.0), QuestionSort(1.0, 1.0), QuestionSort(1.0, 0.5))
    assert [column_of(weights, "symbol", sort)[at] for sort in sorts] == [1.0, 2.0, 5.0, 3.5]


def test_weights_of_one_sort_alone_hold_for_every_question() -> None:
    column = column_of({"file.best": 3.0}, "file", QuestionSort(1.5, 0.5))
    assert column.tolist() == column_of({"file.best": 3.0}, "file").tolist()
    assert column[FEATURES["file"].index("best")] == 3.0
