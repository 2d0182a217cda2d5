"""What every backend of `knowledge.ports.VectorIndex` must do. A backend's test class gives an empty `vectors`."""

from __future__ import annotations

import numpy as np
import pytest

from configs.errors import InputError
from knowledge.ports import VectorIndex
from knowledge.scope import EVERYTHING, Scope

AXES = np.eye(4, dtype=np.float32)


class VectorIndexContract:
    def test_an_empty_index_answers_with_nothing(self, vectors: VectorIndex) -> None:
        assert vectors.ids("shop") == set()
        assert vectors.query(EVERYTHING, "shop", AXES[0], top_k=3) == []
        vectors.delete("shop")
        vectors.delete("shop", ["a"])
        vectors.upsert("shop", [], np.empty((0, 4), np.float32))

    def test_nearest_first_with_cosine(self, vectors: VectorIndex) -> None:
        vectors.upsert("shop", ["x", "y", "xy"], np.stack([AXES[0], AXES[1], 3 * (AXES[0] + AXES[1])]))
        found = vectors.query(EVERYTHING, "shop", 2 * AXES[0], top_k=3)
        assert [name for name, _ in found] == ["x", "xy", "y"]
        assert [similarity for _, similarity in found] == pytest.approx([1.0, 0.5**0.5, 0.0], abs=1e-5)
        assert len(vectors.query(EVERYTHING, "shop", AXES[0], top_k=2)) == 2

    def test_a_vector_is_replaced_by_its_id(self, vectors: VectorIndex) -> None:
        vectors.upsert("shop", ["x"], AXES[:1])
        vectors.upsert("shop", ["x"], AXES[1:2])
        assert vectors.ids("shop") == {"x"}
        assert vectors.query(EVERYTHING, "shop", AXES[1], top_k=1)[0][1] == pytest.approx(1.0)

    def test_candidates_narrow_the_query(self, vectors: VectorIndex) -> None:
        vectors.upsert("shop", ["x", "y", "z"], AXES[:3])
        found = vectors.query(EVERYTHING, "shop", AXES[0], top_k=3, ids=["y", "z", "unknown"])
        assert {name for name, _ in found} == {"y", "z"}
        assert vectors.query(EVERYTHING, "shop", AXES[0], top_k=3, ids=[]) == []
        assert vectors.query(EVERYTHING, "shop", AXES[0], top_k=3, ids=["unknown"]) == []

    def test_repositories_are_apart(self, vectors: VectorIndex) -> None:
        vectors.upsert("a/b", ["x"], AXES[:1])
        vectors.upsert("a.b", ["y"], np.ones((1, 7), np.float32))
        assert (vectors.ids("a/b"), vectors.ids("a.b")) == ({"x"}, {"y"})
        vectors.delete("a/b")
        assert (vectors.ids("a/b"), vectors.ids("a.b")) == (set(), {"y"})

    def test_an_ungranted_repository_gives_nothing(self, vectors: VectorIndex) -> None:
        vectors.upsert("shop", ["x"], AXES[:1])
        assert vectors.query(Scope(frozenset({"other"})), "shop", AXES[0], top_k=1) == []

    def test_deleted_vectors_are_gone(self, vectors: VectorIndex) -> None:
        vectors.upsert("shop", ["x", "y"], AXES[:2])
        vectors.delete("shop", ["x", "unknown"])
        assert vectors.ids("shop") == {"y"}

    def test_a_wrong_shape_is_refused(self, vectors: VectorIndex) -> None:
        with pytest.raises(InputError, match="shape"):
            vectors.upsert("shop", ["x"], AXES[:2])
        with pytest.raises(InputError, match="shape"):
            vectors.query(EVERYTHING, "shop", AXES, top_k=1)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_a_value_that_is_no_number_is_refused(self, vectors: VectorIndex, bad: float) -> None:
        broken = AXES[:2].copy()
        broken[1, 2] = bad
        with pytest.raises(InputError, match="'y'"):
            vectors.upsert("shop", ["x", "y"], broken)
        assert vectors.ids("shop") == set()
        with pytest.raises(InputError, match="finite"):
            vectors.query(EVERYTHING, "shop", broken[1], top_k=1)

    def test_another_dimension_is_refused_and_nothing_lost(self, vectors: VectorIndex) -> None:
        vectors.upsert("shop", ["x"], AXES[:1])
        with pytest.raises(InputError, match="dimension"):
            vectors.upsert("shop", ["y"], np.ones((1, 3), np.float32))
        with pytest.raises(InputError, match="dimension"):
            vectors.query(EVERYTHING, "shop", np.ones(3, np.float32), top_k=1)
        assert vectors.ids("shop") == {"x"}

    def test_zero_vectors_are_kept_and_match_nothing(self, vectors: VectorIndex) -> None:
        vectors.upsert("shop", ["zero", "x"], np.stack([0 * AXES[0], AXES[0]]))
        assert vectors.query(EVERYTHING, "shop", 0 * AXES[0], top_k=2) == []
        assert vectors.query(EVERYTHING, "shop", AXES[0], top_k=1)[0][0] == "x"
