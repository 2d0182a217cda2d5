"""What every backend of `knowledge.ports.vectors.VectorIndex` must do. A backend's test class gives an empty `vectors`."""

from __future__ import annotations

import numpy as np
import pytest

from configs.errors import InputError
from knowledge.ports.vectors import VectorIndex, VectorSpace
from knowledge.scope import EVERYTHING, Scope

AXES = np.eye(4, dtype=np.float32)
SHOP = VectorSpace("shop", "axes")


class VectorIndexContract:
    def test_an_empty_index_answers_with_nothing(self, vectors: VectorIndex) -> None:
        assert vectors.ids(SHOP) == set()
        assert vectors.query(EVERYTHING, SHOP, AXES[0], top_k=3) == []
        vectors.drop("shop")
        vectors.delete(SHOP, ["a"])
        vectors.upsert(SHOP, [], np.empty((0, 4), np.float32))

    def test_nearest_first_with_cosine(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x", "y", "xy"], np.stack([AXES[0], AXES[1], 3 * (AXES[0] + AXES[1])]))
        found = vectors.query(EVERYTHING, SHOP, 2 * AXES[0], top_k=3)
        assert [name for name, _ in found] == ["x", "xy", "y"]
        assert [similarity for _, similarity in found] == pytest.approx([1.0, 0.5**0.5, 0.0], abs=1e-5)
        assert len(vectors.query(EVERYTHING, SHOP, AXES[0], top_k=2)) == 2

    def test_a_vector_is_replaced_by_its_id(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x"], AXES[:1])
        vectors.upsert(SHOP, ["x"], AXES[1:2])
        assert vectors.ids(SHOP) == {"x"}
        assert vectors.query(EVERYTHING, SHOP, AXES[1], top_k=1)[0][1] == pytest.approx(1.0)

    def test_candidates_narrow_the_query(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x", "y", "z"], AXES[:3])
        found = vectors.query(EVERYTHING, SHOP, AXES[0], top_k=3, ids=["y", "z", "unknown"])
        assert {name for name, _ in found} == {"y", "z"}
        assert vectors.query(EVERYTHING, SHOP, AXES[0], top_k=3, ids=[]) == []
        assert vectors.query(EVERYTHING, SHOP, AXES[0], top_k=3, ids=["unknown"]) == []

    def test_repositories_and_embedders_are_apart(self, vectors: VectorIndex) -> None:
        one, other, wider = VectorSpace("a/b", "e"), VectorSpace("a.b", "e"), VectorSpace("a/b", "wider")
        vectors.upsert(one, ["x"], AXES[:1])
        vectors.upsert(other, ["y"], np.ones((1, 7), np.float32))
        vectors.upsert(wider, ["z"], np.ones((1, 9), np.float32))
        assert [vectors.ids(space) for space in (one, other, wider)] == [{"x"}, {"y"}, {"z"}]
        vectors.drop("a/b", keep=[wider])
        assert [vectors.ids(space) for space in (one, other, wider)] == [set(), {"y"}, {"z"}]
        vectors.drop("a/b")
        assert [vectors.ids(space) for space in (one, other, wider)] == [set(), {"y"}, set()]

    def test_what_is_set_aside_answers_nothing_and_comes_back(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x", "y", "z"], AXES[:3])
        vectors.set_aside(SHOP, ["x", "unknown"])
        assert vectors.ids(SHOP) == {"y", "z"}
        assert "x" not in [name for name, _ in vectors.query(EVERYTHING, SHOP, AXES[0], top_k=3)]
        assert vectors.query(EVERYTHING, SHOP, AXES[0], top_k=3, ids=["x"]) == []
        vectors.take_back(SHOP, ["x", "y", "unknown"])
        assert vectors.ids(SHOP) == {"x", "y", "z"}
        assert [name for name, _ in vectors.query(EVERYTHING, SHOP, AXES[0], top_k=1)] == ["x"]

    def test_more_than_is_left_is_not_kept_aside(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x", "y", "z"], AXES[:3])
        vectors.set_aside(SHOP, ["x"])
        vectors.set_aside(SHOP, ["y"])
        vectors.take_back(SHOP, ["x", "y"])
        assert vectors.ids(SHOP) == {"y", "z"}
        vectors.drop("shop")
        vectors.take_back(SHOP, ["x", "y", "z"])
        assert vectors.ids(SHOP) == set()

    def test_an_ungranted_repository_gives_nothing(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x"], AXES[:1])
        assert vectors.query(Scope(frozenset({"other"})), SHOP, AXES[0], top_k=1) == []

    def test_deleted_vectors_are_gone(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x", "y"], AXES[:2])
        vectors.delete(SHOP, ["x", "unknown"])
        assert vectors.ids(SHOP) == {"y"}

    def test_a_wrong_shape_is_refused(self, vectors: VectorIndex) -> None:
        with pytest.raises(InputError, match="shape"):
            vectors.upsert(SHOP, ["x"], AXES[:2])
        with pytest.raises(InputError, match="shape"):
            vectors.query(EVERYTHING, SHOP, AXES, top_k=1)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_a_value_that_is_no_number_is_refused(self, vectors: VectorIndex, bad: float) -> None:
        broken = AXES[:2].copy()
        broken[1, 2] = bad
        with pytest.raises(InputError, match="'y'"):
            vectors.upsert(SHOP, ["x", "y"], broken)
        assert vectors.ids(SHOP) == set()
        with pytest.raises(InputError, match="finite"):
            vectors.query(EVERYTHING, SHOP, broken[1], top_k=1)

    def test_another_dimension_is_refused_and_nothing_lost(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["x"], AXES[:1])
        with pytest.raises(InputError, match="dimension"):
            vectors.upsert(SHOP, ["y"], np.ones((1, 3), np.float32))
        with pytest.raises(InputError, match="dimension"):
            vectors.query(EVERYTHING, SHOP, np.ones(3, np.float32), top_k=1)
        assert vectors.ids(SHOP) == {"x"}

    def test_zero_vectors_are_kept_and_match_nothing(self, vectors: VectorIndex) -> None:
        vectors.upsert(SHOP, ["zero", "x"], np.stack([0 * AXES[0], AXES[0]]))
        assert vectors.query(EVERYTHING, SHOP, 0 * AXES[0], top_k=2) == []
        assert vectors.query(EVERYTHING, SHOP, AXES[0], top_k=1)[0][0] == "x"
