from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from configs.errors import StoreUnavailable
from indexers import vectors as fill
from indexers.vectors import fill_vectors
from knowledge.backends.lexical import LexicalSearch, LexicalWriter
from knowledge.ports import VectorIndex
from knowledge.scope import Scope
from knowledge.terms import symbol_of_chunk_id
from tests.contract.sources import entry


class HeldVectors:
    """A vector index in memory that can break after so many rows."""

    def __init__(self) -> None:
        self.rows: dict[str, npt.NDArray[np.float32]] = {}
        self.breaks_after = 10**9

    def upsert(self, repository: str, ids: Sequence[str], vectors: npt.NDArray[np.float32]) -> None:
        if len(self.rows) + len(ids) > self.breaks_after:
            raise StoreUnavailable("the store went away")
        self.rows.update(zip(ids, vectors, strict=True))

    def ids(self, repository: str) -> set[str]:
        return set(self.rows)

    def delete(self, repository: str, ids: Sequence[str] | None = None) -> None:
        for name in list(self.rows) if ids is None else ids:
            self.rows.pop(name, None)

    def query(
        self,
        scope: Scope,
        repository: str,
        vector: npt.NDArray[np.float32],
        *,
        top_k: int,
        ids: Sequence[str] | None = None,
    ) -> list[tuple[str, float]]:
        raise AssertionError("filling never asks")

    def close(self) -> None: ...


class Repository:
    """One repository of a few functions, indexed again after each change."""

    def __init__(self, folder: Path) -> None:
        self._writer = LexicalWriter(folder)
        self._generation = 0
        self.files = {f"m{n}.py": f"def job_{n}(worker, task):\n    worker.run(task, {n})\n" for n in range(8)}
        self.search = LexicalSearch(folder, lambda _: {"r": self._generation})
        self.index()

    def index(self) -> None:
        self._generation += 1
        self._writer.build("r", self._generation, [entry("r", path, text) for path, text in self.files.items()])


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "lexical")


@pytest.fixture
def vectors() -> HeldVectors:
    return HeldVectors()


def check_port(vectors: HeldVectors) -> VectorIndex:
    return vectors


def test_every_chunk_gets_a_vector_once(repository: Repository, vectors: HeldVectors, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    first = fill_vectors(repository.search, vectors, "r", tmp_path / "lsa", progress=lambda *step: seen.append(step))
    assert (first.written, first.kept, first.learned) == (8, 0, True)
    assert {symbol_of_chunk_id(name) for name in vectors.rows} == {f"r:m{n}.py#job_{n}" for n in range(8)}
    assert seen == [("vectors", 8, 8)]
    second = fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    assert (second.written, second.kept, second.deleted, second.learned) == (0, 8, 0, False)


def test_an_edit_costs_one_vector_and_a_revert_none_of_the_others(
    repository: Repository, vectors: HeldVectors, tmp_path: Path
) -> None:
    fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    repository.files["m3.py"] = "def job_3(worker, task):\n    worker.run(task, task)\n"
    del repository.files["m7.py"]
    repository.index()
    report = fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    assert (report.written, report.kept, report.deleted, report.learned) == (1, 6, 2, False)


def test_a_fill_that_broke_is_continued(
    repository: Repository, vectors: HeldVectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill, "BATCH_ROWS", 3)
    vectors.breaks_after = 6
    with pytest.raises(StoreUnavailable):
        fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    assert len(vectors.rows) == 6
    vectors.breaks_after = 100
    report = fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    assert (report.written, report.kept, report.learned) == (2, 6, False)


def test_an_outgrown_embedder_is_replaced_with_all_its_vectors(
    repository: Repository, vectors: HeldVectors, tmp_path: Path
) -> None:
    fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    old = set(vectors.rows)
    repository.files = {f"n{n}.py": f"def pay_{n}(card, invoice):\n    card.charge(invoice, {n})\n" for n in range(8)}
    repository.index()
    report = fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    assert (report.written, report.learned) == (8, True)
    assert not old & vectors.rows.keys()


def test_a_repository_too_small_to_learn_from_is_left_to_text_search(
    repository: Repository, vectors: HeldVectors, tmp_path: Path
) -> None:
    repository.files = {"m.py": "def only(): ...\n"}
    repository.index()
    report = fill_vectors(repository.search, vectors, "r", tmp_path / "lsa")
    assert report.written == 0
    assert "too few" in report.note
