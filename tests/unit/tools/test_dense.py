from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from configs.errors import ModelUnavailable
from indexers.vectors import vector_id
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.ports.vectors import VectorSpace
from knowledge.scope import EVERYTHING, Scope
from tests.contract.held_vectors import HeldVectors
from tests.contract.sources import entry, shop_entries
from tools.dense import DenseRetriever, Filled, dense_scores

SPACE = VectorSpace("shop", "angles")
OTHER = VectorSpace("other", "angles")


class Angles:
    """Turns a question, written in degrees, into a direction."""

    identity, dimension = "angles", 2

    def embed_documents(self, texts: Collection[str]) -> npt.NDArray[np.float32]:
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> npt.NDArray[np.float32]:
        angle = np.radians(float(text))
        return np.array([np.cos(angle), np.sin(angle)], np.float32)


class Bench:
    """Two repositories whose chunks lie around the circle, one degree apart; `other` holds a copy of a file of `shop`."""

    def __init__(self, folder: Path) -> None:
        writer = LexicalWriter(folder)
        cart = "def total(cart):\n    return sum(cart)\n"
        writer.build("shop", 1, [*shop_entries(), entry("shop", "a/total.py", cart), entry("shop", "b/total.py", cart)])
        writer.build("other", 1, [entry("other", "total.py", cart)])
        generations = {"shop": 1, "other": 1}
        search = LexicalSearch(folder, lambda s: {name: one for name, one in generations.items() if s.allows(name)})
        self.vectors = HeldVectors()
        self.filled = {"shop": Filled(SPACE, Angles()), "other": Filled(OTHER, Angles())}
        self.missing: list[tuple[str, list[str]]] = []
        self.tables = {table.repository: table for table in search.chunks(EVERYTHING)}
        for space in (SPACE, OTHER):
            table = self.tables[space.repository]
            angles = Angles().embed_documents([str(row) for row in range(len(table.digests))])
            self.vectors.upsert(space, [vector_id(digest) for digest in table.digests], angles)
        self.dense = DenseRetriever(
            search.chunks, self.vectors, self.filled.get, lambda name, ids: self.missing.append((name, list(ids)))
        )

    def angle(self, symbol_id: str) -> str:
        (row,) = self.tables[symbol_id.partition(":")[0]].rows_of_symbol(symbol_id)
        return str(row)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


POLICY = "shop:shop/retry.py#RetryPolicy"
GIVE_UP = "shop:shop/retry.py#RetryPolicy.give_up"
CHECKOUT = "shop:shop/cart.py#checkout"


def test_the_nearest_symbols_come_first(bench: Bench) -> None:
    hits = bench.dense.search(EVERYTHING, bench.angle(GIVE_UP), top_k=3)
    assert (hits[0].repository, hits[0].path, hits[0].symbol_id) == ("shop", "shop/retry.py", GIVE_UP)
    assert hits[0].similarity == pytest.approx(1.0)
    assert len(hits) == 3
    assert [hit.similarity for hit in hits] == sorted((hit.similarity for hit in hits), reverse=True)


def test_one_vector_stands_for_every_chunk_of_its_text(bench: Bench) -> None:
    hits = bench.dense.search(Scope(frozenset({"shop"})), bench.angle("shop:b/total.py#total"), top_k=2)
    assert [hit.symbol_id for hit in hits] == ["shop:a/total.py#total", "shop:b/total.py#total"]


def test_candidates_restrict_the_question_itself(bench: Bench) -> None:
    hits = bench.dense.search(EVERYTHING, bench.angle(CHECKOUT), top_k=10, candidates=[POLICY, "shop:gone.py#x", "?"])
    assert [hit.symbol_id for hit in hits] == [POLICY]
    whole = bench.dense.search(EVERYTHING, "0", top_k=10, candidates=["shop:shop/retry.py#"])
    assert {hit.path for hit in whole} == {"shop/retry.py"}
    assert {hit.symbol_id for hit in whole} >= {POLICY, GIVE_UP}
    assert bench.dense.search(EVERYTHING, "0", top_k=10, candidates=[]) == []


def test_a_copy_outside_the_candidates_is_not_named(bench: Bench) -> None:
    hits = bench.dense.search(EVERYTHING, "0", top_k=10, candidates=["shop:b/total.py#total"])
    assert [hit.symbol_id for hit in hits] == ["shop:b/total.py#total"]


def test_candidates_without_a_vector_are_asked_for(bench: Bench) -> None:
    (row,) = bench.tables["shop"].rows_of_symbol(CHECKOUT)
    one = vector_id(bench.tables["shop"].digests[row])
    bench.vectors.delete(SPACE, [one])
    assert bench.dense.search(EVERYTHING, "0", top_k=10, candidates=[CHECKOUT]) == []
    assert bench.missing == [("shop", [one])]


def test_a_scope_is_never_crossed(bench: Bench) -> None:
    assert bench.dense.search(Scope(frozenset()), "0", top_k=10) == []
    hits = bench.dense.search(Scope(frozenset({"other"})), "0", top_k=10, candidates=[CHECKOUT, "other:total.py#total"])
    assert [hit.repository for hit in hits] == ["other"]


def test_a_repository_without_vectors_takes_no_part(bench: Bench) -> None:
    del bench.filled["shop"]
    assert {hit.repository for hit in bench.dense.search(EVERYTHING, "0", top_k=99)} == {"other"}


def test_a_vector_whose_chunk_left_names_nothing(bench: Bench) -> None:
    bench.vectors.upsert(SPACE, ["00000000000000ff"], Angles().embed_documents(["7"]))
    assert all(hit.path for hit in bench.dense.search(EVERYTHING, "7", top_k=99))


def test_the_scores_of_symbols_and_files(bench: Bench) -> None:
    scores = dense_scores(bench.dense, EVERYTHING, bench.angle(GIVE_UP), None, top_k=50)
    assert scores.symbols[GIVE_UP] == pytest.approx(1.0)
    assert scores.files["shop", "shop/retry.py"] == pytest.approx(1.0)
    assert scores.files["shop", "shop/cart.py"] == max(
        value for symbol, value in scores.symbols.items() if symbol.startswith("shop:shop/cart.py#")
    )
    some = dense_scores(bench.dense, EVERYTHING, bench.angle(GIVE_UP), [CHECKOUT], top_k=50)
    assert list(some.symbols) == [CHECKOUT]
    assert some.symbols[CHECKOUT] == pytest.approx(scores.symbols[CHECKOUT])


def test_what_goes_wrong_costs_the_dense_scores_only(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    class Away(Angles):
        def embed_query(self, text: str) -> npt.NDArray[np.float32]:
            raise ModelUnavailable("the host is away")

    bench.filled["shop"] = Filled(SPACE, Away())
    assert dense_scores(bench.dense, EVERYTHING, "0", None, top_k=5).symbols == {}
    assert "the host is away" in caplog.text
    assert dense_scores(None, EVERYTHING, "0", None, top_k=5).symbols == {}
    assert dense_scores(bench.dense, EVERYTHING, "  ", None, top_k=5).files == {}


def test_what_cannot_be_among_the_first_is_left_out_and_nothing_else(bench: Bench) -> None:
    whole = bench.dense.search(EVERYTHING, "3", top_k=999)
    assert {hit.repository for hit in whole} == {"shop", "other"}
    for top_k in range(1, len(whole) + 1):
        assert bench.dense.search(EVERYTHING, "3", top_k=top_k) == whole[:top_k]
